/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.monitor"
#include "monitor.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "loop/loop.h"
#include "unixsock.h"

/* The biggest honest reply is query-qmp-schema (about 200 KiB); query-block of a guest with hundreds of disks comes next. */
#define MESSAGE_MAX (16u << 20)
#define READ_CHUNK 4096
/* QEMU takes eight requests off the socket before it stops reading. */
#define PENDING_MAX 256

struct pending {
    struct pending *next;
    uint32_t id;
    enum vr_qmp_class cls;
    bool done;
    bool overdue;           /* nobody waits any more: the reader frees it */
    vr_time sent;
    char *command;
    struct vr_json *reply;
    struct vr_cond cond;
};

struct vr_monitor {
    int refs;
    int fd;
    struct vr_watch *watch;
    struct vr_group *group;
    char *label;
    const struct vr_monitor_handler *handler;
    void *opaque;
    struct vr_buf in;
    size_t scanned;         /* bytes of `in` known to hold no newline */
    struct vr_buf out;
    bool writer_runs;
    bool greeted;
    bool closed;            /* by us */
    bool ended;
    struct vr_error *why;   /* of `ended` */
    uint32_t last_id;
    uint32_t last_raw_id;
    struct pending *first;
    size_t pending_count, overdue_count, doubt_count;
    struct vr_cond changed; /* greeting, end, or the last overdue command settled */
};

struct vr_monitor *vr_monitor_ref(struct vr_monitor *mon)
{
    mon->refs++;
    return mon;
}

void vr_monitor_unref(struct vr_monitor *mon)
{
    if (!mon || --mon->refs)
        return;
    while (mon->first) {
        struct pending *p = mon->first;
        mon->first = p->next;
        vr_json_free(p->reply);
        free(p->command);
        free(p);
    }
    vr_watch_free(mon->watch);
    if (mon->fd >= 0)
        close(mon->fd);
    vr_buf_done(&mon->in);
    vr_buf_done(&mon->out);
    vr_error_free(mon->why);
    free(mon->label);
    free(mon);
}

static void monitor_unref_auto(struct vr_monitor **mon)
{
    vr_monitor_unref(*mon);
}
#define AUTO_MONITOR __attribute__((cleanup(monitor_unref_auto))) struct vr_monitor

bool vr_monitor_alive(const struct vr_monitor *mon)
{
    return mon && mon->greeted && !mon->ended && !mon->closed;
}

const char *vr_monitor_overdue(const struct vr_monitor *mon, vr_time *since)
{
    for (const struct pending *p = mon ? mon->first : NULL; p; p = p->next) {
        if (p->overdue) {
            if (since)
                *since = p->sent;
            return p->command;
        }
    }
    return NULL;
}

bool vr_monitor_in_doubt(const struct vr_monitor *mon)
{
    return mon && mon->doubt_count > 0;
}

const char *vr_monitor_current(const struct vr_monitor *mon, vr_time *since)
{
    if (!mon || !mon->first)
        return NULL;
    if (since)
        *since = mon->first->sent;
    return mon->first->command;
}

static void pending_unlink(struct vr_monitor *mon, struct pending *p)
{
    for (struct pending **at = &mon->first; *at; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            mon->pending_count--;
            return;
        }
    }
}

static void pending_free(struct pending *p)
{
    vr_json_free(p->reply);
    free(p->command);
    free(p);
}

/* The monitor is over: wakes everybody. The first cause is kept. */
static void monitor_end(struct vr_monitor *mon, struct vr_error **why)
{
    if (mon->ended) {
        vr_error_free(vr_take(*why));
        return;
    }
    mon->ended = true;
    mon->why = vr_take(*why);
    for (struct pending *p = mon->first, *next; p; p = next) {
        next = p->next;
        if (p->overdue) {
            pending_unlink(mon, p);
            pending_free(p);
        } else {
            vr_cond_broadcast(&p->cond);
        }
    }
    mon->overdue_count = mon->doubt_count = 0;
    vr_cond_broadcast(&mon->changed);
}

static void on_reply(struct vr_monitor *mon, struct vr_json *message)
{
    uint64_t id;
    if (!vr_json_get_uint(message, "id", &id)) {
        /* QMP answers without an id only what it could not parse. We send no such thing: note it and go on. */
        vr_warn("guest '%s': monitor reply without a usable id", mon->label);
        return;
    }
    struct pending *p = mon->first;
    while (p && p->id != id)
        p = p->next;
    if (!p || p->done) {
        vr_warn("guest '%s': monitor reply with unknown id %llu", mon->label, (unsigned long long)id);
        return;
    }
    if (!p->overdue) {
        p->reply = vr_json_ref(message);
        p->done = true;
        vr_cond_broadcast(&p->cond);
        return;
    }
    bool failed = vr_json_get(message, "error") != NULL;
    vr_info("guest '%s': late reply to '%s' after %lld ms", mon->label, p->command,
            (long long)((vr_now() - p->sent) / VR_MS(1)));
    pending_unlink(mon, p);
    mon->overdue_count--;
    bool doubtful = p->cls == VR_QMP_MODIFY;
    if (doubtful)
        mon->doubt_count--;
    if (!mon->overdue_count)
        vr_cond_broadcast(&mon->changed);
    if (doubtful && mon->handler->settled)
        mon->handler->settled(mon->opaque, p->command, failed);
    pending_free(p);
}

/* One line of the monitor. False with the error when it is no QMP. */
static bool on_line(struct vr_monitor *mon, const char *line, size_t len, struct vr_error **err)
{
    VR_AUTO(vr_json) *message = vr_json_parse(line, len, err);
    if (!message)
        return vr_error_prefix(err, _("monitor of guest '%s': "), mon->label);
    if (vr_json_type_of(message) != VR_JSON_OBJECT)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("monitor of guest '%s' sent a message that is no object"), mon->label);
    if (!mon->greeted) {
        if (!vr_json_get_object(message, "QMP"))
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("monitor of guest '%s' did not begin with a QMP greeting"),
                           mon->label);
        mon->greeted = true;
        vr_cond_broadcast(&mon->changed);
        return true;
    }
    const char *event = vr_json_get_str(message, "event");
    if (event) {
        vr_debug("guest '%s': event %s", mon->label, event);
        if (!mon->closed)
            mon->handler->event(mon->opaque, event, vr_json_get_object(message, "data"), message);
    } else if (vr_json_get(message, "return") || vr_json_get(message, "error")) {
        on_reply(mon, message);
    } else {
        vr_warn("guest '%s': unknown kind of monitor message", mon->label);
    }
    return true;
}

/* Takes the whole lines out of `in`. */
static bool on_bytes(struct vr_monitor *mon, struct vr_error **err)
{
    size_t used = 0;
    while (!mon->closed) {
        char *start = mon->in.data + used;
        size_t skip = mon->scanned > used ? mon->scanned - used : 0;
        char *end = memchr(start + skip, '\n', mon->in.len - used - skip);
        if (!end)
            break;
        size_t len = (size_t)(end - start);
        if (len && start[len - 1] == '\r')
            len--;
        if (len && !on_line(mon, start, len, err))
            return false;
        used = (size_t)(end - mon->in.data) + 1;
    }
    vr_buf_consume(&mon->in, used);
    mon->scanned = mon->in.len;
    if (mon->in.len > MESSAGE_MAX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("No complete monitor response found in %zu bytes of guest '%s'"),
                       mon->in.len, mon->label);
    /* One big reply must not keep its memory for the guest's life. */
    if (!mon->in.len && mon->in.cap > 4 * READ_CHUNK)
        vr_buf_done(&mon->in);
    return true;
}

VR_SUSPENDS static void reader_main(void *arg)
{
    AUTO_MONITOR *mon = arg;
    VR_AUTO(vr_error) *err = NULL;
    vr_fiber_note("reading the monitor");
    while (!mon->closed) {
        char chunk[READ_CHUNK];
        VR_AUTO(vr_error) *wait_err = NULL;
        /* An idle guest says nothing for days: the hour only bounds each single wait. */
        ssize_t n = vr_fd_read(mon->watch, mon->fd, chunk, sizeof(chunk), vr_after(VR_SEC(3600)), &wait_err);
        if (mon->closed)
            break;
        /* A QEMU that died with our bytes unread resets the connection: an end like any other. */
        if (n < 0 && wait_err && wait_err->int1 == ECONNRESET)
            n = 0;
        if (n < 0) {
            if (wait_err && wait_err->code == VIR_ERR_OPERATION_TIMEOUT)
                continue;
            vr_fail(&err, VIR_ERR_INTERNAL_ERROR, _("Unable to read from monitor: %s"), vr_error_text(wait_err));
            break;
        }
        if (n == 0) {
            vr_fail(&err, VIR_ERR_INTERNAL_ERROR, _("End of file from qemu monitor"));
            err->int1 = 0;
            break;
        }
        vr_buf_add(&mon->in, chunk, (size_t)n);
        if (!on_bytes(mon, &err))
            break;
        if (n == sizeof(chunk))
            vr_yield(); /* a flood from one guest must not keep the others waiting */
    }
    if (mon->closed || mon->ended)
        return;
    if (!err)
        vr_fail(&err, VIR_ERR_INTERNAL_ERROR, _("End of file from qemu monitor"));
    vr_info("guest '%s': monitor ended: %s", mon->label, vr_error_text(err));
    monitor_end(mon, &err);
    if (!mon->closed && mon->greeted && mon->handler->ended)
        mon->handler->ended(mon->opaque, mon->why);
}

/* Runs only while bytes are left that the socket did not take at once: a QEMU that does not read. */
VR_SUSPENDS static void writer_main(void *arg)
{
    AUTO_MONITOR *mon = arg;
    while (mon->out.len && !mon->closed && !mon->ended) {
        VR_AUTO(vr_error) *err = NULL;
        ssize_t n = vr_fd_write(mon->watch, mon->fd, mon->out.data, mon->out.len, vr_after(VR_SEC(3600)), &err);
        if (n > 0)
            vr_buf_consume(&mon->out, (size_t)n);
        else if (!err || err->code != VIR_ERR_OPERATION_TIMEOUT)
            break; /* the reader sees the end too, and reports it */
    }
    mon->writer_runs = false;
}

static bool monitor_flush(struct vr_monitor *mon, struct vr_error **err)
{
    while (mon->out.len && !mon->writer_runs) {
        ssize_t n = send(mon->fd, mon->out.data, mon->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            vr_buf_consume(&mon->out, (size_t)n);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            if (!vr_fiber_start(mon->group, "monitor writer", writer_main, vr_monitor_ref(mon), err)) {
                vr_monitor_unref(mon);
                return false;
            }
            mon->writer_runs = true;
        } else {
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to write to monitor: %s"), strerror(errno));
        }
    }
    return true;
}

/* Sends the buffered command together with a descriptor. Only with an empty queue, so that the bytes belong together. */
static bool monitor_send_fd(struct vr_monitor *mon, int fd, struct vr_error **err)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct iovec iov = { mon->out.data, mon->out.len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
    ssize_t n = sendmsg(mon->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to write to monitor: %s"), strerror(errno));
    vr_buf_consume(&mon->out, (size_t)n);
    return monitor_flush(mon, err);
}

static bool monitor_usable(struct vr_monitor *mon, struct vr_error **err)
{
    if (mon->closed)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("domain is no longer running"));
    if (mon->ended) {
        if (mon->why && mon->why->int1 == 0) /* QEMU went away: its process's end tells the rest */
            return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("domain is no longer running"));
        struct vr_error *copy = vr_error_copy(mon->why);
        return vr_error_move(err, &copy);
    }
    return true;
}

/* Waits until no earlier command is overdue. Doubt about a modifying command does not wait: the answer may never come. */
VR_SUSPENDS static bool wait_turn(struct vr_monitor *mon, const char *command, vr_time deadline, struct vr_error **err)
{
    vr_time patience = vr_sooner(deadline, vr_after(VR_SPAN_QUERY));
    while (monitor_usable(mon, err)) {
        if (!mon->overdue_count) {
            if (mon->pending_count < PENDING_MAX)
                return true;
            return vr_fail(err, VIR_ERR_RESOURCE_BUSY, _("too many monitor commands wait for guest '%s'"), mon->label);
        }
        VR_AUTO(vr_error) *wait_err = NULL;
        if (mon->doubt_count || !vr_cond_wait(&mon->changed, patience, &wait_err)) {
            if (wait_err && wait_err->code != VIR_ERR_OPERATION_TIMEOUT)
                return vr_error_move(err, &wait_err);
            vr_time since = 0;
            const char *stuck = vr_monitor_overdue(mon, &since);
            if (!stuck)
                continue;
            return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT,
                           _("QEMU of guest '%s' has not answered the monitor command '%s' for %lld s; '%s' was not sent"),
                           mon->label, stuck, (long long)((vr_now() - since) / VR_SEC(1)), command);
        }
    }
    return false;
}

/* Sends a command object (consumed) and waits for its whole reply. */
VR_SUSPENDS static struct vr_json *monitor_transact(struct vr_monitor *mon, enum vr_qmp_class cls, const char *command,
                                                    struct vr_json *request, int fd, vr_time deadline,
                                                    struct vr_error **err)
{
    VR_AUTO(vr_json) *owned = request;
    AUTO_MONITOR *held = vr_monitor_ref(mon);
    if (!wait_turn(held, command, deadline, err))
        return NULL;

    struct pending *p = vr_new(struct pending);
    p->id = ++mon->last_id;
    p->cls = cls;
    p->sent = vr_now();
    p->command = vr_strdup(command);
    struct pending **tail = &mon->first;
    while (*tail)
        tail = &(*tail)->next;
    *tail = p;
    mon->pending_count++;

    vr_json_add_uint(owned, "id", p->id);
    vr_autofree char *text = vr_json_print(owned);
    vr_debug("guest '%s': send %s", mon->label, text);
    vr_buf_str(&mon->out, text);
    vr_buf_char(&mon->out, '\n');
    bool sent = fd >= 0 ? monitor_send_fd(mon, fd, err) : monitor_flush(mon, err);

    VR_AUTO(vr_error) *wait_err = NULL;
    vr_fiber_note(p->command);
    while (sent && !p->done && !mon->ended && !mon->closed && !wait_err)
        if (!vr_cond_wait(&p->cond, deadline, &wait_err))
            break;
    vr_fiber_note(NULL);

    if (p->done) {
        struct vr_json *reply = vr_take(p->reply);
        pending_unlink(mon, p);
        pending_free(p);
        return reply;
    }
    if (!sent || mon->ended || mon->closed) {
        pending_unlink(mon, p);
        pending_free(p);
        if (sent)
            monitor_usable(mon, err);
        return NULL;
    }
    /* Past the deadline or cancelled: what was sent runs some day. The reader owns it now. */
    p->overdue = true;
    mon->overdue_count++;
    if (cls == VR_QMP_MODIFY)
        mon->doubt_count++;
    if (wait_err->code == VIR_ERR_OPERATION_TIMEOUT)
        vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("QEMU of guest '%s' did not answer the monitor command '%s' within %lld ms"),
                mon->label, command, (long long)((vr_now() - p->sent) / VR_MS(1)));
    else
        vr_error_move(err, &wait_err);
    return NULL;
}

static bool reply_check(const char *command, const struct vr_json *reply, struct vr_json **ret, struct vr_error **err)
{
    const struct vr_json *error = vr_json_get(reply, "error");
    if (!error) {
        if (ret)
            *ret = vr_json_ref(vr_json_get(reply, "return"));
        return true;
    }
    const char *desc = vr_json_get_str(error, "desc");
    const char *cls = vr_json_get_str(error, "class");
    VR_AUTO(vr_error) *own = NULL;
    if (desc)
        vr_fail(&own, VIR_ERR_INTERNAL_ERROR, _("unable to execute QEMU command '%s': %s"), command, desc);
    else
        vr_fail(&own, VIR_ERR_INTERNAL_ERROR, _("unable to execute QEMU command '%s'"), command);
    free(own->str3);
    own->str3 = vr_strdup(cls);
    return vr_error_move(err, &own);
}

static struct vr_json *request_new(const char *command, struct vr_json *args)
{
    struct vr_json *request = vr_json_object();
    vr_json_add_str(request, "execute", command);
    if (args)
        vr_json_add(request, "arguments", args);
    return request;
}

VR_SUSPENDS bool vr_monitor_call(struct vr_monitor *mon, enum vr_qmp_class cls, const char *command,
                                 struct vr_json *args, struct vr_json **ret, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_json) *reply = monitor_transact(mon, cls, command, request_new(command, args), -1, deadline, err);
    return reply && reply_check(command, reply, ret, err);
}

VR_SUSPENDS bool vr_monitor_call_fd(struct vr_monitor *mon, const char *command, struct vr_json *args, int fd,
                                    struct vr_json **ret, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_json) *request = request_new(command, args);
    /* The descriptor must travel with the first byte of its command: not behind what another caller could not flush. */
    if (mon->out.len)
        return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("QEMU of guest '%s' does not read its monitor"), mon->label);
    VR_AUTO(vr_json) *reply = monitor_transact(mon, VR_QMP_MODIFY, command, vr_take(request), fd, deadline, err);
    return reply && reply_check(command, reply, ret, err);
}

VR_SUSPENDS char *vr_monitor_raw(struct vr_monitor *mon, const char *request, vr_time deadline, struct vr_error **err)
{
    VR_AUTO(vr_json) *json = vr_json_parse(request, strlen(request), err);
    if (!json)
        return NULL;
    const char *command = vr_json_get_str(json, "execute");
    if (vr_json_type_of(json) != VR_JSON_OBJECT || !(command || (command = vr_json_get_str(json, "exec-oob")))) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("monitor command has no 'execute' member"));
        return NULL;
    }
    vr_autofree char *name = vr_strdup(command);
    VR_AUTO(vr_json) *their_id = vr_json_ref(vr_json_get(json, "id"));
    vr_json_remove(json, "id");
    VR_AUTO(vr_json) *reply = monitor_transact(mon, VR_QMP_MODIFY, name, vr_take(json), -1, deadline, err);
    if (!reply)
        return NULL;
    vr_json_remove(reply, "id");
    if (their_id)
        vr_json_add(reply, "id", vr_take(their_id));
    else
        vr_json_add_strf(reply, "id", "libvirt-%u", ++mon->last_raw_id);
    return vr_json_print(reply);
}

VR_SUSPENDS struct vr_monitor *vr_monitor_open(const char *path, struct vr_group *group, const char *label,
                                               const struct vr_monitor_handler *handler, void *opaque,
                                               vr_time deadline, struct vr_error **err)
{
    vr_autoclose int fd = vr_unix_connect(path, err);
    if (fd < 0) {
        vr_error_prefix(err, _("monitor of guest '%s': "), label);
        return NULL;
    }
    AUTO_MONITOR *mon = vr_new(struct vr_monitor);
    mon->refs = 1;
    mon->fd = -1;
    mon->watch = vr_watch_new(fd, err);
    if (!mon->watch)
        return NULL;
    mon->fd = vr_take_fd(&fd);
    mon->group = group;
    mon->label = vr_strdup(label);
    mon->handler = handler;
    mon->opaque = opaque;
    if (!vr_fiber_start(group, "monitor", reader_main, vr_monitor_ref(mon), err)) {
        vr_monitor_unref(mon);
        return NULL;
    }
    bool ok = true;
    while (ok && !mon->greeted && !mon->ended) {
        VR_AUTO(vr_error) *wait_err = NULL;
        if (vr_cond_wait(&mon->changed, deadline, &wait_err))
            continue;
        ok = false;
        if (wait_err->code == VIR_ERR_OPERATION_TIMEOUT)
            vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, _("QEMU of guest '%s' did not greet on its monitor in time"), label);
        else
            vr_error_move(err, &wait_err);
    }
    if (ok && mon->ended) {
        struct vr_error *copy = vr_error_copy(mon->why);
        ok = vr_error_move(err, &copy);
    }
    if (!ok || !vr_monitor_call(mon, VR_QMP_QUERY, "qmp_capabilities", NULL, NULL, deadline, err)) {
        vr_monitor_close(mon);
        return NULL;
    }
    return vr_take(mon);
}

void vr_monitor_close(struct vr_monitor *mon)
{
    if (!mon || mon->closed)
        return;
    mon->closed = true;
    vr_watch_abort(mon->watch);
    shutdown(mon->fd, SHUT_RDWR);
    struct vr_error *why = NULL;
    vr_fail(&why, VIR_ERR_OPERATION_FAILED, _("domain is no longer running"));
    monitor_end(mon, &why);
}

VR_SUSPENDS void vr_monitor_drain(struct vr_monitor *mon, vr_time deadline)
{
    AUTO_MONITOR *held = vr_monitor_ref(mon);
    while (!held->ended && !held->closed)
        if (!vr_cond_wait(&held->changed, deadline, NULL))
            return;
}
