/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* Bytes to and from the guest: consoles, channels, screenshots. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "conf.h"
#include "driver/stream.h"
#include "monitor.h"
#include "rows.h"
#include "unixsock.h"

/* ---- who holds which device --------------------------------------------------------------------------------------- */

/* A character device has one reader: a second session is refused, or with FORCE takes the first one's place. */
struct session {
    char *path;
    struct vr_stream *stream;
};
static struct vr_map *sessions; /* by path */

static void session_over(enum vr_stream_end_reason why, void *opaque)
{
    struct session *s = opaque;
    if (vr_map_get_str(sessions, s->path) == s)
        vr_map_remove_str(sessions, s->path);
    free(s->path);
    free(s);
}

static bool session_open(struct vr_call *call, const struct vr_chr_source *src, bool force, const char *busy,
                         struct vr_error **err)
{
    if (!sessions)
        sessions = vr_map_new();
    struct session *old = vr_map_get_str(sessions, src->path);
    if (old && !force)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, "%s", busy);
    if (old) {
        vr_map_remove_str(sessions, src->path);
        vr_stream_abort(old->stream, VR_STREAM_REPLACED, _("the console was taken over by another session"));
    }
    vr_autoclose int fd = -1;
    if (src->type == VR_CHR_UNIX)
        fd = vr_unix_connect(src->path, err);
    else if ((fd = open(src->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) < 0)
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to open stream for '%s'"), src->path);
    if (fd < 0)
        return false;
    struct session *s = vr_new(struct session);
    s->path = vr_strdup(src->path);
    s->stream = call->stream;
    vr_map_put_str(sessions, s->path, s);
    if (vr_stream_attach_fd(call->stream, vr_take_fd(&fd), session_over, s, err))
        return true;
    session_over(VR_STREAM_ABORTED, s);
    return false;
}

/* ---- consoles and channels ---------------------------------------------------------------------------------------- */

static bool alias_is(const struct vr_chr *chr, const char *name)
{
    return chr->info.alias && vr_streq(chr->info.alias, name);
}

static const struct vr_chr *find_console(const struct vr_domain_def *def, const char *name)
{
    if (!name)
        return def->consoles.n ? def->consoles.v[0] : def->serials.n ? def->serials.v[0] : NULL;
    for (size_t i = 0; i < def->consoles.n; i++)
        if (alias_is(def->consoles.v[i], name))
            return def->consoles.v[i];
    for (size_t i = 0; i < def->serials.n; i++)
        if (alias_is(def->serials.v[i], name))
            return def->serials.v[i];
    for (size_t i = 0; i < def->parallels.n; i++)
        if (alias_is(def->parallels.v[i], name))
            return def->parallels.v[i];
    return NULL;
}

static bool open_console(struct vr_call *call, const struct vr_domain_open_console_args *in, struct vr_void *out,
                         struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    if (!dom)
        return false;
    const struct vr_chr *chr = find_console(dom->live, in->dev_name);
    if (!chr)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot find character device %s"), in->dev_name ? in->dev_name : "<null>");
    const char *shown = in->dev_name ? in->dev_name : chr->info.alias ? chr->info.alias : "<null>";
    if (chr->src.type != VR_CHR_PTY && chr->src.type != VR_CHR_UNIX)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("character device %s is not using a PTY"), shown);
    if (!chr->src.path)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("character device %s has no path yet"), shown);
    return session_open(call, &chr->src, in->flags & VIR_DOMAIN_CONSOLE_FORCE,
                        _("Active console session exists for this domain"), err);
}

static bool open_channel(struct vr_call *call, const struct vr_domain_open_channel_args *in, struct vr_void *out,
                         struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_running(&in->dom, err);
    if (!dom)
        return false;
    const struct vr_chr *chr = NULL;
    for (size_t i = 0; i < dom->live->channels.n && !chr; i++) {
        const struct vr_chr *c = dom->live->channels.v[i];
        if (!in->name || (c->name && vr_streq(c->name, in->name)) || alias_is(c, in->name))
            chr = c;
    }
    if (!chr)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot find channel %s"), in->name ? in->name : "<null>");
    if (chr->src.type != VR_CHR_UNIX || !chr->src.path)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("channel %s is not using a UNIX socket"),
                       in->name ? in->name : chr->name ? chr->name : "<null>");
    return session_open(call, &chr->src, in->flags & VIR_DOMAIN_CHANNEL_FORCE,
                        _("Active channel stream exists for this domain"), err);
}

/* ---- screenshot --------------------------------------------------------------------------------------------------- */

struct shot {
    char *path;
    uid_t uid;
    gid_t gid;
    bool owned;
    int fd;
    int errnum;
};

static void shot_free(void *arg)
{
    struct shot *s = arg;
    if (s->fd >= 0)
        close(s->fd);
    unlink(s->path); /* in our cache directory, a file of ours: gone or quickly removed */
    free(s->path);
    free(s);
}

static void shot_make(void *arg)
{
    struct shot *s = arg;
    s->fd = mkostemp(s->path, O_CLOEXEC);
    if (s->fd < 0 || (s->owned && fchown(s->fd, s->uid, s->gid) < 0))
        s->errnum = errno;
}

VR_SUSPENDS static struct shot *shot_new(struct vr_error **err)
{
    struct shot *s = vr_new(struct shot);
    s->path = vr_printf("%s/qemu.screendump.XXXXXX", vr_qemu.cache_dir);
    s->uid = vr_qemu.conf->uid;
    s->gid = vr_qemu.conf->gid;
    s->owned = vr_qemu.privileged;
    s->fd = -1;
    if (!vr_worker_run(VR_POOL_STORE, NULL, "screenshot file", shot_make, s, shot_free, vr_after(VR_SPAN_QUERY), err))
        return NULL;
    if (!s->errnum)
        return s;
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, s->errnum, _("mkostemp(\"%s\") failed"), s->path);
    shot_free(s);
    return NULL;
}

/* QEMU answers before the picture is written; since 7.1 it writes PNG itself. */
VR_SUSPENDS static bool screendump(struct vr_domain *dom, unsigned screen, const char *path, struct vr_error **err)
{
    struct vr_domain_def *def = dom->live;
    const struct vr_video *video = NULL;
    unsigned head = screen;
    if (!def->videos.n)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("no screens to take screenshot from"));
    for (size_t i = 0; i < def->videos.n && !video; i++) {
        unsigned heads = def->videos.v[i]->heads ? def->videos.v[i]->heads : 1;
        if (head < heads)
            video = def->videos.v[i];
        else
            head -= heads;
    }
    if (!video)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", _("no such screen ID"));
    struct vr_monitor *mon = vr_process_monitor(dom, err);
    if (!mon)
        return false;
    struct vr_json *args = vr_json_object();
    vr_json_add_str(args, "filename", path);
    vr_json_add_str(args, "device", video->info.alias);
    vr_json_add_uint(args, "head", head);
    vr_json_add_str(args, "format", "png");
    return vr_monitor_call(mon, VR_QMP_MODIFY, "screendump", args, NULL, vr_after(VR_SPAN_MODIFY), err);
}

VR_SUSPENDS static bool screenshot(struct vr_call *call, const struct vr_domain_screenshot_args *in,
                                   struct vr_domain_screenshot_ret *out, struct vr_error **err)
{
    VR_AUTO_DOMAIN *dom = vr_rows_domain(&in->dom, err);
    VR_AUTO(vr_job) *job = dom ? vr_rows_job_running(call, dom, VR_JOB_QUERY, err) : NULL;
    struct shot *shot = job ? shot_new(err) : NULL;
    if (!shot)
        return false;
    bool ok = screendump(dom, in->screen, shot->path, err) &&
              vr_stream_attach_file(call->stream, vr_take_fd(&shot->fd), false, 0, 0, NULL, NULL, err);
    shot_free(shot);
    if (ok)
        out->mime = "image/png";
    return ok;
}

const struct vr_driver_row vr_rows_console[] = {
    VR_ROW(domain_open_console, open_console, VIR_DOMAIN_CONSOLE_SAFE | VIR_DOMAIN_CONSOLE_FORCE),
    VR_ROW(domain_open_channel, open_channel, VIR_DOMAIN_CHANNEL_FORCE),
    VR_ROW(domain_screenshot, screenshot, 0),
    { 0 },
};
