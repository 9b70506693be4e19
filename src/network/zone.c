/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_FIREWALL
#define VR_LOG_SOURCE "network.zone"
/* Bridges in firewalld's zones: the document's, else the one that is installed for virtual networks. */
#include "base/log.h"
#include "base/str.h"
#include "firewall_internal.h"
#include "host/firewalldbus.h"

#define ZONE "libvirt"
#define ZONE_ROUTED "libvirt-routed"

VR_SUSPENDS bool vr_firewall_zone_set(const struct vr_firewall_net *net, vr_time deadline, struct vr_error **err)
{
    bool runs = vr_firewalld_runs(deadline);
    if (net->zone && !runs)
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("zone %s requested for network %s but firewalld is not active"),
                       net->zone, net->name);
    if (!runs)
        return true;
    const char *zone = net->zone;
    if (!zone && net->mode == VR_FIREWALL_ROUTE && vr_firewalld_has_zone(ZONE_ROUTED, deadline))
        zone = ZONE_ROUTED;
    if (!zone && !vr_firewalld_has_zone(ZONE, deadline))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s",
                       _("firewalld is set to use the nftables backend, but the required firewalld 'libvirt' zone is missing. "
                         "Either set the firewalld backend to 'iptables', or ensure that firewalld has a 'libvirt' zone by "
                         "upgrading firewalld to a version supporting rule priorities (0.7.0+) and/or rebuilding libvirt with "
                         "--with-firewalld-zone"));
    return vr_firewalld_set_zone(net->bridge, zone ? zone : ZONE, deadline, err);
}

VR_SUSPENDS void vr_firewall_zone_unset(const struct vr_firewall_net *net, vr_time deadline)
{
    if (vr_firewalld_runs(deadline))
        vr_firewalld_unset_zone(net->bridge, deadline);
}

VR_SUSPENDS void vr_firewall_zones_again(vr_time deadline)
{
    for (size_t i = 0; i < vr_firewall_count(); i++) {
        VR_AUTO(vr_error) *err = NULL;
        if (!vr_firewall_zone_set(vr_firewall_at(i), deadline, &err))
            vr_warn("zone of '%s': %s", vr_firewall_at(i)->bridge, vr_error_text(err));
    }
}
