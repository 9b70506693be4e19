/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#define VR_LOG_SOURCE "qemu.driver"
/* The driver as the daemon sees it: its tables, its start, its end. */
#include "driver/netport.h"
#include "driver.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"
#include "autostart.h"
#include "conf.h"
#include "domain.h"
#include "emulators.h"
#include "host/cgroup.h"
#include "host/machinebus.h"
#include "load.h"
#include "nets.h"
#include "loop/loop.h"
#include "process.h"
#include "rows.h"
#include "qemu/caps/caps.h"
#include "rundir.h"
#include "driver/store.h"

/* Who an emulator is asked as when the user of qemu.conf does not exist; guests do not start then. */
#define NOBODY 65534

struct vr_qemu vr_qemu;

void vr_qemu_dirs_init(struct vr_qemu *q, const struct vr_dirs *dirs, bool session)
{
    q->dirs = dirs;
    q->session = session;
    q->config_dir = vr_printf("%s/qemu", dirs->config);
    q->autostart_dir = vr_printf("%s/qemu/autostart", dirs->config);
    q->state_dir = vr_printf(session ? "%s/qemu/run" : "%s/qemu", dirs->run);
    q->lib_dir = vr_printf(session ? "%s/qemu/lib" : "%s/qemu", dirs->lib);
    q->channel_dir = vr_printf(session ? "%s/qemu/channel/target" : "%s/qemu/channel/target", dirs->lib);
    q->save_dir = vr_printf("%s/qemu/save", dirs->lib);
    q->log_dir = vr_printf(session ? "%s/qemu/log" : "%s/qemu", dirs->log);
    q->cache_dir = vr_printf(session ? "%s/qemu/cache" : "%s/qemu", dirs->cache);
}

static bool make_dir(const char *path, mode_t mode, struct vr_error **err)
{
    vr_autofree char *dir = vr_strdup(path);
    for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(dir, 0755); /* the last one tells */
        *slash = '/';
    }
    if (mkdir(dir, mode) < 0 && errno != EEXIST)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to create state dir %s"), dir);
    return true;
}

/* QEMU's user must be able to pass through to what is its own. */
static bool make_dirs(struct vr_error **err)
{
    if (!make_dir(vr_qemu.config_dir, 0755, err) || !make_dir(vr_qemu.state_dir, 0755, err) ||
        !make_dir(vr_qemu.lib_dir, 0751, err) || !make_dir(vr_qemu.channel_dir, 0751, err) ||
        !make_dir(vr_qemu.cache_dir, 0751, err) || !make_dir(vr_qemu.log_dir, 0755, err))
        return false;
    vr_autofree char *nvram = vr_printf("%s/nvram", vr_qemu.lib_dir), *ram = vr_printf("%s/ram", vr_qemu.lib_dir);
    if (!make_dir(nvram, 0751, err) || !make_dir(ram, 0751, err))
        return false;
    if (vr_qemu.privileged && vr_qemu.conf->user_known) {
        const char *const owned[] = { vr_qemu.lib_dir, vr_qemu.channel_dir, vr_qemu.cache_dir, nvram, ram };
        for (size_t i = 0; i < VR_COUNT(owned); i++)
            if (!vr_give_dir(owned[i], (mode_t)-1, vr_qemu.conf->uid, vr_qemu.conf->gid, err))
                return false;
    }
    return true;
}

static bool driver_start(const struct vr_daemon_context *ctx, struct vr_error **err)
{
    vr_qemu.privileged = ctx->privileged;
    vr_qemu.program = ctx->program;
    vr_qemu_dirs_init(&vr_qemu, ctx->dirs, ctx->session);
    vr_autofree char *conf = vr_printf("%s/qemu.conf", ctx->dirs->config);
    vr_qemu.conf = vr_qemu_conf_load(conf, ctx->privileged, err);
    if (!vr_qemu.conf || !make_dirs(err))
        return false;
    if (ctx->privileged) {
        const struct vr_qemu_conf *c = vr_qemu.conf;
        vr_autofree char *helper = vr_helper_path("vireo-launch");
        vr_qemu_caps_probe_as(helper, c->user_known ? c->uid : NOBODY, c->user_known ? c->gid : NOBODY, c->groups, c->group_count);
    }
    if (ctx->privileged)
        vr_qemu.cgroups = vr_cgroup_host_read((const char *const *)vr_qemu.conf->cgroup_controllers);
    vr_qemu.domains = vr_domain_list_new();
    vr_qemu.group = vr_group_new("qemu");
    vr_netport_on_started(vr_nets_network_started);
    /* Running guests first: a definition that is also running joins what its status document said. */
    return vr_load_statuses(err) && vr_load_configs(err);
}

/* ---- after the start, and at SIGHUP ------------------------------------------------------------------------------- */

VR_SUSPENDS static void driver_resume(void)
{
    vr_process_reconnect_all();
    vr_load_put_right();
    vr_autostart_all();
    vr_domain_pack_all(vr_qemu.domains);
}

VR_SUSPENDS static void driver_reload(void)
{
    vr_load_again();
    vr_domain_pack_all(vr_qemu.domains);
}

/* ---- the end ------------------------------------------------------------------------------------------------------ */

/* Guests keep running; a start or stop in progress is given its time by the daemon before this is called. */
VR_SUSPENDS static void driver_stop(void)
{
    vr_qemu.stopping = true;
    vr_netport_on_started(NULL);
    vr_group_close(vr_qemu.group);
    VR_AUTO_DOMAINS all = vr_domain_list_all(vr_qemu.domains);
    for (size_t i = 0; i < all.n; i++)
        vr_process_forget(all.v[i]);
    vr_domain_array_free(&all);
    vr_group_free(vr_qemu.group);
    vr_domain_list_free(vr_qemu.domains);
    vr_qemu_conf_free(vr_qemu.conf);
    vr_cgroup_host_free(vr_take(vr_qemu.cgroups));
    vr_machined_done();
    vr_emulators_done();
    char **const texts[] = { &vr_qemu.config_dir, &vr_qemu.autostart_dir, &vr_qemu.state_dir, &vr_qemu.lib_dir,
                             &vr_qemu.channel_dir, &vr_qemu.save_dir, &vr_qemu.log_dir, &vr_qemu.cache_dir };
    for (size_t i = 0; i < VR_COUNT(texts); i++)
        free(vr_take(*texts[i]));
    vr_qemu.group = NULL;
    vr_qemu.domains = NULL;
    vr_qemu.conf = NULL;
}

static bool driver_open(struct vr_conn *conn, const char *path, struct vr_error **err)
{
    const char *want = vr_qemu.session ? "/session" : "/system";
    /* A system daemon takes both, as it always has. */
    if (vr_streq(path, want) || (!vr_qemu.session && vr_streq(path, "/session")))
        return true;
    return vr_error_report(err, VIR_FROM_NONE, VIR_ERR_INTERNAL_ERROR, -1,
                           _("unexpected qemu URI path '%s', try qemu://%s"), path, want);
}

static size_t driver_active(void)
{
    return vr_qemu.domains ? vr_domain_list_active(vr_qemu.domains) : 0;
}

static const char *const schemes[] = { "qemu", NULL };
static const struct vr_driver_row *const tables[] = {
    vr_rows_list, vr_rows_define, vr_rows_lifecycle, vr_rows_info, vr_rows_memory, vr_rows_vcpu, vr_rows_stats,
    vr_rows_console, vr_rows_monitor, vr_rows_metadata, vr_rows_connect, vr_rows_node, vr_rows_native,
    vr_rows_misc, vr_rows_interface, vr_rows_host, vr_rows_autostart, vr_rows_sched, vr_rows_limits, vr_rows_pin,
    vr_rows_jobs, vr_rows_fdgroup, NULL,
};

const struct vr_driver vr_qemu_driver = {
    .name = "QEMU",
    .kind = VR_DRIVER_HYPERVISOR,
    .schemes = schemes,
    .rows = tables,
    .feature_error_domain = VIR_FROM_QEMU,
    .start = driver_start,
    .resume = driver_resume,
    .reload = driver_reload,
    .stop = driver_stop,
    .open = driver_open,
    .active = driver_active,
};
