/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of misbehave.c. A NULL name ends the table.
 */
#ifndef SERVER_MISBEHAVE_TABLE_H
#define SERVER_MISBEHAVE_TABLE_H

#include "server/misbehave.h"

extern const struct dev_misbehaviour dev_misbehaviour_rows[];

#endif
