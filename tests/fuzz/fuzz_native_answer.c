/* SPDX-License-Identifier: Apache-2.0 */
/* What a Loom server answers: fuzz/answers.h has the input, and what must hold. */
#include "fuzz/answers.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct fuzz_answer given = fuzz_take_answer(fuzz_input(bytes, len));
    const char *place = given.is_secure ? "https://loom.example.com/base" : "http://localhost:8080";
    struct loom_origin origin;
    FUZZ_CHECK(loom_origin_parse(place, strlen(place), &origin, NULL) == LOOM_OK);
    given.server = &origin;
    const struct loom_http http = {.context = &given, .send = fuzz_answer_send};
    const struct loom_remote server = {.http = &http, .origin = &origin};
    fuzz_check_call(&server, &given);
    return 0;
}
