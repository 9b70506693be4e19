/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <os firmware='efi'>: the first firmware of the host that can do what the guest wants, at its start. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "base/str.h"
#include "qemu/complete/complete.h"

static bool wants(const struct vr_os *os, const char *feature, enum vr_tri state)
{
    for (size_t i = 0; i < os->firmware_features.n; i++)
        if (vr_streq0(os->firmware_features.v[i]->name, feature))
            return os->firmware_features.v[i]->enabled == state;
    return false;
}

static bool matches(const struct vr_domain_def *def, const struct vr_firmware_image *fw)
{
    const struct vr_os *os = &def->os;
    if (os->firmware == VR_FIRMWARE_EFI ? !fw->uefi : !fw->bios)
        return false;
    if (!vr_firmware_fits(fw, os->arch, os->machine))
        return false;
    if (fw->requires_smm && def->features.smm.state == VR_TRI_OFF)
        return false;
    if (os->loader_secure == VR_TRI_YES && !fw->requires_smm)
        return false;
    if (os->loader_secure == VR_TRI_NO && fw->requires_smm)
        return false;
    if (os->loader_stateless == VR_TRI_YES && fw->flash)
        return false;
    if (os->loader_type == VR_LOADER_PFLASH && !fw->flash)
        return false;
    if (os->loader_type == VR_LOADER_ROM && fw->flash)
        return false;
    if ((def->pm_suspend_to_mem == VR_TRI_YES && !fw->acpi_s3) ||
        (def->pm_suspend_to_disk == VR_TRI_YES && !fw->acpi_s4))
        return false;
    if ((wants(os, "secure-boot", VR_TRI_YES) && !fw->secure_boot) ||
        (wants(os, "secure-boot", VR_TRI_NO) && fw->secure_boot))
        return false;
    return !(wants(os, "enrolled-keys", VR_TRI_YES) && !fw->enrolled_keys) &&
           !(wants(os, "enrolled-keys", VR_TRI_NO) && fw->enrolled_keys);
}

bool vr_qemu_fill_firmware(struct vr_domain_def *def, const struct vr_firmware_list *list, const char *nvram_dir,
                           struct vr_error **err)
{
    struct vr_os *os = &def->os;
    const struct vr_firmware_image *found = NULL;
    if (os->firmware == VR_FIRMWARE_UNSET)
        return true;
    for (size_t i = 0; list && i < list->n && !found; i++)
        if (matches(def, &list->v[i]))
            found = &list->v[i];
    if (!found)
        return vr_fail(err, VIR_ERR_OPERATION_FAILED, _("Unable to find any firmware to satisfy '%s'"),
                       vr_firmware_names[os->firmware]);
    os->loader = vr_arena_strdup(def->arena, found->executable);
    os->loader_type = found->flash ? VR_LOADER_PFLASH : VR_LOADER_ROM;
    os->firmware = VR_FIRMWARE_UNSET;
    if (!found->flash)
        return true;
    os->loader_readonly = VR_TRI_YES;
    if (found->requires_smm) {
        os->loader_secure = VR_TRI_YES;
        def->features.present = true;
        def->features.smm.present = true;
        def->features.smm.state = VR_TRI_ON;
    }
    if (!found->vars)
        return true;
    os->nvram_template = vr_arena_strdup(def->arena, found->vars);
    if (!os->nvram) {
        os->nvram = vr_arena_new_of(def->arena, struct vr_storage_source);
        os->nvram->type = VR_STORAGE_FILE;
        os->nvram->path = vr_arena_printf(def->arena, "%s/%s_VARS.fd", nvram_dir, def->name);
    }
    return true;
}
