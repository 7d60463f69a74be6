/* SPDX-License-Identifier: Apache-2.0 */
#include "store_kinds.h"

#include "store/keyring_first.h"
#include "store/memory_store.h"
#include "store/vault.h"

#include <string.h>

/* ---- memory ---- */

static void open_memory(struct subject *subject) {
    assert_int_equal(loom_memory_store_open(&subject->store), LOOM_OK);
    subject->planted = subject->store;
}

static void plant_memory(struct subject *subject, const char *const keys[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct loom_credential credential = credential_of("https://any.example.com", keys[i]);
        credential.source = LOOM_SOURCE_IMPORTED;
        assert_int_equal(loom_memory_store_plant(subject->planted, keys[i], &credential), LOOM_OK);
        loom_credential_clear(&credential);
    }
}

/* ---- vault ---- */

static void open_vault(struct subject *subject) {
    assert_int_equal(loom_vault_open(&subject->house->paths, &subject->store), LOOM_OK);
}

static void plant_vault(struct subject *subject, const char *const keys[], size_t count) {
    struct loom_buffer text = LOOM_BUFFER_INIT(HOUSE_FILE_MAX);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(loom_buffer_add_format(&text, "%s\"%s\":{\"type\":\"api\",\"key\":\"%s\"}",
                                                i == 0 ? "{" : ",", keys[i], keys[i]),
                         LOOM_OK);
    assert_int_equal(loom_buffer_add_text(&text, "}"), LOOM_OK);
    house_write(subject->house, VAULT, 0600, text.data, text.len);
    loom_buffer_clear(&text);
}

/* ---- the policy over a keyring and a vault, and over a vault alone ---- */

static void open_policy(struct subject *subject) {
    struct loom_store *keyring = NULL, *vault = NULL;
    assert_int_equal(loom_memory_store_open(&keyring), LOOM_OK);
    assert_int_equal(loom_vault_open(&subject->house->paths, &vault), LOOM_OK);
    assert_int_equal(loom_keyring_first_open(keyring, vault, LOOM_PLACE_AUTO, &subject->store),
                     LOOM_OK);
    subject->planted = keyring;
}

/* Some of them in each place. */
static void plant_policy(struct subject *subject, const char *const keys[], size_t count) {
    size_t half = count / 2;
    plant_memory(subject, keys, half);
    plant_vault(subject, keys + half, count - half);
}

static void open_policy_file(struct subject *subject) {
    struct loom_store *vault = NULL;
    assert_int_equal(loom_vault_open(&subject->house->paths, &vault), LOOM_OK);
    assert_int_equal(loom_keyring_first_open(NULL, vault, LOOM_PLACE_AUTO, &subject->store),
                     LOOM_OK);
}

static const struct store_kind kinds[] = {
    {"memory", LOOM_STORE_MEMORY, false, open_memory, plant_memory},
    {"vault", LOOM_STORE_FILE, true, open_vault, plant_vault},
    {"keyring-first", LOOM_STORE_MEMORY, false, open_policy, plant_policy},
    {"secret-service", LOOM_STORE_KEYRING, true, keyring_kind_open, keyring_kind_plant},
    {"keyring-first-file", LOOM_STORE_FILE, true, open_policy_file, plant_vault},
};

const struct store_kind *store_kind_of(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}
