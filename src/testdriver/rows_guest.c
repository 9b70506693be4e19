/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an agent or the guest itself would do: file systems, clock, keys, addresses. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <arpa/inet.h>
#include <stdlib.h>
#include "internal.h"

/* Each guest of the mock has two file systems. */
static const char *const mounts[] = { "/", "/boot", NULL };

/* ---- file systems ------------------------------------------------------------------------------------------------ */

static bool change_frozen(struct vr_call *call, const struct vr_nonnull_domain *d, const char **names, uint32_t count,
                          bool freeze, int *changed, struct vr_error **err)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, d, err);
    if (!dom)
        return false;
    unsigned which = count ? 0 : 3;
    for (uint32_t i = 0; i < count; i++) {
        int at = vr_name_index(mounts, names[i]);
        if (at < 0)
            return vr_fail(err, VIR_ERR_OPERATION_INVALID, "mount point not found: %s", names[i]);
        which |= 1u << at;
    }
    unsigned old = dom->frozen;
    dom->frozen = freeze ? old | which : old & ~which;
    *changed = __builtin_popcount(old ^ dom->frozen);
    return true;
}

VR_FN(fs_freeze, domain_fsfreeze_args, domain_fsfreeze_ret)
{
    return change_frozen(call, &in->dom, in->mountpoints, in->mountpoints_count, true, &out->filesystems, err);
}

VR_FN(fs_thaw, domain_fsthaw_args, domain_fsthaw_ret)
{
    return change_frozen(call, &in->dom, in->mountpoints, in->mountpoints_count, false, &out->filesystems, err);
}

VR_FN(fs_trim, domain_fstrim_args, void)
{
    if (in->mount_point && vr_name_index(mounts, in->mount_point) < 0)
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "mount point not found: %s", in->mount_point);
    return vr_test_domain_running(call, &in->dom, err) != NULL;
}

VR_FN(get_fsinfo, domain_get_fsinfo_args, domain_get_fsinfo_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom)
        return false;
    const struct vr_disk *disk = NULL;
    for (size_t i = 0; i < dom->def->disks.n && !disk; i++)
        if (dom->def->disks.v[i]->device == VR_DISK_DISK)
            disk = dom->def->disks.v[i];
    if (!disk)
        return true;
    struct vr_domain_fsinfo *info = vr_arena_alloc(call->arena, 2 * sizeof(*info));
    for (int i = 0; i < 2; i++) {
        info[i].mountpoint = mounts[i];
        info[i].name = vr_arena_printf(call->arena, "%s%d", disk->target, i + 1);
        info[i].fstype = "ext4";
        info[i].dev_aliases = vr_arena_alloc(call->arena, sizeof(char *));
        info[i].dev_aliases[0] = vr_arena_strdup(call->arena, disk->target);
        info[i].dev_aliases_count = 1;
    }
    out->info = info;
    out->info_count = out->ret = 2;
    return true;
}

/* ---- name and clock ---------------------------------------------------------------------------------------------- */

VR_FN(get_hostname, domain_get_hostname_args, domain_get_hostname_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (dom)
        out->hostname = vr_arena_printf(call->arena, "%shost", dom->def->name);
    return dom != NULL;
}

VR_FN(get_time, domain_get_time_args, domain_get_time_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (!vr_test_active(dom))
        return vr_fail(err, VIR_ERR_OPERATION_INVALID, "%s", "domain is not running");
    out->seconds = dom->guest_seconds;
    out->nseconds = dom->guest_nanoseconds;
    return true;
}

VR_FN(set_time, domain_set_time_args, void)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom)
        return false;
    dom->guest_seconds = in->seconds;
    dom->guest_nanoseconds = in->nseconds;
    return true;
}

/* ---- doing something to it --------------------------------------------------------------------------------------- */

VR_FN(send_key, domain_send_key_args, void)
{
    if (!vr_test_domain_running(call, &in->dom, err))
        return false;
    const char *set = vr_test_keycode_set(in->codeset);
    if (!set)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "Unsupported codeset '%u'", in->codeset);
    for (uint32_t i = 0; i < in->keycodes_count; i++)
        if (!vr_test_is_key(in->codeset, in->keycodes[i]))
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "invalid keycode %u of %s codeset", in->keycodes[i], set);
    return true;
}

VR_FN(send_process_signal, domain_send_process_signal_args, void)
{
    if (in->pid_value != 1)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "%s", "only sending a signal to pid 1 is supported");
    if (in->signum >= VIR_DOMAIN_PROCESS_SIGNAL_LAST)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "signum value %d is out of range", (int)in->signum);
    return vr_test_domain_of(call, &in->dom, err) != NULL; /* a mock has no processes: init takes any signal */
}

VR_FN(inject_nmi, domain_inject_nmi_args, void)
{
    return vr_test_domain_running(call, &in->dom, err) != NULL;
}

VR_FN(set_user_password, domain_set_user_password_args, void)
{
    return vr_test_domain_running(call, &in->dom, err) != NULL;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

VR_FN(interface_addresses, domain_interface_addresses_args, domain_interface_addresses_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (in->source > VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "Unknown IP address data source %d", (int)in->source);
    if (!dom)
        return false;
    const struct vr_domain_def *def = dom->def;
    struct vr_domain_interface *list = vr_arena_alloc(call->arena, def->interfaces.n * sizeof(*list) + 1);
    for (size_t i = 0; i < def->interfaces.n; i++) {
        const struct vr_interface *nic = def->interfaces.v[i];
        struct vr_domain_interface *to = &list[i];
        to->name = vr_arena_strdup(call->arena, nic->target ? nic->target : "");
        to->hwaddr = vr_test_mac_text(call->arena, nic);
        to->addrs = vr_arena_new_of(call->arena, struct vr_domain_ip_addr);
        to->addrs_count = 1;
        if (!vr_test_guest_address(call, dom, i, to->addrs, err))
            return false;
    }
    out->ifaces = list;
    out->ifaces_count = (uint32_t)def->interfaces.n;
    return true;
}

/* ---- metadata ---------------------------------------------------------------------------------------------------- */

VR_FN(get_metadata, domain_get_metadata_args, domain_get_metadata_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    const struct vr_domain_def *def = dom ? vr_test_one_def(dom, in->flags, err) : NULL;
    if (!def)
        return false;
    vr_autofree char *text = NULL;
    switch (in->type) {
    case VIR_DOMAIN_METADATA_DESCRIPTION:
        text = vr_strdup(def->description);
        break;
    case VIR_DOMAIN_METADATA_TITLE:
        text = vr_strdup(def->title);
        break;
    case VIR_DOMAIN_METADATA_ELEMENT:
        text = vr_domain_metadata_get(def, in->uri ? in->uri : "");
        break;
    default:
        if (in->type >= 0)
            return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1, "unknown metadata type '%d'", in->type);
    }
    if (!text)
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_NO_DOMAIN_METADATA, -1, "%s",
                               "Requested metadata element is not present");
    out->metadata = vr_arena_strdup(call->arena, text);
    return true;
}

static bool set_metadata(struct vr_domain_def *def, const struct vr_domain_set_metadata_args *in, struct vr_error **err)
{
    const char *text = in->metadata && *in->metadata ? vr_arena_strdup(def->arena, in->metadata) : NULL;
    switch (in->type) {
    case VIR_DOMAIN_METADATA_DESCRIPTION:
        def->description = text;
        return true;
    case VIR_DOMAIN_METADATA_TITLE:
        def->title = text;
        return true;
    case VIR_DOMAIN_METADATA_ELEMENT:
        return vr_domain_metadata_set(def, in->key, in->uri, in->metadata, err);
    default:
        return in->type < 0 || vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1,
                                               "unknown metadata type '%d'", in->type);
    }
}

VR_FN(set_domain_metadata, domain_set_metadata_args, void)
{
    struct vr_domain_def *live, *config;
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom || !vr_test_defs(dom, in->flags, &live, &config, err) || (live && !set_metadata(live, in, err)) ||
        (config && !set_metadata(config, in, err)))
        return false;
    struct vr_event_object about = { .name = dom->def->name, .uuid = dom->def->uuid.b, .id = dom->def->id };
    struct vr_domain_event_callback_metadata_change_msg m = {
        .dom = vr_test_domain_name(call->arena, dom), .type = in->type, .nsuri = in->uri,
    };
    vr_test_event(vr_test_of(call), VR_EVENTS_DOMAIN, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, &about, &m);
    return true;
}

VR_FN(get_messages, domain_get_messages_args, domain_get_messages_ret)
{
    return vr_test_domain_of(call, &in->dom, err) != NULL; /* nothing a mock does taints or is deprecated */
}

#define AFFECT (VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG)
const struct vr_driver_row vr_test_guest_rows[] = {
    VR_ROW(domain_fsfreeze, fs_freeze, 0),
    VR_ROW(domain_fsthaw, fs_thaw, 0),
    VR_ROW(domain_fstrim, fs_trim, 0),
    VR_ROW(domain_get_fsinfo, get_fsinfo, 0),
    VR_ROW(domain_get_hostname, get_hostname, 0),
    VR_ROW(domain_get_time, get_time, 0),
    VR_ROW(domain_set_time, set_time, VIR_DOMAIN_TIME_SYNC),
    VR_ROW(domain_send_key, send_key, 0),
    VR_ROW(domain_send_process_signal, send_process_signal, 0),
    VR_ROW(domain_inject_nmi, inject_nmi, 0),
    VR_ROW(domain_set_user_password, set_user_password, VIR_DOMAIN_PASSWORD_ENCRYPTED),
    VR_ROW(domain_interface_addresses, interface_addresses, 0),
    VR_ROW(domain_get_metadata, get_metadata, AFFECT),
    VR_ROW(domain_set_metadata, set_domain_metadata, AFFECT),
    VR_ROW(domain_get_messages, get_messages, VIR_DOMAIN_MESSAGE_DEPRECATION | VIR_DOMAIN_MESSAGE_TAINTING),
    { 0 },
};
