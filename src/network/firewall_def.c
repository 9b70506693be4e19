/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
/* What a network's document means for the packet filter. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "firewall.h"
#include "model/network.h"

struct filled {
    struct vr_firewall_net net;
    struct vr_firewall_subnet *subnets;
    char (*texts)[VR_IP_TEXT];
    char start[VR_IP_TEXT], end[VR_IP_TEXT];
};

static enum vr_firewall_mode mode_of(const struct vr_network_def *def)
{
    switch (def->forward.mode) {
    case VR_FORWARD_NAT: return VR_FIREWALL_NAT;
    case VR_FORWARD_ROUTE: return VR_FIREWALL_ROUTE;
    case VR_FORWARD_OPEN: return VR_FIREWALL_OPEN;
    default: return VR_FIREWALL_ISOLATED;
    }
}

static void fill(struct filled *f, const struct vr_network_def *def)
{
    const struct vr_network_forward *forward = &def->forward;
    *f = (struct filled){ .net = { .name = def->name, .bridge = def->bridge, .mode = mode_of(def), .zone = def->zone } };
    f->net.forward_dev = forward->dev ? forward->dev : forward->interfaces.n ? forward->interfaces.v[0]->dev : NULL;
    f->net.nat_ipv6 = forward->nat_ipv6 == VR_TRI_YES;
    if (vr_ip_set(&forward->nat_start)) {
        f->net.nat_start = vr_ip_text(&forward->nat_start, f->start);
        f->net.nat_end = vr_ip_set(&forward->nat_end) ? vr_ip_text(&forward->nat_end, f->end) : NULL;
    }
    f->net.port_start = forward->port_start.set ? forward->port_start.v : 0;
    f->net.port_end = forward->port_end.set ? forward->port_end.v : 0;
    f->subnets = vr_alloc((def->ips.n + def->routes.n + 1) * sizeof(*f->subnets));
    f->texts = vr_alloc((def->ips.n + def->routes.n + 1) * sizeof(*f->texts));
    for (size_t i = 0; i < def->ips.n; i++) {
        const struct vr_network_ip *ip = def->ips.v[i];
        int prefix = vr_network_ip_prefix(ip);
        f->net.tftp |= ip->tftp_root != NULL;
        if (!vr_ip_set(&ip->address) || prefix < 0)
            continue;
        struct vr_ipaddr network = vr_ip_network(&ip->address, (unsigned)prefix);
        size_t n = f->net.subnet_count++;
        f->subnets[n] = (struct vr_firewall_subnet){ network.family == VR_IP_V6, vr_ip_text(&network, f->texts[n]),
                                                     (unsigned)prefix };
    }
    f->net.subnets = f->subnets;
}

static void filled_done(struct filled *f)
{
    free(f->subnets);
    free(f->texts);
}

VR_SUSPENDS bool vr_firewall_up(const struct vr_network_def *def, vr_time deadline, struct vr_error **err)
{
    struct filled f;
    fill(&f, def);
    bool ok = vr_firewall_put(&f.net, deadline, err);
    filled_done(&f);
    return ok;
}

void vr_firewall_adopt_def(const struct vr_network_def *def)
{
    struct filled f;
    fill(&f, def);
    vr_firewall_adopt(&f.net);
    filled_done(&f);
}

struct vr_json *vr_firewall_commands_def(const struct vr_network_def *def)
{
    struct filled f;
    fill(&f, def);
    const struct vr_firewall_net *one = &f.net;
    struct vr_json *commands = vr_firewall_commands(&one, 1);
    filled_done(&f);
    return commands;
}
