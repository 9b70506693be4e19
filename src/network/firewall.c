/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
#define VR_LOG_SOURCE "network.firewall"
#include "firewall.h"
#include <ctype.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "firewall_internal.h"
#include "host/netlink.h"
#include "host/nft.h"
#include "loop/loop.h"

/* The remembered networks. Changed under the lock only: what the kernel has and what is here change together. */
static struct {
    struct vr_firewall_net **v;
    size_t n, cap;
    struct vr_lock lock;
} all;

size_t vr_firewall_count(void)
{
    return all.n;
}

const struct vr_firewall_net *vr_firewall_at(size_t i)
{
    return all.v[i];
}

static struct vr_firewall_net *net_copy(const struct vr_firewall_net *net)
{
    struct vr_firewall_net *copy = vr_new(struct vr_firewall_net);
    struct vr_firewall_subnet *subnets = vr_alloc((net->subnet_count + 1) * sizeof(*subnets));
    *copy = *net;
    copy->name = vr_strdup(net->name);
    copy->bridge = vr_strdup(net->bridge);
    copy->forward_dev = vr_strdup(net->forward_dev);
    copy->zone = vr_strdup(net->zone);
    copy->nat_start = vr_strdup(net->nat_start);
    copy->nat_end = vr_strdup(net->nat_end);
    for (size_t i = 0; i < net->subnet_count; i++) {
        subnets[i] = net->subnets[i];
        subnets[i].address = vr_strdup(net->subnets[i].address);
    }
    copy->subnets = subnets;
    return copy;
}

static void net_free(struct vr_firewall_net *net)
{
    if (!net)
        return;
    for (size_t i = 0; i < net->subnet_count; i++)
        free((char *)net->subnets[i].address);
    free((struct vr_firewall_subnet *)net->subnets);
    free((char *)net->name);
    free((char *)net->bridge);
    free((char *)net->forward_dev);
    free((char *)net->zone);
    free((char *)net->nat_start);
    free((char *)net->nat_end);
    free(net);
}

static size_t find(const char *bridge)
{
    size_t i = 0;
    while (i < all.n && !vr_streq(all.v[i]->bridge, bridge))
        i++;
    return i;
}

static void remember(const struct vr_firewall_net *net)
{
    size_t i = find(net->bridge);
    if (i == all.n) {
        VR_GROW(all.v, all.n + 1, all.cap);
        all.n++;
    } else {
        net_free(all.v[i]);
    }
    all.v[i] = net_copy(net);
}

static void forget(size_t i)
{
    net_free(all.v[i]);
    memmove(&all.v[i], &all.v[i + 1], (--all.n - i) * sizeof(*all.v));
}

void vr_firewall_forget_all(void)
{
    while (all.n)
        forget(all.n - 1);
    free(vr_take(all.v));
    all.cap = 0;
}

/* A '*' at a name's end stands for any ending in nft; quotes and backslashes are its own. */
static bool usable(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_.-+@=", *c))
            return false;
    return *name && strlen(name) < VR_IFNAME;
}

static bool check_names(const struct vr_firewall_net *net, struct vr_error **err)
{
    const char *const names[] = { net->bridge, net->forward_dev };
    for (size_t i = 0; i < VR_COUNT(names); i++)
        if (names[i] && !usable(names[i]))
            return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED,
                           _("the interface name '%s' cannot be used in firewall rules: letters, digits and _.-+@= only"),
                           names[i]);
    return true;
}

/* ---- changes ------------------------------------------------------------------------------------------------------- */

static void warn_foreign(vr_time deadline, struct vr_error *err)
{
    vr_warn("rules in other programs' tables: %s", vr_error_text(err));
}

VR_SUSPENDS static bool put_locked(const struct vr_firewall_net *net, vr_time deadline, struct vr_error **err)
{
    if (!vr_firewall_zone_set(net, deadline, err))
        return false;
    struct vr_json *commands = vr_json_array();
    size_t i = find(net->bridge);
    vr_firewall_skeleton(commands);
    if (i < all.n) /* its kind may be another now */
        vr_firewall_drop_net(commands, all.v[i]);
    vr_firewall_add_net(commands, net);
    if (!vr_nft_run(commands, deadline, err))
        return false;
    remember(net);
    VR_AUTO(vr_error) *foreign = NULL;
    if (!vr_firewall_foreign_sync_locked(deadline, &foreign))
        warn_foreign(deadline, foreign);
    return true;
}

VR_SUSPENDS bool vr_firewall_put(const struct vr_firewall_net *net, vr_time deadline, struct vr_error **err)
{
    if (!check_names(net, err) || !vr_lock_take(&all.lock, deadline, err))
        return false;
    bool ok = false;
    if (net->mode != VR_FIREWALL_OPEN || find(net->bridge) < all.n)
        ok = put_locked(net, deadline, err);
    else
        ok = vr_firewall_zone_set(net, deadline, err); /* there is nothing to write, nor to remember */
    vr_lock_release(&all.lock);
    return ok;
}

VR_SUSPENDS static bool remove_locked(size_t i, vr_time deadline, struct vr_error **err)
{
    struct vr_json *commands = vr_json_array();
    if (all.n == 1) {
        vr_firewall_table(commands, "add");
        vr_firewall_table(commands, "delete");
    } else {
        vr_firewall_skeleton(commands);
        vr_firewall_drop_net(commands, all.v[i]);
    }
    if (!vr_nft_run(commands, deadline, err))
        return false;
    vr_firewall_zone_unset(all.v[i], deadline);
    forget(i);
    VR_AUTO(vr_error) *foreign = NULL;
    if (!vr_firewall_foreign_sync_locked(deadline, &foreign))
        warn_foreign(deadline, foreign);
    return true;
}

VR_SUSPENDS bool vr_firewall_remove(const char *bridge, vr_time deadline, struct vr_error **err)
{
    if (!vr_lock_take(&all.lock, deadline, err))
        return false;
    size_t i = find(bridge);
    bool ok = i == all.n || remove_locked(i, deadline, err);
    vr_lock_release(&all.lock);
    return ok;
}

void vr_firewall_adopt(const struct vr_firewall_net *net)
{
    if (net->mode != VR_FIREWALL_OPEN && check_names(net, NULL))
        remember(net);
}

VR_SUSPENDS static bool apply_locked(vr_time deadline, struct vr_error **err)
{
    return vr_nft_run(vr_firewall_commands((const struct vr_firewall_net *const *)all.v, all.n), deadline, err);
}

VR_SUSPENDS bool vr_firewall_apply_all(vr_time deadline, struct vr_error **err)
{
    if (!vr_lock_take(&all.lock, deadline, err))
        return false;
    bool ok = !all.n || (apply_locked(deadline, err) && vr_firewall_foreign_sync_locked(deadline, err));
    vr_lock_release(&all.lock);
    return ok;
}

/* ---- comparing ----------------------------------------------------------------------------------------------------- */

/* What the commands write: each of their kinds is made once. */
static struct vr_nft_size wanted_size(void)
{
    struct vr_nft_size size = { 0 };
    VR_AUTO(vr_json) *commands = vr_firewall_commands((const struct vr_firewall_net *const *)all.v, all.n);
    for (size_t i = 0; i < vr_json_len(commands); i++) {
        const struct vr_json *add = vr_json_get_object(vr_json_at(commands, i), "add");
        size.chains += vr_json_get(add, "chain") != NULL;
        size.rules += vr_json_get(add, "rule") != NULL;
        size.elements += vr_json_get(add, "element") != NULL;
    }
    return size;
}

VR_SUSPENDS bool vr_firewall_check(bool *repaired, vr_time deadline, struct vr_error **err)
{
    if (!vr_lock_take(&all.lock, deadline, err))
        return false;
    bool ok = true, same = all.n == 0;
    if (all.n) {
        struct vr_nft_size now, wanted = wanted_size();
        same = vr_nft_table_size(NFPROTO_INET, VR_FIREWALL_TABLE, vr_firewall_map_names, &now) && now.chains == wanted.chains &&
               now.rules == wanted.rules && now.elements == wanted.elements;
    }
    if (!same)
        ok = apply_locked(deadline, err);
    if (ok && all.n)
        ok = vr_firewall_foreign_sync_locked(deadline, err);
    vr_lock_release(&all.lock);
    if (repaired)
        *repaired = ok && !same;
    return ok;
}

VR_SUSPENDS void vr_firewall_zones(vr_time deadline)
{
    if (!vr_lock_take(&all.lock, deadline, NULL))
        return;
    vr_firewall_zones_again(deadline);
    vr_lock_release(&all.lock);
}

VR_SUSPENDS bool vr_firewall_foreign_sync(vr_time deadline, struct vr_error **err)
{
    if (!vr_lock_take(&all.lock, deadline, err))
        return false;
    bool ok = vr_firewall_foreign_sync_locked(deadline, err);
    vr_lock_release(&all.lock);
    return ok;
}
