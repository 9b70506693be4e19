/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domain> itself: the order of its parts, and what stands on the root element. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "tables.h"

#include <string.h>
#include "base/str.h"
#include "model/domain_xml.h"

VR_ENUM_NAMES(vr_virt_type, VR_VIRT_TYPES)
VR_ENUM_NAMES(vr_lifecycle_action, VR_LIFECYCLE_ACTIONS)
VR_ENUM_NAMES(vr_lock_failure, VR_LOCK_FAILURES)
VR_ENUM_NAMES(vr_placement, VR_PLACEMENTS)

#define D struct vr_domain_def
#define QEMU_NS "http://libvirt.org/schemas/domain/qemu/1.0"
#define LXC_NS "http://libvirt.org/schemas/domain/lxc/1.0"
#define XEN_NS "http://libvirt.org/schemas/domain/xen/1.0"

/* ---- qemu: ------------------------------------------------------------------------------------------------------- */
#define Q struct vr_qemu_extras
#define QNS .ns = QEMU_NS, .prefix = "qemu"
static const struct vr_row env_rows[] = {
    VR_A_STR(struct vr_cookie, name, "name", .required = true, .missing = "No qemu environment name specified",
             .missing_code = VIR_ERR_INTERNAL_ERROR),
    VR_A_STR(struct vr_cookie, value, "value", .unless_empty = true),
    VR_END,
};
static bool env_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    const char *name = ((struct vr_cookie *)obj)->name;
    if (!*name)
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR, _("Empty qemu environment name specified"));
    if (!strchr(first, *name))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR,
                             _("Invalid environment name, it must begin with a letter or underscore"));
    if (strspn(name, rest) != strlen(name))
        return vr_parse_fail(p, node, err, VIR_ERR_INTERNAL_ERROR,
                             _("Invalid environment name, it must contain only alphanumerics and underscore"));
    return true;
}
static const struct vr_xml_elem env_elem = { .name = "env", .size = sizeof(struct vr_cookie), .rows = env_rows,
    .after_parse = env_after };
static const struct vr_row commandline_rows[] = {
    VR_STRS(Q, args, "arg", .attr = "value", QNS, .missing = "No qemu command-line argument specified", .missing_code =
            VIR_ERR_INTERNAL_ERROR),
    VR_LISTED(Q, env, "env", env_elem, QNS),
    VR_END,
};
static const struct vr_row capabilities_rows[] = {
    VR_STRS(Q, capabilities_add, "add", .attr = "capability", QNS),
    VR_STRS(Q, capabilities_del, "del", .attr = "capability", QNS),
    VR_END,
};
static const struct vr_row deprecation_rows[] = { VR_A_STR(Q, deprecation_behavior, "behavior"), VR_END };
static const struct vr_row property_rows[] = {
    VR_A_STR(struct vr_qemu_override_property, name, "name", .required = true),
    VR_A_STR(struct vr_qemu_override_property, type, "type", .required = true),
    VR_A_STR(struct vr_qemu_override_property, value, "value"),
    VR_END,
};
static const struct vr_xml_elem property_elem = { .name = "property", .size = sizeof(struct vr_qemu_override_property),
    .rows = property_rows };
static const struct vr_row frontend_rows[] = {
    VR_LISTED(struct vr_qemu_override, properties, "property", property_elem, QNS), VR_END,
};
static const struct vr_row override_rows[] = {
    VR_A_STR(struct vr_qemu_override, alias, "alias", .required = true), VR_GROUP("frontend", frontend_rows, QNS),
        VR_END,
};
static const struct vr_xml_elem override_elem = { .name = "device", .size = sizeof(struct vr_qemu_override), .rows =
    override_rows };
static const struct vr_row override_list_rows[] = { VR_LISTED(Q, overrides, "device", override_elem, QNS), VR_END };
static const struct vr_row qemu_rows[] = {
    VR_GROUP("commandline", commandline_rows, QNS),
    VR_GROUP("capabilities", capabilities_rows, QNS),
    VR_GROUP("deprecation", deprecation_rows, QNS),
    VR_GROUP("override", override_list_rows, QNS),
    VR_END,
};
static const struct vr_xml_elem qemu_elem = { .name = "qemu", .size = sizeof(Q), .rows = qemu_rows };

static bool qemu_empty(const Q *q)
{
    return !q || (!q->args.n && !q->env.n && !q->capabilities_add.n && !q->capabilities_del.n &&
                  !q->deprecation_behavior && !q->overrides.n);
}
static bool qemu_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    D *d = base;
    bool any = false;
    for (const struct vr_xml_node *c = node->first; c; c = c->next)
        any |= c->kind == VR_XML_ELEMENT && c->ns && vr_streq(c->ns, QEMU_NS);
    if (!any || (p->flags & VR_DOMAIN_TEST) || (d->type != VR_VIRT_QEMU && d->type != VR_VIRT_KVM &&
                                                d->type != VR_VIRT_HVF && !(p->flags & VR_FORM_NO_HOOKS)))
        return true;
    Q *q = vr_arena_new_of(p->arena, Q);
    if (!vr_rows_parse(p, qemu_rows, node, q, err))
        return false;
    if (!qemu_empty(q))
        d->qemu = q;
    return true;
}
static void qemu_format(struct vr_format *f, const void *base)
{
    const D *d = base;
    if (!qemu_empty(d->qemu))
        vr_rows_format_children(f, qemu_rows, d->qemu);
}
static void root_attrs(struct vr_format *f, const void *base)
{
    const D *d = base;
    if (!vr_inactive(f) && d->id >= 0)
        vr_format_attrf(f, "id", "%d", d->id);
    if (!qemu_empty(d->qemu))
        vr_format_attr(f, "xmlns:qemu", QEMU_NS);
}
static bool root_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    D *d = base;
    const char *id = vr_xml_get(node, "id");
    int64_t v;
    d->id = -1;
    if (id && !(p->flags & VR_FORM_INACTIVE) && vr_text_i64(id, 10, -1, INT32_MAX, &v))
        d->id = (int)v;
    return true;
}
static const char *const root_names[] = { "id", NULL };
static const struct vr_custom_ops root_ops = { .attrs = root_names, .parse = root_parse, .format_attrs = root_attrs };
static const struct vr_row qemu_members[] = { VR_INLINE_PTR(D, qemu, qemu_elem), VR_END };
static const struct vr_custom_ops qemu_ops = { .rows = qemu_members, .parse = qemu_parse, .format = qemu_format };

/* lxc: and xen: elements are kept as text: their drivers are not ours. */
static bool foreign_parse(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    D *d = base;
    for (struct vr_xml_node *c = node->first; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT || !c->ns || (!vr_streq(c->ns, LXC_NS) && !vr_streq(c->ns, XEN_NS)))
            continue;
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        vr_xml_print(&text, c, 1);
        *(vr_streq(c->ns, LXC_NS) ? &d->lxc_namespace : &d->xen_commandline) = vr_arena_strdup(p->arena, text.data);
    }
    if (d->type != VR_VIRT_LXC)
        d->lxc_namespace = NULL;
    if (d->type != VR_VIRT_XEN)
        d->xen_commandline = NULL;
    return true;
}
static void foreign_attrs(struct vr_format *f, const void *base)
{
    const D *d = base;
    if (d->lxc_namespace)
        vr_format_attr(f, "xmlns:lxc", LXC_NS);
    if (d->xen_commandline)
        vr_format_attr(f, "xmlns:xen", XEN_NS);
}
static void foreign_format(struct vr_format *f, const void *base)
{
    const D *d = base;
    if (d->lxc_namespace)
        vr_format_line(f, "%s", d->lxc_namespace);
    if (d->xen_commandline)
        vr_format_line(f, "%s", d->xen_commandline);
}
static const struct vr_row foreign_members[] = {
    VR_RAW(D, lxc_namespace, "namespace", .ns = LXC_NS), VR_RAW(D, xen_commandline, "commandline", .ns = XEN_NS),
        VR_END,
};
static const struct vr_custom_ops foreign_ops = {
    .rows = foreign_members, .parse = foreign_parse, .format_attrs = foreign_attrs, .format = foreign_format,
};

/* ---- parts over the definition ----------------------------------------------------------------------------------- */
static const struct vr_row max_memory_rows[] = {
    VR_A_UINT(D, memory_slots, "slots", .zero = true), VR_C_SIZE(D, max_memory_kib), VR_END,
};
static bool max_memory_shown(const void *base, const struct vr_format *f)
{
    return ((const D *)base)->max_memory_kib != 0;
}
static bool max_memory_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const D *d = base;
    if (!d->max_memory_kib != !d->memory_slots)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR,
                             _("both maximum memory size and memory slot count must be specified"));
    return true;
}
static const struct vr_row memory_rows[] = { VR_A_ONOFF(D, dump_core, "dumpCore"), VR_C_SIZE(D, memory_kib, .zero =
    true), VR_END };
static const struct vr_row vcpu_rows[] = {
    VR_A_ENUM(D, vcpu_placement, "placement", vr_placement_names),
    VR_A_CPUSET(D, cpuset, "cpuset"),
    VR_A_OUINT(D, current_vcpus, "current"),
    VR_C_UINT(D, vcpus, .zero = true, .bad = "maximum vcpus count must be an integer", .bad_code = VIR_ERR_XML_ERROR),
    VR_END,
};
static const struct vr_row iothreadids_rows[] = { VR_LISTED(D, iothread_list, "iothread", vr_iothread_elem), VR_END };
static bool iothreads_listed(const void *base, const struct vr_format *f)
{
    const D *d = base;
    for (size_t i = 0; i < d->iothread_list.n; i++)
        if (!d->iothread_list.v[i]->implied)
            return true;
    return false;
}
static const struct vr_row default_iothread_rows[] = {
    VR_A_OINT(D, default_iothread_min, "thread_pool_min", .unset = -1),
    VR_A_OINT(D, default_iothread_max, "thread_pool_max", .unset = -1),
    VR_END,
};
static const struct vr_row appid_rows[] = { VR_A_STR(D, resource_appid, "appid"), VR_END };
static const struct vr_row resource_rows[] = {
    VR_T_STR(D, resource_partition, "partition"), VR_GROUP("fibrechannel", appid_rows), VR_END,
};
static bool resource_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    const D *d = base;
    if (!d->resource_partition && !d->resource_appid)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("missing <resource> partition or fibrechannel"));
    if (d->resource_partition && *d->resource_partition != '/')
        return vr_parse_fail(p, node, err, VIR_ERR_CONFIG_UNSUPPORTED, _("Resource partition '%s' must start with '/'"),
                             d->resource_partition);
    return true;
}
static const struct vr_row idmap_rows[] = {
    VR_LISTED(D, uidmap, "uid", vr_idmap_elem), VR_LISTED(D, gidmap, "gid", vr_idmap_elem), VR_END,
};
static const struct vr_row mem_sleep_rows[] = { VR_A_YESNO(D, pm_suspend_to_mem, "enabled"), VR_END };
static const struct vr_row disk_sleep_rows[] = { VR_A_YESNO(D, pm_suspend_to_disk, "enabled"), VR_END };
static const struct vr_row pm_rows[] = {
    VR_GROUP("suspend-to-mem", mem_sleep_rows), VR_GROUP("suspend-to-disk", disk_sleep_rows), VR_END,
};
static const struct vr_row keywrap_rows[] = { VR_LISTED(D, keywrap, "cipher", vr_keywrap_elem), VR_END };

static bool features_read(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err)
{
    static const char *const names[] = { "acpi", "apic", "pae", "hap", "viridian", "privnet", "hyperv", "kvm",
        "pvspinlock",
        "capabilities", "pmu", "vmport", "gic", "smm", "ioapic", "hpt", "vmcoreinfo", "htm", "nested-hv", "msrs",
            "ccf-assist",
        "xen", "cfpc", "sbbc", "ibs", "tcg", "async-teardown", NULL };
    for (const struct vr_xml_node *c = node->first; c; c = c->next) {
        if (c->kind != VR_XML_ELEMENT || c->ns || vr_name_index(names, c->name) >= 0)
            continue;
        vr_error_report(err, p->domain, VIR_ERR_CONFIG_UNSUPPORTED, -1, _("unexpected feature '%s'"), c->name);
        const char *near = vr_name_nearest(names, c->name);
        if (near)
            vr_error_suffix(err, _("; did you mean '%s'?"), near);
        return vr_xml_locate(err, c);
    }
    return true;
}

const struct vr_row vr_devices_rows[] = {
    VR_T_STR(D, emulator, "emulator"),
    VR_LISTED(D, disks, "disk", vr_disk_elem),
    VR_LISTED(D, controllers, "controller", vr_controller_elem),
    VR_LISTED(D, leases, "lease", vr_lease_elem),
    VR_LISTED(D, filesystems, "filesystem", vr_filesystem_elem),
    VR_LISTED(D, interfaces, "interface", vr_interface_elem),
    VR_LISTED(D, smartcards, "smartcard", vr_smartcard_elem),
    VR_LISTED(D, serials, "serial", vr_serial_elem),
    VR_LISTED(D, parallels, "parallel", vr_parallel_elem),
    VR_LISTED(D, consoles, "console", vr_console_elem),
    VR_LISTED(D, channels, "channel", vr_channel_elem),
    VR_LISTED(D, inputs, "input", vr_input_elem),
    VR_LISTED(D, tpms, "tpm", vr_tpm_elem),
    VR_LISTED(D, graphics, "graphics", vr_graphics_elem),
    VR_LISTED(D, sounds, "sound", vr_sound_elem),
    VR_LISTED(D, audios, "audio", vr_audio_elem),
    VR_LISTED(D, videos, "video", vr_video_elem),
    VR_LISTED(D, hostdevs, "hostdev", vr_hostdev_elem),
    VR_LISTED(D, redirdevs, "redirdev", vr_redirdev_elem),
    VR_LISTED(D, redirfilter, "usbdev", vr_redir_filter_elem, .wrap = "redirfilter", .has = VR_HAS(D, has_redirfilter)),
    VR_LISTED(D, hubs, "hub", vr_hub_elem),
    VR_LISTED(D, watchdogs, "watchdog", vr_watchdog_elem),
    VR_CHILD(D, memballoon, "memballoon", vr_memballoon_elem),
    VR_LISTED(D, rngs, "rng", vr_rng_elem),
    VR_CHILD(D, nvram_device, "nvram", vr_nvram_device_elem),
    VR_LISTED(D, panics, "panic", vr_panic_elem),
    VR_LISTED(D, shmems, "shmem", vr_shmem_elem),
    VR_LISTED(D, memories, "memory", vr_memory_elem),
    VR_LISTED(D, cryptos, "crypto", vr_crypto_elem),
    VR_CHILD(D, iommu, "iommu", vr_iommu_elem),
    VR_CHILD(D, vsock, "vsock", vr_vsock_elem),
    VR_END,
};

#define ACTION(m, n)                                                                               \
    VR_T_ENUM(D, m, n, vr_lifecycle_action_names, .bad = "unknown " n " action: %s", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED)

static const struct vr_row domain_rows[] = {
    VR_A_ENUM(D, type, "type", vr_virt_type_names, .required = true, .missing = "missing domain type attribute",
              .missing_code = VIR_ERR_INTERNAL_ERROR, .bad = "invalid domain type %s", .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_CUSTOM(root_ops),
    VR_T_STR(D, name, "name"),
    VR_T_UUID(D, uuid, uuid_set, "uuid", .bad = "malformed uuid element", .bad_code = VIR_ERR_INTERNAL_ERROR),
    VR_T_UUID(D, genid, has_genid, "genid", .unless_empty = true, .bad = "malformed genid element '%s'", .bad_code =
              VIR_ERR_XML_ERROR),
    VR_T_STR(D, title, "title"),
    VR_T_STR(D, description, "description"),
    VR_RAW(D, metadata, "metadata"),
    VR_GROUP("maxMemory", max_memory_rows, .when = max_memory_shown, .after = max_memory_read),
    VR_GROUP("memory", memory_rows),
    VR_T_SIZE(D, current_memory_kib, "currentMemory", .zero = true),
    VR_CHILD(D, blkiotune, "blkiotune", vr_blkiotune_elem),
    VR_CHILD(D, memtune, "memtune", vr_memtune_elem),
    VR_PART(D, memory_backing, "memoryBacking", vr_memory_backing_rows),
    VR_GROUP("vcpu", vcpu_rows),
    VR_LISTED(D, vcpu_list, "vcpu", vr_vcpu_elem, .wrap = "vcpus"),
    VR_T_UINT(D, iothreads, "iothreads", .max = 4096, .bad = "invalid iothreads count '%s'", .bad_code =
              VIR_ERR_XML_ERROR),
    VR_GROUP("iothreadids", iothreadids_rows, .when = iothreads_listed),
    VR_GROUP("defaultiothread", default_iothread_rows),
    VR_CHILD(D, cputune, "cputune", vr_cputune_elem, .unless_empty = true),
    VR_CHILD(D, numatune, "numatune", vr_numatune_elem),
    VR_GROUP("resource", resource_rows, .after = resource_read),
    VR_LISTED(D, sysinfos, "sysinfo", vr_sysinfo_elem),
    VR_INLINE_PART(D, os, vr_bootloader_rows),
    VR_PART(D, os, "os", vr_os_rows),
    VR_GROUP("idmap", idmap_rows),
    VR_PART(D, features, "features", vr_features_rows, .after = features_read),
    VR_CHILD(D, cpu, "cpu", vr_cpu_elem, .unless_empty = true),
    VR_PART(D, clock, "clock", vr_clock_rows),
    ACTION(on_poweroff, "on_poweroff"),
    ACTION(on_reboot, "on_reboot"),
    ACTION(on_crash, "on_crash"),
    VR_T_ENUM(D, on_lockfailure, "on_lockfailure", vr_lock_failure_names, .bad = "unknown lockfailure action: %s",
              .bad_code = VIR_ERR_CONFIG_UNSUPPORTED),
    VR_GROUP("pm", pm_rows),
    VR_LISTED(D, perf_events, "event", vr_perf_event_elem, .wrap = "perf"),
    VR_GROUP("devices", vr_devices_rows, .present_always = true, .never_short = true),
    VR_LISTED(D, seclabels, "seclabel", vr_seclabel_elem),
    VR_GROUP("keywrap", keywrap_rows),
    VR_CHILD(D, launch_security, "launchSecurity", vr_launch_security_elem),
    VR_CUSTOM(foreign_ops),
    VR_CUSTOM(qemu_ops),
    VR_END,
};

/* Name and operating system come first: stock reports their absence before anything else. */
static bool domain_before(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    const struct vr_xml_node *name = vr_xml_child(node, "name"), *os = vr_xml_child(node, "os");
    const char *text = name ? vr_xml_text(p->arena, name) : "";
    if (!*text) {
        vr_error_report(err, p->domain, VIR_ERR_NO_NAME, -1, NULL);
        return vr_xml_locate(err, name ? name : node);
    }
    const char *virt = vr_xml_get(node, "type");
    bool booted = vr_xml_child(node, "bootloader") != NULL;
    const struct vr_xml_node *type = os ? vr_xml_child(os, "type") : NULL;
    static const char *const types[] = { "hvm", "xen", "linux", "exe", "uml", "xenpvh", NULL };
    if (!type && !(booted && virt && vr_streq(virt, "xen")))
        return vr_parse_fail(p, os ? os : node, err, VIR_ERR_XML_ERROR, _("an os <type> must be specified"));
    if (type && !*vr_xml_text(p->arena, type))
        return vr_parse_fail(p, type, err, VIR_ERR_XML_ERROR, _("an os <type> must be specified"));
    if (type && vr_name_index(types, vr_xml_text(p->arena, type)) < 0)
        return vr_parse_fail(p, type, err, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown OS type '%s'"), vr_xml_text(p->arena,
            type));
    if (strchr(text, '\n')) {
        vr_error_report(err, VIR_FROM_XML, VIR_ERR_XML_DETAIL, -1, _("invalid char in %s: %c"), "name", '\n');
        return vr_xml_locate(err, name);
    }
    if (strchr(text, '/'))
        return vr_parse_fail(p, name, err, VIR_ERR_XML_ERROR, _("name %s cannot contain '/'"), text);
    if (vr_streq(text, ".") || vr_streq(text, "..")) /* directories are called after guests */
        return vr_parse_fail(p, name, err, VIR_ERR_XML_ERROR, _("name cannot be '%s'"), text);
    return true;
}

/* Children of this and of later elements of its name. */
static size_t count_below(const struct vr_xml_node *devices, const char *name)
{
    size_t n = 0;
    for (; devices; devices = vr_xml_sibling(devices))
        n += vr_xml_count(devices, name);
    return n;
}

static bool domain_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    const struct vr_xml_node *genid = vr_xml_child(node, "genid");
    if (genid && !d->has_genid) {
        d->has_genid = true;
        vr_uuid_generate(&d->genid);
    }
    if (d->title && strchr(d->title, '\n'))
        return vr_parse_fail(p, vr_xml_child(node, "title"), err, VIR_ERR_XML_ERROR,
                             _("Domain title can't contain newlines"));
    const struct vr_xml_node *vcpu = vr_xml_child(node, "vcpu");
    if (!vcpu)
        d->vcpus = 1;
    else if (!*vr_xml_text(p->arena, vcpu))
        return vr_parse_fail(p, vcpu, err, VIR_ERR_XML_ERROR, _("maximum vcpus count must be an integer"));
    const struct vr_xml_node *devices = vr_xml_child(node, "devices");
    static const struct { const char *name; const char *text; } single[] = {
        { "memballoon", "only a single memory balloon device is supported" },
        { "nvram", "only a single nvram device is supported" },
        { "iommu", "only a single IOMMU device is supported" },
        { "vsock", "only a single vsock device is supported" },
    };
    for (size_t i = 0; devices && i < VR_COUNT(single); i++)
        if (count_below(devices, single[i].name) > 1)
            return vr_parse_fail(p, devices, err, i == 0 ? VIR_ERR_INTERNAL_ERROR : VIR_ERR_XML_ERROR, "%s",
                                 single[i].text);
    return true;
}

const struct vr_xml_elem vr_domain_elem = {
    .name = "domain", .size = sizeof(D), .rows = domain_rows, .before_parse = domain_before,
    .after_parse = domain_after,
};

/* A guest inside another document: an arena of its own, completed, not checked (it is what was once). */
static bool inner_after(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    D *d = obj;
    d->id = -1;
    return domain_after(p, node, obj, err) &&
           ((p->flags & VR_DOMAIN_RAW) || vr_domain_complete(d, p->flags, err));
}

/* Old documents hold no more than the guest's uuid. */
static bool inner_skipped(const struct vr_xml_node *node)
{
    return !vr_xml_get(node, "type");
}

const struct vr_xml_elem vr_inner_domain_elem = {
    .name = "domain", .size = sizeof(D), .rows = domain_rows, .own_arena = true, .before_parse = domain_before,
    .after_parse = inner_after, .skip_parse = inner_skipped, .error_domain = VR_DOMAIN(VIR_FROM_DOMAIN),
};
