/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sentences.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
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
    const char *code; /* of ERROR in the JSON schema */
} codes[] = {
    {LOOM_ERR_INTERNAL, "internal"},
    {LOOM_ERR_USAGE, "usage"},
    {LOOM_ERR_NOT_FOUND, "not_signed_in"},
    {LOOM_ERR_REJECTED, "rejected"},
    {LOOM_ERR_DENIED, "denied"},
    {LOOM_ERR_EXPIRED, "code_expired"},
    {LOOM_ERR_INTERRUPTED, "interrupted"},
    {LOOM_ERR_NO_HOST, "network"},
    {LOOM_ERR_UNREACHABLE, "network"},
    {LOOM_ERR_TIMEOUT, "network"},
    {LOOM_ERR_SERVER, "network"},
    {LOOM_ERR_TLS_AUTHORITY, "tls"},
    {LOOM_ERR_TLS, "tls"},
    {LOOM_ERR_PROXY, "proxy"},
    {LOOM_ERR_NOT_LOOM, "not_loom"},
    {LOOM_ERR_BAD_ANSWER, "bad_answer"},
    {LOOM_ERR_REDIRECT, "bad_answer"},
    {LOOM_ERR_KEYRING, "keyring_unavailable"},
    {LOOM_ERR_KEYRING_LOCKED, "keyring_locked"},
    {LOOM_ERR_STORAGE, "storage"},
    {LOOM_ERR_DAMAGED, "damaged"},
};

static bool does_fit(size_t row, const struct loom_error *error) {
    return sentences[row].err == error->code &&
           (sentences[row].os_error == ANY || sentences[row].os_error == error->os_error);
}

/* The last row, LOOM_ERR_INTERNAL, stands for whatever fits none. */
const char *loom_sentence_of(const struct loom_error *error) {
    for (size_t i = 0; i < sizeof client_refusals / sizeof client_refusals[0]; i++)
        if (strcmp(error->oauth_error, client_refusals[i]) == 0)
            return client_refused;
    size_t row = 0;
    while (row + 1 < sizeof sentences / sizeof sentences[0] && !does_fit(row, error))
        row++;
    return sentences[row].sentence;
}

const char *loom_sentence_code(const struct loom_error *error) {
    enum loom_err err = error->code;
    /* It stays locked because the person wants it so. */
    if (err == LOOM_ERR_KEYRING && error->os_error == ECANCELED)
        err = LOOM_ERR_KEYRING_LOCKED;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].err == err)
            return codes[i].code;
    return codes[0].code;
}

enum loom_err loom_sentence_add(const struct loom_error *error, const char *server,
                                struct loom_buffer *out) {
    char status[STATUS_SIZE];
    (void)snprintf(status, sizeof status, "%ld", error->http_status);
    const struct loom_words words = {
        .server = server, .detail = error->detail, .text = error->detail, .status = status};
    return loom_phrase_fill(loom_sentence_of(error), &words, NULL, out);
}

/* What is wrong with an address, and what to type. Never the address itself: it may hold a
 * password. */
static const char *const refusals[] = {
    [LOOM_ORIGIN_FINE] =
        N_("This address cannot be used.\n\n    --server https://loom.example.com\n"),
    [LOOM_ORIGIN_EMPTY] = N_("The server's address is empty. Write it like this:\n\n    --server "
                             "https://loom.example.com\n"),
    [LOOM_ORIGIN_TOO_LONG] = N_("The server's address is too long to be one."),
    [LOOM_ORIGIN_BAD_CHARACTER] =
        N_("The server's address holds a blank or another character that an address cannot have. "
           "Write it like this:\n\n    --server https://loom.example.com\n"),
    [LOOM_ORIGIN_NON_ASCII] =
        N_("The server's address holds letters outside a-z. Write an international name in its "
           "xn-- form."),
    [LOOM_ORIGIN_BAD_SCHEME] = N_("A server's address begins with https:// like this:\n\n    "
                                  "--server https://loom.example.com\n"),
    [LOOM_ORIGIN_INSECURE] =
        N_("http:// sends everything in the clear, so it is only for this computer itself:\n\n"
           "    localhost\n    127.0.0.1\n    [::1]\n\nFor any other server write https:// like "
           "this:\n\n    --server https://loom.example.com\n"),
    [LOOM_ORIGIN_NO_HOST] = N_("The server's address names no server. Write it like this:\n\n    "
                               "--server https://loom.example.com\n"),
    [LOOM_ORIGIN_USERINFO] =
        N_("The server's address holds a user name (something before an @). Leave it out, like "
           "this:\n\n    --server https://loom.example.com\n"),
    [LOOM_ORIGIN_BAD_AUTHORITY] = N_("The server's name holds a % or a backslash. Write it like "
                                     "this:\n\n    --server https://loom.example.com\n"),
    [LOOM_ORIGIN_BAD_HOST] = N_("This is no server's name. It has parts of letters, digits and "
                                "hyphens between dots:\n\n    --server https://loom.example.com\n"),
    [LOOM_ORIGIN_TRAILING_DOT] = N_("Leave out the dot at the end of the server's name:\n\n    "
                                    "--server https://loom.example.com\n"),
    [LOOM_ORIGIN_ODD_ADDRESS] =
        N_("Write a numeric address as four numbers without leading zeros, like this:\n\n"
           "    --server https://192.0.2.10\n"),
    [LOOM_ORIGIN_BAD_PORT] = N_("A port is a number from 1 to 65535, like this:\n\n"
                                "    --server https://loom.example.com:8443\n"),
    [LOOM_ORIGIN_QUERY] = N_("Leave out the question mark and what follows it, like this:\n\n    "
                             "--server https://loom.example.com\n"),
    [LOOM_ORIGIN_FRAGMENT] = N_("Leave out the # and what follows it, like this:\n\n    --server "
                                "https://loom.example.com\n"),
    [LOOM_ORIGIN_BAD_PATH] =
        N_("The path in the server's address holds an empty part, a dot part or a %. Write it "
           "plainly, like this:\n\n    --server https://example.com/loom\n"),
};

const char *loom_sentence_origin(enum loom_origin_fault fault) {
    return refusals[fault];
}

const char *loom_sentence_usage(enum loom_usage usage) {
    static const char *const usages[] = {
        [LOOM_USAGE_LONELY_TOKEN] =
            N_("LOOM_TOKEN is set without LOOM_SERVER. Set both, or neither."),
        [LOOM_USAGE_NO_TOKEN] = N_("There is no token in this:\n\n    {detail}\n"),
        [LOOM_USAGE_TOKEN_FILE] =
            N_("This file of LOOM_TOKEN_FILE cannot be read:\n\n    {detail}\n"),
        [LOOM_USAGE_PLACE] = N_("The place for the sign-in is auto, keyring or file:\n\n    "
                                "--store\n    LOOM_STORE\n"),
        [LOOM_USAGE_MIN_VALID] =
            N_("How long the token is to be good for is a number of seconds, a day at most:"
               "\n\n    --min-valid 60\n"),
    };
    return usages[usage];
}
