/* SPDX-License-Identifier: Apache-2.0 */
#include "server/misbehave.h"

#include "server/misbehave_table.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct active {
    const struct dev_misbehaviour *row;
    unsigned done;
};

struct dev_misbehaviours {
    pthread_mutex_t lock;
    struct active active[DEV_NAMES_MAX];
    size_t len;
};

static const struct dev_misbehaviour *find_row(const char *name) {
    for (const struct dev_misbehaviour *row = dev_misbehaviour_rows; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static enum loom_err refuse_name(const char *name, struct loom_error *error) {
    char text[256];
    (void)snprintf(text, sizeof text, "unknown misbehaviour (--help lists them): %.180s", name);
    return loom_error_detail(error, LOOM_ERR_USAGE, text);
}

/* The table ends with a row without a name, and nobody asks for more. */
const char *dev_misbehaviour_name(size_t index) {
    return dev_misbehaviour_rows[index].name;
}

enum loom_err dev_misbehaviours_new(const struct dev_names *names,
                                    struct dev_misbehaviours **out_misbehaviours,
                                    struct loom_error *error) {
    for (size_t i = 0; i < names->len; i++)
        if (find_row(names->items[i]) == NULL)
            return refuse_name(names->items[i], error);
    struct dev_misbehaviours *all = calloc(1, sizeof *all);
    if (all == NULL || pthread_mutex_init(&all->lock, NULL) != 0) {
        free(all);
        return loom_error_set(error, LOOM_ERR_INTERNAL);
    }
    for (; all->len < names->len; all->len++)
        all->active[all->len].row = find_row(names->items[all->len]);
    *out_misbehaviours = all;
    return LOOM_OK;
}

void dev_misbehaviours_free(struct dev_misbehaviours *misbehaviours) {
    if (misbehaviours == NULL)
        return;
    (void)pthread_mutex_destroy(&misbehaviours->lock);
    free(misbehaviours);
}

enum loom_err dev_misbehaviours_replace(struct dev_misbehaviours *misbehaviours, const char *name) {
    const struct dev_misbehaviour *row = find_row(name);
    if (row == NULL && name[0] != '\0')
        return LOOM_ERR_NOT_FOUND;
    (void)pthread_mutex_lock(&misbehaviours->lock);
    misbehaviours->active[0] = (struct active){.row = row};
    misbehaviours->len = row == NULL ? 0 : 1;
    (void)pthread_mutex_unlock(&misbehaviours->lock);
    return LOOM_OK;
}

static bool is_due(const struct active *active, enum dev_call call) {
    const struct dev_misbehaviour *row = active->row;
    return (row->call == call || row->call == DEV_CALL_ANY) &&
           (row->times == 0 || active->done < row->times);
}

const struct dev_misbehaviour *dev_misbehaviours_take(struct dev_misbehaviours *misbehaviours,
                                                      enum dev_call call) {
    const struct dev_misbehaviour *row = NULL;
    if (call == DEV_CALL_OTHER)
        return NULL;
    (void)pthread_mutex_lock(&misbehaviours->lock);
    for (size_t i = 0; i < misbehaviours->len && row == NULL; i++) {
        if (!is_due(&misbehaviours->active[i], call))
            continue;
        misbehaviours->active[i].done++;
        row = misbehaviours->active[i].row;
    }
    (void)pthread_mutex_unlock(&misbehaviours->lock);
    return row;
}
