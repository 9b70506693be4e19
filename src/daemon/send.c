/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.send"
/*
 * Packets to a client. Most go out by one send() right where they are made; when the socket is full the rest queues and
 * a writer fiber carries on. What may queue is bounded: replies by the request limit, stream data by one packet per
 * stream, events by a number of bytes beyond which the client is given up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "client.h"

#define EVENT_QUEUE_MAX (4 * 1024 * 1024)
#define WRITE_STEP VR_SEC(3600)

enum pushed { PUSH_DONE, PUSH_FULL, PUSH_FAILED };

static void free_outgoing(struct vr_outgoing *o)
{
    for (size_t i = o->fd_sent; i < o->fd_count; i++)
        close(o->fds[i]);
    vr_buf_done(&o->bytes);
    free(o);
}

/* One byte with one descriptor beside it; what the byte is does not matter. */
static ssize_t send_fd(int socket, int fd)
{
    char byte = 0;
    struct iovec iov = { &byte, 1 };
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                          .msg_controllen = sizeof(control.space) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
    return sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static enum pushed push(struct vr_client *c, struct vr_outgoing *o)
{
    while (o->sent < o->bytes.len || o->fd_sent < o->fd_count) {
        bool body = o->sent < o->bytes.len;
        ssize_t n = body ? send(c->fd, o->bytes.data + o->sent, o->bytes.len - o->sent, MSG_NOSIGNAL | MSG_DONTWAIT)
                         : send_fd(c->fd, o->fds[o->fd_sent]);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? PUSH_FULL : PUSH_FAILED;
        if (body)
            o->sent += (size_t)n;
        else
            close(o->fds[o->fd_sent++]);
    }
    return PUSH_DONE;
}

/* It left, or never will. */
static void finish(struct vr_client *c, struct vr_outgoing *o)
{
    struct vr_client_stream *stream = o->stream;
    bool answers = o->answers_call;
    free_outgoing(o);
    if (answers)
        vr_client_request_done(c);
    if (stream)
        vr_client_stream_sent(stream);
}

static struct vr_outgoing *pop(struct vr_client *c)
{
    struct vr_outgoing *o = c->out_first;
    c->out_first = o->next;
    if (!c->out_first)
        c->out_last = NULL;
    if (o->is_event)
        c->event_bytes -= o->bytes.len;
    return o;
}

VR_SUSPENDS static void write_queue(void *arg)
{
    struct vr_client *c = arg;
    while (c->out_first && !c->dead) {
        VR_AUTO(vr_error) *err = NULL;
        enum pushed r = push(c, c->out_first);
        if (r == PUSH_DONE)
            finish(c, pop(c));
        else if (r == PUSH_FAILED)
            vr_client_close(c, "it cannot be written to");
        else if (!vr_watch_wait(c->watch, EPOLLOUT, NULL, vr_after(WRITE_STEP), &err) && vr_cancelled())
            vr_client_close(c, "the daemon ends");
    }
    c->writing = false;
    vr_cond_broadcast(&c->written);
}

static void enqueue(struct vr_client *c, struct vr_outgoing *o)
{
    if (c->out_last)
        c->out_last->next = o;
    else
        c->out_first = o;
    c->out_last = o;
    if (o->is_event)
        c->event_bytes += o->bytes.len;
    if (c->writing)
        return;
    VR_AUTO(vr_error) *err = NULL;
    c->writing = vr_fiber_start(c->server->group, "client writer", write_queue, c, &err);
    if (!c->writing)
        vr_client_close(c, vr_error_text(err));
}

void vr_client_send(struct vr_client *c, struct vr_buf *packet, const struct vr_send *how)
{
    static const struct vr_send plain;
    if (!how)
        how = &plain;
    struct vr_outgoing *o = vr_new(struct vr_outgoing);
    o->bytes = *packet;
    *packet = (struct vr_buf)VR_BUF_INIT;
    o->fd_count = how->fd_count;
    for (size_t i = 0; i < how->fd_count; i++)
        o->fds[i] = how->fds[i];
    o->answers_call = how->answers_call;
    o->is_event = how->is_event;
    o->stream = how->stream;
    if (!c->dead && o->is_event && c->event_bytes + o->bytes.len > EVENT_QUEUE_MAX) {
        vr_warn("client %llu does not read its events: its connection is closed", (unsigned long long)c->conn.id);
        vr_client_close(c, "it does not read its events");
    }
    if (c->dead) {
        finish(c, o);
        return;
    }
    enum pushed r = c->out_first ? PUSH_FULL : push(c, o);
    if (r == PUSH_FULL) {
        enqueue(c, o);
        return;
    }
    if (r == PUSH_FAILED)
        vr_client_close(c, "it cannot be written to");
    finish(c, o);
}

void vr_client_drop_queue(struct vr_client *c)
{
    while (c->out_first)
        finish(c, pop(c));
}
