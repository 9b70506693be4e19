/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes from the server: replies to who waits for them, events to the queue, stream data to its stream. */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "rpc.netclient"
#include "remote_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "events.h"
#include "wire/xdr.h"

static bool same_call(const struct vr_waiter *w, const struct vr_message_header *h)
{
    return w->kind == VR_WAIT_REPLY && !w->done && w->serial == h->serial && w->call->program->number == h->prog &&
           w->call->program->version == h->vers && (int32_t)w->call->number == h->proc;
}

static void finish(struct vr_waiter *w)
{
    w->done = true;
    pthread_cond_signal(&w->cond);
}

static void take_fds(struct vr_waiter *w, struct vr_packet *p)
{
    if (!w->extras->got_fds)
        return; /* vr_packet_done closes them */
    for (size_t i = 0; i < p->fd_count; i++) {
        w->extras->got_fds[w->extras->got_count++] = p->fds[i];
        p->fds[i] = -1;
    }
}

static void wake_stream(struct vr_remote *r, struct vr_stream_end *s)
{
    s->news = true;
    for (struct vr_waiter *w = r->waiters; w; w = w->next)
        if (w->kind == VR_WAIT_STREAM && w->stream == s && !w->done)
            finish(w);
}

/* What the server says went wrong. A failure has a code and a text, whatever it sends. */
static struct vr_error *error_of(struct vr_packet *p, struct vr_error **bad)
{
    struct vr_error *e = vr_message_error_decode(p, bad);
    if (e && e->code == VIR_ERR_OK)
        e->code = VIR_ERR_INTERNAL_ERROR;
    if (e && !e->message)
        e->message = vr_strdup("An error occurred, but the cause is unknown");
    return e;
}

static bool reply(struct vr_remote *r, struct vr_packet *p, struct vr_error **err)
{
    for (struct vr_waiter *w = r->waiters; w; w = w->next) {
        if (!same_call(w, &p->header))
            continue;
        if (p->header.status == VIR_NET_OK) {
            /* Whoever waits is asleep in vr_remote_wait, so its arena is ours meanwhile. */
            if (w->ret && vr_xdr_decode(w->call->ret, p->payload, p->payload_len, w->arena, w->ret, &w->error))
                take_fds(w, p);
        } else {
            struct vr_error *bad = NULL;
            w->error = error_of(p, &bad);
            if (!w->error)
                w->error = bad;
        }
        finish(w);
        return true;
    }
    /* A failed hole is answered with a reply that carries the stream's serial. */
    for (struct vr_stream_end *s = r->streams; s; s = s->next) {
        if (s->asked.serial != p->header.serial || s->asked.proc != p->header.proc ||
            p->header.status != VIR_NET_ERROR)
            continue;
        struct vr_error *bad = NULL, *why = error_of(p, &bad);
        if (!s->error)
            s->error = why ? vr_take(why) : vr_take(bad);
        vr_error_free(why);
        vr_error_free(bad);
        wake_stream(r, s);
        return true;
    }
    /* Whoever waits for the right one would wait for ever. */
    return vr_fail(err, VIR_ERR_RPC, "no call waiting for reply with prog %u vers %u serial %u", p->header.prog,
                   p->header.vers, p->header.serial);
}

void vr_remote_stream_piece(struct vr_remote *r, struct vr_stream_end *s, const void *data, size_t len, int64_t hole)
{
    struct vr_piece *piece = vr_alloc(sizeof(*piece) + len);
    piece->hole = hole;
    piece->len = len;
    if (len)
        memcpy(piece->data, data, len);
    *s->last = piece;
    s->last = &piece->next;
    s->queued++;
    r->backlog += len;
}

/* More than an application that is only slow leaves lying: it does not read, and the server does not care. */
#define BACKLOG_MOST (1024u * 1024 * 1024)
#define PIECES_MOST (4u * 1024 * 1024)

static bool stream_packet(struct vr_remote *r, struct vr_stream_end *s, struct vr_packet *p, struct vr_error **err)
{
    int64_t hole;
    if (r->backlog > BACKLOG_MOST || s->queued > PIECES_MOST)
        return vr_fail(err, VIR_ERR_RPC, "too much stream data waits to be received: %zu bytes in %zu pieces", r->backlog,
                       s->queued);
    if (p->header.type == VIR_NET_STREAM_HOLE) {
        if (!s->sparse)
            return vr_fail(err, VIR_ERR_RPC, "%s", "Unexpected stream hole");
        if (!vr_message_stream_hole_decode(p, &hole, err))
            return false;
        if (hole > 0)
            vr_remote_stream_piece(r, s, NULL, 0, hole);
    } else if (p->header.status == VIR_NET_CONTINUE) {
        if (p->payload_len)
            vr_remote_stream_piece(r, s, p->payload, p->payload_len, 0);
        else
            s->at_end = true;
    } else if (p->header.status == VIR_NET_OK) {
        s->at_end = s->finished = true;
    } else if (p->header.status == VIR_NET_ERROR) {
        struct vr_error *bad = NULL;
        struct vr_error *why = error_of(p, &bad);
        if (!s->error)
            s->error = why ? why : bad;
        else
            vr_error_free(why ? why : bad);
        s->finished = true;
    } else {
        return vr_fail(err, VIR_ERR_RPC, "Unexpected stream status %d", p->header.status);
    }
    wake_stream(r, s);
    return true;
}

static bool message(struct vr_remote *r, struct vr_packet *p)
{
    if (p->header.prog == vr_keepalive_program.number) {
        if (p->header.proc == VR_PROC_KEEPALIVE_PING)
            vr_message_keepalive(&r->out, VR_PROC_KEEPALIVE_PONG);
        return true;
    }
    const struct vr_api_program *program = vr_api_program_find(p->header.prog);
    const struct vr_api_call *event = program ? vr_api_call_find(program, (uint32_t)p->header.proc) : NULL;
    /* What this library does not know, and what does not decode, is not worth the connection. */
    if (event && event->type == VR_API_EVENT && event->msg && r->conn)
        r->events_came |= vr_connect_event(r->conn, event, p->payload, p->payload_len);
    return true;
}

static bool dispatch(struct vr_remote *r, struct vr_packet *p, struct vr_error **err)
{
    r->heard = vr_now();
    r->pings_left = r->ping_count;
    vr_debug("RPC_CLIENT_MSG_RX: client=%p len=%zu prog=%u vers=%u proc=%u type=%u status=%u serial=%u", (void *)r,
             p->payload_len + VR_PACKET_PREFIX, p->header.prog, p->header.vers, (unsigned)p->header.proc,
             (unsigned)p->header.type, (unsigned)p->header.status, p->header.serial);
    switch (p->header.type) {
    case VIR_NET_REPLY:
    case VIR_NET_REPLY_WITH_FDS:
        return reply(r, p, err);
    case VIR_NET_MESSAGE:
        return message(r, p);
    case VIR_NET_STREAM:
    case VIR_NET_STREAM_HOLE:
        for (struct vr_stream_end *s = r->streams; s; s = s->next)
            if (s->asked.serial == p->header.serial && s->asked.proc == p->header.proc &&
                s->asked.prog == p->header.prog)
                return stream_packet(r, s, p, err);
        return true; /* of a stream that is gone */
    default:
        return vr_fail(err, VIR_ERR_RPC, "got unexpected RPC call prog %u vers %u proc %d type %d", p->header.prog,
                       p->header.vers, p->header.proc, p->header.type);
    }
}

#define FILTERED_READ 65536

/* Bytes that a filter turns into packets. */
static ssize_t receive_filtered(struct vr_remote *r, struct vr_error **err)
{
    vr_autofree char *data = vr_alloc(FILTERED_READ);
    vr_autobuf struct vr_buf plain = VR_BUF_INIT;
    ssize_t n = recv(r->fd, data, FILTERED_READ, 0);
    if (n <= 0)
        return n;
    vr_filters_received(&r->how.filters, data, (size_t)n, &plain, err);
    vr_packet_feed(&r->reader, plain.data, plain.len);
    vr_filters_send(&r->how.filters, NULL, 0, &r->wire, *err ? NULL : err); /* its own answers */
    return n;
}

static ssize_t receive_some(struct vr_remote *r, struct vr_error **err)
{
    if (!vr_filters_empty(&r->how.filters))
        return receive_filtered(r, err);
    size_t room;
    void *at = vr_packet_room(&r->reader, &room);
    union {
        char bytes[CMSG_SPACE(sizeof(int) * VIR_NET_MESSAGE_NUM_FDS_MAX)];
        struct cmsghdr align;
    } control;
    struct iovec iov = { .iov_base = at, .iov_len = room };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    if (r->how.unix_socket) {
        m.msg_control = control.bytes;
        m.msg_controllen = sizeof(control.bytes);
    }
    ssize_t n = recvmsg(r->fd, &m, MSG_CMSG_CLOEXEC);
    if (n <= 0)
        return n;
    vr_packet_received(&r->reader, (size_t)n);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); r->how.unix_socket && c; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            vr_packet_feed_fd(&r->reader, fd, err);
        }
    }
    return n;
}

void vr_remote_receive(struct vr_remote *r)
{
    struct vr_error *err = NULL;
    int reason = VIR_CONNECT_CLOSE_REASON_ERROR;
    ssize_t n = receive_some(r, &err);
    if (n < 0 && (errno == EAGAIN || errno == EINTR) && !err)
        return;
    if (n <= 0 && r->how.child.complaints >= 0) {
        int why = n < 0 ? errno : ECONNRESET;
        vr_autofree char *text = vr_child_complaint(r->how.child.complaints, 500);
        vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, why, "Cannot recv data: %s", text);
        reason = n < 0 ? reason : VIR_CONNECT_CLOSE_REASON_EOF;
    } else if (n < 0) {
        vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "Cannot read data");
    } else if (n == 0) {
        if (!r->how.tls_bits) /* TLS says goodbye first: anybody could have cut this */
            reason = VIR_CONNECT_CLOSE_REASON_EOF;
        vr_fail_errno(&err, VIR_ERR_SYSTEM_ERROR, EIO, "%s", "End of file while reading data");
    }
    struct vr_error *end = vr_take(err); /* what came whole before the end still counts */
    struct vr_packet p;
    while (!err) {
        enum vr_packet_state state = vr_packet_next(&r->reader, &p, &err);
        if (state != VR_PACKET_READY)
            break;
        dispatch(r, &p, &err);
        vr_packet_done(&r->reader, &p);
    }
    if (end)
        vr_error_move(&err, &end);
    if (err)
        vr_remote_dies(r, reason, &err);
    else if (vr_remote_unsent(r))
        vr_remote_flush(r); /* pongs */
}
