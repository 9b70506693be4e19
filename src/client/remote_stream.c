/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams at the level of packets; stream.c has the public calls. */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include "remote_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

/* A sender that does not wait is told to try again when this much has not left yet. */
#define UNSENT_MAX (1024u * 1024)

void vr_stream_end_init(struct vr_stream_end *s)
{
    s->last = &s->first;
    s->timer = -1;
}

static void unlink_stream(struct vr_remote *r, struct vr_stream_end *s)
{
    for (struct vr_stream_end **at = &r->streams; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    s->open = false;
}

void vr_remote_stream_drop(struct vr_remote *r, struct vr_stream_end *s)
{
    pthread_mutex_lock(&r->lock);
    unlink_stream(r, s);
    while (s->first) {
        struct vr_piece *piece = s->first;
        s->first = piece->next;
        r->backlog -= piece->len - piece->used;
        free(piece);
    }
    s->last = &s->first;
    s->queued = 0;
    vr_error_free(s->error);
    s->error = NULL;
    vr_remote_leave(r);
}

static bool usable(struct vr_remote *r, struct vr_stream_end *s, struct vr_error **err)
{
    if (s->error) {
        struct vr_error *copy = vr_error_copy(s->error);
        return vr_error_move(err, &copy);
    }
    if (!s->open || r->dead)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, "%s", "stream is closed");
    return true;
}

static void wait_stream(struct vr_remote *r, struct vr_stream_end *s)
{
    struct vr_waiter w = { .kind = VR_WAIT_STREAM, .stream = s };
    vr_remote_wait(r, &w);
    vr_error_free(w.error); /* the stream has one of its own */
}

static void drop_first(struct vr_stream_end *s)
{
    struct vr_piece *piece = s->first;
    s->first = piece->next;
    if (!s->first)
        s->last = &s->first;
    s->queued--;
    free(piece);
}

/* Bytes of the queue, zeros for holes, up to the next hole when the caller wants to know of holes. */
static size_t take(struct vr_remote *r, struct vr_stream_end *s, char *data, size_t len, bool stop_at_hole)
{
    size_t got = 0;
    while (s->first && got < len) {
        struct vr_piece *piece = s->first;
        size_t room = len - got;
        if (piece->hole > 0) {
            if (stop_at_hole)
                break;
            size_t zeros = (uint64_t)piece->hole < room ? (size_t)piece->hole : room;
            memset(data + got, 0, zeros);
            got += zeros;
            piece->hole -= (int64_t)zeros;
            if (piece->hole == 0)
                drop_first(s);
            continue;
        }
        size_t n = piece->len - piece->used < room ? piece->len - piece->used : room;
        memcpy(data + got, piece->data + piece->used, n);
        piece->used += n;
        got += n;
        r->backlog -= n;
        if (piece->used == piece->len)
            drop_first(s);
    }
    return got;
}

enum vr_stream_result vr_remote_stream_recv(struct vr_remote *r, struct vr_stream_end *s, void *data, size_t len,
                                            size_t *got, bool wait, bool stop_at_hole, struct vr_error **err)
{
    enum vr_stream_result result = VR_STREAM_DONE;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        if (!s->open && !s->error) { /* finished or aborted: what was left counts no more */
            usable(r, s, err);
            result = VR_STREAM_FAILED;
            break;
        }
        if (s->first && s->first->hole > 0 && stop_at_hole) {
            result = VR_STREAM_HOLE;
            break;
        }
        if (s->first) {
            *got = take(r, s, data, len, stop_at_hole);
            break;
        }
        if (s->at_end && !s->error) {
            *got = 0;
            break;
        }
        if (!usable(r, s, err)) {
            result = VR_STREAM_FAILED;
            break;
        }
        if (!wait) {
            result = VR_STREAM_AGAIN;
            if (!r->reading) { /* without an event loop nobody else would look */
                vr_remote_receive(r);
                if (s->first || s->at_end || s->error)
                    continue;
            }
            break;
        }
        wait_stream(r, s);
    }
    vr_remote_leave(r);
    return result;
}

enum vr_stream_result vr_remote_stream_send(struct vr_remote *r, struct vr_stream_end *s, const void *data, size_t len,
                                            size_t *sent, bool wait, struct vr_error **err)
{
    pthread_mutex_lock(&r->lock);
    bool ok = usable(r, s, err);
    if (ok && r->local) /* what a driver in this process attaches is read only */
        ok = vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EBADF, "%s", "cannot write to stream");
    if (ok && !wait && r->out.len + r->wire.len > UNSENT_MAX) {
        vr_remote_flush(r);
        if (r->out.len + r->wire.len > UNSENT_MAX) {
            vr_remote_leave(r);
            return VR_STREAM_AGAIN;
        }
    }
    if (ok) {
        *sent = len < VR_STREAM_DATA_MAX ? len : VR_STREAM_DATA_MAX;
        if (*sent) /* no bytes would tell the server that this was the end */
            vr_message_stream_data(&r->out, &s->asked, data, *sent);
        vr_remote_flush(r);
        if (wait && vr_remote_unsent(r) && !r->dead) {
            struct vr_waiter w = { .kind = VR_WAIT_SENT };
            vr_remote_wait(r, &w);
            if (w.error)
                ok = vr_error_move(err, &w.error);
        } else if (vr_remote_unsent(r)) {
            vr_remote_wake(r);
        }
    }
    vr_remote_leave(r);
    return ok ? VR_STREAM_DONE : VR_STREAM_FAILED;
}

bool vr_remote_stream_hole(struct vr_remote *r, struct vr_stream_end *s, int64_t length, struct vr_error **err)
{
    pthread_mutex_lock(&r->lock);
    bool ok = s->sparse ? usable(r, s, err)
                        : vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "Skipping is not supported with this stream");
    if (ok) {
        vr_message_stream_hole(&r->out, &s->asked, length, 0);
        vr_remote_flush(r);
        if (vr_remote_unsent(r))
            vr_remote_wake(r);
    }
    vr_remote_leave(r);
    return ok;
}

int64_t vr_remote_stream_take_hole(struct vr_remote *r, struct vr_stream_end *s)
{
    int64_t length = 0;
    pthread_mutex_lock(&r->lock);
    while (s->first && s->first->hole > 0) {
        length += s->first->hole;
        drop_first(s);
    }
    vr_remote_leave(r);
    return length;
}

bool vr_remote_stream_end(struct vr_remote *r, struct vr_stream_end *s, bool abort, struct vr_error **err)
{
    pthread_mutex_lock(&r->lock);
    bool ok = usable(r, s, err);
    if (ok && !s->finished && !r->dead) {
        vr_message_stream_end(&r->out, &s->asked, abort ? VIR_NET_ERROR : VIR_NET_OK);
        while (!s->finished && !s->error && !r->dead)
            wait_stream(r, s);
        if (s->error && !abort)
            ok = usable(r, s, err);
    }
    unlink_stream(r, s);
    vr_remote_leave(r);
    return ok;
}

bool vr_remote_stream_readable(struct vr_remote *r, struct vr_stream_end *s)
{
    pthread_mutex_lock(&r->lock);
    bool yes = s->first || s->at_end || s->error || !s->open;
    vr_remote_leave(r);
    return yes;
}
