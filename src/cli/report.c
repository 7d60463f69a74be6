/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ANY = 0, STATUS_SIZE = 24 };

/* The server refused this program, not the person: RFC 6749 section 5.2. */
static const char *const client_refusals[] = {"invalid_client", "unauthorized_client"};

static const char client_refused[] =
    N_("{server} does not let this program sign in. Tell whoever runs the server.");

/* The first row that fits says it; ANY fits every errno. */
static const struct {
    enum loom_err err;
    int os_error;
    const char *sentence;
} sentences[] = {
    {LOOM_ERR_INTERNAL, ENOENT,
     N_("A library that this command needs cannot be used:\n\n    {text}\n")},
    {LOOM_ERR_INTERNAL, EPIPE,
     N_("The code could not be shown, so nobody can type it. Nothing was changed. Look at where "
        "the output goes.")},
    {LOOM_ERR_NOT_FOUND, ESTALE,
     N_("Your sign-in to {server} has expired. Please run:\n\n    loom login --server {server}\n")},
    {LOOM_ERR_NOT_FOUND, EDESTADDRREQ,
     N_("You are not signed in to any server. To sign in, run:"
        "\n\n    loom login --server https://loom.example.com\n")},
    {LOOM_ERR_NOT_FOUND, ANY,
     N_("you are not signed in to {server}. Please run:\n\n    loom login --server {server}\n")},
    {LOOM_ERR_REJECTED, EKEYREJECTED,
     N_("{server} does not accept the token of this variable. Give it a new one, or take it away:"
        "\n\n    {detail}\n")},
    {LOOM_ERR_REJECTED, ANY,
     N_("{server} no longer accepts your sign-in. Please run:\n\n    loom login --server "
        "{server}\n")},
    {LOOM_ERR_DENIED, ANY,
     N_("The sign-in was refused in the browser. Nothing was changed. If that was not what you "
        "wanted, run:\n\n    loom login --server {server}\n")},
    {LOOM_ERR_EXPIRED, ANY,
     N_("The code expired before anyone approved it. Nothing was changed. To get a new code, "
        "run:\n\n    loom login --server {server}\n")},
    {LOOM_ERR_INTERRUPTED, EINTR, N_("Stopped before everything was done.")},
    {LOOM_ERR_INTERRUPTED, ANY, N_("Stopped. Nothing was changed.")},
    {LOOM_ERR_NO_HOST, ANY,
     N_("Cannot reach {server}. There is no server of that name. Check the spelling and your "
        "connection.")},
    {LOOM_ERR_UNREACHABLE, ANY,
     N_("Cannot reach {server}. Nothing answered there. Check the port, and that the server is "
        "running.")},
    {LOOM_ERR_TIMEOUT, ANY,
     N_("Cannot reach {server}. It did not answer in time. Check your connection, or try again "
        "later.")},
    {LOOM_ERR_PROXY, ANY,
     N_("Cannot reach {server}. The proxy refused the connection. Check HTTPS_PROXY and "
        "NO_PROXY.")},
    {LOOM_ERR_TLS_AUTHORITY, ANY,
     N_("Cannot reach {server}. Its certificate comes from an authority that this computer does "
        "not know. If your company has its own authority, name its file with this option:"
        "\n\n    --cacert FILE\n")},
    {LOOM_ERR_TLS, ENOENT,
     N_("The file of certificate authorities does not exist:\n\n    {detail}\n")},
    {LOOM_ERR_TLS, EACCES,
     N_("The file of certificate authorities cannot be read:\n\n    {detail}\n")},
    {LOOM_ERR_TLS, EISDIR,
     N_("The file of certificate authorities cannot be read:\n\n    {detail}\n")},
    {LOOM_ERR_TLS, EINVAL,
     N_("The file of certificate authorities holds no certificate:\n\n    {detail}\n")},
    {LOOM_ERR_TLS, ANY,
     N_("Cannot reach {server}. No safe connection can be made to it ({text}). Nothing was "
        "sent. Try again later, or tell whoever runs the server.")},
    {LOOM_ERR_SERVER, ANY,
     N_("{server} has a problem at present (HTTP {status}). Try again later.")},
    {LOOM_ERR_NOT_LOOM, EOPNOTSUPP,
     N_("{server} is an OAuth server that offers no sign-in with a code. Tell whoever runs it that "
        "the device authorization grant is missing.")},
    {LOOM_ERR_NOT_LOOM, EPROTOTYPE,
     N_("{server} wants to be signed in to in another way than last time, so nothing was done. If "
        "that is right, sign in at a terminal, or say as whom with this option:"
        "\n\n    --client-id ID\n")},
    {LOOM_ERR_NOT_LOOM, ANY,
     N_("{server} answers, but it is not a Loom server. Check the address. Some networks also "
        "want you to sign in to them first.")},
    {LOOM_ERR_BAD_ANSWER, EXDEV,
     N_("{server} says that it is another server, so nothing was sent to it. If that is the one "
        "that you want, name it yourself:\n\n    {detail}\n")},
    {LOOM_ERR_BAD_ANSWER, ANY,
     N_("{server} gave an answer that this program cannot use. Nothing was changed. If it happens "
        "again, tell whoever runs the server.")},
    {LOOM_ERR_REDIRECT, ANY,
     N_("{server} points to another address. That is not followed, because it could lead a token "
        "astray. If you trust the other address, name it yourself:\n\n    {detail}\n")},
    {LOOM_ERR_KEYRING, ETIMEDOUT,
     N_("The system keyring does not answer. Try again later, or keep the sign-in in an encrypted "
        "file with this command:\n\n    loom login --store file\n")},
    {LOOM_ERR_KEYRING, ECANCELED,
     N_("The system keyring stays locked, because its password was not given. To use it, unlock "
        "it and try again. To keep the sign-in in an encrypted file, use this command:"
        "\n\n    loom login --store file\n")},
    {LOOM_ERR_KEYRING, EINPROGRESS,
     N_("The system keyring did not answer in time, so it is not known whether the change was "
        "made. When the keyring answers again, repeat the command; it reads back what is there.")},
    {LOOM_ERR_KEYRING, EIO,
     N_("The system keyring answers with an error. Try again later, or keep the sign-in in an "
        "encrypted file with this command:\n\n    loom login --store file\n")},
    {LOOM_ERR_KEYRING, ANY,
     N_("No system keyring is running here. To keep the sign-in in an encrypted file, use this "
        "command:\n\n    loom login --store file\n")},
    {LOOM_ERR_KEYRING_LOCKED, ANY,
     N_("The system keyring is locked, and nobody can be asked here to unlock it. Unlock it and "
        "try again, or keep the sign-in in an encrypted file with this command:"
        "\n\n    loom login --store file\n")},
    {LOOM_ERR_STORAGE, ENOSPC, N_("The disk is full. Nothing was stored:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EDQUOT,
     N_("Your disk quota is used up. Nothing was stored:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EROFS, N_("This place cannot be written to:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EACCES,
     N_("There is no permission to use this place. Check who owns it:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EPERM,
     N_("This place belongs to somebody else, so nothing is kept there. If you use sudo, make it "
        "set HOME:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, ELOOP,
     N_("This is a link, and credentials are never read or written through one. Put a real file "
        "in its place, or remove it:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EWOULDBLOCK,
     N_("Another loom holds this lock and does not end. Look for a stopped one, then try "
        "again:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, ENOTDIR,
     N_("Something that is no folder stands in the place of one, or a link that leads nowhere. "
        "Move it away, then try again:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EINVAL,
     N_("Something that is no ordinary file stands in the place of one. Move it away, then try "
        "again:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EMFILE,
     N_("This program may not open enough files. Raise the limit (ulimit -n), then try "
        "again:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, E2BIG,
     N_("Files may not become that large here. Raise the limit (ulimit -f), then try "
        "again:\n\n    {detail}\n")},
    {LOOM_ERR_STORAGE, EFBIG, N_("This credential is too large to be stored. Nothing was stored.")},
    {LOOM_ERR_STORAGE, ANY, N_("Credentials cannot be kept in this place:\n\n    {detail}\n")},
    {LOOM_ERR_DAMAGED, EEXIST,
     N_("This file holds sign-ins in plain text where encrypted ones were: another program wrote "
        "it. It was left alone:\n\n    {detail}\n\nTo take it over and encrypt it, move the old "
        "key away, and run the same command again:\n\n    mv ~/.local/share/loom/vault.key "
        "~/vault.key.old\n")},
    {LOOM_ERR_DAMAGED, EPROTONOSUPPORT,
     N_("A newer version of loom wrote these stored credentials. They were left alone. Use that "
        "version, or update this one:\n\n    {detail}\n")},
    {LOOM_ERR_DAMAGED, ANY,
     N_("The stored credentials are damaged or were changed by something else. They were left "
        "alone:\n\n    {detail}\n\nTo move them aside and start afresh, run:"
        "\n\n    loom logout --discard-damaged\n")},
    {LOOM_ERR_USAGE, ANY, "{text}"},
    {LOOM_ERR_INTERNAL, ANY, N_("Something unexpected went wrong. {text}")},
};

static const struct {
    enum loom_err err;
    enum loom_exit status;
    const char *code; /* of ERROR in the JSON schema */
} meanings[] = {
    {LOOM_ERR_INTERNAL, LOOM_EXIT_FAILURE, "internal"},
    {LOOM_ERR_USAGE, LOOM_EXIT_USAGE, "usage"},
    {LOOM_ERR_NOT_FOUND, LOOM_EXIT_NOT_SIGNED_IN, "not_signed_in"},
    {LOOM_ERR_REJECTED, LOOM_EXIT_NOT_SIGNED_IN, "rejected"},
    {LOOM_ERR_DENIED, LOOM_EXIT_REFUSED, "denied"},
    {LOOM_ERR_EXPIRED, LOOM_EXIT_EXPIRED, "code_expired"},
    {LOOM_ERR_INTERRUPTED, LOOM_EXIT_BY_SIGNAL, "interrupted"},
    {LOOM_ERR_NO_HOST, LOOM_EXIT_NETWORK, "network"},
    {LOOM_ERR_UNREACHABLE, LOOM_EXIT_NETWORK, "network"},
    {LOOM_ERR_TIMEOUT, LOOM_EXIT_NETWORK, "network"},
    {LOOM_ERR_SERVER, LOOM_EXIT_NETWORK, "network"},
    {LOOM_ERR_TLS_AUTHORITY, LOOM_EXIT_NETWORK, "tls"},
    {LOOM_ERR_TLS, LOOM_EXIT_NETWORK, "tls"},
    {LOOM_ERR_PROXY, LOOM_EXIT_NETWORK, "proxy"},
    {LOOM_ERR_NOT_LOOM, LOOM_EXIT_BAD_ANSWER, "not_loom"},
    {LOOM_ERR_BAD_ANSWER, LOOM_EXIT_BAD_ANSWER, "bad_answer"},
    {LOOM_ERR_REDIRECT, LOOM_EXIT_BAD_ANSWER, "bad_answer"},
    {LOOM_ERR_KEYRING, LOOM_EXIT_STORAGE, "keyring_unavailable"},
    {LOOM_ERR_KEYRING_LOCKED, LOOM_EXIT_STORAGE, "keyring_locked"},
    {LOOM_ERR_STORAGE, LOOM_EXIT_STORAGE, "storage"},
    {LOOM_ERR_DAMAGED, LOOM_EXIT_DAMAGED, "damaged"},
};

static size_t find_meaning(enum loom_err err) {
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].err == err)
            return i;
    return 0;
}

static bool does_fit(size_t row, const struct loom_error *error) {
    return sentences[row].err == error->code &&
           (sentences[row].os_error == ANY || sentences[row].os_error == error->os_error);
}

/* The last row, LOOM_ERR_INTERNAL, stands for whatever fits none. */
static const char *find_sentence(const struct loom_error *error) {
    for (size_t i = 0; i < sizeof client_refusals / sizeof client_refusals[0]; i++)
        if (strcmp(error->oauth_error, client_refusals[i]) == 0)
            return client_refused;
    size_t row = 0;
    while (row + 1 < sizeof sentences / sizeof sentences[0] && !does_fit(row, error))
        row++;
    return sentences[row].sentence;
}

int loom_report_status(const struct loom_error *error) {
    return meanings[find_meaning(error->code)].status;
}

const char *loom_report_code(const struct loom_error *error) {
    /* It stays locked because the person wants it so. */
    if (error->code == LOOM_ERR_KEYRING && error->os_error == ECANCELED)
        return loom_report_code(&(struct loom_error){.code = LOOM_ERR_KEYRING_LOCKED});
    return meanings[find_meaning(error->code)].code;
}

/* The HTTP status as words, in the caller's memory. */
static struct loom_words words_of(const struct loom_error *error, const struct loom_origin *server,
                                  char status[static STATUS_SIZE]) {
    (void)snprintf(status, STATUS_SIZE, "%ld", error->http_status);
    return (struct loom_words){.server = server != NULL ? server->url : NULL,
                               .detail = error->detail,
                               .text = error->detail,
                               .status = status};
}

int loom_report_say(struct loom_cli *cli, const struct loom_error *error,
                    const struct loom_origin *server) {
    char status[STATUS_SIZE];
    struct loom_words words = words_of(error, server, status);
    /* The terminal has written ^C, and where no line can be taken away the cursor stands behind. */
    if (error->code == LOOM_ERR_INTERRUPTED && cli->err.is_terminal && !cli->err.has_live)
        loom_output_notice(&cli->err, "\n");
    if (error->code == LOOM_ERR_INTERRUPTED)
        loom_say(&cli->err, find_sentence(error), &words);
    else
        loom_say_error(&cli->err, find_sentence(error), &words);
    /* A code that has no sentence of its own is better than nothing. */
    if (error->code == LOOM_ERR_BAD_ANSWER && error->detail[0] == '\0')
        words.detail = error->oauth_error;
    if (error->oauth_error[0] != '\0' && words.detail[0] != '\0')
        loom_say(&cli->err, N_("The server says:\n{detail}"), &words);
    return loom_report_status(error);
}

enum loom_err loom_report_message(const struct loom_error *error, const struct loom_origin *server,
                                  struct loom_buffer *out) {
    char status[STATUS_SIZE];
    struct loom_words words = words_of(error, server, status);
    return loom_phrase_english(find_sentence(error), &words, out);
}
