/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
#define VR_LOG_SOURCE "network.driver"
/* The driver as the daemon sees it: its tables, its start, its end. */
#include "driver.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/log.h"
#include "base/paths.h"
#include "base/str.h"
#include "dhcpd.h"
#include "driver/conf.h"
#include "driver/netport.h"
#include "driver/store.h"
#include "firewall.h"
#include "loop/loop.h"
#include "net.h"
#include "netops.h"
#include "rows.h"
#include "start.h"
#include "status.h"

/* How long the end of the daemon waits for a network that is just being started. */
#define STOP_WAIT VR_SEC(15)

struct vr_networks vr_networks;

/* ---- network.conf -------------------------------------------------------------------------------------------------- */

struct settings {
    char *firewall_backend;
};
static const char *const backends[] = { "nftables", "iptables", NULL };
static const struct vr_conf_key keys[] = {
    { .name = "firewall_backend", .type = VR_CONF_STRING, .effect = VR_CONF_WORKS,
      .offset = offsetof(struct settings, firewall_backend), .values = backends },
    { 0 },
};

/* A file that newer releases have. Rules are nftables' here; one who asks for the other must know. */
static bool read_conf(const struct vr_dirs *dirs, struct vr_error **err)
{
    vr_autofree char *path = vr_printf("%s/network.conf", dirs->config);
    VR_AUTO(vr_conf) *conf = vr_conf_load(path, true, err);
    struct settings s = { 0 };
    bool good = conf && vr_conf_apply(conf, keys, &s, err);
    if (good && s.firewall_backend && s.firewall_backend[0] == 'i')
        good = vr_error_report(err, VIR_FROM_CONF, VIR_ERR_CONF_SYNTAX, -1,
                               _("%s: firewall_backend 'iptables' is not built; rules are written with nftables"), path);
    vr_conf_release(keys, &s);
    return good;
}

/* ---- start --------------------------------------------------------------------------------------------------------- */

static bool make_dir(const char *path, struct vr_error **err)
{
    vr_autofree char *dir = vr_strdup(path);
    for (char *slash = dir + 1; *slash; slash++)
        if (*slash == '/') {
            *slash = 0;
            mkdir(dir, 0755); /* the last one tells */
            *slash = '/';
        }
    return mkdir(dir, 0755) == 0 || errno == EEXIST ||
           vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot create directory %s"), dir);
}

static bool driver_start(const struct vr_daemon_context *ctx, struct vr_error **err)
{
    const struct vr_dirs *dirs = ctx->dirs;
    vr_networks = (struct vr_networks){ .privileged = ctx->privileged, .session = ctx->session };
    vr_networks.config_dir = vr_printf("%s/qemu/networks", dirs->config);
    vr_networks.autostart_dir = vr_printf("%s/qemu/networks/autostart", dirs->config);
    vr_networks.state_dir = vr_printf(ctx->session ? "%s/network/lib" : "%s/network", dirs->run);
    vr_networks.dnsmasq_dir = vr_printf(ctx->session ? "%s/dnsmasq/lib" : "%s/dnsmasq", dirs->lib);
    vr_networks.list = vr_net_list_new();
    vr_networks.group = vr_group_new("network");
    vr_networks.work = vr_group_new("network work");
    if (!read_conf(dirs, err) || !make_dir(vr_networks.config_dir, err) || !make_dir(vr_networks.state_dir, err) ||
        !make_dir(vr_networks.dnsmasq_dir, err) || !vr_net_load_all(err))
        return false;
    vr_netport_set(&vr_net_ops);
    return true;
}

VR_SUSPENDS static void autostart_one(void *arg)
{
    VR_AUTO_NET *net = arg;
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO_HELD held = { 0 };
    if (!vr_net_hold(net, &held, &err) || net->live || !net->autostart)
        return;
    if (!vr_net_start_persistent(net, &err))
        vr_logerr("Failed to autostart network '%s': %s", net->name, vr_error_text(err));
}

/* Once per boot: the mark lives where a boot clears it. */
VR_SUSPENDS static void autostart(void)
{
    vr_autofree char *mark = vr_printf("%s/autostarted", vr_networks.state_dir);
    if (access(mark, F_OK) == 0) /* below /run */
        return;
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_store_write(mark, "", vr_after(VR_SPAN_STORE), &err)) {
        vr_logerr("no network is started automatically: %s", vr_error_text(err));
        return;
    }
    VR_AUTO_NETS all = vr_net_list_all(vr_networks.list);
    for (size_t i = 0; i < all.n && !vr_networks.stopping; i++)
        if (all.v[i]->autostart && !all.v[i]->live)
            autostart_one(vr_net_ref(all.v[i]));
    if (vr_networks.stopping)
        unlink(mark); /* the next daemon goes on with it; those that were started are active then */
}

VR_SUSPENDS static void repair_all(void)
{
    VR_AUTO_NETS all = vr_net_list_all(vr_networks.list);
    for (size_t i = 0; i < all.n && !vr_networks.stopping; i++) {
        VR_AUTO(vr_error) *err = NULL;
        VR_AUTO_HELD held = { 0 };
        if (all.v[i]->live && vr_net_hold(all.v[i], &held, &err))
            vr_net_repair(all.v[i]);
    }
    bool repaired = false;
    VR_AUTO(vr_error) *err = NULL;
    if (vr_firewall_count() && !vr_firewall_check(&repaired, vr_after(VR_NET_SPAN_STEP), &err))
        vr_logerr("the networks' rules in the packet filter could not be checked: %s", vr_error_text(err));
    else if (repaired)
        vr_warn("rules of networks were missing in the packet filter; they are back");
}

VR_SUSPENDS static void resume_main(void *arg)
{
    vr_net_save_completed();
    repair_all();
    autostart();
    VR_AUTO(vr_error) *err = NULL;
    if (vr_networks.privileged && !vr_networks.stopping && !vr_fwwatch_start(&err))
        vr_warn("changes of the packet filter's rules by others will not be seen: %s", vr_error_text(err));
}

VR_SUSPENDS static void driver_resume(void)
{
    VR_AUTO(vr_error) *err = NULL;
    if (!vr_fiber_start(vr_networks.work, "networks", resume_main, NULL, &err))
        vr_logerr("networks are neither repaired nor started: %s", vr_error_text(err));
}

VR_SUSPENDS static void driver_reload(void)
{
    vr_net_load_again();
    vr_net_save_completed();
    bool repaired;
    VR_AUTO(vr_error) *err = NULL;
    if (vr_firewall_count() && !vr_firewall_check(&repaired, vr_after(VR_NET_SPAN_STEP), &err))
        vr_logerr("the networks' rules in the packet filter could not be checked: %s", vr_error_text(err));
}

/* ---- the end ------------------------------------------------------------------------------------------------------- */

/* Networks keep running. */
VR_SUSPENDS static void driver_stop(void)
{
    vr_networks.stopping = true;
    vr_netport_set(NULL);
    vr_group_close(vr_networks.group);
    vr_group_join(vr_networks.work, vr_after(STOP_WAIT), NULL);
    vr_group_close(vr_networks.work);
    vr_fwwatch_stop();
    VR_AUTO_NETS all = vr_net_list_all(vr_networks.list);
    for (size_t i = 0; i < all.n; i++)
        vr_dhcpd_forget(vr_take(all.v[i]->dhcpd));
    vr_net_array_free(&all);
    vr_firewall_forget_all();
    vr_group_free(vr_networks.group);
    vr_group_free(vr_networks.work);
    vr_net_list_free(vr_networks.list);
    char **const texts[] = { &vr_networks.config_dir, &vr_networks.autostart_dir, &vr_networks.state_dir, &vr_networks.dnsmasq_dir };
    for (size_t i = 0; i < VR_COUNT(texts); i++)
        free(vr_take(*texts[i]));
    vr_networks.group = vr_networks.work = NULL;
    vr_networks.list = NULL;
}

static size_t driver_active(void)
{
    size_t n = 0, pos = 0;
    for (struct vr_net *net; (net = vr_net_list_each(vr_networks.list, false, &pos));)
        n += vr_net_active(net);
    return n;
}

/* network:///system: this driver without a hypervisor. */
static bool driver_open(struct vr_conn *conn, const char *path, struct vr_error **err)
{
    const char *want = vr_networks.session ? "/session" : "/system";
    return vr_streq(path, want) ||
           vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("unexpected network URI path '%s', try network://%s"), path, want);
}

static const char *const schemes[] = { "network", NULL };
static const struct vr_driver_row *const tables[] = { vr_net_rows_list, vr_net_rows_define, vr_net_rows_update, vr_net_rows_port,
                                                      NULL };

const struct vr_driver vr_network_driver = {
    .name = "network", .kind = VR_DRIVER_NETWORK, .schemes = schemes, .open = driver_open, .rows = tables, .feature_error_domain = VIR_FROM_NETWORK,
    .start = driver_start, .resume = driver_resume, .reload = driver_reload, .stop = driver_stop, .active = driver_active,
};
