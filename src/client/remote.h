/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * A connection to a daemon: one socket, one lock, any number of threads. A thread with a call writes it; whoever finds
 * nobody reading becomes the reader, for everyone, until its own reply has come, then hands that role on. With an event
 * loop the socket is watched there as well, so that events, pings and stream data arrive between calls.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "api/api.h"
#include "api/public.h"
#include "base/arena.h"
#include "base/error.h"

struct vr_remote;
struct vr_local;
struct vr_stream_end;

/** What a call may carry beside its arguments; all zero when nothing. */
struct vr_extras {
    const int *send_fds;         /* borrowed */
    size_t send_count;
    int *got_fds;                /* room for VIR_NET_MESSAGE_NUM_FDS_MAX; what came is the caller's */
    size_t got_count;
    struct vr_stream_end *stream; /* becomes the stream this call opens; registered before the call is sent */
};

struct vr_transport;
struct vr_filter;

/** Takes over what *how holds. @conn is told of events, no reference held. */
struct vr_remote *vr_remote_new(const struct vr_transport *how, virConnectPtr conn);
/**
 * vr_remote_protect - put a filter on top of the connection; it takes over the filter
 *
 * For between two calls of the thread that opens the connection. Fails when the peer has sent more than it was asked for:
 * that would pass as protected.
 */
bool vr_remote_protect(struct vr_remote *r, struct vr_filter *filter, struct vr_error **err);
/** A connection whose driver is in this process: no socket, the rest alike. The driver's end is set once it is open. */
struct vr_remote *vr_remote_new_local(virConnectPtr conn);
void vr_remote_set_local(struct vr_remote *r, struct vr_local *local);
/** The driver's end of such a connection, or NULL. */
struct vr_local *vr_remote_local(const struct vr_remote *r);
/** Watches the socket in the application's event loop, if there is one. */
void vr_remote_watch(struct vr_remote *r);
/** Tells the server, ends everything, frees. The last user is gone. */
void vr_remote_close(struct vr_remote *r, bool admin);

/**
 * vr_remote_call - send a call and wait for its reply
 * @arena: receives what *ret points to
 * @ret:   call->ret->size bytes; NULL when the caller does not want it
 *
 * Ends with the server's own error, or says why the connection is gone.
 */
bool vr_remote_call(struct vr_remote *r, const struct vr_api_call *call, const void *args, struct vr_arena *arena,
                    void *ret, struct vr_extras *extras, struct vr_error **err);

bool vr_remote_alive(struct vr_remote *r);
/** Nobody on the way can listen in. */
bool vr_remote_is_secure(const struct vr_remote *r);
/** What travels is encrypted by this library. */
bool vr_remote_is_encrypted(const struct vr_remote *r);
/** Strength of TLS, 0 without. */
int vr_remote_tls_bits(const struct vr_remote *r);
/** A pings-based watch: 0 on, 1 when the server cannot, -1 without an event loop. interval <= 0 turns it off. */
int vr_remote_keepalive(struct vr_remote *r, int interval_s, unsigned count, struct vr_error **err);
/** What the server answered about a feature; asked once. */
bool vr_remote_feature(struct vr_remote *r, int feature);
/** Makes the event loop call vr_connect_deliver() soon. False without one. */
bool vr_remote_need_events(struct vr_remote *r);

/* ---- streams ----------------------------------------------------------------------------------------------------- */

struct vr_piece {
    struct vr_piece *next;
    int64_t hole;     /* more than 0: a hole of that length, no data */
    size_t len, used;
    char data[];
};

/** The client's end of a stream; guarded by the connection's lock. */
struct vr_stream_end {
    struct vr_stream_end *next; /* of the open ones */
    struct vr_message_header asked; /* what its packets repeat */
    struct vr_piece *first, **last;
    size_t queued;
    struct vr_error *error;
    bool used, open;       /* used: a call opened it, open: it did not end since */
    bool at_end, finished; /* finished: the server confirmed finish or abort */
    bool sparse;
    int timer;     /* of the application's event loop, to be made due when something came; -1: none */
    bool news;
};

void vr_stream_end_init(struct vr_stream_end *s);
void vr_remote_stream_drop(struct vr_remote *r, struct vr_stream_end *s);

enum vr_stream_result { VR_STREAM_FAILED = -1, VR_STREAM_DONE = 0, VR_STREAM_AGAIN = -2, VR_STREAM_HOLE = -3 };
/** Up to @len bytes; *got 0 is the end. AGAIN only when @wait is false; HOLE when one is next and @stop_at_hole. */
enum vr_stream_result vr_remote_stream_recv(struct vr_remote *r, struct vr_stream_end *s, void *data, size_t len,
                                            size_t *got, bool wait, bool stop_at_hole, struct vr_error **err);
enum vr_stream_result vr_remote_stream_send(struct vr_remote *r, struct vr_stream_end *s, const void *data, size_t len,
                                            size_t *sent, bool wait, struct vr_error **err);
bool vr_remote_stream_hole(struct vr_remote *r, struct vr_stream_end *s, int64_t length, struct vr_error **err);
/** The hole that is next, taken; 0 when there is none. */
int64_t vr_remote_stream_take_hole(struct vr_remote *r, struct vr_stream_end *s);
/** Finish or abort; waits for the server's word. */
bool vr_remote_stream_end(struct vr_remote *r, struct vr_stream_end *s, bool abort, struct vr_error **err);
/** Something can be received, or the stream ended or failed. */
bool vr_remote_stream_readable(struct vr_remote *r, struct vr_stream_end *s);
