/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <stdlib.h>
#include "base/alloc.h"
#include "qemu/command/build.h"

/* Stock's order. QEMU mostly does not care; people who compare command lines and logs do. */
static section_fn *const sections[] = {
    build_name, build_compat, build_stopped, build_master_key, build_pr_helper, build_pflash, build_machine, build_accel, build_tseg, build_cpu, build_loader,
    build_memory, build_smp, build_iothreads, build_numa, build_uuid, build_smbios, build_genid, build_defaults,
    build_monitor, build_clock, build_pm, build_boot, build_iommu, build_globals, build_controllers,
    build_memory_devices, build_hubs, build_disks, build_filesystems, build_nets, build_smartcards, build_serials,
    build_parallels, build_channels, build_consoles, build_tpms, build_inputs, build_audio, build_graphics,
    build_videos, build_sounds, build_watchdogs, build_redirdevs, build_hostdevs, build_incoming, build_memballoon,
    build_rngs, build_vmcoreinfo, build_extra, build_sandbox, build_shmems, build_panics, build_vsock, build_cryptos,
    build_message,
};

void vr_qemu_command_free(struct vr_qemu_command *cmd)
{
    if (cmd)
        vr_arena_free(cmd->arena);
}

void cmd_arg(struct build *b, const char *text)
{
    VR_LIST_ADD(b->cmd->arena, &b->cmd->args, vr_arena_strdup(b->cmd->arena, text));
}

void cmd_argf(struct build *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    VR_LIST_ADD(b->cmd->arena, &b->cmd->args, vr_arena_vprintf(b->cmd->arena, fmt, ap));
    va_end(ap);
}

void cmd_opt(struct build *b, const char *option, const char *value)
{
    cmd_arg(b, option);
    cmd_arg(b, value);
}

void cmd_opt_buf(struct build *b, const char *option, struct vr_buf *value)
{
    vr_autofree char *text = vr_buf_take(value);
    cmd_opt(b, option, text);
}

bool cmd_json(struct build *b, const char *option, struct vr_json *props)
{
    if (!props)
        return false;
    vr_autofree char *text = vr_json_print(props);
    cmd_opt(b, option, text);
    vr_json_free(props);
    return true;
}

/* <qemu:override>: the document changes properties of one device after they are built. */
static bool override(struct build *b, struct vr_json *props, const char *alias)
{
    const struct vr_qemu_extras *extras = b->def->qemu;
    for (size_t i = 0; extras && alias && i < extras->overrides.n; i++) {
        const struct vr_qemu_override *o = extras->overrides.v[i];
        if (!vr_streq0(o->alias, alias))
            continue;
        for (size_t p = 0; p < o->properties.n; p++) {
            const struct vr_qemu_override_property *prop = o->properties.v[p];
            int64_t number = 0;
            uint64_t positive = 0;
            vr_json_remove(props, prop->name);
            if (vr_streq0(prop->type, "remove"))
                continue;
            if (!prop->value)
                return vr_fail(b->err, VIR_ERR_XML_ERROR, _("invalid value for override property '%s'"), prop->name);
            if (vr_streq0(prop->type, "bool"))
                vr_json_add_bool(props, prop->name,
                                 vr_streq(prop->value, "true") || vr_streq(prop->value, "yes") ||
                                     vr_streq(prop->value, "on"));
            else if (vr_streq0(prop->type, "signed") && vr_parse_i64(prop->value, 10, INT64_MIN, INT64_MAX, &number))
                vr_json_add_int(props, prop->name, number);
            else if (vr_streq0(prop->type, "unsigned") && vr_parse_u64(prop->value, 10, UINT64_MAX, &positive))
                vr_json_add_uint(props, prop->name, positive);
            else if (vr_streq0(prop->type, "string"))
                vr_json_add_str(props, prop->name, prop->value);
            else
                return vr_fail(b->err, VIR_ERR_XML_ERROR, _("invalid value '%s' of override property '%s'"),
                               prop->value, prop->name);
        }
    }
    return true;
}

bool cmd_device(struct build *b, struct vr_json *props)
{
    if (!props)
        return false;
    if (!override(b, props, vr_json_get_str(props, "id"))) {
        vr_json_free(props);
        return false;
    }
    return cmd_json(b, "-device", props);
}

void buf_escaped(struct vr_buf *buf, const char *text)
{
    for (; *text; text++) {
        if (*text == ',')
            vr_buf_char(buf, ',');
        vr_buf_char(buf, *text);
    }
}

bool not_yet(struct vr_error **err, const char *what)
{
    return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("%s is not supported by this build: the guest is kept but cannot "
                   "be started"), what);
}

static void add_env(struct build *b, const char *name, const char *fmt, ...) VR_PRINTF(3, 4);
static void add_env(struct build *b, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_autofree char *value = vr_vprintf(fmt, ap);
    va_end(ap);
    VR_LIST_ADD(b->cmd->arena, &b->cmd->env, vr_arena_printf(b->cmd->arena, "%s=%s", name, value));
}

static void environment(struct build *b)
{
    const char *home = b->run->private_dir;
    add_env(b, "LC_ALL", "C");
    add_env(b, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    add_env(b, "HOME", "%s", home);
    add_env(b, "USER", "root");
    add_env(b, "LOGNAME", "root");
    add_env(b, "XDG_DATA_HOME", "%s/.local/share", home);
    add_env(b, "XDG_CACHE_HOME", "%s/.cache", home);
    add_env(b, "XDG_CONFIG_HOME", "%s/.config", home);
    for (size_t i = 0; b->def->qemu && i < b->def->qemu->env.n; i++) {
        const struct vr_cookie *e = b->def->qemu->env.v[i];
        add_env(b, e->name, "%s", e->value ? e->value : "");
    }
}

struct vr_qemu_command *vr_qemu_command_build(const struct vr_domain_def *def, const struct vr_qemu_run *run,
                                              struct vr_error **err)
{
    struct vr_arena *arena = vr_arena_new();
    struct vr_qemu_command *cmd = vr_arena_new_of(arena, struct vr_qemu_command);
    struct vr_error *local = NULL;
    cmd->arena = arena;
    struct build b = { .def = def, .run = run, .cmd = cmd, .err = &local };
    cmd_arg(&b, def->emulator);
    environment(&b);
    for (size_t i = 0; i < VR_COUNT(sections); i++) {
        if (!sections[i](&b)) {
            if (!local)
                vr_fail(&local, VIR_ERR_INTERNAL_ERROR, _("cannot build section %zu of the command line"), i);
            vr_error_move(err, &local);
            vr_error_free(local);
            vr_qemu_command_free(cmd);
            return NULL;
        }
    }
    return cmd;
}

static char **as_array(struct vr_arena *arena, const char **v, size_t n)
{
    char **out = vr_arena_alloc(arena, (n + 1) * sizeof(*out));
    for (size_t i = 0; i < n; i++)
        out[i] = (char *)v[i];
    return out;
}

char **vr_qemu_command_argv(struct vr_qemu_command *cmd)
{
    return as_array(cmd->arena, cmd->args.v, cmd->args.n);
}

char **vr_qemu_command_envp(struct vr_qemu_command *cmd)
{
    return as_array(cmd->arena, cmd->env.v, cmd->env.n);
}

char *vr_qemu_short_name(const struct vr_domain_def *def)
{
    /* 20 characters, never half of one of UTF-8: the path must fit into a unix socket address */
    size_t len = 0, chars = 0;
    while (def->name[len] && chars < 20) {
        len++;
        while ((def->name[len] & 0xc0) == 0x80)
            len++;
        chars++;
    }
    return vr_printf("%d-%.*s", def->id, (int)len, def->name);
}
