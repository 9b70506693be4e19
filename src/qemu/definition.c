/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.definition"
#include "definition.h"
#include <string.h>
#include <sys/utsname.h>
#include "base/alloc.h"
#include "base/str.h"
#include "emulators.h"
#include "qemu/caps/caps.h"
#include "qemu/complete/complete.h"

static const char *host_arch(void)
{
    static struct utsname uts;
    if (!uts.machine[0])
        uname(&uts);
    return uts.machine;
}

struct vr_domain_def *vr_definition_copy(const struct vr_domain_def *def)
{
    return vr_domain_copy(def);
}

/* What this driver runs at all. */
static bool check_type(const struct vr_domain_def *def, struct vr_error **err)
{
    if (def->type == VR_VIRT_QEMU || def->type == VR_VIRT_KVM)
        return true;
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Domain type '%s' is not supported by this driver"),
                   vr_virt_type_names[def->type]);
}

/* The passes that need the emulator. */
VR_SUSPENDS static bool complete(struct vr_domain_def *def, struct vr_qemu_caps **caps, vr_time deadline,
                                 struct vr_error **err)
{
    if (!vr_qemu_complete_emulator(def, host_arch(), err))
        return false;
    struct vr_qemu_caps *found = vr_emulator_caps(def->emulator, deadline, err);
    if (!found)
        return false;
    if (vr_qemu_complete(def, found, err) && vr_qemu_check(def, found, err)) {
        if (caps)
            *caps = found;
        else
            vr_qemu_caps_unref(found);
        return true;
    }
    vr_qemu_caps_unref(found);
    return false;
}

VR_SUSPENDS struct vr_domain_def *vr_definition_new(const char *xml, bool validate, struct vr_qemu_caps **caps,
                                                    vr_time deadline, struct vr_error **err)
{
    struct vr_domain_def *def =
        vr_domain_parse(xml, strlen(xml), VR_DOMAIN_INACTIVE | VR_DOMAIN_UNCHECKED | (validate ? VR_DOMAIN_VALIDATE : 0), err);
    if (!def)
        return NULL;
    if (check_type(def, err) && complete(def, caps, deadline, err) && vr_domain_check(def, err))
        return def;
    vr_domain_free(def);
    return NULL;
}

struct vr_domain_def *vr_definition_load(const char *text, struct vr_error **err)
{
    return vr_domain_parse(text, strlen(text), VR_DOMAIN_INACTIVE | VR_DOMAIN_UNCHECKED, err);
}

VR_SUSPENDS struct vr_domain_def *vr_definition_for_run(const struct vr_domain_def *config, struct vr_qemu_caps **caps,
                                                        vr_time deadline, struct vr_error **err)
{
    struct vr_domain_def *def = vr_domain_copy(config);
    const char *missing = vr_domain_find_notyet(def->arena, def);
    if (missing) {
        const char *hint = vr_domain_goes_hint(missing);
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                _("'%s' is not supported yet: a guest that asks for it cannot be started%s%s"), missing, hint ? "; " : "",
                hint ? hint : "");
    } else if (complete(def, caps, deadline, err))
        return def;
    vr_domain_free(def);
    return NULL;
}

const char *vr_disk_path(const struct vr_disk *disk)
{
    const struct vr_storage_source *src = disk->src;
    if (!src)
        return NULL;
    return src->type == VR_STORAGE_NETWORK ? src->name : src->path;
}

struct vr_disk *vr_disk_find(struct vr_domain_def *def, const char *path)
{
    for (size_t i = 0; i < def->disks.n; i++) {
        struct vr_disk *disk = def->disks.v[i];
        if (disk->target && vr_streq(disk->target, path))
            return disk;
    }
    for (size_t i = 0; i < def->disks.n; i++) {
        const char *image = vr_disk_path(def->disks.v[i]);
        if (image && vr_streq(image, path))
            return def->disks.v[i];
    }
    return NULL;
}
