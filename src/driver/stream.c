/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_STREAMS
/* Streams: their life, and the pump between packets and a descriptor. Files are in stream_file.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/alloc.h"
#include "stream_impl.h"

#define READ_SIZE (64 * 1024)

/* ---- life ---- */

struct vr_stream *vr_stream_new(const struct vr_stream_port *port, struct vr_group *group, bool client_sends,
                                bool sparse)
{
    struct vr_stream *s = vr_new(struct vr_stream);
    *s = (struct vr_stream){ .port = *port, .group = group, .client_sends = client_sends, .sparse = sparse,
                             .refs = 1, .fd = -1 };
    return s;
}

void stream_ref(struct vr_stream *s)
{
    s->refs++;
}

void stream_unref(struct vr_stream *s)
{
    if (--s->refs > 0)
        return;
    vr_watch_free(s->watch);
    if (s->fd >= 0)
        close(s->fd);
    if (s->done)
        s->done(s->why, s->done_opaque);
    free(s);
}

bool vr_stream_attached(const struct vr_stream *s)
{
    return s->attached;
}

/* A step of took() may start others that push: the queue is whole before each call. */
static void drop_inbound(struct vr_stream *s)
{
    while (s->first)
        stream_took(s);
}

void stream_end(struct vr_stream *s, enum vr_stream_end_reason why)
{
    if (s->over)
        return;
    s->over = true;
    s->why = why;
    drop_inbound(s);
    if (s->watch)
        vr_watch_abort(s->watch);
    vr_cond_broadcast(&s->arrived);
    vr_cond_broadcast(&s->room);
    s->port.over(s->port.opaque);
    stream_unref(s);
}

void stream_fail(struct vr_stream *s, struct vr_error **err)
{
    if (!s->over) {
        s->port.error(s->port.opaque, *err);
        stream_end(s, VR_STREAM_ABORTED);
    }
    vr_error_free(*err);
    *err = NULL;
}

void vr_stream_discard(struct vr_stream *s)
{
    stream_end(s, VR_STREAM_ABORTED);
}

void vr_stream_client_gone(struct vr_stream *s)
{
    stream_end(s, VR_STREAM_CLIENT_GONE);
}

void vr_stream_abort(struct vr_stream *s, enum vr_stream_end_reason why, const char *message)
{
    if (s->over)
        return;
    VR_AUTO(vr_error) *err = NULL;
    vr_fail(&err, VIR_ERR_OPERATION_ABORTED, "%s", message);
    if (s->started)
        s->port.error(s->port.opaque, err);
    stream_end(s, why);
}

/* ---- from the client ---- */

static void push(struct vr_stream *s, enum inbound_kind kind, const void *bytes, size_t len, int64_t hole)
{
    struct inbound *in = vr_alloc(sizeof(*in) + len);
    in->kind = kind;
    in->hole = hole;
    in->len = len;
    if (len)
        memcpy(in->bytes, bytes, len);
    if (s->last)
        s->last->next = in;
    else
        s->first = in;
    s->last = in;
    vr_cond_signal(&s->arrived);
}

void vr_stream_push_data(struct vr_stream *s, const void *bytes, size_t len)
{
    push(s, INBOUND_DATA, bytes, len, 0);
}

void vr_stream_push_hole(struct vr_stream *s, int64_t length)
{
    push(s, INBOUND_HOLE, NULL, 0, length);
}

void vr_stream_push_finish(struct vr_stream *s)
{
    push(s, INBOUND_FINISH, NULL, 0, 0);
}

void vr_stream_push_abort(struct vr_stream *s)
{
    s->port.took(s->port.opaque);
    s->port.confirm(s->port.opaque);
    stream_end(s, VR_STREAM_ABORTED);
}

void stream_took(struct vr_stream *s)
{
    struct inbound *in = s->first;
    s->first = in->next;
    if (!s->first)
        s->last = NULL;
    free(in);
    s->port.took(s->port.opaque);
}

void vr_stream_sent(struct vr_stream *s)
{
    vr_cond_broadcast(&s->room);
}

VR_SUSPENDS bool stream_wait_room(struct vr_stream *s)
{
    while (!s->over && s->port.busy(s->port.opaque))
        if (!vr_cond_wait(&s->room, vr_after(STREAM_STEP), NULL) && vr_cancelled())
            return false;
    return !s->over;
}

VR_SUSPENDS struct inbound *stream_next(struct vr_stream *s)
{
    while (!s->over && !s->first)
        if (!vr_cond_wait(&s->arrived, vr_after(STREAM_STEP), NULL) && vr_cancelled())
            return NULL;
    return s->over ? NULL : s->first;
}

void stream_finished(struct vr_stream *s)
{
    stream_took(s);
    if (s->over)
        return;
    s->port.confirm(s->port.opaque);
    stream_end(s, VR_STREAM_FINISHED);
}

/* ---- the pump of a descriptor ---- */

static bool set_nonblocking(int fd, struct vr_error **err)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to set non-blocking mode"));
    return true;
}

bool vr_stream_attach_fd(struct vr_stream *s, int fd, void (*done)(enum vr_stream_end_reason why, void *opaque),
                         void *opaque, struct vr_error **err)
{
    vr_autoclose int owned = fd;
    if (s->attached)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("stream is already open"));
    if (!set_nonblocking(fd, err))
        return false;
    s->watch = vr_watch_new(fd, err);
    if (!s->watch)
        return false;
    s->fd = vr_take_fd(&owned);
    s->done = done;
    s->done_opaque = opaque;
    s->attached = true;
    return true;
}

/* The source ended or failed. A pty whose other side closed says EIO, which is its end of file. */
static void source_ended(struct vr_stream *s, ssize_t n, struct vr_error **err)
{
    if (n == 0 || (*err && (*err)->int1 == EIO)) {
        s->hangup = true;
        s->port.data(s->port.opaque, NULL, 0);
    } else {
        stream_fail(s, err);
    }
}

static VR_SUSPENDS void pump_to_client(struct vr_stream *s)
{
    vr_autofree char *bytes = NULL;
    while (stream_wait_room(s)) {
        VR_AUTO(vr_error) *err = NULL;
        /* Waiting first and allocating then: a silent console holds no buffer. */
        if (!bytes && !vr_watch_wait(s->watch, EPOLLIN, NULL, vr_after(STREAM_STEP), &err)) {
            if (s->over || vr_cancelled())
                return;
            continue;
        }
        if (!bytes)
            bytes = vr_alloc(READ_SIZE);
        ssize_t n = read(s->fd, bytes, READ_SIZE);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            free(vr_take(bytes));
            continue;
        }
        if (n < 0)
            vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot read from stream"));
        if (n <= 0) {
            source_ended(s, n, &err);
            return;
        }
        s->port.data(s->port.opaque, bytes, (size_t)n);
    }
}

static VR_SUSPENDS bool write_all(struct vr_stream *s, const struct inbound *in, struct vr_error **err)
{
    /* stream_end frees the queue while this fiber is parked: the bytes move out of it first. */
    size_t len = in->len;
    vr_autofree unsigned char *bytes = vr_memdup(in->bytes, len ? len : 1);
    for (size_t at = 0; at < len && !s->over;) {
        if (s->hangup)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EPIPE, _("cannot write to stream"));
        struct vr_error *why = NULL;
        ssize_t n = vr_fd_write(s->watch, s->fd, bytes + at, len - at, vr_after(STREAM_STEP), &why);
        if (n > 0)
            at += (size_t)n;
        bool again = n < 0 && why && why->code == VIR_ERR_OPERATION_TIMEOUT && !vr_cancelled();
        if (n < 0 && !again)
            return vr_error_move(err, &why);
        vr_error_free(why);
    }
    return !s->over;
}

static VR_SUSPENDS void pump_from_client(struct vr_stream *s)
{
    struct inbound *in;
    while ((in = stream_next(s))) {
        VR_AUTO(vr_error) *err = NULL;
        if (in->kind == INBOUND_FINISH) {
            stream_finished(s);
            return;
        }
        if (!s->watch)
            vr_fail(&err, VIR_ERR_OPERATION_INVALID, _("the stream is not open for writing"));
        else if (in->kind == INBOUND_HOLE)
            vr_fail(&err, VIR_ERR_OPERATION_UNSUPPORTED, _("holes are not supported by this stream"));
        else
            write_all(s, in, &err);
        if (s->over)
            return;
        if (err) {
            stream_fail(s, &err);
            return;
        }
        stream_took(s);
    }
}

/* ---- starting ---- */

VR_SUSPENDS static void run_to_client(void *arg)
{
    struct vr_stream *s = arg;
    if (s->watch)
        pump_to_client(s);
    else
        stream_read_file(s);
    stream_unref(s);
}

VR_SUSPENDS static void run_from_client(void *arg)
{
    struct vr_stream *s = arg;
    if (s->watch || !s->client_sends)
        pump_from_client(s);
    else
        stream_write_file(s);
    stream_unref(s);
}

bool vr_stream_start(struct vr_stream *s, struct vr_error **err)
{
    if (s->over)
        return vr_fail(err, VIR_ERR_OPERATION_ABORTED, _("stream was aborted before it started"));
    stream_ref(s); /* what starts below may end the stream */
    s->started = true;
    bool ok = true;
    stream_ref(s);
    if (!vr_fiber_start(s->group, "stream from client", run_from_client, s, err)) {
        stream_unref(s);
        ok = false;
    }
    if (ok && (s->watch || !s->client_sends)) {
        stream_ref(s);
        if (!vr_fiber_start(s->group, "stream to client", run_to_client, s, err)) {
            stream_unref(s);
            ok = false;
        }
    }
    if (!ok && !s->over) {
        s->port.error(s->port.opaque, err ? *err : NULL);
        stream_end(s, VR_STREAM_ABORTED);
    }
    stream_unref(s);
    return ok;
}
