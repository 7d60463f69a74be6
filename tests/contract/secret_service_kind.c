/* SPDX-License-Identifier: Apache-2.0 */
/* A real Secret Service on the bus that the environment names; with_keyring.py starts both. */
#include "store_kinds.h"

#include "store/keyring.h"
#include "store/secret_service.h"
#include "store/secret_service_save.h"
#include "system/clock.h"

#include <stdlib.h>
#include <string.h>

static const int no_stop_fd = -1;

static const struct loom_clock *clock_of_system(void) {
    static struct loom_clock clock;
    clock = loom_clock_system(&no_stop_fd);
    return &clock;
}

static struct loom_keyring_options options_of_environment(void) {
    return (struct loom_keyring_options){
        .clock = clock_of_system(),
        .bus_address = getenv("DBUS_SESSION_BUS_ADDRESS"),
        .may_ask = true, /* KWallet opens for each program anew, here without a window */
    };
}

struct servers {
    struct loom_origin origins[64];
    size_t count;
};

static void remember(void *context, const struct loom_store_entry *entry) {
    struct servers *servers = context;
    assert_true(servers->count < sizeof servers->origins / sizeof servers->origins[0]);
    if (entry->origin != NULL)
        servers->origins[servers->count++] = *entry->origin;
}

/* Imports are nobody's: somebody has to claim them before they can go. */
static void remove_all(struct loom_store *store) {
    static const char *const plantable[] = {"https://a.example.com", "https://b.example.com",
                                            "https://a.b.com", "https://c.com"};
    struct servers servers = {.count = 0};
    assert_int_equal(store->ops->check(store, NULL), LOOM_OK);
    assert_int_equal(store->ops->list(store, remember, &servers, NULL), LOOM_OK);
    for (size_t i = 0; i < servers.count; i++)
        assert_int_equal(remove_origin(store, servers.origins[i].url, false), LOOM_OK);
    for (size_t i = 0; i < sizeof plantable / sizeof plantable[0]; i++)
        loom_error_ignore(remove_origin(store, plantable[i], true)); /* most are not there */
}

/*
 * KWallet closes its wallet when the last program that used it has gone, also under the next one.
 * So there is always one.
 */
static void keep_it_open(void) {
    static struct loom_store *keeper;
    struct loom_keyring_options options = options_of_environment();
    if (keeper != NULL)
        return;
    assert_int_equal(loom_keyring_open(&options, &keeper), LOOM_OK);
    assert_int_equal(keeper->ops->check(keeper, NULL), LOOM_OK);
}

void keyring_kind_open(struct subject *subject) {
    struct loom_keyring_options options = options_of_environment();
    keep_it_open();
    assert_int_equal(loom_keyring_open(&options, &subject->store), LOOM_OK);
    if (!subject->is_cleaned)
        remove_all(subject->store);
    subject->is_cleaned = true;
}

static enum loom_err plant_one(struct loom_secret_service *service, const char *key) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer json = LOOM_BUFFER_INIT(4096);
    struct loom_origin any = origin_of("https://any.example.com");
    struct loom_secret_draft draft = {&any, key, &json};
    SecretCollection *collection = NULL;
    SecretItem *item = NULL;
    assert_int_equal(loom_buffer_add_format(&json, "{\"type\":\"api\",\"key\":\"%s\"}", key),
                     LOOM_OK);
    enum loom_err err = loom_secret_service_enter(service, false, NULL);
    if (err == LOOM_OK)
        err = loom_secret_save_check(service, NULL); /* unlocks */
    if (err == LOOM_OK)
        err = loom_secret_service_collection(service, &collection, NULL);
    if (err != LOOM_OK)
        return err;
    err = loom_secret_service_create(service, collection, &draft, &item, NULL);
    service->loop.lib->object_unref(collection);
    if (item != NULL)
        service->loop.lib->object_unref(item);
    return err;
}

/* Again, in another conversation: KWallet refuses what comes in one out of some hundred. */
static enum loom_err plant(struct loom_secret_service *service, const char *key) {
    enum loom_err err = plant_one(service, key);
    loom_secret_service_leave(service);
    if (err != LOOM_ERR_KEYRING || service->dead_errno != 0)
        return err;
    loom_secret_service_drop(service);
    err = plant_one(service, key);
    loom_secret_service_leave(service);
    return err;
}

void keyring_kind_plant(struct subject *subject, const char *const keys[], size_t count) {
    struct loom_secret_service service = {.options = options_of_environment()};
    (void)subject;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(plant(&service, keys[i]), LOOM_OK);
    loom_secret_service_drop(&service);
}
