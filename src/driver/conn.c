/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conn.h"

#include <stdlib.h>
#include "base/alloc.h"

struct vr_close_hook {
    struct vr_close_hook *next;
    const void *key;
    void (*fn)(void *opaque);
    void *opaque;
};

void vr_conn_on_close(struct vr_conn *conn, const void *key, void (*fn)(void *opaque), void *opaque)
{
    struct vr_close_hook *hook = vr_new(struct vr_close_hook);
    *hook = (struct vr_close_hook){ .next = conn->close_hooks, .key = key, .fn = fn, .opaque = opaque };
    conn->close_hooks = hook;
}

void vr_conn_off_close(struct vr_conn *conn, const void *key)
{
    for (struct vr_close_hook **at = &conn->close_hooks; *at;) {
        struct vr_close_hook *hook = *at;
        if (hook->key == key) {
            *at = hook->next;
            free(hook);
        } else {
            at = &hook->next;
        }
    }
}

VR_SUSPENDS void vr_conn_closed(struct vr_conn *conn)
{
    /* A hook may suspend, and what runs meanwhile may remove other hooks: take one at a time. */
    while (conn->close_hooks) {
        struct vr_close_hook *hook = conn->close_hooks;
        conn->close_hooks = hook->next;
        hook->fn(hook->opaque);
        free(hook);
    }
}
