/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_devices.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

struct vr_query *vr_domain_query(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags)
{
    vr_autofree char *xml = vr_domain_xml(cmd, dom, flags);
    VR_AUTO(vr_error) *err = NULL;
    struct vr_query *doc = xml ? vr_query_new(xml, _("(domain_definition)"), &err) : NULL;
    if (err)
        vr_complain(cmd, "%s", err->message);
    return doc;
}

/* "nvme://0000:01:00.0/1" */
static char *nvme_source(struct vr_query *doc, struct vr_query_node *disk)
{
    vr_autofree char *space = vr_query_text(doc, disk, "string(./source/@namespace)");
    vr_autofree char *domain = vr_query_text(doc, disk, "string(./source/address/@domain)");
    vr_autofree char *bus = vr_query_text(doc, disk, "string(./source/address/@bus)");
    vr_autofree char *slot = vr_query_text(doc, disk, "string(./source/address/@slot)");
    vr_autofree char *function = vr_query_text(doc, disk, "string(./source/address/@function)");
    if (!space || !domain || !bus || !slot || !function)
        return NULL;
    return vr_printf("nvme://%04lx:%02lx:%02lx.%lu/%s", strtoul(domain, NULL, 0), strtoul(bus, NULL, 0), strtoul(slot, NULL, 0),
                     strtoul(function, NULL, 0), space);
}

struct vr_disks *vr_disks_of(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags)
{
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, flags);
    vr_autofree struct vr_query_node **nodes = NULL;
    long n = doc ? vr_query_nodes(doc, NULL, "./devices/disk", &nodes, NULL) : -1;
    if (n < 0)
        return NULL;
    struct vr_disks *out = vr_new(struct vr_disks);
    out->n = (size_t)n;
    out->rows = vr_alloc(((size_t)n + 1) * sizeof(*out->rows));
    for (long i = 0; i < n; i++) {
        struct vr_disk_row *d = &out->rows[i];
        d->type = vr_query_text(doc, nodes[i], "string(./@type)");
        d->device = vr_query_text(doc, nodes[i], "string(./@device)");
        d->target = vr_query_text(doc, nodes[i], "string(./target/@dev)");
        d->protocol = vr_query_text(doc, nodes[i], "string(./source/@protocol)");
        d->has_source = vr_query_true(doc, nodes[i], "boolean(./source)");
        if (d->type && strcmp(d->type, "nvme") == 0)
            d->source = nvme_source(doc, nodes[i]);
        else
            d->source = vr_query_text(doc, nodes[i], "string(./source/@file|./source/@dev|./source/@dir|./source/@name"
                                                     "|./source/@volume|./source/@path)");
    }
    return out;
}

void vr_disks_free(struct vr_disks *disks)
{
    if (!disks)
        return;
    for (size_t i = 0; i < disks->n; i++) {
        struct vr_disk_row *d = &disks->rows[i];
        char *const texts[] = { d->type, d->device, d->target, d->source, d->protocol };
        for (size_t k = 0; k < VR_COUNT(texts); k++)
            free(texts[k]);
    }
    free(disks->rows);
    free(disks);
}

struct vr_interfaces *vr_interfaces_of(struct vr_cmd *cmd, virDomainPtr dom, unsigned flags)
{
    VR_AUTO(vr_query) *doc = vr_domain_query(cmd, dom, flags);
    vr_autofree struct vr_query_node **nodes = NULL;
    long n = doc ? vr_query_nodes(doc, NULL, "./devices/interface", &nodes, NULL) : -1;
    if (n < 0)
        return NULL;
    struct vr_interfaces *out = vr_new(struct vr_interfaces);
    out->n = (size_t)n;
    out->rows = vr_alloc(((size_t)n + 1) * sizeof(*out->rows));
    for (long i = 0; i < n; i++) {
        struct vr_interface_row *f = &out->rows[i];
        f->device = vr_query_text(doc, nodes[i], "string(./target/@dev)");
        f->type = vr_query_text(doc, nodes[i], "string(./@type)");
        f->source = vr_query_text(doc, nodes[i], "string(./source/@bridge|./source/@dev|./source/@network|./source/@name"
                                                 "|./source/@path)");
        f->model = vr_query_text(doc, nodes[i], "string(./model/@type)");
        f->mac = vr_query_text(doc, nodes[i], "string(./mac/@address)");
        f->link = vr_query_text(doc, nodes[i], "string(./link/@state)");
    }
    return out;
}

void vr_interfaces_free(struct vr_interfaces *interfaces)
{
    if (!interfaces)
        return;
    for (size_t i = 0; i < interfaces->n; i++) {
        struct vr_interface_row *f = &interfaces->rows[i];
        char *const texts[] = { f->device, f->type, f->source, f->model, f->mac, f->link };
        for (size_t k = 0; k < VR_COUNT(texts); k++)
            free(texts[k]);
    }
    free(interfaces->rows);
    free(interfaces);
}

/* ---- completers: of the guest that was named before ---------------------------------------------------------------- */

static virDomainPtr named_domain(struct vr_cmd *cmd)
{
    const char *name = vr_opt_raw(cmd, "domain");
    return name ? vr_domain_text(cmd, name, VR_BY_ANY) : NULL;
}

void vr_complete_disk(struct vr_cmd *cmd, struct vr_completion *to)
{
    vr_auto(domain) virDomainPtr dom = named_domain(cmd);
    VR_AUTO(vr_disks) *disks = dom ? vr_disks_of(cmd, dom, 0) : NULL;
    for (size_t i = 0; disks && i < disks->n; i++)
        vr_complete_add(to, disks->rows[i].target);
}

static void complete_interfaces(struct vr_cmd *cmd, struct vr_completion *to, bool devices)
{
    vr_auto(domain) virDomainPtr dom = named_domain(cmd);
    VR_AUTO(vr_interfaces) *interfaces = dom ? vr_interfaces_of(cmd, dom, 0) : NULL;
    for (size_t i = 0; interfaces && i < interfaces->n; i++) {
        if (devices)
            vr_complete_add(to, interfaces->rows[i].device);
        vr_complete_add(to, interfaces->rows[i].mac);
    }
}

void vr_complete_interface(struct vr_cmd *cmd, struct vr_completion *to)
{
    complete_interfaces(cmd, to, true);
}

void vr_complete_mac(struct vr_cmd *cmd, struct vr_completion *to)
{
    complete_interfaces(cmd, to, false);
}
