/* SPDX-License-Identifier: Apache-2.0 */
/* The store over the Secret Service; store/keyring.h says what it promises. */
#include "store/keyring.h"

#include "store/secret_service.h"
#include "store/secret_service_list.h"
#include "store/secret_service_match.h"
#include "store/secret_service_save.h"
#include "store/secret_service_sdbus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * What was listed just now is looked through first, once, when a token is asked for: git's question
 * is which server is meant, and then for its token.
 */
enum { LISTED_MS = 500 };

struct keyring {
    struct loom_store store;
    struct loom_secret_service service;
    struct loom_secret_records listed;
    int64_t listed_ms; /* when */
    bool is_slow;      /* it cannot be read over sd-bus */
    enum loom_keyring_state state;
    bool is_saving;
    bool has_failed_to_save; /* `state` says why, until a save works */
};

static struct keyring *keyring_of(struct loom_store *store) {
    return (struct keyring *)store;
}

/* ---- Running an operation ---- */

/* What an operation of the store was given, and gives back. */
struct task {
    const struct loom_store_question *question;
    const struct loom_credential *credential; /* to save */
    const struct loom_credential *only;       /* to remove or to replace, and nothing else */
    struct loom_credential *out_credential;   /* found */
    loom_store_visit *visit;
    void *context;
};

typedef enum loom_err perform(struct keyring *keyring, const struct task *task,
                              struct loom_error *error);

static enum loom_keyring_state state_of(const struct loom_error *error) {
    switch (error->os_error) {
    case ENOENT:
        return LOOM_KEYRING_ABSENT;
    case ETIMEDOUT:
    case EINPROGRESS:
        return LOOM_KEYRING_HUNG;
    case ECANCELED:
        return LOOM_KEYRING_LOCKED;
    default:
        return LOOM_KEYRING_FAILING;
    }
}

/* Why a credential was not taken stands until one is, however well a search goes after that. */
static void note_state(struct keyring *keyring, enum loom_err err, const struct loom_error *error) {
    bool is_answered = err == LOOM_OK || err == LOOM_ERR_NOT_FOUND;
    if (is_answered && keyring->has_failed_to_save && !keyring->is_saving)
        return;
    if (keyring->is_saving)
        keyring->has_failed_to_save = !is_answered;
    if (is_answered)
        keyring->state = LOOM_KEYRING_READY;
    else if (err == LOOM_ERR_KEYRING_LOCKED)
        keyring->state = LOOM_KEYRING_LOCKED;
    else if (err == LOOM_ERR_STORAGE)
        keyring->state = LOOM_KEYRING_TOO_SMALL;
    else if (err == LOOM_ERR_KEYRING)
        keyring->state = state_of(error);
}

/*
 * Read over sd-bus, where that has not failed yet and libsecret is not open anyway. False: it is
 * for libsecret to tell, and nothing is noted of it.
 */
static bool run_quickly(struct keyring *keyring, perform *what, const struct task *task,
                        enum loom_err *out_err, struct loom_error *error) {
    struct loom_error why = LOOM_ERROR_INIT;
    struct loom_secret_service *service = &keyring->service;
    if (keyring->is_slow || service->proxy != NULL)
        return false;
    enum loom_err err = loom_secret_service_begin(service, true, &why);
    if (err == LOOM_OK)
        err = what(keyring, task, &why);
    loom_secret_service_leave(service);
    keyring->is_slow = err == LOOM_ERR_KEYRING && why.os_error == ENOTSUP;
    if (keyring->is_slow)
        return false;
    note_state(keyring, err, &why);
    if (error != NULL)
        *error = why;
    *out_err = err;
    return true;
}

/*
 * A keyring that was restarted knows nothing of our conversation: it answers with a failure, which
 * nothing came of, or is no longer to be found. A new conversation, once, is worth it.
 */
static enum loom_err run(struct keyring *keyring, perform *what, const struct task *task,
                         bool is_stoppable, struct loom_error *error) {
    struct loom_error why = LOOM_ERROR_INIT;
    struct loom_secret_service *service = &keyring->service;
    enum loom_err err = LOOM_OK;
    loom_secret_records_clear(&keyring->listed); /* it may be so no longer */
    for (int attempt = 0; attempt < 2; attempt++) {
        bool was_open = service->proxy != NULL;
        service->is_renewed = attempt > 0;
        why = (struct loom_error)LOOM_ERROR_INIT;
        err = loom_secret_service_enter(service, is_stoppable, &why);
        if (err == LOOM_OK)
            err = loom_secret_service_prepare(service, &why);
        if (err == LOOM_OK)
            err = what(keyring, task, &why);
        loom_secret_service_leave(service);
        bool is_restarted = err == LOOM_ERR_KEYRING &&
                            (why.os_error == EIO || (was_open && why.os_error == ENOENT));
        if (is_restarted || service->loop.is_abandoned)
            loom_secret_service_drop(service);
        if (!is_restarted)
            break;
        service->dead_errno = 0;
    }
    note_state(keyring, err, &why);
    if (error != NULL)
        *error = why;
    return err;
}

/* ---- Finding ---- */

/* What a person said whose it is, says so itself from now on. */
static enum loom_err adopt(struct keyring *keyring, struct loom_secret_match *match,
                           struct loom_error *error) {
    LOOM_CLEANUP(loom_buffer_clear)
    struct loom_buffer json = LOOM_BUFFER_INIT(LOOM_CREDENTIAL_JSON_MAX);
    enum loom_err err = loom_credential_print(&match->credential, &json);
    if (err != LOOM_OK)
        return loom_error_set(error, err);
    return loom_secret_service_change(&keyring->service, match->best, &json, error);
}

static enum loom_err perform_find(struct keyring *keyring, const struct task *task,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_secret_match_clear)
    struct loom_secret_match match = {.service = &keyring->service};
    enum loom_err err = loom_secret_match_find_or_unlock(&match, task->question, error);
    if (err == LOOM_OK && match.best == NULL)
        err = loom_error_set(error, LOOM_ERR_NOT_FOUND);
    if (err == LOOM_OK && match.is_adoptable)
        err = adopt(keyring, &match, error);
    if (err != LOOM_OK)
        return err;
    *task->out_credential = match.credential;
    match.credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
    return loom_error_set(error, LOOM_OK);
}

/* Where an import that is nobody's may answer, libsecret looks for it: it is changed on the way. */
static enum loom_err find_quickly(struct keyring *keyring, const struct task *task,
                                  struct loom_error *error) {
    enum loom_err err = loom_secret_sdbus_find(&keyring->service, task->question->origin,
                                               task->out_credential, error);
    return err == LOOM_ERR_NOT_FOUND && task->question->may_adopt
               ? loom_error_os(error, LOOM_ERR_KEYRING, ENOTSUP, NULL)
               : err;
}

/* Handed out once, so that who looks again because something may have changed does look. */
static bool find_listed(struct keyring *keyring, const struct task *task) {
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records listed = keyring->listed;
    const struct loom_clock *clock = keyring->service.options.clock;
    const struct loom_origin *origin = task->question->origin;
    char key[LOOM_STORE_KEY_MAX];
    keyring->listed.first = NULL;
    return listed.first != NULL &&
           clock->now_ms(clock->context) - keyring->listed_ms <= LISTED_MS &&
           loom_store_key(origin, false, key) == LOOM_OK &&
           loom_secret_records_take(&listed, key, origin, task->out_credential);
}

static enum loom_err keyring_find(struct loom_store *store,
                                  const struct loom_store_question *question,
                                  struct loom_credential *out_credential,
                                  struct loom_error *error) {
    struct keyring *keyring = keyring_of(store);
    struct task task = {.question = question, .out_credential = out_credential};
    enum loom_err err = LOOM_OK;
    if (find_listed(keyring, &task))
        return loom_error_set(error, LOOM_OK);
    return run_quickly(keyring, find_quickly, &task, &err, error)
               ? err
               : run(keyring, perform_find, &task, true, error);
}

/* ---- Saving ---- */

static enum loom_err perform_save(struct keyring *keyring, const struct task *task,
                                  struct loom_error *error) {
    const struct loom_secret *only = task->only != NULL ? task->only->token : NULL;
    return loom_secret_save(&keyring->service, task->credential, only, error);
}

static enum loom_err save(struct keyring *keyring, const struct task *task,
                          struct loom_error *error) {
    if (!task->credential->has_origin || task->credential->token == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    keyring->is_saving = true;
    enum loom_err err = run(keyring, perform_save, task, false, error);
    keyring->is_saving = false;
    return err;
}

static enum loom_err keyring_save(struct loom_store *store,
                                  const struct loom_credential *credential,
                                  struct loom_error *error) {
    struct task task = {.credential = credential};
    return save(keyring_of(store), &task, error);
}

static enum loom_err keyring_replace_this(struct loom_store *store,
                                          const struct loom_credential *older,
                                          const struct loom_credential *newer,
                                          struct loom_error *error) {
    struct task task = {.credential = newer, .only = older};
    return save(keyring_of(store), &task, error);
}

static enum loom_err perform_check(struct keyring *keyring, const struct task *task,
                                   struct loom_error *error) {
    (void)task;
    return loom_secret_save_check(&keyring->service, error);
}

static enum loom_err keyring_check(struct loom_store *store, struct loom_error *error) {
    struct task task = {.question = NULL};
    return run(keyring_of(store), perform_check, &task, true, error);
}

/* ---- Removing ---- */

static enum loom_err perform_remove(struct keyring *keyring, const struct task *task,
                                    struct loom_error *error) {
    LOOM_CLEANUP(loom_secret_match_clear)
    struct loom_secret_match match = {.service = &keyring->service};
    enum loom_err err = loom_secret_match_find_or_unlock(&match, task->question, error);
    if (err == LOOM_OK && match.best == NULL)
        err = loom_error_set(error, LOOM_ERR_NOT_FOUND);
    const struct loom_secret *only = task->only != NULL ? task->only->token : NULL;
    return err == LOOM_OK ? loom_secret_match_delete(&match, task->question, only, error) : err;
}

static enum loom_err keyring_remove(struct loom_store *store,
                                    const struct loom_store_question *question,
                                    struct loom_error *error) {
    struct task task = {.question = question};
    /* Who stops a sign-out stops the talk with its server, not the deletion. */
    return run(keyring_of(store), perform_remove, &task, false, error);
}

static enum loom_err keyring_remove_this(struct loom_store *store,
                                         const struct loom_credential *credential,
                                         struct loom_error *error) {
    struct loom_store_question exact = {&credential->origin, false};
    struct task task = {.question = &exact, .only = credential};
    return run(keyring_of(store), perform_remove, &task, false, error);
}

/* ---- Listing ---- */

/* Show what was listed. When all of it was read, keep it for whoever asks next. */
static void show(struct keyring *keyring, const struct task *task,
                 struct loom_secret_records *records, bool is_whole) {
    const struct loom_clock *clock = keyring->service.options.clock;
    loom_secret_records_visit(records, task->visit, task->context);
    if (!is_whole)
        return;
    loom_secret_records_clear(&keyring->listed);
    keyring->listed = *records;
    keyring->listed_ms = clock->now_ms(clock->context);
    records->first = NULL;
}

static enum loom_err perform_list(struct keyring *keyring, const struct task *task,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    bool is_whole = false;
    enum loom_err err = loom_secret_list_read(&keyring->service, &records, &is_whole, error);
    if (err == LOOM_OK)
        show(keyring, task, &records, is_whole);
    return err;
}

static enum loom_err list_quickly(struct keyring *keyring, const struct task *task,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_secret_records_clear) struct loom_secret_records records = {NULL};
    enum loom_err err = loom_secret_sdbus_list(&keyring->service, &records, error);
    if (err == LOOM_OK)
        show(keyring, task, &records, true);
    return err;
}

static enum loom_err keyring_list(struct loom_store *store, loom_store_visit *visit, void *context,
                                  struct loom_error *error) {
    struct keyring *keyring = keyring_of(store);
    struct task task = {.visit = visit, .context = context};
    enum loom_err err = LOOM_OK;
    /* No label is worth a secret. */
    return !keyring->service.options.is_by_label &&
                   run_quickly(keyring, list_quickly, &task, &err, error)
               ? err
               : run(keyring, perform_list, &task, true, error);
}

/* ---- The rest ---- */

static void keyring_describe(struct loom_store *store, struct loom_store_info *out_info) {
    const struct keyring *keyring = keyring_of(store);
    *out_info = (struct loom_store_info){
        .kind = LOOM_STORE_KEYRING,
        .name = "Secret Service",
        .is_locked = keyring->state == LOOM_KEYRING_LOCKED,
        .keyring = keyring->state,
    };
}

static void keyring_close(struct loom_store *store) {
    struct keyring *keyring = keyring_of(store);
    loom_secret_service_drop(&keyring->service);
    loom_secret_records_clear(&keyring->listed);
    free(keyring);
}

static const struct loom_store_ops keyring_ops = {
    .find = keyring_find,
    .list = keyring_list,
    .save = keyring_save,
    .remove = keyring_remove,
    .remove_this = keyring_remove_this,
    .replace_this = keyring_replace_this,
    .check = keyring_check,
    .describe = keyring_describe,
    .close = keyring_close,
};

enum loom_err loom_keyring_open(const struct loom_keyring_options *options,
                                struct loom_store **out_store) {
    struct keyring *keyring = calloc(1, sizeof *keyring);
    if (keyring == NULL)
        return LOOM_ERR_INTERNAL;
    keyring->store.ops = &keyring_ops;
    keyring->service.options = *options;
    *out_store = &keyring->store;
    return LOOM_OK;
}
