/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keyring_first.h"

#include "base/log.h"
#include "store/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct keyring_first {
    struct loom_store store;
    struct loom_store *keyring; /* owned; may be NULL */
    struct loom_store *vault;   /* owned */
    struct loom_store *current; /* where the last answer came from or the last save went */
    enum loom_place place;
};

static struct keyring_first *policy_of(struct loom_store *store) {
    return (struct keyring_first *)store;
}

static bool asks_keyring(const struct keyring_first *policy) {
    return policy->keyring != NULL && policy->place != LOOM_PLACE_FILE;
}

static bool asks_vault(const struct keyring_first *policy) {
    return policy->place != LOOM_PLACE_KEYRING;
}

/* ---- Finding ---- */

/* That another copy may stay is no failure: the newer one answers. */
static void note_copy(enum loom_err err, const struct loom_error *why,
                      const struct loom_origin *origin) {
    if (err != LOOM_OK && err != LOOM_ERR_NOT_FOUND && !loom_store_is_absent(why))
        loom_log(LOOM_LOG_STEPS, "another copy of the credential for %s could not be removed",
                 origin->url);
}

/*
 * Both answered: the newer decides, a tie goes to the keyring. The older one goes, and only that:
 * a sign-in that ends at this moment may have put its own there.
 */
static void choose(struct keyring_first *policy, struct loom_credential *from_keyring,
                   struct loom_credential *from_vault, struct loom_credential *out_credential) {
    bool is_vault = from_vault->obtained_at > from_keyring->obtained_at;
    struct loom_credential *chosen = is_vault ? from_vault : from_keyring;
    const struct loom_credential *older = is_vault ? from_keyring : from_vault;
    struct loom_store *other = is_vault ? policy->keyring : policy->vault;
    struct loom_error why = LOOM_ERROR_INIT;
    policy->current = is_vault ? policy->vault : policy->keyring;
    note_copy(other->ops->remove_this(other, older, &why), &why, &older->origin);
    *out_credential = *chosen;
    *chosen = (struct loom_credential)LOOM_CREDENTIAL_INIT;
}

/* Take one place's answer over. */
static enum loom_err hand_out(struct keyring_first *policy, struct loom_store *from,
                              struct loom_credential *credential,
                              struct loom_credential *out_credential) {
    policy->current = from;
    *out_credential = *credential;
    *credential = (struct loom_credential)LOOM_CREDENTIAL_INIT;
    return LOOM_OK;
}

/*
 * A keyring that is absent, locked, hung or failing is bypassed. Not one that a person said no to,
 * and not one that may have carried out what it did not answer.
 */
static bool is_bypassed(enum loom_err err, const struct loom_error *why) {
    return err == LOOM_ERR_KEYRING_LOCKED ||
           (err == LOOM_ERR_KEYRING && why->os_error != ECANCELED && why->os_error != EINPROGRESS);
}

static enum loom_err give(struct loom_error *error, const struct loom_error *why) {
    if (error != NULL)
        *error = *why;
    return why->code;
}

/*
 * Ask both places the same question. A damaged vault does not stop the keyring; where the keyring
 * has no answer, damage is the answer. What the file does not have, a keyring that could not be
 * read may hold: that is not the same as "not found".
 */
static enum loom_err find_in_both(struct keyring_first *policy,
                                  const struct loom_store_question *question,
                                  struct loom_credential *out_credential,
                                  struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential ours = LOOM_CREDENTIAL_INIT;
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential filed = LOOM_CREDENTIAL_INIT;
    struct loom_store *keyring = policy->keyring, *vault = policy->vault;
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_err keyring_err = keyring->ops->find(keyring, question, &ours, &why);
    bool is_missing = keyring_err == LOOM_ERR_NOT_FOUND || loom_store_is_absent(&why);
    if (keyring_err != LOOM_OK && !is_missing && !is_bypassed(keyring_err, &why))
        return give(error, &why);
    /* What a person names is adopted in one place only. */
    if (keyring_err == LOOM_OK && question->may_adopt)
        return hand_out(policy, keyring, &ours, out_credential);
    enum loom_err vault_err = vault->ops->find(vault, question, &filed, error);
    if (keyring_err != LOOM_OK && !is_missing && vault_err == LOOM_ERR_NOT_FOUND)
        return give(error, &why);
    if (keyring_err != LOOM_OK && vault_err != LOOM_OK)
        return vault_err;
    (void)loom_error_set(error, LOOM_OK);
    if (vault_err != LOOM_OK)
        return hand_out(policy, keyring, &ours, out_credential);
    if (keyring_err != LOOM_OK)
        return hand_out(policy, vault, &filed, out_credential);
    choose(policy, &ours, &filed, out_credential);
    return LOOM_OK;
}

static enum loom_err find_in_one(struct keyring_first *policy, struct loom_store *store,
                                 const struct loom_store_question *question,
                                 struct loom_credential *out_credential, struct loom_error *error) {
    enum loom_err err = store->ops->find(store, question, out_credential, error);
    if (err == LOOM_OK)
        policy->current = store;
    return err;
}

static enum loom_err policy_find(struct loom_store *store,
                                 const struct loom_store_question *question,
                                 struct loom_credential *out_credential, struct loom_error *error) {
    struct keyring_first *policy = policy_of(store);
    if (!asks_vault(policy))
        return find_in_one(policy, policy->keyring, question, out_credential, error);
    if (!asks_keyring(policy))
        return find_in_one(policy, policy->vault, question, out_credential, error);
    /* A credential of this very server anywhere comes before an import of nobody's. */
    struct loom_store_question exact = {question->origin, false};
    enum loom_err err = find_in_both(policy, &exact, out_credential, error);
    if (err == LOOM_ERR_NOT_FOUND && question->may_adopt)
        err = find_in_both(policy, question, out_credential, error);
    return err;
}

/* ---- Listing ---- */

static enum loom_err policy_list(struct loom_store *store, loom_store_visit *visit, void *context,
                                 struct loom_error *error) {
    struct keyring_first *policy = policy_of(store);
    struct loom_store *keyring = policy->keyring, *vault = policy->vault;
    if (!asks_vault(policy))
        return keyring->ops->list(keyring, visit, context, error);
    if (!asks_keyring(policy))
        return vault->ops->list(vault, visit, context, error);
    LOOM_CLEANUP(loom_listing_clear)
    struct loom_listing listing = {.visit = visit, .context = context};
    struct loom_error why = LOOM_ERROR_INIT;
    enum loom_err err = keyring->ops->list(keyring, loom_listing_visit_first, &listing, &why);
    if (listing.is_out_of_memory)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    if (err != LOOM_OK && !is_bypassed(err, &why))
        return give(error, &why);
    return vault->ops->list(vault, loom_listing_visit_second, &listing, error);
}

/* ---- Saving ---- */

/* Does the file take what the keyring did not? Bypassed, or too large for it. */
static bool falls_back(const struct keyring_first *policy, enum loom_err err,
                       const struct loom_error *why) {
    return policy->place == LOOM_PLACE_AUTO &&
           (is_bypassed(err, why) || (err == LOOM_ERR_STORAGE && why->os_error == EFBIG));
}

/* A predecessor in the other place must not look newer than what is saved here. */
static void raise_obtained_at(struct loom_store *other, struct loom_credential *credential) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential before = LOOM_CREDENTIAL_INIT;
    struct loom_store_question question = {&credential->origin, false};
    /* A place that cannot answer has no predecessor to offer. */
    if (other->ops->find(other, &question, &before, NULL) == LOOM_OK &&
        credential->obtained_at < before.obtained_at)
        credential->obtained_at = before.obtained_at;
}

static enum loom_err save_into(struct keyring_first *policy, struct loom_store *into,
                               const struct loom_credential *credential, struct loom_error *error) {
    struct loom_store *other = into == policy->vault ? policy->keyring : policy->vault;
    struct loom_credential stored = *credential; /* borrowed: never cleared */
    if (other != NULL && policy->place == LOOM_PLACE_AUTO)
        raise_obtained_at(other, &stored);
    enum loom_err err = into->ops->save(into, &stored, error);
    if (err != LOOM_OK)
        return err;
    policy->current = into;
    if (other != NULL) {
        struct loom_store_question question = {&credential->origin, false};
        struct loom_error why = LOOM_ERROR_INIT;
        note_copy(other->ops->remove(other, &question, &why), &why, question.origin);
    }
    return LOOM_OK;
}

static enum loom_err policy_save(struct loom_store *store, const struct loom_credential *credential,
                                 struct loom_error *error) {
    struct keyring_first *policy = policy_of(store);
    struct loom_error keyring_error = LOOM_ERROR_INIT;
    if (!credential->has_origin || credential->token == NULL)
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    if (!asks_keyring(policy))
        return save_into(policy, policy->vault, credential, error);
    enum loom_err err = save_into(policy, policy->keyring, credential, &keyring_error);
    if (falls_back(policy, err, &keyring_error))
        return save_into(policy, policy->vault, credential, error);
    if (error != NULL)
        *error = keyring_error;
    return err;
}

static enum loom_err policy_check(struct loom_store *store, struct loom_error *error) {
    struct keyring_first *policy = policy_of(store);
    struct loom_error keyring_error = LOOM_ERROR_INIT;
    struct loom_store *into = policy->vault;
    if (asks_keyring(policy)) {
        enum loom_err err = policy->keyring->ops->check(policy->keyring, &keyring_error);
        if (!falls_back(policy, err, &keyring_error)) {
            if (error != NULL)
                *error = keyring_error;
            if (err == LOOM_OK)
                policy->current = policy->keyring;
            return err;
        }
    }
    policy->current = into;
    return into->ops->check(into, error);
}

/* ---- Removing ---- */

/* Is it really gone? Never adopts, or looking would bring it back. */
static enum loom_err look_again(struct loom_store *store,
                                const struct loom_store_question *question,
                                struct loom_error *error) {
    LOOM_CLEANUP(loom_credential_clear) struct loom_credential left = LOOM_CREDENTIAL_INIT;
    struct loom_store_question exact = {question->origin, false};
    enum loom_err err = store->ops->find(store, &exact, &left, error);
    if (err == LOOM_OK)
        return loom_error_set(error, LOOM_ERR_STORAGE);
    return err == LOOM_ERR_NOT_FOUND ? LOOM_OK : err;
}

static enum loom_err remove_from(struct loom_store *store,
                                 const struct loom_store_question *question, bool *is_removed,
                                 struct loom_error *error) {
    if (store == NULL)
        return LOOM_OK;
    enum loom_err err = store->ops->remove(store, question, error);
    if (err == LOOM_ERR_NOT_FOUND)
        return LOOM_OK;
    if (err != LOOM_OK)
        return err;
    *is_removed = true;
    return look_again(store, question, error);
}

/* Both are tried before anything is said: a keyring that fails must not save the file's copy. */
static enum loom_err policy_remove(struct loom_store *store,
                                   const struct loom_store_question *question,
                                   struct loom_error *error) {
    struct keyring_first *policy = policy_of(store);
    struct loom_error first = LOOM_ERROR_INIT, second = LOOM_ERROR_INIT;
    bool is_removed = false;
    enum loom_err keyring_err = remove_from(policy->keyring, question, &is_removed, &first);
    enum loom_err vault_err = remove_from(policy->vault, question, &is_removed, &second);
    /* Where no keyring is, nothing is left in one; a locked or hung one may well hold a copy. */
    if (loom_store_is_absent(&first) && policy->place != LOOM_PLACE_KEYRING)
        keyring_err = LOOM_OK;
    enum loom_err err = keyring_err != LOOM_OK ? keyring_err : vault_err;
    if (err != LOOM_OK) {
        if (error != NULL)
            *error = keyring_err != LOOM_OK ? first : second;
        return err;
    }
    return loom_error_set(error, is_removed ? LOOM_OK : LOOM_ERR_NOT_FOUND);
}

static enum loom_err policy_remove_this(struct loom_store *store,
                                        const struct loom_credential *credential,
                                        struct loom_error *error) {
    struct loom_store *parts[LOOM_STORE_PARTS_MAX];
    struct loom_error first = LOOM_ERROR_INIT;
    bool is_removed = false;
    size_t count = loom_store_parts(store, parts);
    for (size_t i = 0; i < count; i++) {
        struct loom_error why = LOOM_ERROR_INIT;
        enum loom_err err = parts[i]->ops->remove_this(parts[i], credential, &why);
        is_removed = is_removed || err == LOOM_OK;
        if (err != LOOM_OK && err != LOOM_ERR_NOT_FOUND && !loom_store_is_absent(&why) &&
            first.code == LOOM_OK)
            first = why;
    }
    if (first.code != LOOM_OK)
        return give(error, &first);
    return loom_error_set(error, is_removed ? LOOM_OK : LOOM_ERR_NOT_FOUND);
}

/* Where it was found, and nowhere else: find() leaves one copy. */
static enum loom_err policy_replace_this(struct loom_store *store,
                                         const struct loom_credential *older,
                                         const struct loom_credential *newer,
                                         struct loom_error *error) {
    struct loom_store *home = policy_of(store)->current;
    return home->ops->replace_this(home, older, newer, error);
}

/* ---- The rest ---- */

static void policy_describe(struct loom_store *store, struct loom_store_info *out_info) {
    struct keyring_first *policy = policy_of(store);
    struct loom_store_info info;
    policy->current->ops->describe(policy->current, out_info);
    if (policy->current != policy->vault || !asks_keyring(policy))
        return;
    policy->keyring->ops->describe(policy->keyring, &info);
    out_info->keyring = info.keyring;
}

static bool policy_has_imported(const struct loom_store *store) {
    return loom_store_has_imported(((const struct keyring_first *)store)->vault);
}

/* Where a credential goes is chosen; where one may be is not. */
static size_t policy_parts(struct loom_store *store,
                           struct loom_store *out_parts[static LOOM_STORE_PARTS_MAX]) {
    const struct keyring_first *policy = policy_of(store);
    size_t count = 0;
    if (policy->keyring != NULL)
        out_parts[count++] = policy->keyring;
    out_parts[count++] = policy->vault;
    return count;
}

static struct loom_store *policy_home(struct loom_store *store) {
    return policy_of(store)->current;
}

static void policy_close(struct loom_store *store) {
    struct keyring_first *policy = policy_of(store);
    loom_store_close(policy->keyring);
    loom_store_close(policy->vault);
    free(policy);
}

static const struct loom_store_ops policy_ops = {
    .find = policy_find,
    .list = policy_list,
    .save = policy_save,
    .remove = policy_remove,
    .remove_this = policy_remove_this,
    .replace_this = policy_replace_this,
    .check = policy_check,
    .describe = policy_describe,
    .parts = policy_parts,
    .home = policy_home,
    .has_imported = policy_has_imported,
    .close = policy_close,
};

enum loom_err loom_keyring_first_open(struct loom_store *keyring, struct loom_store *vault,
                                      enum loom_place place, struct loom_store **out_store) {
    LOOM_CLEANUP(loom_store_drop) struct loom_store *first = keyring;
    LOOM_CLEANUP(loom_store_drop) struct loom_store *second = vault;
    if (keyring == NULL && place == LOOM_PLACE_KEYRING)
        return LOOM_ERR_KEYRING;
    struct keyring_first *policy = calloc(1, sizeof *policy);
    if (policy == NULL)
        return LOOM_ERR_INTERNAL;
    policy->store.ops = &policy_ops;
    policy->keyring = keyring;
    policy->vault = vault;
    policy->place = place;
    policy->current = asks_keyring(policy) ? keyring : vault;
    first = second = NULL;
    *out_store = &policy->store;
    return LOOM_OK;
}
