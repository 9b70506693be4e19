/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "migratable.h"
#include "base/str.h"
#include "model/domain_xml.h"

static bool is_generated(const struct vr_chr *c, const char *channel_dir)
{
    return channel_dir && c->channel_target == VR_CHANNEL_VIRTIO && c->src.type == VR_CHR_UNIX && c->src.path &&
           vr_starts_with(c->src.path, channel_dir);
}

static void drop_run(struct vr_domain_def *def, const char *channel_dir)
{
    for (size_t i = 0; i < def->interfaces.n; i++) {
        struct vr_interface *net = def->interfaces.v[i];
        if (net->target && vr_starts_with(net->target, "vnet") && net->target_managed != VR_TRI_NO)
            net->target = NULL;
    }
    for (size_t i = 0; i < def->channels.n; i++) {
        struct vr_chr *c = def->channels.v[i];
        if (is_generated(c, channel_dir)) {
            c->src.path = NULL;
            c->src.mode = VR_CHR_SOURCE_UNSET;
        }
    }
    for (size_t i = def->seclabels.n; i-- > 0;) {
        const struct vr_seclabel *label = def->seclabels.v[i];
        if (label->type && vr_streq(label->type, "dynamic") && !label->baselabel)
            VR_LIST_REMOVE(&def->seclabels, i);
    }
}

static void drop_implied(struct vr_domain_def *def)
{
    for (size_t i = def->inputs.n; i-- > 0;)
        if (def->inputs.v[i]->type == VR_INPUT_KEYBOARD && def->inputs.v[i]->bus == VR_INPUT_BUS_PS2)
            VR_LIST_REMOVE(&def->inputs, i);
    if (def->audios.n == 1 && def->audios.v[0]->type == VR_AUDIO_NONE)
        VR_LIST_REMOVE(&def->audios, 0);
}

/* Of a running guest the CPU that was asked for, not what QEMU made of it: the other host asks its own QEMU. */
static void restore_cpu(struct vr_domain_def *def, const struct vr_domain_def *config)
{
    const struct vr_cpu *asked = config ? config->cpu : NULL;
    struct vr_cpu *cpu = def->cpu;
    if (!asked || !cpu || !vr_streq0(asked->model, cpu->model) || asked->mode != cpu->mode)
        return;
    cpu->check = asked->check;
    cpu->match = asked->match;
    for (size_t i = cpu->features.n; i-- > 0;) {
        bool was_asked = false;
        for (size_t k = 0; k < asked->features.n && !was_asked; k++)
            was_asked = vr_streq(asked->features.v[k]->name, cpu->features.v[i]->name);
        if (!was_asked)
            VR_LIST_REMOVE(&cpu->features, i);
    }
}

struct vr_domain_def *vr_qemu_migratable(const struct vr_domain_def *def, const struct vr_domain_def *config,
                                         const char *channel_dir)
{
    struct vr_domain_def *copy = vr_domain_copy(def);
    drop_run(copy, channel_dir);
    drop_implied(copy);
    restore_cpu(copy, config);
    return copy;
}
