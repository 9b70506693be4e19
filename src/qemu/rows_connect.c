/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.rows"
/* About the hypervisor as a whole. */
#include <string.h>
#include <unistd.h>
#include <strings.h>
#include <sys/utsname.h>
#include "base/alloc.h"
#include "base/str.h"
#include "definition.h"
#include "emulators.h"
#include "host/node.h"
#include "qemu/images.h"
#include "qemu/caps/caps.h"
#include "qemu/caps/caps_xml.h"
#include "rows.h"

static const char *host_arch(void)
{
    static struct utsname uts;
    if (!uts.machine[0])
        uname(&uts);
    return uts.machine;
}

/* The emulator that stands for all of them: the machine's own. */
VR_SUSPENDS static struct vr_qemu_caps *default_caps(struct vr_error **err)
{
    vr_autofree char *path = vr_qemu_default_emulator(host_arch());
    if (!path) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("cannot find suitable emulator for %s"), host_arch());
        return NULL;
    }
    return vr_emulator_caps(path, vr_after(VR_SPAN_LAUNCH), err);
}

VR_SUSPENDS static bool get_version(struct vr_call *call, const struct vr_void *in, struct vr_connect_get_version_ret *out,
                                    struct vr_error **err)
{
    struct vr_qemu_caps *caps = default_caps(err);
    if (!caps)
        return false;
    out->hv_ver = vr_qemu_caps_version(caps);
    vr_qemu_caps_unref(caps);
    return true;
}

static bool get_max_vcpus(struct vr_call *call, const struct vr_connect_get_max_vcpus_args *in,
                          struct vr_connect_get_max_vcpus_ret *out, struct vr_error **err)
{
    if (!in->type || strcasecmp(in->type, "qemu") == 0) {
        out->max_vcpus = 16;
        return true;
    }
    if (strcasecmp(in->type, "kvm") == 0)
        return vr_host_kvm_max_vcpus(&out->max_vcpus, err);
    return vr_fail(err, VIR_ERR_INVALID_ARG, _("unknown type '%s'"), in->type);
}

VR_SUSPENDS static bool get_domain_capabilities(struct vr_call *call, const struct vr_connect_get_domain_capabilities_args *in,
                                                struct vr_connect_get_domain_capabilities_ret *out, struct vr_error **err)
{
    static const char *const known_arches[] = { "x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "riscv64", "s390x",
                                                NULL };
    if (in->arch && vr_name_index(known_arches, in->arch) < 0)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("unknown architecture: %s"), in->arch);
    if (in->virttype && vr_name_index(vr_virt_type_names, in->virttype) < 1)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("unknown virttype: %s"), in->virttype);
    vr_autofree char *path = in->emulatorbin ? vr_strdup(in->emulatorbin)
                                             : vr_qemu_default_emulator(in->arch ? in->arch : host_arch());
    if (!path || (!in->emulatorbin && access(path, X_OK) < 0))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("unable to find any emulator to serve '%s' architecture"),
                       in->arch ? in->arch : host_arch());
    struct vr_qemu_caps *caps = vr_emulator_caps(path, vr_after(VR_SPAN_LAUNCH), err);
    if (!caps)
        return false;
    VR_AUTO(vr_firmware_list) *firmware = vr_images_firmware_list(err);
    struct vr_qemu_domcaps_query query = { .arch = in->arch ? in->arch : host_arch(), .machine = in->machine, .virt_type = in->virttype,
                                           .firmware = firmware };
    vr_autofree char *xml = firmware ? vr_qemu_domcaps_xml(caps, &query, err) : NULL;
    vr_qemu_caps_unref(caps);
    if (xml)
        out->capabilities = vr_arena_strdup(call->arena, xml);
    return xml != NULL;
}

const struct vr_driver_row vr_rows_connect[] = {
    VR_ROW(connect_get_version, get_version, 0),
    VR_ROW(connect_get_max_vcpus, get_max_vcpus, 0),
    VR_ROW(connect_get_domain_capabilities, get_domain_capabilities, 0),
    { 0 },
};
