/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Shared by the files that make up a connection: remote.c (calls, waiting), receive.c, remote_stream.c. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include "base/buf.h"
#include "base/clock.h"
#include "handle.h"
#include "remote.h"
#include "transport.h"
#include "wire/message.h"

#define VR_FEATURE_TYPED_STRINGS 9
#define VR_FEATURE_KEEPALIVE 10
#define VR_FEATURE_EVENT_IDS 14
#define VR_FEATURE_CLOSE_CALLBACK 15

enum vr_wait_kind {
    VR_WAIT_REPLY,  /* of one call */
    VR_WAIT_STREAM, /* something for one stream */
    VR_WAIT_SENT,   /* everything written */
};

struct vr_waiter {
    struct vr_waiter *next;
    pthread_cond_t cond;
    enum vr_wait_kind kind;
    bool done;
    struct vr_error *error;
    const struct vr_api_call *call;
    uint32_t serial;
    struct vr_arena *arena;
    void *ret;
    struct vr_extras *extras;
    struct vr_stream_end *stream;
};

struct vr_queued_fd {
    int fd;
    size_t at; /* offset in `out` of the byte it goes with */
};

struct vr_remote {
    atomic_int refs; /* the connection's, and one for each thing the event loop holds */
    pthread_mutex_t lock;
    int fd, wake;
    struct vr_local *local; /* calls go there instead of the socket; fd and wake are -1 */
    struct vr_transport how; /* its descriptor is the one above */
    bool opened, closing;
    virConnectPtr conn;
    struct vr_packet_reader reader;
    struct vr_buf out;  /* packets */
    struct vr_buf wire; /* what filters made of them; unused without filters */
    struct vr_queued_fd fds[64];
    size_t fd_count;
    uint32_t serial;
    bool reading;  /* a thread reads for everyone */
    bool in_poll;  /* and sits in poll */
    struct vr_waiter *waiters;
    struct vr_stream_end *streams;
    size_t backlog; /* bytes of stream data nobody took yet */
    struct vr_error *dead;
    int close_reason;
    bool close_told, events_came;
    uint64_t features, features_known;
    int watch, watching, timer, ping_timer;
    int ping_interval_s;
    unsigned ping_count, pings_left;
    vr_time heard;
};

/* All with the lock held. */
void vr_remote_flush(struct vr_remote *r);
void vr_remote_receive(struct vr_remote *r);
void vr_remote_wait(struct vr_remote *r, struct vr_waiter *w);
void vr_remote_wake(struct vr_remote *r);
/** *err is consumed. Everyone who waits is told. */
void vr_remote_dies(struct vr_remote *r, int reason, struct vr_error **err);
/** Stream data that arrived: bytes, or a hole when @hole is more than 0. */
void vr_remote_stream_piece(struct vr_remote *r, struct vr_stream_end *s, const void *data, size_t len, int64_t hole);
/** Something is to be written still. */
static inline bool vr_remote_unsent(const struct vr_remote *r)
{
    return r->out.len || r->wire.len;
}
/** Releases the lock, then tells the application what it must know. */
void vr_remote_leave(struct vr_remote *r);
/** Gives up a reference; without the lock. */
void vr_remote_unref(struct vr_remote *r);
/** The server accepted the connection: it is to be told when it ends. Takes the lock. */
void vr_remote_opened(struct vr_remote *r);
