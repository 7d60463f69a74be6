/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/logout_outcome.h"

#include "cli/json_output.h"
#include "cli/report.h"

#include <string.h>

static const char *const revocations[] = {
    [LOOM_REVOKED] = "yes",
    [LOOM_REVOKED_BEFORE] = "already_dead",
    [LOOM_REVOKE_UNSUPPORTED] = "unsupported",
    [LOOM_REVOKE_FAILED] = "no",
};

static bool knows_server(const struct loom_signed_out *signed_out) {
    return signed_out->revocation == LOOM_REVOKED || signed_out->revocation == LOOM_REVOKED_BEFORE;
}

static bool is_left(const struct loom_signed_out *signed_out) {
    for (size_t i = 0; i < signed_out->places_count; i++)
        if (signed_out->places[i].was_there && !signed_out->places[i].is_deleted)
            return true;
    return false;
}

int loom_logout_outcome_status(const struct loom_logout_outcome *outcome) {
    if (outcome->error.code != LOOM_OK)
        return outcome->signed_out.was_signed_in ? LOOM_EXIT_PARTIAL
                                                 : loom_report_status(&outcome->error);
    return !outcome->signed_out.was_signed_in || knows_server(&outcome->signed_out)
               ? LOOM_EXIT_DONE
               : LOOM_EXIT_PARTIAL;
}

static void say_left(struct loom_cli *cli, const struct loom_logout_outcome *outcome,
                     const struct loom_words *words) {
    if (knows_server(&outcome->signed_out))
        loom_say_always(&cli->err,
                        N_("{server} has ended your sign-in, but it could not be removed from this "
                           "computer."),
                        words);
    else
        loom_say_always(&cli->err,
                        N_("Your sign-in to {server} could not be removed from this computer, and "
                           "the server could not be told, so it may still accept the token."),
                        words);
}

static void say_signed_out(struct loom_cli *cli, const struct loom_logout_outcome *outcome,
                           const struct loom_words *words) {
    if (knows_server(&outcome->signed_out))
        loom_say(&cli->err, N_("Signed out of {server}."), words);
    else
        loom_say_always(&cli->err,
                        N_("Signed out of {server} on this computer. The server could not be "
                           "told, so it may still accept the old token. To be sure, sign in on "
                           "its web page and end the session there."),
                        words);
    if (outcome->error.code != LOOM_OK && outcome->error.code != LOOM_ERR_INTERRUPTED)
        loom_say_always(&cli->err,
                        N_("Another place could not be searched. It may hold a sign-in to {server} "
                           "as well."),
                        words);
}

void loom_logout_trouble_say(struct loom_cli *cli, const struct loom_error *error,
                             const struct loom_origin *server, struct loom_error *told) {
    if (error->code == LOOM_OK || (error->code == told->code && error->os_error == told->os_error &&
                                   strcmp(error->detail, told->detail) == 0))
        return;
    (void)loom_report_say(cli, error, server);
    *told = *error;
}

void loom_logout_outcome_say(struct loom_cli *cli, const struct loom_logout_outcome *outcome,
                             struct loom_error *told) {
    struct loom_words words = {.server = outcome->server->url};
    const struct loom_signed_out *signed_out = &outcome->signed_out;
    if (signed_out->was_signed_in && is_left(signed_out))
        say_left(cli, outcome, &words);
    else if (signed_out->was_signed_in)
        say_signed_out(cli, outcome, &words);
    else if (outcome->error.code == LOOM_OK)
        loom_say(&cli->err, N_("You were not signed in to {server}. There is nothing to do."),
                 &words);
    for (size_t i = 0; i < signed_out->places_count; i++)
        loom_logout_trouble_say(cli, &signed_out->places[i].error, outcome->server, told);
}

/* deleted_from and left_in: each place where it was, in the one list where it belongs. */
static enum loom_err add_places(struct loom_json *object, const char *name,
                                const struct loom_signed_out *signed_out, bool is_deleted) {
    struct loom_json *array;
    enum loom_err err = loom_json_add_array(object, name, &array);
    for (size_t i = 0; i < signed_out->places_count && err == LOOM_OK; i++) {
        const struct loom_signed_out_place *place = &signed_out->places[i];
        if (place->was_there && place->is_deleted == is_deleted)
            err = loom_json_add_text(array, NULL, loom_json_output_kind(place->kind));
    }
    return err;
}

enum loom_err loom_logout_outcome_add(struct loom_json *array,
                                      const struct loom_logout_outcome *outcome) {
    struct loom_json *row;
    const struct loom_signed_out *signed_out = &outcome->signed_out;
    bool was_signed_in = signed_out->was_signed_in || outcome->is_skipped;
    bool is_known = was_signed_in || outcome->error.code == LOOM_OK;
    const struct loom_error *error =
        outcome->error.code != LOOM_OK ? &outcome->error : &signed_out->revoke_error;
    enum loom_err err = loom_json_add_object(array, NULL, &row);
    if (err == LOOM_OK)
        err = loom_json_add_text(row, "server", outcome->server->url);
    if (err == LOOM_OK)
        err = is_known ? loom_json_add_bool(row, "was_signed_in", was_signed_in)
                       : loom_json_add_null(row, "was_signed_in");
    if (err == LOOM_OK)
        err = add_places(row, "deleted_from", signed_out, true);
    if (err == LOOM_OK)
        err = add_places(row, "left_in", signed_out, false);
    if (err == LOOM_OK)
        err = loom_json_add_text(
            row, "revoked", signed_out->was_signed_in ? revocations[signed_out->revocation] : NULL);
    return err == LOOM_OK ? loom_json_output_error(row, "error", error, outcome->server) : err;
}
