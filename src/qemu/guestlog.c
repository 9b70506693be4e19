/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.guestlog"
#include "guestlog.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "loop/loop.h"

#define TAIL_MAX 4096

char *vr_guestlog_stamp(const char *fmt, ...)
{
    vr_time now = vr_wall_now();
    time_t seconds = (time_t)(now / VR_SEC(1));
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char stamp[32];
    strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    return vr_printf("%s.%03d+0000: %s\n", stamp, (int)(now / VR_MS(1) % 1000), text);
}

/* ---- lines by and by ---------------------------------------------------------------------------------------------- */

struct line {
    struct line *next;
    char *path, *text;
    int errnum;
};
static struct line *lines_first, **lines_last = &lines_first;
static bool keeper_runs;

static void line_task(void *arg)
{
    struct line *line = arg;
    vr_autoclose int fd = open(line->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || write(fd, line->text, strlen(line->text)) < 0)
        line->errnum = errno;
}

static void line_free(void *arg)
{
    struct line *line = arg;
    free(line->path);
    free(line->text);
    free(line);
}

VR_SUSPENDS static void keeper_main(void *arg)
{
    while (lines_first) {
        struct line *line = lines_first;
        lines_first = line->next;
        if (!lines_first)
            lines_last = &lines_first;
        VR_AUTO(vr_error) *err = NULL;
        if (!vr_worker_run(VR_POOL_STORE, NULL, "guest log", line_task, line, line_free, vr_after(VR_SPAN_STORE), &err)) {
            vr_warn("guest log: %s", vr_error_text(err));
            continue;
        }
        if (line->errnum)
            vr_warn("guest log '%s': %s", line->path, strerror(line->errnum));
        line_free(line);
    }
    keeper_runs = false;
}

void vr_guestlog_line(const char *path, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *text = vr_vprintf(fmt, ap);
    va_end(ap);
    struct line *line = vr_new(struct line);
    line->path = vr_strdup(path);
    line->text = vr_guestlog_stamp("%s", text);
    *lines_last = line;
    lines_last = &line->next;
    VR_AUTO(vr_error) *err = NULL;
    if (keeper_runs)
        return;
    keeper_runs = vr_fiber_start(NULL, "guest log", keeper_main, NULL, &err);
    if (!keeper_runs) /* the next line's keeper writes it too */
        vr_warn("guest log: %s", vr_error_text(err));
}

/* ---- the tail ----------------------------------------------------------------------------------------------------- */

/* Lines of ours: "2026-11-25 13:08:34.533+0000: ...", and QEMU's notes about ptys, which are no cause of anything. */
static bool is_noise(const char *line, size_t len)
{
    return (len > 30 && line[4] == '-' && line[10] == ' ' && memcmp(line + 23, "+0000: ", 7) == 0) ||
           memmem(line, len, "char device redirected to", 25);
}

char *vr_guestlog_tail(const char *path, off_t start)
{
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    if (end <= start)
        return vr_strdup("");
    bool cut = end - start > TAIL_MAX;
    if (cut)
        start = end - TAIL_MAX;
    char raw[TAIL_MAX];
    ssize_t n = pread(fd, raw, sizeof(raw), start);
    vr_autobuf struct vr_buf kept = VR_BUF_INIT;
    for (ssize_t at = 0; at < n;) {
        const char *nl = memchr(raw + at, '\n', (size_t)(n - at));
        size_t len = nl ? (size_t)(nl - (raw + at)) : (size_t)(n - at);
        if (!(cut && at == 0) && !is_noise(raw + at, len)) {
            if (kept.len)
                vr_buf_char(&kept, '\n');
            for (size_t i = 0; i < len; i++) /* the guest may have put bytes there that no message should carry */
                vr_buf_char(&kept, (unsigned char)raw[at + (ssize_t)i] >= ' ' ? raw[at + (ssize_t)i] : ' ');
        }
        at += (ssize_t)len + 1;
    }
    return vr_buf_take(&kept);
}

struct tail {
    char *path;
    off_t start;
    char *text;
    int errnum;
};

static void tail_task(void *arg)
{
    struct tail *t = arg;
    t->text = vr_guestlog_tail(t->path, t->start);
}

static void tail_free(void *arg)
{
    struct tail *t = arg;
    free(t->path);
    free(t->text);
    free(t);
}

VR_SUSPENDS char *vr_guestlog_read(const char *path, off_t start)
{
    struct tail *t = vr_new(struct tail);
    t->path = vr_strdup(path);
    t->start = start;
    if (!vr_worker_run(VR_POOL_STORE, NULL, "guest log", tail_task, t, tail_free, vr_after(VR_SPAN_QUERY), NULL))
        return vr_strdup("");
    char *text = vr_take(t->text);
    tail_free(t);
    return text;
}

static void append_task(void *arg)
{
    struct tail *t = arg;
    vr_autoclose int fd = open(t->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    size_t len = strlen(t->text);
    if (fd < 0 || write(fd, t->text, len) != (ssize_t)len || (t->start = lseek(fd, 0, SEEK_END)) < 0)
        t->errnum = errno;
}

VR_SUSPENDS bool vr_guestlog_append(const char *path, const char *text, off_t *end, struct vr_error **err)
{
    struct tail *t = vr_new(struct tail);
    t->path = vr_strdup(path);
    t->text = vr_strdup(text);
    if (!vr_worker_run(VR_POOL_STORE, NULL, "guest log", append_task, t, tail_free, vr_after(VR_SPAN_STORE), err))
        return false;
    int errnum = t->errnum;
    *end = t->start;
    tail_free(t);
    return !errnum || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errnum, _("failed to write '%s'"), path);
}
