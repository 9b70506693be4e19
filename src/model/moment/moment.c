/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What snapshots, checkpoints and backups share. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <time.h>
#include "base/str.h"

bool vr_moment_redefined(struct vr_parse *p, const struct vr_xml_node *node, const char *noun, struct vr_error **err)
{
    const struct vr_xml_node *name = vr_xml_child(node, "name"), *created = vr_xml_child(node, "creationTime");
    uint64_t seconds;
    if (!name || !*vr_xml_text(p->arena, name))
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("a redefined %s must have a name"), noun);
    if (!created || !vr_text_u64(vr_xml_text(p->arena, created), 10, INT64_MAX, &seconds))
        return vr_parse_fail(p, created ? created : node, err, VIR_ERR_INTERNAL_ERROR,
                             _("missing creationTime from existing %s"), noun);
    return true;
}

void vr_moment_request(struct vr_parse *p, const char **name, struct vr_ou64 *created)
{
    *created = (struct vr_ou64){ true, (uint64_t)time(NULL) };
    if (!*name || !**name)
        *name = vr_arena_printf(p->arena, "%llu", (unsigned long long)created->v);
}

const struct vr_disk *vr_moment_disk(const struct vr_domain_def *domain, const char *name)
{
    for (size_t i = 0; i < domain->disks.n; i++)
        if (vr_streq0(domain->disks.v[i]->target, name))
            return domain->disks.v[i];
    for (size_t i = 0; i < domain->disks.n; i++)
        if (*name == '/' && domain->disks.v[i]->src && vr_streq0(domain->disks.v[i]->src->path, name))
            return domain->disks.v[i];
    return NULL;
}
