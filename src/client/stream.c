/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams as applications see them. */
#define VR_ERROR_DOMAIN VIR_FROM_STREAMS
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "call.h"
#include "wire/message.h"

size_t vr_stream_size(void)
{
    return sizeof(struct _virStream);
}

virStreamPtr virStreamNew(virConnectPtr conn, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    if (!vr_begin_connect(&c, conn)) {
        vr_end(&c, false);
        return NULL;
    }
    virStreamPtr st = (virStreamPtr)vr_handle_new(VR_HANDLE_STREAM, conn);
    pthread_mutex_init(&st->lock, NULL);
    vr_stream_end_init(&st->end);
    st->nonblocking = flags & VIR_STREAM_NONBLOCK;
    st->timer = -1;
    vr_end(&c, true);
    return st;
}

void vr_stream_done(virStreamPtr st)
{
    if (st->end.open && st->h.conn->remote)
        vr_remote_stream_end(st->h.conn->remote, &st->end, true, NULL);
    if (st->h.conn->remote)
        vr_remote_stream_drop(st->h.conn->remote, &st->end);
    pthread_mutex_destroy(&st->lock);
}

static bool begin(struct vr_client_call *c, virStreamPtr st)
{
    return vr_begin(c, VR_HANDLE_STREAM, st);
}

/* Before a call opened it, a stream can do nothing; stock says it this way. */
static bool begin_open(struct vr_client_call *c, virStreamPtr st)
{
    return begin(c, st) && (st->end.used || vr_unsupported(c));
}

int virStreamSend(virStreamPtr st, const char *data, size_t nbytes)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    int result = -1;
    if (begin_open(&c, st) && vr_arg(&c, data, "data")) {
        size_t sent = 0;
        enum vr_stream_result got = vr_remote_stream_send(c.conn->remote, &st->end, data, nbytes, &sent,
                                                          !st->nonblocking, &c.err);
        result = got == VR_STREAM_DONE ? (int)sent : (int)got;
    }
    vr_end(&c, result != -1);
    return result;
}

int virStreamRecvFlags(virStreamPtr st, char *data, size_t nbytes, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    int result = -1;
    if (begin_open(&c, st) && vr_arg(&c, data, "data") && vr_flags(&c, flags, VIR_STREAM_RECV_STOP_AT_HOLE)) {
        size_t got = 0;
        enum vr_stream_result r = vr_remote_stream_recv(c.conn->remote, &st->end, data,
                                                        nbytes > INT32_MAX ? INT32_MAX : nbytes, &got,
                                                        !st->nonblocking, flags & VIR_STREAM_RECV_STOP_AT_HOLE, &c.err);
        result = r == VR_STREAM_DONE ? (int)got : (int)r;
    }
    vr_end(&c, result != -1);
    return result;
}

int virStreamRecv(virStreamPtr st, char *data, size_t nbytes)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    int result = -1;
    if (begin_open(&c, st) && vr_arg(&c, data, "data")) {
        size_t got = 0;
        enum vr_stream_result r = vr_remote_stream_recv(c.conn->remote, &st->end, data,
                                                        nbytes > INT32_MAX ? INT32_MAX : nbytes, &got,
                                                        !st->nonblocking, false, &c.err);
        result = r == VR_STREAM_DONE ? (int)got : (int)r;
    }
    vr_end(&c, result != -1);
    return result;
}

int virStreamSendHole(virStreamPtr st, long long length, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_open(&c, st) && vr_flags(&c, flags, 0);
    if (ok && length <= 0)
        ok = vr_bad_arg(&c, "length", "length in %s must be greater than zero", c.function);
    ok = ok && vr_remote_stream_hole(c.conn->remote, &st->end, length, &c.err);
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamRecvHole(virStreamPtr st, long long *length, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_open(&c, st) && vr_arg(&c, length, "length") && vr_flags(&c, flags, 0);
    if (ok)
        *length = vr_remote_stream_take_hole(c.conn->remote, &st->end);
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamFinish(virStreamPtr st)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_open(&c, st) && vr_remote_stream_end(c.conn->remote, &st->end, false, &c.err);
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamAbort(virStreamPtr st)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin(&c, st) && (!st->end.used || vr_remote_stream_end(c.conn->remote, &st->end, true, &c.err));
    return vr_end(&c, ok) ? 0 : -1;
}

/* ---- everything at once ------------------------------------------------------------------------------------------ */

static bool blocking(struct vr_client_call *c, virStreamPtr st)
{
    return !st->nonblocking || vr_fail(&c->err, VIR_ERR_OPERATION_INVALID, "%s",
                                       "data sources cannot be used for non-blocking streams");
}

/* A callback failed, after or without an error of its own; @what names it. */
static bool callback_failed(struct vr_client_call *c, virStreamPtr st, int saved, const char *what)
{
    vr_remote_stream_end(c->conn->remote, &st->end, true, NULL);
    c->err = vr_last_copy();
    if (!c->err)
        vr_fail_errno(&c->err, VIR_ERR_SYSTEM_ERROR, saved > 0 ? saved : EIO, "%s", what);
    return false;
}

static bool send_whole(struct vr_client_call *c, virStreamPtr st, const char *data, size_t len)
{
    while (len) {
        size_t sent = 0;
        if (vr_remote_stream_send(c->conn->remote, &st->end, data, len, &sent, true, &c->err) != VR_STREAM_DONE)
            return false;
        data += sent;
        len -= sent;
    }
    return true;
}

#define CHUNK VR_STREAM_DATA_MAX

int virStreamSendAll(virStreamPtr st, virStreamSourceFunc handler, void *opaque)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_open(&c, st) && vr_arg(&c, handler, "handler") && blocking(&c, st);
    vr_autofree char *data = ok ? vr_alloc(CHUNK) : NULL;
    while (ok) {
        errno = 0;
        int got = handler(st, data, CHUNK, opaque);
        if (got < 0)
            ok = callback_failed(&c, st, errno, "send handler failed");
        if (got <= 0)
            break;
        ok = send_whole(&c, st, data, (size_t)got);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamSparseSendAll(virStreamPtr st, virStreamSourceFunc handler, virStreamSourceHoleFunc holeHandler,
                           virStreamSourceSkipFunc skipHandler, void *opaque)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_open(&c, st) && vr_arg(&c, handler, "handler") && vr_arg(&c, holeHandler, "holeHandler") &&
              vr_arg(&c, skipHandler, "skipHandler") && blocking(&c, st);
    vr_autofree char *data = ok ? vr_alloc(CHUNK) : NULL;
    while (ok) {
        int in_data = 0;
        long long section = 0;
        errno = 0;
        if (holeHandler(st, &in_data, &section, opaque) < 0) {
            ok = callback_failed(&c, st, errno, "send holeHandler failed");
            break;
        }
        if (!in_data && section > 0) {
            ok = vr_remote_stream_hole(c.conn->remote, &st->end, section, &c.err);
            if (ok && skipHandler(st, section, opaque) < 0)
                ok = callback_failed(&c, st, errno, "send skipHandler failed");
            continue;
        }
        size_t want = in_data && section > 0 && section < (long long)CHUNK ? (size_t)section : CHUNK;
        int got = handler(st, data, want, opaque);
        if (got < 0)
            ok = callback_failed(&c, st, errno, "send handler failed");
        if (got <= 0)
            break;
        ok = send_whole(&c, st, data, (size_t)got);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

static bool sink_whole(struct vr_client_call *c, virStreamPtr st, virStreamSinkFunc handler, void *opaque,
                       const char *data, size_t len)
{
    while (len) {
        errno = 0;
        int done = handler(st, data, len, opaque);
        if (done < 0 || (size_t)done > len)
            return callback_failed(c, st, errno, "recv handler failed");
        data += done;
        len -= (size_t)done;
    }
    return true;
}

static bool receive_all(struct vr_client_call *c, virStreamPtr st, virStreamSinkFunc handler,
                        virStreamSinkHoleFunc hole_handler, void *opaque)
{
    vr_autofree char *data = vr_alloc(CHUNK);
    for (;;) {
        size_t got = 0;
        switch (vr_remote_stream_recv(c->conn->remote, &st->end, data, CHUNK, &got, true, hole_handler != NULL,
                                      &c->err)) {
        case VR_STREAM_HOLE: {
            int64_t length = vr_remote_stream_take_hole(c->conn->remote, &st->end);
            errno = 0;
            if (hole_handler(st, length, opaque) < 0)
                return callback_failed(c, st, errno, "recv holeHandler failed");
            break;
        }
        case VR_STREAM_DONE:
            if (!got)
                return true;
            if (!sink_whole(c, st, handler, opaque, data, got))
                return false;
            break;
        default:
            return false;
        }
    }
}

int virStreamRecvAll(virStreamPtr st, virStreamSinkFunc handler, void *opaque)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_open(&c, st) && vr_arg(&c, handler, "handler") && blocking(&c, st) &&
              receive_all(&c, st, handler, NULL, opaque);
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamSparseRecvAll(virStreamPtr st, virStreamSinkFunc handler, virStreamSinkHoleFunc holeHandler, void *opaque)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_open(&c, st) && vr_arg(&c, handler, "handler") && vr_arg(&c, holeHandler, "holeHandler") &&
              blocking(&c, st) && receive_all(&c, st, handler, holeHandler, opaque);
    return vr_end(&c, ok) ? 0 : -1;
}

/* Some call opened it, ended or not. */
static bool begin_used(struct vr_client_call *c, virStreamPtr st)
{
    return begin(c, st) && (st->end.used || vr_unsupported(c));
}

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

static int ready(virStreamPtr st)
{
    int events = 0;
    if (st->wanted & VIR_STREAM_EVENT_READABLE && vr_remote_stream_readable(st->h.conn->remote, &st->end))
        events |= VIR_STREAM_EVENT_READABLE;
    return events | (st->wanted & VIR_STREAM_EVENT_WRITABLE);
}

static void due(int timer, void *opaque)
{
    virStreamPtr st = opaque;
    pthread_mutex_lock(&st->lock);
    int events = st->timer == timer ? ready(st) : 0;
    virStreamEventCallback cb = st->cb;
    void *data = st->opaque;
    pthread_mutex_unlock(&st->lock);
    if (events && cb)
        cb(st, events, data);
    pthread_mutex_lock(&st->lock);
    bool again = st->timer == timer && ready(st);
    pthread_mutex_unlock(&st->lock);
    virEventUpdateTimeout(timer, again ? 0 : -1);
}

/* The event loop let go of the timer. */
static void timer_gone(void *opaque)
{
    virStreamPtr st = opaque;
    virFreeCallback ff;
    void *data;
    pthread_mutex_lock(&st->lock);
    ff = st->ff;
    data = st->opaque;
    st->ff = NULL;
    st->cb = NULL;
    pthread_mutex_unlock(&st->lock);
    if (ff)
        ff(data);
    vr_handle_unref(&st->h);
}

int virStreamEventAddCallback(virStreamPtr st, int events, virStreamEventCallback cb, void *opaque, virFreeCallback ff)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_used(&c, st);
    if (ok && st->timer >= 0)
        ok = vr_fail(&c.err, VIR_ERR_INTERNAL_ERROR, "%s", "multiple stream callbacks not supported");
    if (ok) {
        pthread_mutex_lock(&st->lock);
        st->cb = cb;
        st->opaque = opaque;
        st->ff = ff;
        st->wanted = events;
        vr_handle_ref(&st->h);
        st->timer = st->end.timer = virEventAddTimeout(ready(st) ? 0 : -1, due, st, timer_gone);
        ok = st->timer >= 0;
        if (!ok)
            st->ff = NULL;
        pthread_mutex_unlock(&st->lock);
        if (!ok) {
            vr_handle_unref(&st->h);
            vr_fail(&c.err, VIR_ERR_INTERNAL_ERROR, "%s", "unable to register stream callback: no event loop");
        }
    }
    return vr_end(&c, ok) ? 0 : -1;
}

static bool has_callback(struct vr_client_call *c, virStreamPtr st)
{
    return st->timer >= 0 || vr_fail(&c->err, VIR_ERR_INTERNAL_ERROR, "%s", "no stream callback registered");
}

int virStreamEventUpdateCallback(virStreamPtr st, int events)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_used(&c, st) && has_callback(&c, st);
    if (ok) {
        pthread_mutex_lock(&st->lock);
        st->wanted = events;
        int timer = st->timer, frequency = ready(st) ? 0 : -1;
        pthread_mutex_unlock(&st->lock);
        virEventUpdateTimeout(timer, frequency);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamEventRemoveCallback(virStreamPtr st)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin_used(&c, st) && has_callback(&c, st);
    if (ok) {
        pthread_mutex_lock(&st->lock);
        int timer = st->timer;
        st->timer = st->end.timer = -1;
        pthread_mutex_unlock(&st->lock);
        virEventRemoveTimeout(timer);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamRef(virStreamPtr st)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin(&c, st);
    if (ok)
        vr_handle_ref(&st->h);
    return vr_end(&c, ok) ? 0 : -1;
}

int virStreamFree(virStreamPtr st)
{
    VR_CALL(c, VIR_FROM_STREAMS);
    bool ok = begin(&c, st);
    int result = vr_end(&c, ok) ? 0 : -1;
    if (ok)
        vr_handle_unref(&st->h);
    return result;
}
