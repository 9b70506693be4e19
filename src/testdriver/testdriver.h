/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The mock hypervisor of test:///. Everything it manages lives in one struct, on the same documents as the real
 * drivers; nothing outside is touched but the files that saving and core dumps name. It has no lock: whoever uses it
 * lets one call in at a time.
 */
#include <stdbool.h>
#include "base/error.h"
#include "driver/call.h"
#include "driver/event.h"

struct vr_test;      /* a mock host */
struct vr_test_conn; /* one connection to it */

/**
 * vr_test_new - a mock host
 * @path: its document; NULL for the one everybody knows as test:///default
 *
 * Reports what is wrong with the document.
 */
struct vr_test *vr_test_new(const char *path, struct vr_error **err);
/** Nobody is attached any more. NULL is allowed. */
void vr_test_free(struct vr_test *test);

/** The document names users, who have to log in. */
bool vr_test_has_users(const struct vr_test *test);
/** That user with that password (NULL: one without) may come in. */
bool vr_test_login(const struct vr_test *test, const char *user, const char *password);

/** Told of each event while a call runs; must not call back. */
typedef void vr_test_emit(void *opaque, enum vr_event_class event_class, int event_id,
                          const struct vr_event_object *object, const void *message);

/** @identity is borrowed until vr_test_detach. */
struct vr_test_conn *vr_test_attach(struct vr_test *test, const char *uri, bool readonly,
                                    const struct vr_identity *identity, vr_test_emit *emit, void *opaque);
/** The connection closed. */
void vr_test_detach(struct vr_test_conn *end);
/** What goes into struct vr_call. */
struct vr_conn *vr_test_conn_of(struct vr_test_conn *end);

/** The row for a call, NULL when the mock does not support it. */
const struct vr_driver_row *vr_test_row(const struct vr_api_call *api);
/** Checks the flags and runs the row's function; the call's row must exist. */
bool vr_test_call(struct vr_call *call, const void *in, void *out, struct vr_error **err);
