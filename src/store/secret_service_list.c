/* SPDX-License-Identifier: Apache-2.0 */
#include "store/secret_service_list.h"

#include "store/secret_service_match.h"

/* What others called their items is no server. */
static enum loom_err note_label(struct loom_secret_service *service, SecretItem *item,
                                struct loom_secret_records *records) {
    struct loom_origin origin;
    return loom_secret_service_read_label(service, item, &origin)
               ? loom_secret_records_add_origin(records, &origin)
               : LOOM_OK;
}

enum loom_err loom_secret_list_read(struct loom_secret_service *service, const GList *items,
                                    struct loom_secret_records *records) {
    enum loom_err err = LOOM_OK;
    for (; err == LOOM_OK && items != NULL; items = items->next)
        err = service->options.is_by_label ? note_label(service, items->data, records)
                                           : loom_secret_match_note(service, items->data, records);
    return err;
}
