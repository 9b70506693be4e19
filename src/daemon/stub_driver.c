/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "stub"
/*
 * A hypervisor and a storage driver for the daemon's own tests: one domain that does nothing, calls that wait, streams
 * that echo, events on demand. Only in the test program libvirtd-stub.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "api/rows.h"
#include "base/alloc.h"
#include "base/str.h"
#include "daemon.h"
#include "driver/event.h"
#include "driver/stream.h"
#include "loop/loop.h"

static const unsigned char uuid[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
                                        0xdd, 0xee, 0xff, 0x01 };
/* What happened, asked for by name through connect_get_max_vcpus. */
static struct {
    const char *name;
    int value;
} counters[] = { { "changed", 0 }, { "cancelled", 0 }, { "closed", 0 }, { "streams", 0 } };

static void count(const char *name)
{
    for (size_t i = 0; i < VR_COUNT(counters); i++)
        if (vr_streq(counters[i].name, name))
            counters[i].value++;
}

static void fill(struct vr_nonnull_domain *dom)
{
    dom->name = "stub";
    dom->id = 1;
    memcpy(dom->uuid, uuid, 16);
}

static bool stub_open(struct vr_conn *conn, const char *path, struct vr_error **err)
{
    if (vr_streq(path, "/system") || vr_streq(path, "/session"))
        return true;
    return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, -1,
                           "unexpected qemu URI path '%s', try qemu:///system", path);
}

static bool get_version(struct vr_call *call, const struct vr_void *in, struct vr_connect_get_version_ret *out,
                        struct vr_error **err)
{
    out->hv_ver = 7002000;
    return true;
}

static bool supports_feature(struct vr_call *call, const struct vr_connect_supports_feature_args *in,
                             struct vr_connect_supports_feature_ret *out, struct vr_error **err)
{
    out->supported = in->feature == 3;
    return true;
}

static bool get_counter(struct vr_call *call, const struct vr_connect_get_max_vcpus_args *in,
                        struct vr_connect_get_max_vcpus_ret *out, struct vr_error **err)
{
    for (size_t i = 0; i < VR_COUNT(counters); i++)
        if (in->type && vr_streq(counters[i].name, in->type)) {
            out->max_vcpus = counters[i].value;
            return true;
        }
    return vr_fail(err, VIR_ERR_INVALID_ARG, "no counter");
}

static bool list_all(struct vr_call *call, const struct vr_connect_list_all_domains_args *in,
                     struct vr_connect_list_all_domains_ret *out, struct vr_error **err)
{
    out->ret = in->flags & VIR_CONNECT_LIST_DOMAINS_INACTIVE ? 0 : 1;
    if (!in->need_results || !out->ret)
        return true;
    out->domains_count = 1;
    out->domains = vr_arena_new_of(call->arena, struct vr_nonnull_domain);
    fill(out->domains);
    return true;
}

static bool lookup(struct vr_call *call, const struct vr_domain_lookup_by_name_args *in,
                   struct vr_domain_lookup_by_name_ret *out, struct vr_error **err)
{
    if (!vr_streq(in->name, "stub"))
        return vr_fail(err, VIR_ERR_NO_DOMAIN, "no domain with matching name '%s'", in->name);
    fill(&out->dom);
    return true;
}

static bool get_state(struct vr_call *call, const struct vr_domain_get_state_args *in,
                      struct vr_domain_get_state_ret *out, struct vr_error **err)
{
    out->state = VIR_DOMAIN_RUNNING;
    return true;
}

/* A query that waits for something that never comes. */
static VR_SUSPENDS bool get_job_info(struct vr_call *call, const struct vr_domain_get_job_info_args *in,
                                     struct vr_domain_get_job_info_ret *out, struct vr_error **err)
{
    if (!vr_sleep_until(vr_after(VR_SEC(30)), err))
        count("cancelled");
    return vr_fail(err, VIR_ERR_OPERATION_TIMEOUT, "nothing came");
}

/* A change that takes a while. */
static VR_SUSPENDS bool suspend(struct vr_call *call, const struct vr_domain_suspend_args *in, struct vr_void *out,
                                struct vr_error **err)
{
    if (!vr_sleep_until(vr_after(VR_MS(300)), err))
        return false;
    count("changed");
    return true;
}

static void on_closed(void *opaque)
{
    count("closed");
}

static bool resume(struct vr_call *call, const struct vr_domain_resume_args *in, struct vr_void *out,
                   struct vr_error **err)
{
    vr_conn_on_close(call->conn, &counters, on_closed, NULL);
    return true;
}

static void emit(int event)
{
    struct vr_domain_event_callback_lifecycle_msg message = { .msg = { .event = event, .detail = 0 } };
    fill(&message.msg.dom);
    const struct vr_event_object object = { .name = "stub", .uuid = uuid, .id = 1 };
    vr_event_emit(VR_EVENTS_DOMAIN, VIR_DOMAIN_EVENT_ID_LIFECYCLE, &object, &message);
    vr_event_emit_monitor(&object, event == VIR_DOMAIN_EVENT_STARTED ? "RESUME" : "STOP", 1, 2, NULL);
}

static bool create(struct vr_call *call, const struct vr_domain_create_args *in, struct vr_void *out,
                   struct vr_error **err)
{
    emit(VIR_DOMAIN_EVENT_STARTED);
    emit(VIR_DOMAIN_EVENT_STOPPED);
    return true;
}

/* More events than a client may leave unread. */
static VR_SUSPENDS bool reset(struct vr_call *call, const struct vr_domain_reset_args *in, struct vr_void *out,
                              struct vr_error **err)
{
    for (int i = 0; i < 200000; i++) {
        emit(VIR_DOMAIN_EVENT_STARTED);
        if (i % 100 == 0)
            vr_yield();
    }
    return true;
}

static void stream_over(enum vr_stream_end_reason why, void *opaque)
{
    count("streams");
}

struct echo {
    int fd;
};

VR_SUSPENDS static void echo(void *arg)
{
    struct echo *e = arg;
    char bytes[4096];
    VR_AUTO(vr_watch) *watch = vr_watch_new(e->fd, NULL);
    ssize_t n;
    while (watch && (n = vr_fd_read(watch, e->fd, bytes, sizeof(bytes), vr_after(VR_SEC(60)), NULL)) > 0) {
        if (memchr(bytes, '\4', (size_t)n))
            break;
        for (ssize_t at = 0; at < n;) {
            ssize_t w = vr_fd_write(watch, e->fd, bytes + at, (size_t)(n - at), vr_after(VR_SEC(60)), NULL);
            if (w <= 0)
                break;
            at += w;
        }
    }
    close(e->fd);
    free(e);
}

static bool open_console(struct vr_call *call, const struct vr_domain_open_console_args *in, struct vr_void *out,
                         struct vr_error **err)
{
    int pair[2];
    if (in->dev_name && vr_streq(in->dev_name, "none"))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "cannot find console device '%s'", in->dev_name);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "socketpair");
    struct echo *e = vr_new(struct echo);
    e->fd = pair[1];
    if (!vr_fiber_start(NULL, "echo", echo, e, err)) {
        close(pair[0]);
        close(pair[1]);
        free(e);
        return false;
    }
    return vr_stream_attach_fd(call->stream, pair[0], stream_over, NULL, err);
}

/* The volume's key is a path. */
static bool vol_stream(struct vr_call *call, const char *path, uint64_t offset, uint64_t length, uint32_t flags,
                       int mode, struct vr_error **err)
{
    int fd = open(path, mode | O_CLOEXEC, 0600);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "cannot open '%s'", path);
    return vr_stream_attach_file(call->stream, fd, (flags & 1) != 0, offset, length, stream_over, NULL, err);
}

static bool upload(struct vr_call *call, const struct vr_storage_vol_upload_args *in, struct vr_void *out,
                   struct vr_error **err)
{
    return vol_stream(call, in->vol.key, in->offset, in->length, in->flags, O_RDWR | O_CREAT, err);
}

static bool download(struct vr_call *call, const struct vr_storage_vol_download_args *in, struct vr_void *out,
                     struct vr_error **err)
{
    return vol_stream(call, in->vol.key, in->offset, in->length, in->flags, O_RDONLY, err);
}

/* Answers with how many bytes the first descriptor holds, and sends all of them back. */
static bool with_files(struct vr_call *call, const struct vr_qemu_domain_monitor_command_with_files_args *in,
                       struct vr_qemu_domain_monitor_command_with_files_ret *out, struct vr_error **err)
{
    char bytes[64];
    ssize_t n = call->fd_count ? read(call->fds[0], bytes, sizeof(bytes)) : 0;
    out->result = vr_arena_printf(call->arena, "%zu descriptors, %zd bytes", call->fd_count, n);
    for (size_t i = 0; i < call->fd_count; i++)
        call->fds_out[call->fd_out_count++] = vr_take_fd(&call->fds[i]);
    return true;
}

static const struct vr_driver_row rows[] = {
    VR_ROW(connect_get_version, get_version, 0),
    VR_ROW(connect_supports_feature, supports_feature, 0),
    VR_ROW(connect_get_max_vcpus, get_counter, 0),
    VR_ROW(connect_list_all_domains, list_all, VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE),
    VR_ROW(domain_lookup_by_name, lookup, 0),
    VR_ROW(domain_get_state, get_state, 0),
    VR_ROW(domain_get_job_info, get_job_info, 0),
    VR_ROW(domain_suspend, suspend, 0),
    VR_ROW(domain_resume, resume, 0),
    VR_ROW(domain_create, create, 0),
    VR_ROW(domain_reset, reset, 0),
    VR_ROW(domain_open_console, open_console, VIR_DOMAIN_CONSOLE_FORCE | VIR_DOMAIN_CONSOLE_SAFE),
    VR_ROW(qemu_domain_monitor_command_with_files, with_files, 0),
    { 0 }
};
static const struct vr_driver_row storage_rows[] = {
    VR_ROW(storage_vol_upload, upload, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM),
    VR_ROW(storage_vol_download, download, VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM),
    { 0 }
};

static const char *const schemes[] = { "qemu", NULL };
static const struct vr_driver_row *const tables[] = { rows, NULL };
static const struct vr_driver_row *const storage_tables[] = { storage_rows, NULL };
static const struct vr_driver hypervisor = {
    .name = "QEMU", .kind = VR_DRIVER_HYPERVISOR, .schemes = schemes, .rows = tables,
    .feature_error_domain = VIR_FROM_QEMU, .open = stub_open,
};
static const struct vr_driver storage = {
    .name = "storage", .kind = VR_DRIVER_STORAGE, .rows = storage_tables, .feature_error_domain = VIR_FROM_STORAGE,
};

int main(int argc, char **argv)
{
    static const struct vr_driver *const drivers[] = { &hypervisor, &storage, NULL };
    return vr_daemon_main(argc, argv, drivers);
}
