/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that uses the same libcjson.so.1, and has set hooks: whatever is taken through them comes
 * back through them, and nothing else does. At its end it says how many blocks it gave, and how
 * many did not come back.
 */
#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const size_t magic = 0x686f6f6b;

union head {
    size_t magic;
    max_align_t align;
};

static atomic_size_t given, returned;

static void *give(size_t len) {
    union head *head = malloc(sizeof *head + len);
    if (head == NULL)
        return NULL;
    head->magic = magic;
    (void)atomic_fetch_add(&given, 1);
    return head + 1;
}

static void take_back(void *block) {
    union head *head = (union head *)block - 1;
    if (block == NULL)
        return;
    if (head->magic != magic)
        abort();
    head->magic = 0;
    (void)atomic_fetch_add(&returned, 1);
    free(head);
}

__attribute__((constructor)) static void set_hooks(void) {
    cJSON_InitHooks(&(cJSON_Hooks){give, take_back});
}

__attribute__((destructor)) static void tell(void) {
    size_t all = atomic_load(&given);
    (void)printf("hooks_gave=%zu\nhooks_lost=%zu\n", all, all - atomic_load(&returned));
}
