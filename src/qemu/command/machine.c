/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The board and everything that is no device: name, machine, firmware, boot order, clock, power. */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <stdio.h>
#include <time.h>
#include "base/alloc.h"
#include "qemu/command/build.h"

bool build_name(struct build *b)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    vr_buf_str(&text, "guest=");
    buf_escaped(&text, b->def->name);
    vr_buf_str(&text, ",debug-threads=on");
    cmd_opt_buf(b, "-name", &text);
    return true;
}

/* <qemu:deprecation>: what QEMU does with what it will not have for long. */
bool build_compat(struct build *b)
{
    static const struct {
        const char *behavior, *input;
    } rows[] = { { "omit", NULL }, { "reject", "reject" }, { "crash", "crash" } };
    const char *behavior = b->def->qemu ? b->def->qemu->deprecation_behavior : NULL;
    for (size_t i = 0; behavior && i < VR_COUNT(rows); i++) {
        if (!vr_streq(rows[i].behavior, behavior))
            continue;
        struct vr_json *compat = vr_json_add_str(vr_json_object(), "deprecated-output", "hide");
        return cmd_json(b, "-compat", vr_json_add_str(compat, "deprecated-input", rows[i].input));
    }
    return true;
}

bool build_stopped(struct build *b)
{
    cmd_arg(b, "-S");
    return true;
}

bool build_pr_helper(struct build *b)
{
    if (!vr_qemu_needs_pr_helper(b->def))
        return true;
    struct vr_json *o = vr_json_object();
    vr_json_add_str(o, "qom-type", "pr-manager-helper");
    vr_json_add_str(o, "id", "pr-helper0");
    vr_json_add_strf(o, "path", "%s/pr-helper0.sock", b->run->private_dir);
    return cmd_json(b, "-object", o);
}

bool build_master_key(struct build *b)
{
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "qom-type", "secret");
    vr_json_add_str(props, "id", "masterKey0");
    vr_json_add_str(props, "format", "raw");
    vr_json_add_strf(props, "file", "%s/master-key.aes", b->run->private_dir);
    return cmd_json(b, "-object", props);
}

static bool has_nvdimm(const struct vr_domain_def *def)
{
    for (size_t i = 0; i < def->memories.n; i++)
        if (def->memories.v[i]->model == VR_MEMORY_NVDIMM)
            return true;
    return false;
}

/* RAM that belongs to the machine itself; NULL when NUMA cells bring it. */
static const char *ram_id(const struct build *b)
{
    const struct vr_qemu_machine *m = vr_qemu_caps_machine(b->run->caps, b->def->os.machine);
    if (b->def->cpu && b->def->cpu->cells.n)
        return NULL;
    return m ? m->default_ram_id : NULL;
}

static bool is_on(const struct vr_feature *f)
{
    return f->state == VR_TRI_ON || (f->present && f->state == VR_TRI_UNSET);
}

static bool unsupported_features(struct build *b)
{
    const struct vr_domain_features *f = &b->def->features;
    for (size_t i = 0; i < b->def->keywrap.n; i++)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("%s-key-wrap is not available with this QEMU binary"),
                       b->def->keywrap.v[i]->name ? b->def->keywrap.v[i]->name : "");
    if (b->run->native)
        return true; /* only shown: nothing of this is on the command line */
    if (b->def->nvram_device)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("nvram device is only supported for PPC64"));
    if (f->gic || f->hpt.present || f->htm.present || f->nested_hv.present || f->ccf_assist.present || f->cfpc ||
        f->sbbc || f->ibs)
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s",
                       _("a feature of the definition is not supported for this architecture or machine type"));
    return true;
}

bool build_machine(struct build *b)
{
    const struct vr_domain_def *def = b->def;
    const struct vr_domain_features *f = &def->features;
    if (!unsupported_features(b))
        return false;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    vr_buf_str(&text, def->os.machine);
    vr_buf_str(&text, ",usb=off"); /* USB controllers are devices of ours */
    if (f->vmport.state)
        vr_buf_printf(&text, ",vmport=%s", f->vmport.state == VR_TRI_ON ? "on" : "off");
    if (f->smm.present || f->smm.state)
        vr_buf_printf(&text, ",smm=%s", is_on(&f->smm) ? "on" : "off");
    if (f->ioapic)
        vr_buf_printf(&text, ",kernel_irqchip=%s", vr_streq(f->ioapic, "qemu") ? "split" : "on");
    vr_buf_printf(&text, ",dump-guest-core=%s", def->dump_core == VR_TRI_ON ? "on" : "off");
    if (def->memory_backing.nosharepages)
        vr_buf_str(&text, ",mem-merge=off");
    if (has_nvdimm(def))
        vr_buf_str(&text, ",nvdimm=on");
    if (def->cpu && def->cpu->interconnects.n)
        vr_buf_str(&text, ",hmat=on");
    if (ram_id(b))
        vr_buf_printf(&text, ",memory-backend=%s", ram_id(b));
    if (def->os.loader_type == VR_LOADER_PFLASH && def->os.loader) {
        vr_buf_str(&text, ",pflash0=libvirt-pflash0-format");
        if (def->os.nvram)
            vr_buf_str(&text, ",pflash1=libvirt-pflash1-format");
    }
    cmd_opt_buf(b, "-machine", &text);
    return true;
}

bool build_accel(struct build *b)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    const struct vr_domain_features *f = &b->def->features;
    if (b->def->type == VR_VIRT_KVM) {
        vr_buf_str(&text, "kvm");
        if (f->kvm.present && f->kvm.dirty_ring.state == VR_TRI_ON)
            vr_buf_printf(&text, ",dirty-ring-size=%u", f->kvm.dirty_ring_size);
    } else {
        vr_buf_str(&text, "tcg");
        if (f->tcg_tb_cache_kib.set && f->tcg_tb_cache_kib.v)
            vr_buf_printf(&text, ",tb-size=%llu", (unsigned long long)f->tcg_tb_cache_kib.v >> 10);
    }
    cmd_opt_buf(b, "-accel", &text);
    return true;
}

bool build_tseg(struct build *b)
{
    const struct vr_domain_features *f = &b->def->features;
    if (!f->smm_tseg_kib.set)
        return true;
    cmd_arg(b, "-global");
    cmd_argf(b, "mch.extended-tseg-mbytes=%llu", (unsigned long long)f->smm_tseg_kib.v >> 10);
    return true;
}

bool build_loader(struct build *b)
{
    const struct vr_os *os = &b->def->os;
    if (os->firmware != VR_FIRMWARE_UNSET && !os->loader)
        return vr_fail(b->err, VIR_ERR_OPERATION_FAILED, _("Unable to find any firmware to satisfy '%s'"),
                       vr_firmware_names[os->firmware]);
    if (!os->loader || os->loader_type == VR_LOADER_NONE)
        return true;
    if (os->loader_type == VR_LOADER_PFLASH) {
        if (os->loader_secure == VR_TRI_YES)
            cmd_opt(b, "-global", "driver=cfi.pflash01,property=secure,value=on");
        return true;
    }
    cmd_opt(b, "-bios", os->loader);
    return true;
}

bool build_iothreads(struct build *b)
{
    for (size_t i = 0; i < b->def->iothread_list.n; i++) {
        const struct vr_iothread *t = b->def->iothread_list.v[i];
        struct vr_json *props = vr_json_object();
        vr_json_add_str(props, "qom-type", "iothread");
        vr_json_add_strf(props, "id", "iothread%u", t->id);
        if (t->thread_pool_min.set && t->thread_pool_min.v >= 0)
            vr_json_add_int(props, "thread-pool-min", t->thread_pool_min.v);
        if (t->thread_pool_max.set && t->thread_pool_max.v >= 0)
            vr_json_add_int(props, "thread-pool-max", t->thread_pool_max.v);
        if (t->poll_max_ns.set)
            vr_json_add_uint(props, "poll-max-ns", t->poll_max_ns.v);
        if (t->poll_grow.set)
            vr_json_add_uint(props, "poll-grow", t->poll_grow.v);
        if (t->poll_shrink.set)
            vr_json_add_uint(props, "poll-shrink", t->poll_shrink.v);
        cmd_json(b, "-object", props);
    }
    if (b->def->default_iothread_min.set || b->def->default_iothread_max.set) {
        struct vr_json *props = vr_json_object();
        vr_json_add_str(props, "qom-type", "main-loop");
        vr_json_add_str(props, "id", "main-loop");
        if (b->def->default_iothread_min.set && b->def->default_iothread_min.v >= 0)
            vr_json_add_int(props, "thread-pool-min", b->def->default_iothread_min.v);
        if (b->def->default_iothread_max.set && b->def->default_iothread_max.v >= 0)
            vr_json_add_int(props, "thread-pool-max", b->def->default_iothread_max.v);
        cmd_json(b, "-object", props);
    }
    return true;
}

bool build_uuid(struct build *b)
{
    char text[VR_UUID_TEXT];
    cmd_opt(b, "-uuid", vr_uuid_format(&b->def->uuid, text));
    return true;
}

/* ---- SMBIOS ------------------------------------------------------------------------------------------------------ */

struct smbios_field {
    const char *entry, *option;
};

static bool has_entry(const struct vr_sysinfo_group *g, const char *name)
{
    for (size_t i = 0; i < g->entries.n; i++)
        if (vr_streq0(g->entries.v[i]->name, name) && g->entries.v[i]->value)
            return true;
    return false;
}

static bool smbios_group(struct build *b, int type, const struct vr_sysinfo_group *g, const struct smbios_field *fields)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (!g)
        return true;
    vr_buf_printf(&text, "type=%d", type);
    if (type == 2 && !has_entry(g, "manufacturer"))
        vr_buf_str(&text, ",manufacturer="); /* stock's, whose guests see an empty one in place of QEMU's */
    for (size_t f = 0; fields[f].entry; f++) {
        for (size_t i = 0; i < g->entries.n; i++) {
            if (!vr_streq0(g->entries.v[i]->name, fields[f].entry) || !g->entries.v[i]->value)
                continue;
            vr_buf_printf(&text, ",%s=", fields[f].option);
            buf_escaped(&text, g->entries.v[i]->value);
        }
    }
    cmd_opt_buf(b, "-smbios", &text);
    return true;
}

static const struct smbios_field bios_fields[] = { { "vendor", "vendor" }, { "version", "version" }, { "date", "date" },
                                                   { "release", "release" }, { NULL, NULL } };
static const struct smbios_field system_fields[] = {
    { "manufacturer", "manufacturer" }, { "product", "product" }, { "version", "version" }, { "serial", "serial" },
    { "uuid", "uuid" }, { "sku", "sku" }, { "family", "family" }, { NULL, NULL }
};
static const struct smbios_field board_fields[] = { { "manufacturer", "manufacturer" }, { "product", "product" },
                                                    { "version", "version" }, { "serial", "serial" },
                                                    { "asset", "asset" }, { "location", "location" }, { NULL, NULL } };
static const struct smbios_field chassis_fields[] = { { "manufacturer", "manufacturer" }, { "version", "version" },
                                                      { "serial", "serial" }, { "asset", "asset" }, { "sku", "sku" },
                                                      { NULL, NULL } };

static bool smbios(struct build *b, const struct vr_sysinfo *s)
{
    if (!smbios_group(b, 0, s->bios, bios_fields) || !smbios_group(b, 1, s->system, system_fields))
        return false;
    for (size_t i = 0; i < s->base_boards.n; i++)
        if (!smbios_group(b, 2, s->base_boards.v[i], board_fields))
            return false;
    if (!smbios_group(b, 3, s->chassis, chassis_fields))
        return false;
    if (s->oem_strings) {
        vr_autobuf struct vr_buf text = VR_BUF_INIT;
        vr_buf_str(&text, "type=11");
        for (size_t i = 0; i < s->oem_strings->entries.n; i++) {
            vr_buf_str(&text, ",value=");
            buf_escaped(&text, s->oem_strings->entries.v[i]->value ? s->oem_strings->entries.v[i]->value : "");
        }
        cmd_opt_buf(b, "-smbios", &text);
    }
    return true;
}

bool build_smbios(struct build *b)
{
    const char *mode = b->def->os.smbios_mode;
    if (mode && vr_streq(mode, "host"))
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("Host SMBIOS information is not available"));
    for (size_t i = 0; i < b->def->sysinfos.n; i++) {
        const struct vr_sysinfo *s = b->def->sysinfos.v[i];
        if (mode && vr_streq(mode, "sysinfo") && vr_streq0(s->type, "smbios") && !smbios(b, s))
            return false;
    }
    for (size_t i = 0; i < b->def->sysinfos.n; i++) {
        const struct vr_sysinfo *s = b->def->sysinfos.v[i];
        for (size_t k = 0; vr_streq0(s->type, "fwcfg") && k < s->fwcfg.n; k++) {
            vr_autobuf struct vr_buf text = VR_BUF_INIT;
            const struct vr_sysinfo_entry *e = s->fwcfg.v[k];
            vr_buf_str(&text, "name=");
            buf_escaped(&text, e->name);
            vr_buf_str(&text, e->file ? ",file=" : ",string=");
            buf_escaped(&text, e->file ? e->file : e->value ? e->value : "");
            cmd_opt_buf(b, "-fw_cfg", &text);
        }
    }
    if (mode && vr_streq(mode, "sysinfo") && !b->def->sysinfos.n)
        return vr_fail(b->err, VIR_ERR_XML_ERROR, _("Domain '%s' sysinfo are not available"), b->def->name);
    return true;
}

bool build_genid(struct build *b)
{
    if (!b->def->has_genid)
        return true;
    char text[VR_UUID_TEXT];
    struct vr_json *props = vr_json_object();
    vr_json_add_str(props, "driver", "vmgenid");
    vr_json_add_str(props, "guid", vr_uuid_format(&b->def->genid, text));
    vr_json_add_str(props, "id", "vmgenid0");
    return cmd_device(b, props);
}

bool build_defaults(struct build *b)
{
    if (!b->def->graphics.n)
        cmd_opt(b, "-display", "none");
    cmd_arg(b, "-no-user-config");
    cmd_arg(b, "-nodefaults");
    if (b->def->os.bios_useserial == VR_TRI_YES)
        cmd_opt(b, "-device", "sga");
    return true;
}

bool build_monitor(struct build *b)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    int fd = b->run->native ? -1 : b->run->fd_of(b->run->opaque, VR_QEMU_FD_MONITOR, "charmonitor", 0);
    vr_buf_str(&text, "socket,id=charmonitor,");
    if (fd >= 0) {
        vr_buf_printf(&text, "fd=%d", fd);
    } else {
        vr_buf_str(&text, "path=");
        buf_escaped(&text, b->run->private_dir);
        vr_buf_str(&text, "/monitor.sock");
    }
    vr_buf_str(&text, ",server=on,wait=off");
    cmd_opt_buf(b, "-chardev", &text);
    cmd_opt(b, "-mon", "chardev=charmonitor,id=monitor,mode=control");
    return true;
}

/* ---- clock ------------------------------------------------------------------------------------------------------- */

static bool clock_base(struct build *b, struct vr_buf *text)
{
    const struct vr_clock *c = &b->def->clock;
    time_t now = time(NULL);
    struct tm tm;
    char stamp[64];
    int64_t shift = 0;
    switch (c->offset) {
    case VR_CLOCK_UNSET:
    case VR_CLOCK_UTC:
        vr_buf_str(text, "base=utc");
        return true;
    case VR_CLOCK_LOCALTIME:
        vr_buf_str(text, "base=localtime");
        return true;
    case VR_CLOCK_TIMEZONE:
        /* QEMU reads the zone from its environment */
        VR_LIST_ADD(b->cmd->arena, &b->cmd->env,
                    vr_arena_printf(b->cmd->arena, "TZ=%s", c->timezone ? c->timezone : "UTC"));
        vr_buf_str(text, "base=localtime");
        return true;
    case VR_CLOCK_VARIABLE:
        if (c->adjustment && !vr_streq(c->adjustment, "reset") &&
            !vr_parse_i64(c->adjustment, 10, INT32_MIN, INT32_MAX, &shift))
            return vr_fail(b->err, VIR_ERR_XML_ERROR, "%s", _("invalid clock adjustment"));
        if (vr_streq0(c->basis, "localtime")) {
            localtime_r(&now, &tm);
            shift += tm.tm_gmtoff;
        }
        now += shift;
        break;
    case VR_CLOCK_ABSOLUTE:
        now = (time_t)c->start.v;
        break;
    default:
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported clock offset '%s'"),
                       vr_clock_offset_names[c->offset]);
    }
    if (!gmtime_r(&now, &tm) || !strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm))
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", _("the clock's time is out of range"));
    vr_buf_printf(text, "base=%s", stamp);
    return true;
}

static bool rtc_timer(struct build *b, const struct vr_clock_timer *t, struct vr_buf *text)
{
    if (t->track) {
        const char *clock = vr_streq(t->track, "guest")      ? "vm"
                            : vr_streq(t->track, "wall")     ? "host"
                            : vr_streq(t->track, "realtime") ? "rt"
                                                             : NULL;
        if (!clock)
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported rtc timer track '%s'"), t->track);
        vr_buf_printf(text, ",clock=%s", clock);
    }
    switch (t->tickpolicy) {
    case VR_TICK_CATCHUP:
        vr_buf_str(text, ",driftfix=slew");
        return true;
    case VR_TICK_UNSET:
    case VR_TICK_DELAY:
        return true;
    default:
        return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported rtc timer tickpolicy '%s'"),
                       vr_tick_policy_names[t->tickpolicy]);
    }
}

bool build_clock(struct build *b)
{
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    const struct vr_clock *c = &b->def->clock;
    if (!clock_base(b, &text))
        return false;
    for (size_t i = 0; i < c->timers.n; i++)
        if (c->timers.v[i]->name == VR_TIMER_RTC && !rtc_timer(b, c->timers.v[i], &text))
            return false;
    cmd_opt_buf(b, "-rtc", &text);
    for (size_t i = 0; i < c->timers.n; i++) {
        const struct vr_clock_timer *t = c->timers.v[i];
        if (t->name == VR_TIMER_PIT) {
            if (t->tickpolicy == VR_TICK_DELAY)
                cmd_opt(b, "-global", "kvm-pit.lost_tick_policy=delay");
            else if (t->tickpolicy == VR_TICK_DISCARD)
                cmd_opt(b, "-global", "kvm-pit.lost_tick_policy=discard");
            else if (t->tickpolicy != VR_TICK_UNSET && t->tickpolicy != VR_TICK_CATCHUP)
                return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported pit tickpolicy '%s'"),
                               vr_tick_policy_names[t->tickpolicy]);
        } else if (t->name == VR_TIMER_HPET && t->present == VR_TRI_NO) {
            cmd_arg(b, "-no-hpet");
        } else if (t->name == VR_TIMER_PLATFORM) {
            return vr_fail(b->err, VIR_ERR_CONFIG_UNSUPPORTED, _("unsupported timer type (name) '%s'"), "platform");
        }
    }
    return true;
}

bool build_pm(struct build *b)
{
    const struct vr_domain_def *def = b->def;
    const char *chip = vr_qemu_is_q35(def) ? "ICH9-LPC" : "PIIX4_PM";
    cmd_arg(b, "-no-shutdown"); /* what follows a guest's shutdown is decided here, not by QEMU */
    if (!def->features.acpi && vr_qemu_is_x86(def))
        cmd_arg(b, "-no-acpi");
    if (def->pm_suspend_to_mem) {
        cmd_arg(b, "-global");
        cmd_argf(b, "%s.disable_s3=%d", chip, def->pm_suspend_to_mem == VR_TRI_NO);
    }
    if (def->pm_suspend_to_disk) {
        cmd_arg(b, "-global");
        cmd_argf(b, "%s.disable_s4=%d", chip, def->pm_suspend_to_disk == VR_TRI_NO);
    }
    return true;
}

bool build_boot(struct build *b)
{
    const struct vr_os *os = &b->def->os;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    if (os->bootmenu != VR_TRI_UNSET) {
        vr_buf_printf(&text, "menu=%s,", os->bootmenu == VR_TRI_YES ? "on" : "off");
        if (os->bootmenu == VR_TRI_YES && os->bootmenu_timeout)
            vr_buf_printf(&text, "splash-time=%u,", os->bootmenu_timeout);
    }
    if (os->reboot_timeout.set)
        vr_buf_printf(&text, "reboot-timeout=%d,", os->reboot_timeout.v);
    vr_buf_str(&text, "strict=on");
    cmd_opt_buf(b, "-boot", &text);
    if (os->kernel)
        cmd_opt(b, "-kernel", os->kernel);
    if (os->initrd)
        cmd_opt(b, "-initrd", os->initrd);
    if (os->cmdline)
        cmd_opt(b, "-append", os->cmdline);
    if (os->dtb)
        cmd_opt(b, "-dtb", os->dtb);
    for (size_t i = 0; i < os->acpi_tables.n; i++) {
        const struct vr_acpi_table *t = os->acpi_tables.v[i];
        vr_buf_str(&text, vr_streq0(t->type, "slic") ? "sig=SLIC,file=" : "file=");
        buf_escaped(&text, t->path);
        cmd_opt_buf(b, "-acpitable", &text);
    }
    return true;
}

bool build_incoming(struct build *b)
{
    if (b->run->incoming)
        cmd_opt(b, "-incoming", b->run->incoming);
    return true;
}

bool build_vmcoreinfo(struct build *b)
{
    if (!is_on(&b->def->features.vmcoreinfo) || b->def->features.vmcoreinfo.state == VR_TRI_OFF)
        return true;
    return cmd_json(b, "-device", vr_json_add_str(vr_json_object(), "driver", "vmcoreinfo"));
}

bool build_sandbox(struct build *b)
{
    if (!b->run->no_sandbox && vr_qemu_caps_has(b->run->caps, VR_QEMU_SANDBOX))
        cmd_opt(b, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    return true;
}

bool build_extra(struct build *b)
{
    const struct vr_qemu_extras *x = b->def->qemu;
    for (size_t i = 0; x && i < x->args.n; i++)
        cmd_arg(b, x->args.v[i]);
    return true;
}

bool build_message(struct build *b)
{
    cmd_opt(b, "-msg", "timestamp=on");
    return true;
}
