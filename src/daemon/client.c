/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#define VR_LOG_SOURCE "daemon.client"
/* A client's life: accepted, read packet by packet within its limits, kept alive, ended without leaving anything. */
#include "client.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "builtin.h"
#include "driver/conn.h"
#include "driver/identity.h"

#define AUTH_TIME VR_SEC(60)              /* to authenticate in */
#define ANONYMOUS_PACKET_MAX (64 * 1024)  /* nothing longer is needed to authenticate */
#define FLUSH_TIME VR_SEC(10)             /* for the last reply of a client that closes */
#define RETRY_TIME VR_MS(100)             /* when there was no fiber to be had */
#define PACKETS_PER_TURN 64
#define CROWD 256                         /* clients */
#define FIBERS_FULL 6000                  /* of 8,192: the rest is for calls of those who are here */

/* ---- limits and ends ---- */

static void on_tick(void *opaque);
static void run_client(void *arg);

static void set_timer(struct vr_client *c, vr_time when)
{
    if (!c->timer)
        c->timer = vr_timer_new(on_tick, c);
    vr_timer_set(c->timer, when);
}

/* Something came, or the client is to end. */
static void start_reader(void *opaque)
{
    struct vr_client *c = opaque;
    if (c->reading)
        return;
    c->reading = vr_fiber_start(c->server->group, "client", run_client, c, NULL);
    c->starved = !c->reading;
    if (c->starved)
        set_timer(c, vr_after(RETRY_TIME));
}

void vr_client_close(struct vr_client *c, const char *why)
{
    if (c->dead)
        return;
    vr_debug("client %llu is closed: %s", (unsigned long long)c->conn.id, why);
    c->dead = true;
    vr_watch_abort(c->watch);
    vr_cond_broadcast(&c->slot);
    vr_cond_broadcast(&c->written);
    start_reader(c);
}

void vr_client_request_done(struct vr_client *c)
{
    c->requests--;
    vr_cond_signal(&c->slot);
}

static bool at_limit(const struct vr_client *c)
{
    return c->requests >= c->server->limits.max_client_requests;
}

bool vr_server_full(const struct vr_server *server, const struct vr_service *service)
{
    return server->client_count >= server->limits.max_clients ||
           (service->auth_needed && server->anonymous_count &&
            server->anonymous_count >= server->limits.max_anonymous) ||
           vr_fiber_count() >= FIBERS_FULL;
}

void vr_client_set_identity(struct vr_client *c, struct vr_identity *identity)
{
    vr_identity_unref(c->identity);
    c->identity = identity;
    c->conn.identity = identity;
    c->subscriber.identity = identity;
}

/* ---- keepalive and deadlines ---- */

/* 0: none. */
static vr_time next_deadline(const struct vr_client *c)
{
    vr_time deadline = c->authenticated ? INT64_MAX : c->auth_deadline;
    if (c->keepalive)
        deadline = vr_sooner(deadline, c->tick);
    return deadline == INT64_MAX ? 0 : deadline;
}

void vr_client_start_keepalive(struct vr_client *c)
{
    if (c->keepalive || c->server->limits.keepalive_interval <= 0)
        return;
    c->keepalive = true;
    c->pings_left = c->server->limits.keepalive_count;
    c->tick = vr_after(VR_SEC(c->server->limits.keepalive_interval));
    set_timer(c, next_deadline(c));
}

/* A deadline passed. */
static void on_deadline(struct vr_client *c)
{
    vr_time now = vr_now();
    if (!c->authenticated && now >= c->auth_deadline) {
        vr_client_close(c, "it did not authenticate in time");
        return;
    }
    if (!c->keepalive || now < c->tick)
        return;
    vr_time interval = VR_SEC(c->server->limits.keepalive_interval);
    if (now - c->heard < interval) {
        c->tick = c->heard + interval;
        return;
    }
    if (!c->pings_left) {
        vr_info("connection closed due to keepalive timeout");
        vr_client_close(c, "keepalive");
        return;
    }
    c->pings_left--;
    c->tick = now + interval;
    struct vr_buf ping = VR_BUF_INIT;
    vr_message_keepalive(&ping, VR_PROC_KEEPALIVE_PING);
    vr_client_send(c, &ping, NULL);
}

static void on_tick(void *opaque)
{
    struct vr_client *c = opaque;
    if (!c->dead)
        on_deadline(c);
    if (c->dead) {
        start_reader(c);
        return;
    }
    if (next_deadline(c))
        set_timer(c, next_deadline(c));
    /* Whether something came while there was no fiber is not known: the reader finds out. */
    if (c->starved)
        start_reader(c);
}

/* ---- receiving ---- */

static bool take_descriptors(struct vr_client *c, struct msghdr *msg)
{
    bool ok = !(msg->msg_flags & MSG_CTRUNC);
    for (struct cmsghdr *m = CMSG_FIRSTHDR(msg); m; m = CMSG_NXTHDR(msg, m)) {
        if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (m->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(m) + i * sizeof(int), sizeof(int));
            ok = vr_packet_feed_fd(&c->reader, fd, NULL) && ok;
        }
    }
    return ok;
}

/* One receive; false when the connection is over. */
static bool receive(struct vr_client *c)
{
    size_t room;
    void *at = vr_packet_room(&c->reader, &room);
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int) * VIR_NET_MESSAGE_NUM_FDS_MAX)];
    } control;
    struct iovec iov = { at, room };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
    if (c->is_unix) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control.space);
    }
    ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (c->is_unix && msg.msg_controllen && !take_descriptors(c, &msg)) {
        vr_client_close(c, "it sent more descriptors than a call can have");
        return false;
    }
    if (n > 0)
        vr_packet_received(&c->reader, (size_t)n);
    return n > 0;
}

/* Deals with the packets that are whole, as far as the limits allow; false when the connection cannot go on. */
static VR_SUSPENDS bool handle_packets(struct vr_client *c)
{
    for (unsigned n = 1; !c->dead && !c->close_when_sent && !at_limit(c); n++) {
        if (n % PACKETS_PER_TURN == 0)
            vr_yield(); /* one receive may have brought thousands of small calls */
        VR_AUTO(vr_error) *err = NULL;
        struct vr_packet packet;
        enum vr_packet_state state = vr_packet_next(&c->reader, &packet, &err);
        if (state == VR_PACKET_FATAL) {
            vr_logerr("%s", vr_error_text(err));
            return false;
        }
        if (state == VR_PACKET_MORE)
            break;
        c->heard = vr_now();
        c->pings_left = c->server->limits.keepalive_count;
        vr_dispatch(c, &packet);
        vr_packet_done(&c->reader, &packet);
    }
    return true;
}

/* Until a request was dealt with. The socket is not read meanwhile, so a client that left shows only when asked for. */
static VR_SUSPENDS void wait_slot(struct vr_client *c)
{
    while (!c->dead && at_limit(c)) {
        if (vr_cond_wait(&c->slot, vr_after(VR_SEC(1)), NULL))
            continue;
        struct pollfd p = { .fd = c->fd, .events = POLLRDHUP };
        if (vr_cancelled() || (poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR))))
            vr_client_close(c, "it hung up");
    }
}

/* One receive and what came with it. False when the client is to end, true when it has nothing more to say now. */
static VR_SUSPENDS bool serve(struct vr_client *c)
{
    if (c->dead || !receive(c))
        return false;
    while (handle_packets(c) && !c->dead) {
        if (c->close_when_sent) {
            vr_time deadline = vr_after(FLUSH_TIME);
            while (c->writing && !c->dead && vr_cond_wait(&c->written, deadline, NULL))
                ;
            return false;
        }
        if (!at_limit(c)) {
            if (!c->reader.in.len)
                vr_buf_done(&c->reader.in);
            return vr_watch_notify(c->watch, EPOLLIN, start_reader, c, NULL);
        }
        wait_slot(c);
    }
    return false;
}

/* ---- beginning and end ---- */

static bool give_memory_back(void *opaque)
{
    malloc_trim(0);
    return false;
}

/* A crowd came and went: without this the heap keeps what it took, since something small stays at its end. */
static void after_crowd(struct vr_server *s)
{
    if (++s->departed < CROWD || s->departed < s->client_count)
        return;
    s->departed = 0;
    vr_loop_when_idle(give_memory_back, NULL);
}

static void unlink_client(struct vr_client *c)
{
    struct vr_server *s = c->server;
    *(c->prev ? &c->prev->next : &s->first) = c->next;
    *(c->next ? &c->next->prev : &s->last) = c->prev;
    s->client_count--;
    if (!c->authenticated)
        s->anonymous_count--;
    vr_cond_broadcast(&s->room);
    after_crowd(s);
    if (s->on_change)
        s->on_change(s->opaque);
}

static void free_client(struct vr_client *c)
{
    vr_packet_reader_done(&c->reader);
    vr_timer_free(c->timer);
    vr_watch_free(c->watch);
    if (c->fd >= 0)
        close(c->fd);
    vr_group_free(c->conn.group);
    vr_group_free(c->changes);
    vr_identity_unref(c->identity);
    free(c->conn.uri);
    free(c);
}

/*
 * Queries are cancelled, modifying calls run to their end: what they do counts, whoever asked for it. The socket is
 * closed first, so that the peer does not wait for them.
 */
static VR_SUSPENDS void end(struct vr_client *c)
{
    vr_client_close(c, "the peer left");
    vr_unsubscribe_all(&c->subscriber);
    vr_client_streams_gone(c);
    shutdown(c->fd, SHUT_RDWR);
    vr_group_close(c->conn.group);
    while (vr_group_count(c->changes))
        vr_shield(vr_after(VR_SEC(60)))
            vr_group_join(c->changes, vr_after(VR_SEC(60)), NULL);
    while (c->writing)
        vr_shield(vr_after(VR_SEC(60)))
            vr_cond_wait(&c->written, vr_after(VR_SEC(60)), NULL);
    vr_client_drop_queue(c);
    vr_shield(vr_after(VR_SEC(600)))
        vr_conn_closed(&c->conn);
    unlink_client(c);
    free_client(c);
}

VR_SUSPENDS static void run_client(void *arg)
{
    struct vr_client *c = arg;
    if (serve(c))
        c->reading = false;
    else
        end(c);
}

static struct vr_client *new_client(struct vr_server *server, int fd, const struct vr_service *service,
                                    struct vr_error **err)
{
    struct vr_client *c = vr_new(struct vr_client);
    c->fd = fd;
    c->server = server;
    c->service = *service;
    c->identity = vr_identity_of_peer(fd, service->readonly, err);
    if (c->identity && service->owner_only && (!c->identity->local || c->identity->uid != geteuid())) {
        vr_fail(err, VIR_ERR_OPERATION_DENIED, _("Disallowing client %lld with uid %lld"),
                (long long)c->identity->pid, (long long)c->identity->uid);
        free_client(c);
        return NULL;
    }
    c->watch = c->identity ? vr_watch_new(fd, err) : NULL;
    if (!c->watch) {
        free_client(c);
        return NULL;
    }
    c->is_unix = c->identity->local;
    c->conn.identity = c->identity;
    c->conn.readonly = service->readonly;
    c->conn.group = vr_group_new("client queries");
    c->changes = vr_group_new("client changes");
    c->conn.id = ++server->next_client_id;
    c->subscriber.identity = c->identity;
    c->subscriber.deliver = vr_client_deliver;
    vr_packet_reader_init(&c->reader, c->is_unix);
    c->authenticated = !service->auth_needed;
    c->heard = vr_now();
    c->connected = vr_wall_now();
    c->auth_deadline = c->heard + AUTH_TIME;
    if (!c->authenticated)
        c->reader.limit = ANONYMOUS_PACKET_MAX;
    return c;
}

bool vr_server_accept(struct vr_server *server, int fd, const struct vr_service *service, struct vr_error **err)
{
    struct vr_client *c = new_client(server, fd, service, err);
    if (!c)
        return false;
    if (!vr_watch_notify(c->watch, EPOLLIN, start_reader, c, err)) {
        free_client(c);
        return false;
    }
    if (next_deadline(c))
        set_timer(c, next_deadline(c));
    c->prev = server->last;
    *(server->last ? &server->last->next : &server->first) = c;
    server->last = c;
    server->client_count++;
    if (!c->authenticated)
        server->anonymous_count++;
    if (server->on_change)
        server->on_change(server->opaque);
    return true;
}
