/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --json prints: schema 1, one object a line, never translated. Keys are always there; null
 * means unknown.
 */
#ifndef LOOM_CLI_JSON_OUTPUT_H
#define LOOM_CLI_JSON_OUTPUT_H

#include "cli/cli.h"
#include "session/sign_in.h"
#include "store/store.h"
#include "json/json.h"

/* A new object with "schema", and "event" when it is not NULL. */
LOOM_CHECKED enum loom_err loom_json_output_new(const char *event, struct loom_json **out_object);

/* Add ACCOUNT, STORE, ERROR (NULL or LOOM_OK: null) or a time (0: null) as a member. */
LOOM_CHECKED enum loom_err loom_json_output_account(struct loom_json *object, const char *name,
                                                    const struct loom_account *account);
LOOM_CHECKED enum loom_err loom_json_output_store(struct loom_json *object, const char *name,
                                                  const struct loom_store_info *store);
LOOM_CHECKED enum loom_err loom_json_output_error(struct loom_json *object, const char *name,
                                                  const struct loom_error *error,
                                                  const struct loom_origin *server);
LOOM_CHECKED enum loom_err loom_json_output_time(struct loom_json *object, const char *name,
                                                 int64_t epoch_s);

/* Add a path, made printable: it need not be UTF-8, and JSON must be. NULL and "": null. */
LOOM_CHECKED enum loom_err loom_json_output_path(struct loom_json *object, const char *name,
                                                 const char *path);

/* Add a message for people, its lines made one. */
LOOM_CHECKED enum loom_err loom_json_output_message(struct loom_json *object, const char *name,
                                                    struct loom_buffer *message);

/* What became of an old token: true, false, or null when none was to be revoked. */
LOOM_CHECKED enum loom_err loom_json_output_old_token(struct loom_json *object, const char *name,
                                                      enum loom_old_token old_token);

/* Print the object as one line on stdout, at once. */
void loom_json_output_line(struct loom_cli *cli, const struct loom_json *object);

/* Print {"schema":1,"error":ERROR}. */
void loom_json_output_failure(struct loom_cli *cli, const struct loom_error *error,
                              const struct loom_origin *server);

/* The word for a kind of store: "keyring", "file". */
const char *loom_json_output_kind(enum loom_store_kind kind);

#endif
