/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work on a guest's disks that goes on by itself: pull, commit, copy, and waiting for it. */
#include "virsh.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "device_call.h"
#include "domain_devices.h"
#include "typed.h"
#include "watch.h"

/* MiB/s, or bytes/s with --bytes, as the calls want it: -1 reported, 0 not given. */
static int opt_bandwidth(struct vr_cmd *cmd, bool bytes, unsigned long *out)
{
    const char *text = vr_opt_raw(cmd, "bandwidth");
    int64_t negative;
    unsigned long long v;
    *out = 0;
    if (!text)
        return 0;
    if (vr_parse_i64(text, 10, INT64_MIN, -1, &negative)) {
        *out = (unsigned long)negative;
        return 1;
    }
    int got = vr_scale(cmd, text, &v, bytes ? 1 : 1024 * 1024, ULONG_MAX);
    if (got > 0)
        *out = (unsigned long)(bytes ? v : v >> 20);
    else
        vr_complain(cmd, _("Scaled numeric value '%s' for <--bandwidth> option is malformed or out of range"), text);
    return got;
}

/* ---- waiting ------------------------------------------------------------------------------------------------------- */

struct wait {
    struct vr_cmd *cmd;
    virDomainPtr dom;
    const char *disk, *label;
    bool verbose, async, until_ready;
    int timeout_ms;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int status;   /* of the last event about the disk; -1: none yet */
    int callbacks[2];
};

static void on_block_job(virConnectPtr conn, virDomainPtr dom, const char *disk, int type, int status, void *opaque)
{
    struct wait *w = opaque;
    unsigned char a[VIR_UUID_BUFLEN], b[VIR_UUID_BUFLEN];
    if (!vr_streq0(disk, w->disk) || virDomainGetUUID(dom, a) < 0 || virDomainGetUUID(w->dom, b) < 0 ||
        memcmp(a, b, sizeof(a)) != 0)
        return;
    pthread_mutex_lock(&w->lock);
    w->status = status;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* Before the job starts, so that no event is missed. */
static void wait_begin(struct wait *w)
{
    static const int events[] = { VIR_DOMAIN_EVENT_ID_BLOCK_JOB, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2 };
    vr_events_now();
    vr_catch_int_begin();
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    w->status = -1;
    for (size_t i = 0; i < VR_COUNT(events); i++)
        w->callbacks[i] = virConnectDomainEventRegisterAny(vr_conn(w->cmd), w->dom, events[i],
                                                           VR_EVENT_CALLBACK(on_block_job), w, NULL);
    vr_forget_error(w->cmd);
}

static void wait_end(struct wait *w)
{
    for (size_t i = 0; i < VR_COUNT(w->callbacks); i++) {
        if (w->callbacks[i] >= 0)
            virConnectDomainEventDeregisterAny(vr_conn(w->cmd), w->callbacks[i]);
    }
    vr_catch_int_end();
}

static int wait_status(struct wait *w)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 500000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&w->lock);
    if (w->status < 0)
        pthread_cond_timedwait(&w->changed, &w->lock, &until);
    int status = w->status;
    pthread_mutex_unlock(&w->lock);
    return status;
}

/* Until the job ended or is ready: VIR_DOMAIN_BLOCK_JOB_*; -1 reported. A job that was started goes on if we are killed. */
static int wait_run(struct wait *w)
{
    vr_time end = w->timeout_ms ? vr_after(VR_MS(w->timeout_ms)) : 0;
    bool shown = false;
    int result = -1, unseen = 0;
    for (;;) {
        int status = wait_status(w);
        if (status >= 0 && (status != VIR_DOMAIN_BLOCK_JOB_READY || w->until_ready)) {
            result = status;
            break;
        }
        virDomainBlockJobInfo info;
        int there = virDomainGetBlockJobInfo(w->dom, w->disk, &info, 0);
        if (there < 0) {
            vr_complain(w->cmd, _("failed to query job for disk %s"), w->disk);
            break;
        }
        if (there && w->verbose) {
            vr_progress(stderr, w->label, info.end - info.cur, info.end);
            shown = true;
        }
        /* Without an event: gone means done, and nothing left to do means ready. */
        if (!there && ++unseen > 1) {
            result = VIR_DOMAIN_BLOCK_JOB_COMPLETED;
            break;
        }
        if (there && w->until_ready && w->callbacks[0] < 0 && info.end && info.cur == info.end) {
            result = VIR_DOMAIN_BLOCK_JOB_READY;
            break;
        }
        if (vr_interrupted() || (end && vr_now() > end)) {
            if (virDomainBlockJobAbort(w->dom, w->disk, w->async ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0) < 0)
                vr_complain(w->cmd, _("failed to abort job for disk '%s'"), w->disk);
            else
                result = VIR_DOMAIN_BLOCK_JOB_CANCELED;
            break;
        }
    }
    if (shown && (result == VIR_DOMAIN_BLOCK_JOB_COMPLETED || result == VIR_DOMAIN_BLOCK_JOB_READY))
        vr_progress(stderr, w->label, 0, 1);
    return result;
}

/* What all three have: --wait and what implies it. False, reported. */
static bool wait_options(struct vr_cmd *cmd, struct wait *w, bool implied, bool *wait, const char *implying)
{
    w->cmd = cmd;
    w->verbose = vr_opt_bool(cmd, "verbose");
    w->async = vr_opt_bool(cmd, "async");
    if (vr_opt_timeout_ms(cmd, "timeout", &w->timeout_ms) < 0)
        return false;
    *wait = vr_opt_bool(cmd, "wait") || implied || w->timeout_ms;
    if (*wait)
        return true;
    if (w->verbose)
        return vr_complain(cmd, _("--verbose requires at least one of --timeout, --wait%s"), implying);
    if (w->async)
        return vr_complain(cmd, _("--async requires at least one of --timeout, --wait%s"), implying);
    return true;
}

static bool told(struct vr_cmd *cmd, const char *text)
{
    vr_print(cmd, "\n%s", text);
    return true;
}

/* ---- blockpull ----------------------------------------------------------------------------------------------------- */

static bool blockpull_run(struct vr_cmd *cmd)
{
    struct wait w = { .label = _("Block Pull") };
    const char *base;
    bool wait, bytes = vr_opt_bool(cmd, "bytes");
    unsigned long bandwidth;
    unsigned flags = (bytes ? VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES : 0) |
        (vr_opt_bool(cmd, "keep-relative") ? VIR_DOMAIN_BLOCK_REBASE_RELATIVE : 0);
    if (!vr_opt_requires(cmd, "verbose", "wait") || !vr_opt_requires(cmd, "async", "wait") ||
        !vr_opt_string(cmd, "path", &w.disk) || !vr_opt_string(cmd, "base", &base) ||
        opt_bandwidth(cmd, bytes, &bandwidth) < 0 || !wait_options(cmd, &w, false, &wait, ""))
        return false;
    vr_auto(domain) virDomainPtr dom = w.dom = vr_domain(cmd);
    if (!dom)
        return false;
    if (wait)
        wait_begin(&w);
    int failed = base || flags & VIR_DOMAIN_BLOCK_REBASE_RELATIVE ? virDomainBlockRebase(dom, w.disk, base, bandwidth, flags)
        : virDomainBlockPull(dom, w.disk, bandwidth, bytes ? VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES : 0);
    if (!wait) {
        if (failed == 0)
            vr_print_extra(cmd, "%s", _("Block Pull started"));
        return failed == 0;
    }
    int result = failed ? -1 : wait_run(&w);
    wait_end(&w);
    if (result < 0)
        return false;
    vr_print(cmd, "\n%s", result == VIR_DOMAIN_BLOCK_JOB_CANCELED ? _("Pull aborted")
        : result == VIR_DOMAIN_BLOCK_JOB_FAILED ? _("Pull failed") : _("Pull complete"));
    return result != VIR_DOMAIN_BLOCK_JOB_FAILED && result != VIR_DOMAIN_BLOCK_JOB_CANCELED;
}
static const struct vr_opt blockpull_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "path", VR_OPT_DATA, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "bandwidth", VR_OPT_INT, .help = N_("limit in MiB/s") },
    { "base", VR_OPT_STRING, .help = N_("where in the chain to stop") },
    { "wait", VR_OPT_BOOL, .help = N_("wait until the job is done") },
    { "verbose", VR_OPT_BOOL, .help = N_("show how far it is") },
    { "timeout", VR_OPT_INT, .help = N_("give up after so many seconds") },
    { "async", VR_OPT_BOOL, .help = N_("do not wait until a cancelled job has ended") },
    { "keep-relative", VR_OPT_BOOL, .help = N_("keep relative names in the chain") },
    { "bytes", VR_OPT_BOOL, .help = N_("bandwidth is in bytes/s") },
    { 0 },
};
const struct vr_command vr_cmd_blockpull = {
    "blockpull", blockpull_opts, blockpull_run, 0, N_("fill a disk's image with what lies below it"), NULL, NULL,
};

/* ---- blockcommit --------------------------------------------------------------------------------------------------- */

static bool pivot_or_finish(struct wait *w, bool pivot, bool finish, const char *pivoted, const char *finished)
{
    if (pivot) {
        if (virDomainBlockJobAbort(w->dom, w->disk, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT |
                                   (w->async ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0)) < 0)
            return vr_complain(w->cmd, _("failed to pivot job for disk %s"), w->disk);
        vr_print(w->cmd, "\n%s", pivoted);
    } else if (finish) {
        if (virDomainBlockJobAbort(w->dom, w->disk, w->async ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0) < 0)
            return vr_complain(w->cmd, _("failed to finish job for disk %s"), w->disk);
        vr_print(w->cmd, "\n%s", finished);
    }
    return true;
}

static bool blockcommit_run(struct vr_cmd *cmd)
{
    struct wait w = { .label = _("Block commit"), .until_ready = true };
    const char *base, *top;
    bool wait, bytes = vr_opt_bool(cmd, "bytes"), pivot = vr_opt_bool(cmd, "pivot"), keep = vr_opt_bool(cmd, "keep-overlay");
    bool active = vr_opt_bool(cmd, "active") || pivot || keep;
    unsigned long bandwidth;
    unsigned flags = (bytes ? VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES : 0) | (active ? VIR_DOMAIN_BLOCK_COMMIT_ACTIVE : 0) |
        (vr_opt_bool(cmd, "shallow") ? VIR_DOMAIN_BLOCK_COMMIT_SHALLOW : 0) |
        (vr_opt_bool(cmd, "delete") ? VIR_DOMAIN_BLOCK_COMMIT_DELETE : 0) |
        (vr_opt_bool(cmd, "keep-relative") ? VIR_DOMAIN_BLOCK_COMMIT_RELATIVE : 0);
    if (!vr_opt_exclusive(cmd, "pivot", "keep-overlay") || !vr_opt_string(cmd, "path", &w.disk) ||
        !vr_opt_string(cmd, "base", &base) || !vr_opt_string(cmd, "top", &top) || opt_bandwidth(cmd, bytes, &bandwidth) < 0 ||
        !wait_options(cmd, &w, pivot || keep, &wait, ", --pivot, or --keep-overlay"))
        return false;
    vr_auto(domain) virDomainPtr dom = w.dom = vr_domain(cmd);
    if (!dom)
        return false;
    if (wait)
        wait_begin(&w);
    int failed = virDomainBlockCommit(dom, w.disk, base, top, bandwidth, flags);
    if (!wait) {
        if (failed == 0)
            vr_print_extra(cmd, "%s", active ? _("Active Block Commit started") : _("Block Commit started"));
        return failed == 0;
    }
    int result = failed ? -1 : wait_run(&w);
    bool ok = false;
    if (result == VIR_DOMAIN_BLOCK_JOB_CANCELED)
        vr_print(cmd, "\n%s", _("Commit aborted"));
    else if (result == VIR_DOMAIN_BLOCK_JOB_FAILED)
        vr_print(cmd, "\n%s", _("Commit failed"));
    else if (result == VIR_DOMAIN_BLOCK_JOB_READY && (pivot || keep))
        ok = pivot_or_finish(&w, pivot, keep, _("Successfully pivoted"), _("Commit complete, overlay image kept"));
    else if (result == VIR_DOMAIN_BLOCK_JOB_READY)
        ok = told(cmd, _("Now in synchronized phase"));
    else if (result == VIR_DOMAIN_BLOCK_JOB_COMPLETED)
        ok = told(cmd, _("Commit complete"));
    wait_end(&w);
    return ok;
}
static const struct vr_opt blockcommit_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "path", VR_OPT_DATA, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "bandwidth", VR_OPT_INT, .help = N_("limit in MiB/s") },
    { "base", VR_OPT_STRING, .help = N_("where in the chain to stop") },
    { "shallow", VR_OPT_BOOL, .help = N_("only the topmost image") },
    { "top", VR_OPT_STRING, .help = N_("where in the chain to begin") },
    { "active", VR_OPT_BOOL, .help = N_("commit the image in use") },
    { "delete", VR_OPT_BOOL, .help = N_("delete images that are no longer used") },
    { "wait", VR_OPT_BOOL, .help = N_("wait until the job is done") },
    { "verbose", VR_OPT_BOOL, .help = N_("show how far it is") },
    { "timeout", VR_OPT_INT, .help = N_("give up after so many seconds") },
    { "pivot", VR_OPT_BOOL, .help = N_("then use the new image") },
    { "keep-overlay", VR_OPT_BOOL, .help = N_("then go on with the old image") },
    { "async", VR_OPT_BOOL, .help = N_("do not wait until a cancelled job has ended") },
    { "keep-relative", VR_OPT_BOOL, .help = N_("keep relative names in the chain") },
    { "bytes", VR_OPT_BOOL, .help = N_("bandwidth is in bytes/s") },
    { 0 },
};
const struct vr_command vr_cmd_blockcommit = {
    "blockcommit", blockcommit_opts, blockcommit_run, 0, N_("write a disk's upper images into a lower one"), NULL, NULL,
};

/* ---- blockcopy ----------------------------------------------------------------------------------------------------- */

static char *copy_xml(const char *dest, const char *format, bool block)
{
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    vr_buf_printf(&xml, "<disk type='%s'>\n  <source %s='", block ? "block" : "file", block ? "dev" : "file");
    vr_xml_quote(&xml, dest);
    vr_buf_str(&xml, "'/>\n");
    if (format) {
        vr_buf_str(&xml, "  <driver type='");
        vr_xml_quote(&xml, format);
        vr_buf_str(&xml, "'/>\n");
    }
    vr_buf_str(&xml, "</disk>\n");
    return vr_buf_take(&xml);
}

static bool copy_params(struct vr_cmd *cmd, bool bytes, virTypedParameterPtr *params, int *n)
{
    unsigned long bandwidth;
    unsigned granularity = 0;
    unsigned long long buf_size = 0;
    int room = 0, got = opt_bandwidth(cmd, bytes, &bandwidth);
    if (got < 0)
        return false;
    const unsigned long most = ULONG_MAX >> 20;
    if (got && !bytes && bandwidth > most)
        return vr_complain(cmd, _("bandwidth must be less than %llu"), (unsigned long long)most);
    if (bandwidth && virTypedParamsAddULLong(params, n, &room, VIR_DOMAIN_BLOCK_COPY_BANDWIDTH,
                                             bytes ? bandwidth : (unsigned long long)bandwidth << 20) < 0)
        return false;
    got = vr_opt_uint(cmd, "granularity", &granularity);
    if (got < 0 || (granularity && virTypedParamsAddUInt(params, n, &room, VIR_DOMAIN_BLOCK_COPY_GRANULARITY, granularity) < 0))
        return false;
    got = vr_opt_ull(cmd, "buf-size", &buf_size);
    return got >= 0 && (!buf_size || virTypedParamsAddULLong(params, n, &room, VIR_DOMAIN_BLOCK_COPY_BUF_SIZE, buf_size) == 0);
}

static unsigned copy_flags(struct vr_cmd *cmd)
{
    return (vr_opt_bool(cmd, "shallow") ? VIR_DOMAIN_BLOCK_COPY_SHALLOW : 0) |
        (vr_opt_bool(cmd, "reuse-external") ? VIR_DOMAIN_BLOCK_COPY_REUSE_EXT : 0) |
        (vr_opt_bool(cmd, "transient-job") ? VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB : 0) |
        (vr_opt_bool(cmd, "synchronous-writes") ? VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES : 0);
}

static bool blockcopy_run(struct vr_cmd *cmd)
{
    struct wait w = { .label = _("Block Copy"), .until_ready = true };
    const char *dest, *format, *file;
    bool wait, pivot = vr_opt_bool(cmd, "pivot"), finish = vr_opt_bool(cmd, "finish"), bytes = vr_opt_bool(cmd, "bytes");
    if (!vr_opt_exclusive(cmd, "dest", "xml") || !vr_opt_exclusive(cmd, "format", "xml") ||
        !vr_opt_exclusive(cmd, "blockdev", "xml") || !vr_opt_exclusive(cmd, "pivot", "finish") ||
        !vr_opt_string(cmd, "path", &w.disk) || !vr_opt_string(cmd, "dest", &dest) || !vr_opt_string(cmd, "xml", &file) ||
        !vr_opt_string(cmd, "format", &format) || !wait_options(cmd, &w, pivot || finish, &wait, ", --pivot, or --finish"))
        return false;
    vr_auto(domain) virDomainPtr dom = w.dom = vr_domain(cmd);
    if (!dom)
        return false;
    VR_AUTO(vr_typed) *params = vr_typed_new();
    if (!copy_params(cmd, bytes, &params->params, &params->n))
        return false;
    if (!dest && !file)
        return vr_complain(cmd, "%s", _("need either --dest or --xml"));
    vr_autofree char *xml = file ? vr_read_file(cmd, file, VR_XML_FILE_MAX) : copy_xml(dest, format, vr_opt_bool(cmd, "blockdev"));
    if (!xml)
        return false;
    if (vr_opt_bool(cmd, "print-xml")) {
        vr_print(cmd, "%s", xml);
        return true;
    }
    if (wait)
        wait_begin(&w);
    int failed = virDomainBlockCopy(dom, w.disk, xml, params->params, params->n, copy_flags(cmd));
    if (!wait) {
        if (failed == 0)
            vr_print_extra(cmd, "%s", _("Block Copy started"));
        return failed == 0;
    }
    int result = failed ? -1 : wait_run(&w);
    bool ok = false;
    if (result == VIR_DOMAIN_BLOCK_JOB_CANCELED)
        vr_print(cmd, "\n%s", _("Copy aborted"));
    else if (result == VIR_DOMAIN_BLOCK_JOB_FAILED)
        vr_print(cmd, "\n%s", _("Copy failed"));
    else if (result >= 0 && (pivot || finish))
        ok = pivot_or_finish(&w, pivot, finish, _("Successfully pivoted"), _("Successfully copied"));
    else if (result >= 0)
        ok = told(cmd, _("Now in mirroring phase"));
    wait_end(&w);
    return ok;
}
static const struct vr_opt blockcopy_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "path", VR_OPT_DATA, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "dest", VR_OPT_STRING, .help = N_("the copy") },
    { "bandwidth", VR_OPT_INT, .help = N_("limit in MiB/s") },
    { "shallow", VR_OPT_BOOL, .help = N_("only the topmost image") },
    { "reuse-external", VR_OPT_BOOL, .help = N_("the copy exists already") },
    { "raw", VR_OPT_ALIAS, .alias_of = "format=raw" },
    { "blockdev", VR_OPT_BOOL, .help = N_("the copy is a block device") },
    { "wait", VR_OPT_BOOL, .help = N_("wait until the job is done") },
    { "verbose", VR_OPT_BOOL, .help = N_("show how far it is") },
    { "timeout", VR_OPT_INT, .help = N_("give up after so many seconds") },
    { "pivot", VR_OPT_BOOL, .help = N_("then use the new image") },
    { "finish", VR_OPT_BOOL, .help = N_("then go on with the old image") },
    { "async", VR_OPT_BOOL, .help = N_("do not wait until a cancelled job has ended") },
    { "xml", VR_OPT_STRING, .help = N_("a file with XML to use instead"), .complete = vr_complete_file },
    { "format", VR_OPT_STRING, .help = N_("format of the copy") },
    { "granularity", VR_OPT_INT, .help = N_("unit in which changes are tracked, a power of two") },
    { "buf-size", VR_OPT_INT, .help = N_("most bytes in flight") },
    { "bytes", VR_OPT_BOOL, .help = N_("bandwidth is in bytes/s") },
    { "transient-job", VR_OPT_BOOL, .help = N_("the job ends with the guest") },
    { "synchronous-writes", VR_OPT_BOOL, .help = N_("the guest's writes reach the copy at once") },
    { "print-xml", VR_OPT_BOOL, .help = N_("print the XML and change nothing") },
    { 0 },
};
const struct vr_command vr_cmd_blockcopy = {
    "blockcopy", blockcopy_opts, blockcopy_run, 0, N_("copy a disk while the guest uses it"), NULL, NULL,
};

/* ---- blockjob ------------------------------------------------------------------------------------------------------ */

static const char *const job_titles[] = { N_("Unknown job"), N_("Block Pull"), N_("Block Copy"), N_("Block Commit"),
                                          N_("Active Block Commit"), N_("Backup") };

static bool show_job(struct vr_cmd *cmd, virDomainPtr dom, const char *disk, bool raw, bool bytes)
{
    virDomainBlockJobInfo info;
    int there = virDomainGetBlockJobInfo(dom, disk, &info, VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES);
    if (there < 0)
        return false;
    if (vr_json_wanted(cmd)) {
        struct vr_info *json = vr_info_new(cmd, "");
        vr_info_str(json, "disk", "%s", disk);
        vr_info_bool(json, "job", there, "", "");
        if (there) {
            vr_info_str(json, "type", "%s", job_titles[(size_t)info.type < VR_COUNT(job_titles) ? info.type : 0]);
            vr_info_uint(json, "bandwidth", info.bandwidth, NULL);
            vr_info_uint(json, "cur", info.cur, NULL);
            vr_info_uint(json, "end", info.end, NULL);
        }
        vr_info_done(json);
        return true;
    }
    if (!there) {
        if (!raw)
            vr_print_extra(cmd, _("No current block job for %s"), disk);
        return true;
    }
    const char *title = _(job_titles[(size_t)info.type < VR_COUNT(job_titles) ? info.type : 0]);
    if (raw) {
        vr_print(cmd, " type=%s\n bandwidth=%lu\n cur=%llu\n end=%llu\n", title, info.bandwidth, info.cur, info.end);
        return true;
    }
    fflush(stdout);
    vr_progress(stderr, title, info.end - info.cur, info.end);
    if (info.bandwidth) {
        const char *unit;
        double v = vr_pretty_size(info.bandwidth, &unit);
        vr_print(cmd, _("    Bandwidth limit: %llu bytes/s (%-.3lf %s/s)"), (unsigned long long)info.bandwidth, v, unit);
    }
    vr_print(cmd, "\n");
    return true;
}

static bool blockjob_run(struct vr_cmd *cmd)
{
    bool raw = vr_opt_bool(cmd, "raw"), bytes = vr_opt_bool(cmd, "bytes"), abort = vr_opt_bool(cmd, "abort");
    bool pivot = vr_opt_bool(cmd, "pivot"), async = vr_opt_bool(cmd, "async"), info = vr_opt_bool(cmd, "info");
    bool bandwidth = vr_opt_raw(cmd, "bandwidth") != NULL;
    const char *disk;
    unsigned long speed;
    if (!vr_exclusive(cmd, raw, "raw", abort, "abort") || !vr_exclusive(cmd, raw, "raw", pivot, "pivot") ||
        !vr_exclusive(cmd, raw, "raw", async, "async") || !vr_exclusive(cmd, raw, "raw", bandwidth, "bandwidth") ||
        !vr_exclusive(cmd, info, "info", abort, "abort") || !vr_exclusive(cmd, info, "info", pivot, "pivot") ||
        !vr_exclusive(cmd, info, "info", async, "async") || !vr_exclusive(cmd, info, "info", bandwidth, "bandwidth") ||
        !vr_exclusive(cmd, bytes, "bytes", abort, "abort") || !vr_exclusive(cmd, bytes, "bytes", pivot, "pivot") ||
        !vr_exclusive(cmd, bytes, "bytes", async, "async"))
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom || !vr_opt_string(cmd, "path", &disk))
        return false;
    if (bandwidth)
        return opt_bandwidth(cmd, bytes, &speed) >= 0 &&
            virDomainBlockJobSetSpeed(dom, disk, speed, bytes ? VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES : 0) == 0;
    if (abort || pivot || async)
        return virDomainBlockJobAbort(dom, disk, (async ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0) |
                                      (pivot ? VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT : 0)) == 0;
    return show_job(cmd, dom, disk, raw, bytes);
}
static const struct vr_opt blockjob_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "path", VR_OPT_DATA, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "abort", VR_OPT_BOOL, .help = N_("end the job") },
    { "async", VR_OPT_BOOL, .help = N_("do not wait until a cancelled job has ended") },
    { "pivot", VR_OPT_BOOL, .help = N_("then use the new image") },
    { "info", VR_OPT_BOOL, .help = N_("show the job") },
    { "bytes", VR_OPT_BOOL, .help = N_("bandwidth is in bytes/s") },
    { "raw", VR_OPT_BOOL, .help = N_("as name=value") },
    { "bandwidth", VR_OPT_INT, .help = N_("limit in MiB/s") },
    { 0 },
};
const struct vr_command vr_cmd_blockjob = {
    "blockjob", blockjob_opts, blockjob_run, VR_CMD_JSON, N_("show, limit or end the work on a disk"), NULL, NULL,
};

static bool blockresize_run(struct vr_cmd *cmd)
{
    const char *disk;
    unsigned long long size;
    unsigned flags = 0;
    if (!vr_opt_string(cmd, "path", &disk) || vr_opt_scaled(cmd, "size", &size, 1024, ULLONG_MAX) < 0)
        return false;
    if (size % 1024 == 0)
        size /= 1024;
    else
        flags |= VIR_DOMAIN_BLOCK_RESIZE_BYTES;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    if (!dom)
        return false;
    if (virDomainBlockResize(dom, disk, size, flags) < 0)
        return vr_complain(cmd, _("Failed to resize block device '%s'"), disk);
    vr_print_extra(cmd, _("Block device '%s' is resized"), disk);
    return true;
}
static const struct vr_opt blockresize_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "path", VR_OPT_DATA, .help = N_("a disk: its target or source"), .complete = vr_complete_disk },
    { "size", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("new size, in KiB without a unit") },
    { 0 },
};
const struct vr_command vr_cmd_blockresize = {
    "blockresize", blockresize_opts, blockresize_run, 0, N_("change the size of a guest's disk"), NULL, NULL,
};

static bool domblkthreshold_run(struct vr_cmd *cmd)
{
    const char *disk;
    unsigned long long threshold;
    if (!vr_opt_string(cmd, "dev", &disk) || vr_opt_scaled(cmd, "threshold", &threshold, 1, ULLONG_MAX) < 0)
        return false;
    vr_auto(domain) virDomainPtr dom = vr_domain(cmd);
    return dom && virDomainSetBlockThreshold(dom, disk, threshold, 0) == 0;
}
static const struct vr_opt domblkthreshold_opts[] = {
    VR_OPT_DOMAIN_(vr_complete_domain_active),
    { "dev", VR_OPT_DATA, .help = N_("a disk or an image of its chain: vda or vda[1]"), .complete = vr_complete_disk },
    { "threshold", VR_OPT_INT, .flags = VR_REQUIRED, .help = N_("bytes") },
    { 0 },
};
const struct vr_command vr_cmd_domblkthreshold = {
    "domblkthreshold", domblkthreshold_opts, domblkthreshold_run, 0, N_("have an event when a disk's image grows beyond a size"),
    NULL, NULL,
};
