/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.status"
#include "status.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "deadlines.h"
#include "definition.h"
#include "domain.h"
#include "driver.h"
#include "loop/loop.h"
#include "process.h"
#include "state.h"
#include "qemu/caps/stock_flags.h"
#include "statusdoc.h"
#include "driver/store.h"

char *vr_status_path(const struct vr_domain *dom)
{
    return vr_printf("%s/%s.xml", vr_qemu.state_dir, dom->name);
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

/* Writes until what is on disk is what was wanted: changes that come meanwhile share the next trip. */
VR_SUSPENDS static void writer_main(void *arg)
{
    VR_AUTO_DOMAIN *dom = arg;
    struct vr_guest_run *run = dom->run;
    vr_autofree char *path = vr_status_path(dom);
    while (run->status_done < run->status_wanted && !vr_cancelled()) {
        uint64_t target = run->status_wanted;
        VR_AUTO(vr_error) *err = NULL;
        vr_autofree char *xml = vr_status_format(dom, &err);
        vr_autofree char *document = xml ? vr_store_document("edit", dom->name, xml) : NULL;
        if (document)
            vr_store_write_state(path, document, vr_after(VR_SPAN_STORE), &err);
        if (err && !vr_cancelled()) /* a guest that is being taken down needs no document any more */
            vr_warn("status of domain '%s': %s", dom->name, vr_error_text(err));
        vr_error_free(run->status_error);
        run->status_error = vr_take(err);
        run->status_done = target;
        vr_cond_broadcast(&run->status_written);
    }
    run->status_writing = false;
    vr_cond_broadcast(&run->status_written);
}

void vr_status_changed(struct vr_domain *dom)
{
    struct vr_guest_run *run = dom->run;
    if (!run || run->stopping)
        return;
    run->status_wanted++;
    /* While it starts, nothing is written before there is a process that could be found again. */
    if (run->status_writing || run->pidfd < 0)
        return;
    VR_AUTO(vr_error) *err = NULL;
    run->status_writing = vr_fiber_start(run->group, "status", writer_main, vr_domain_ref(dom), &err);
    if (!run->status_writing) {
        vr_warn("status of domain '%s': %s", dom->name, vr_error_text(err));
        vr_domain_unref(dom);
    }
}

VR_SUSPENDS bool vr_status_flush(struct vr_domain *dom, vr_time deadline, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    if (!run || run->stopping)
        return true;
    uint64_t serial = run->serial, target = run->status_wanted;
    if (run->status_done < target && !run->status_writing)
        vr_status_changed(dom);
    while (vr_process_same_run(dom, serial) && run->status_done < target && run->status_writing)
        if (!vr_cond_wait(&run->status_written, deadline, err))
            return false;
    if (!vr_process_same_run(dom, serial) || !run->status_error)
        return true;
    struct vr_error *copy = vr_error_copy(run->status_error);
    return vr_error_move(err, &copy);
}

VR_SUSPENDS bool vr_status_remove(struct vr_domain *dom, vr_time deadline, struct vr_error **err)
{
    vr_autofree char *path = vr_status_path(dom);
    return vr_store_remove(path, deadline, err);
}

/* ---- the document ------------------------------------------------------------------------------------------------- */

char *vr_status_format(struct vr_domain *dom, struct vr_error **err)
{
    struct vr_guest_run *run = dom->run;
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_statusdoc doc = {
        .state = vr_state_name(dom->state),
        .reason = vr_state_reason_name(dom->state, dom->reason),
        .pid = (unsigned)run->pid,
        .monitor_path = vr_path_shown(run->monitor_path),
        .monitor_type = "unix",
        .lib_dir = vr_path_shown(run->lib_dir),
        .channel_dir = vr_path_shown(run->channel_dir),
        .fake_reboot = run->fake_reboot,
        .nodename_index = run->nodename_index,
        .fdset_index = run->fdset_index,
        .blockjobs_active = "no",
        .agent_timeout = "-2",
        .extras = run->status_extras,
        .domain = dom->live,
    };
    vr_statusdoc_fill(&doc, dom, arena);
    vr_autofree char *flags = doc.extras || !run->caps ? NULL : vr_qemu_stock_flags(run->caps);
    if (flags)
        doc.extras = flags;
    return vr_statusdoc_format(&doc, err);
}

static void take_document(struct vr_domain *dom, const struct vr_statusdoc *doc)
{
    struct vr_guest_run *run = dom->run;
    vr_guest_run_paths(run, dom->live->id, dom->name);
    run->pid = (pid_t)doc->pid;
    run->fake_reboot = doc->fake_reboot;
    run->nodename_index = doc->nodename_index;
    run->fdset_index = doc->fdset_index;
    run->status_extras = vr_strdup(doc->extras);
    vr_guest_run_set_devices(run, doc->devices.v, doc->devices.n);
    /* Where the other daemon put things counts, not where we would have. */
    if (doc->lib_dir) {
        free(run->lib_dir);
        run->lib_dir = vr_path("%s", doc->lib_dir);
    }
    if (doc->channel_dir) {
        free(run->channel_dir);
        run->channel_dir = vr_path("%s", doc->channel_dir);
    }
    if (doc->monitor_path) {
        free(run->monitor_path);
        run->monitor_path = vr_path("%s", doc->monitor_path);
    }
    for (size_t i = 0; i < doc->taints.n; i++) {
        int taint = vr_name_index(vr_taint_names, doc->taints.v[i]);
        if (taint >= 0)
            dom->taint |= 1u << taint;
    }
    run->vcpu_count = dom->live->vcpus;
    run->vcpu_tids = vr_alloc((run->vcpu_count + 1) * sizeof(*run->vcpu_tids));
    for (size_t i = 0; i < doc->vcpus.n; i++)
        if (doc->vcpus.v[i]->id < run->vcpu_count)
            run->vcpu_tids[doc->vcpus.v[i]->id] = (pid_t)doc->vcpus.v[i]->pid;
}

struct vr_domain *vr_status_load(const char *text, size_t len, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    struct vr_statusdoc doc = { 0 };
    if (!vr_statusdoc_parse(arena, text, len, &doc, err))
        return NULL;
    int state, reason;
    struct vr_domain_def *live = doc.domain;
    struct vr_domain *dom = NULL;
    if (!live || !live->name || live->id < 0)
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("no domain config"));
    else if (!doc.state || !vr_state_parse(doc.state, doc.reason, &state, &reason))
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("invalid domain state '%s'"), doc.state ? doc.state : "");
    else
        dom = vr_domain_list_add(vr_qemu.domains, live->name, &live->uuid, err);
    if (!dom) {
        vr_domain_def_free(live);
        return NULL;
    }
    dom->hidden = false;
    dom->live = live;
    dom->state = state;
    dom->reason = reason;
    vr_domain_list_set_id(vr_qemu.domains, dom, live->id);
    if (live->id > vr_qemu.last_id)
        vr_qemu.last_id = live->id;
    dom->run = vr_guest_run_new(dom);
    take_document(dom, &doc);
    return dom;
}
