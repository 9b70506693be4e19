/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "statusdoc.h"
#include <string.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "domain.h"
#include "model/domain/tables.h"
#include "model/domain_xml.h"
#include "process.h"
#include "schema/schema.h"
#include "stats.h"

static const struct vr_row monitor_rows[] = {
    VR_A_STR(struct vr_statusdoc, monitor_path, "path"),
    VR_A_STR(struct vr_statusdoc, monitor_type, "type"),
    VR_END,
};
static const struct vr_row vcpu_rows[] = {
    VR_A_UINT(struct vr_statusdoc_vcpu, id, "id", .zero = true),
    VR_A_UINT(struct vr_statusdoc_vcpu, pid, "pid"),
    VR_END,
};
static const struct vr_xml_elem vcpu_elem = { .name = "vcpu", .size = sizeof(struct vr_statusdoc_vcpu), .rows = vcpu_rows };
static const struct vr_row devices_rows[] = {
    VR_STRS(struct vr_statusdoc, devices, "device", .attr = "alias", .by_own_attr = true),
    VR_END,
};
static const struct vr_row lib_dir_rows[] = { VR_A_STR(struct vr_statusdoc, lib_dir, "path"), VR_END };
static const struct vr_row channel_dir_rows[] = { VR_A_STR(struct vr_statusdoc, channel_dir, "path"), VR_END };
static const struct vr_row nodename_rows[] = {
    VR_A_UINT(struct vr_statusdoc, nodename_index, "index", .zero = true), VR_END,
};
static const struct vr_row fdset_rows[] = { VR_A_UINT(struct vr_statusdoc, fdset_index, "index", .zero = true), VR_END };
static const struct vr_row blockjobs_rows[] = { VR_A_STR(struct vr_statusdoc, blockjobs_active, "active"), VR_END };

static const struct vr_row head_rows[] = {
    VR_A_STR(struct vr_statusdoc, state, "state"),
    VR_A_STR(struct vr_statusdoc, reason, "reason"),
    VR_A_UINT(struct vr_statusdoc, pid, "pid"),
    VR_STRS(struct vr_statusdoc, taints, "taint", .attr = "flag", .by_own_attr = true),
    VR_GROUP("monitor", monitor_rows),
    VR_LISTED(struct vr_statusdoc, vcpus, "vcpu", vcpu_elem, .wrap = "vcpus"),
    VR_PRESENT(struct vr_statusdoc, fake_reboot, "fakereboot"),
    VR_GROUP("devices", devices_rows),
    VR_GROUP("libDir", lib_dir_rows),
    VR_GROUP("channelTargetDir", channel_dir_rows),
    VR_GROUP("nodename", nodename_rows),
    VR_GROUP("fdset", fdset_rows),
    VR_GROUP("blockjobs", blockjobs_rows),
    VR_T_STR(struct vr_statusdoc, agent_timeout, "agentTimeout"),
    VR_END,
};

static bool is_known(const char *name)
{
    for (const struct vr_row *row = head_rows; row->kind != VR_K_END; row++)
        if (vr_streq(row->more->wrap ? row->more->wrap : row->name, name) && row->at != VR_AT_ATTR)
            return true;
    return vr_streq(name, "domain");
}

bool vr_statusdoc_parse(struct vr_arena *arena, const char *text, size_t len, struct vr_statusdoc *out,
                        struct vr_error **err)
{
    struct vr_xml_node *root = vr_xml_parse(arena, text, len, "(domain_status)", VIR_FROM_DOMAIN, err);
    if (!root)
        return false;
    if (!vr_xml_is(root, "domstatus", NULL))
        return vr_fail(err, VIR_ERR_XML_ERROR, _("expecting root element of '%s', not '%s'"), "domstatus", root->name);
    struct vr_parse p = { .arena = arena, .flags = VR_FORM_STATUS, .domain = VIR_FROM_DOMAIN, .root = out };
    if (!vr_rows_parse(&p, head_rows, root, out, err))
        return false;
    const struct vr_xml_node *domain = vr_xml_child(root, "domain");
    if (!domain)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("no domain config"));
    vr_autobuf struct vr_buf own = VR_BUF_INIT;
    vr_xml_print(&own, domain, 0);
    out->domain = vr_domain_parse(own.data, own.len, VR_DOMAIN_STATUS, err);
    if (!out->domain)
        return false;
    vr_autobuf struct vr_buf extras = VR_BUF_INIT;
    for (const struct vr_xml_node *n = root->first; n; n = n->next) {
        if (n->kind != VR_XML_ELEMENT || is_known(n->name))
            continue;
        vr_buf_str(&extras, "  ");
        vr_xml_print(&extras, n, 1);
        if (extras.data[extras.len - 1] != '\n')
            vr_buf_char(&extras, '\n');
    }
    out->extras = extras.len ? vr_arena_strdup(arena, extras.data) : NULL;
    return true;
}

char *vr_statusdoc_format(const struct vr_statusdoc *doc, struct vr_error **err)
{
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_format f = { .out = &b, .scratch = scratch, .flags = VR_FORM_STATUS | VR_FORM_SECURE, .root = doc };
    vr_buf_str(&b, "<domstatus");
    vr_rows_format_attrs(&f, head_rows, doc);
    vr_buf_str(&b, ">\n");
    f.indent = 2;
    vr_rows_format_children(&f, head_rows, doc);
    if (doc->extras)
        vr_buf_str(&b, doc->extras);
    f.root = doc->domain;
    vr_elem_format(&f, &vr_domain_elem, NULL, doc->domain);
    vr_buf_str(&b, "</domstatus>\n");
    return vr_buf_take(&b);
}

void vr_statusdoc_fill(struct vr_statusdoc *doc, struct vr_domain *dom, struct vr_arena *arena)
{
    for (int i = 0; i < VR_TAINT_COUNT; i++)
        if (dom->taint & (1u << i))
            VR_LIST_ADD(arena, &doc->taints, (void *)(uintptr_t)vr_taint_names[i]);
    for (unsigned i = 0; i < dom->run->vcpu_count; i++) {
        if (!vr_vcpu_online(dom->live, i))
            continue;
        struct vr_statusdoc_vcpu *vcpu = vr_arena_new_of(arena, struct vr_statusdoc_vcpu);
        *vcpu = (struct vr_statusdoc_vcpu){ i, (unsigned)dom->run->vcpu_tids[i] };
        VR_LIST_ADD(arena, &doc->vcpus, vcpu);
    }
    for (char **id = dom->run->device_ids; id && *id; id++)
        VR_LIST_ADD(arena, &doc->devices, *id);
}
