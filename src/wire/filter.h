/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A connection as a stack of byte filters. The socket is at the bottom, packets are at the top; TLS and a SASL security
 * layer are filters between. An empty stack is a plain connection. Filters never wait and never touch the socket: they
 * get bytes and leave bytes, also some of their own (a handshake), and say when they are ready.
 */
#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/error.h"

struct vr_filter;

struct vr_filter_ops {
    const char *name;
    /** Bytes from the peer: takes from *in what it can (vr_buf_consume), appends plain bytes to *out. False: fatal. */
    bool (*decode)(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err);
    /**
     * Bytes for the peer: takes from *in what it can, appends to *out. Called with an empty *in too, so that a
     * handshake's bytes get out. While not ready it takes nothing.
     */
    bool (*encode)(struct vr_filter *f, struct vr_buf *in, struct vr_buf *out, struct vr_error **err);
    /** Plain bytes may pass; NULL: always. */
    bool (*ready)(const struct vr_filter *f);
    void (*free)(struct vr_filter *f);
};

/** The first member of each filter. */
struct vr_filter {
    const struct vr_filter_ops *ops;
    struct vr_filter *below;
    struct vr_buf received; /* from below, not yet decoded */
    struct vr_buf sending;  /* from above, not yet encoded */
};

/** The stack: `top` is next to the packets. All zero is an empty one. */
struct vr_filters {
    struct vr_filter *top;
};

/** Puts a filter on top; the stack owns it. What was received and decoded before does not pass through it. */
void vr_filters_push(struct vr_filters *s, struct vr_filter *f);
void vr_filters_done(struct vr_filters *s);
static inline bool vr_filters_empty(const struct vr_filters *s)
{
    return s->top == NULL;
}
/** Every filter is ready. */
bool vr_filters_ready(const struct vr_filters *s);

/** Bytes came from the socket; plain bytes are appended to *plain. False: the connection cannot go on. */
bool vr_filters_received(struct vr_filters *s, const void *bytes, size_t len, struct vr_buf *plain,
                         struct vr_error **err);
/**
 * Sends plain bytes (none: just what filters have to say); what goes to the socket is appended to *wire. Call it after
 * each vr_filters_received too: a handshake answers.
 */
bool vr_filters_send(struct vr_filters *s, const void *bytes, size_t len, struct vr_buf *wire, struct vr_error **err);
