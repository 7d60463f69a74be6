/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application/x-www-form-urlencoded, as a query and as the body of a form: name=value&name=value.
 */
#ifndef SERVER_FORM_H
#define SERVER_FORM_H

#include <stdbool.h>
#include <stddef.h>

enum { DEV_FORM_VALUE_SIZE = 1024 };

/*
 * Decode the first value of `name` in `form`. Returns false, and leaves *out_value alone, when
 * there is none, when it is too long, or when a % stands before something else than two hex digits
 * or before 00.
 */
bool dev_form_find(const char *form, const char *name, char out_value[static DEV_FORM_VALUE_SIZE]);

#endif
