/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
/* Fuzz target: what a QEMU says after its greeting. Whatever it is, three commands end, and nothing of it is left over. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "loop/loop.h"
#include "monitor.h"
#include "unixsock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];
static int listener;
static const uint8_t *said;
static size_t said_len;

static void send_all(int fd, const void *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, (const char *)data + at, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

/* The other side: greets, agrees, says its piece, and goes. */
static void *play_qemu(void *unused)
{
    static const char greeting[] = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";
    char line[4096] = "", reply[64];
    int fd = accept(listener, NULL, NULL);
    send_all(fd, greeting, sizeof(greeting) - 1);
    ssize_t n = recv(fd, line, sizeof(line) - 1, 0);
    const char *id = n > 0 ? strstr(line, "\"id\":") : NULL;
    snprintf(reply, sizeof(reply), "{\"return\": {}, \"id\": %d}\r\n", id ? atoi(id + 5) : 0);
    send_all(fd, reply, strlen(reply));
    send_all(fd, said, said_len);
    shutdown(fd, SHUT_WR);
    while (recv(fd, line, sizeof(line), 0) > 0)
        ;
    close(fd);
    return NULL;
}

static void on_event(void *opaque, const char *name, const struct vr_json *data, const struct vr_json *event)
{
    if (!name || strlen(name) > (1u << 24))
        __builtin_trap();
}
static void on_ended(void *opaque, const struct vr_error *why)
{
}
static void on_settled(void *opaque, const char *command, bool failed)
{
}
static const struct vr_monitor_handler handler = { on_event, on_ended, on_settled };

VR_SUSPENDS static void ask(struct vr_monitor *mon, enum vr_qmp_class cls, const char *command)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_json) *ret = NULL;
    if (vr_monitor_call(mon, cls, command, NULL, &ret, vr_after(VR_SEC(5)), &err) == (err != NULL))
        __builtin_trap();
}

VR_SUSPENDS static void talk(void *arg)
{
    VR_AUTO(vr_error) *err = NULL;
    struct vr_group *group = vr_group_new("fuzz");
    struct vr_monitor *mon = vr_monitor_open(path, group, "fuzz", &handler, NULL, vr_after(VR_SEC(5)), &err);
    if (mon) {
        ask(mon, VR_QMP_QUERY, "query-status");
        ask(mon, VR_QMP_MODIFY, "stop");
        free(vr_monitor_raw(mon, "{\"execute\":\"query-block\"}", vr_after(VR_SEC(5)), NULL));
        vr_monitor_drain(mon, vr_after(VR_SEC(5)));
        vr_monitor_close(mon);
    }
    vr_group_close(group);
    vr_monitor_unref(mon);
    vr_group_free(group);
    vr_loop_quit(0);
}

static void set_up(void)
{
    static char dir[] = "/tmp/vireo-fuzz-XXXXXX";
    if (!mkdtemp(dir))
        abort();
    snprintf(path, sizeof(path), "%s/m", dir);
    listener = vr_unix_listen(path, 0700, NULL);
    if (listener < 0)
        abort();
    vr_log_set_level(VR_LOG_ERROR + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pthread_t qemu;
    if (!path[0])
        set_up();
    said = data;
    said_len = size;
    if (!vr_loop_init(NULL) || pthread_create(&qemu, NULL, play_qemu, NULL) != 0)
        abort();
    if (!vr_fiber_start(NULL, "fuzz", talk, NULL, NULL))
        abort();
    vr_loop_run();
    vr_loop_done();
    pthread_join(qemu, NULL);
    return 0;
}
