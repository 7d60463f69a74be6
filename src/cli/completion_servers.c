/* SPDX-License-Identifier: Apache-2.0 */
/* loom completion --servers: what is stored, for a person who pressed Tab and waits. */
#include "cli/completion.h"

#include "store/keyring.h"
#include "store/store.h"
#include "store/vault.h"

#include <stdlib.h>
#include <string.h>

/* What is left of the second after the program has started, and before a call that hangs is left.
 */
enum { KEYRING_MS = 500, LIST_MAX = 1024 * 1024 };

/* Has the list this line? Two places may hold the same server. */
static bool has_line(const struct loom_buffer *list, const char *line) {
    size_t len = strlen(line);
    const char *text = loom_buffer_text(list);
    for (; *text != '\0'; text += strcspn(text, "\n") + 1)
        if (strncmp(text, line, len) == 0 && text[len] == '\n')
            return true;
    return false;
}

/* A list that is too long is cut at a whole line. */
static void add_server(void *context, const struct loom_store_entry *entry) {
    struct loom_buffer *list = context;
    if (entry->origin != NULL && !has_line(list, entry->origin->url) &&
        list->len + strlen(entry->origin->url) + 1 < LIST_MAX)
        loom_error_ignore(loom_buffer_add_format(list, "%s\n", entry->origin->url));
}

/* What cannot be read is not suggested; whoever wants to know why runs `loom status`. */
static void list_store(struct loom_store *store, struct loom_buffer *list) {
    loom_error_ignore(store->ops->list(store, add_server, list, NULL));
}

static void list_keyring(const struct loom_cli *cli, struct loom_buffer *list) {
    LOOM_CLEANUP(loom_store_drop) struct loom_store *keyring = NULL;
    struct loom_keyring_options options = {
        .clock = &cli->ports->clock,
        .bus_address = cli->environment.bus_address,
        .runtime_folder = cli->environment.runtime_folder,
        .total_ms = KEYRING_MS,
        .is_by_label = true,
    };
    /* libsecret would talk to whatever this names instead of the keyring. */
    (void)unsetenv("SECRET_SERVICE_BUS_NAME");
    if (loom_keyring_open(&options, &keyring) == LOOM_OK)
        list_store(keyring, list);
}

static void list_vault(struct loom_cli *cli, struct loom_buffer *list) {
    LOOM_CLEANUP(loom_store_drop) struct loom_store *vault = NULL;
    if (loom_paths_find(&cli->paths, NULL) == LOOM_OK &&
        loom_vault_open(&cli->paths, &vault) == LOOM_OK)
        list_store(vault, list);
}

int loom_completion_print_servers(struct loom_cli *cli) {
    LOOM_CLEANUP(loom_buffer_clear) struct loom_buffer list = LOOM_BUFFER_INIT(LIST_MAX);
    const char *place = cli->environment.store;
    if (place == NULL || strcmp(place, "keyring") != 0)
        list_vault(cli, &list);
    if (place == NULL || strcmp(place, "file") != 0)
        list_keyring(cli, &list);
    loom_output_raw(&cli->out, loom_buffer_text(&list), list.len);
    return cli->out.has_failed ? LOOM_EXIT_FAILURE : LOOM_EXIT_DONE;
}
