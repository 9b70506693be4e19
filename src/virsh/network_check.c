/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* net-check: a call of our own. The library that virsh runs on, or the daemon, may be another's and not know it. */
#include "find.h"
#include "groups.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include "base/cleanup.h"

static bool check_run(struct vr_cmd *cmd)
{
    const char *name = NULL;
    vr_auto(network) virNetworkPtr net = vr_network(cmd, &name);
    if (!net)
        return false;
    /* Looked up when asked for: named outright, virsh would not even start on a library without it. */
    char *(*check)(virNetworkPtr network, unsigned int flags) = (char *(*)(virNetworkPtr, unsigned))dlsym(RTLD_DEFAULT,
                                                                                                      "virVireoNetworkCheck");
    if (!check)
        return vr_complain(cmd, "%s", _("this library cannot check networks: it is not vireo's"));
    vr_autofree char *report = check(net, 0);
    if (!report)
        return vr_complain(cmd, _("failed to check network %s"), name);
    vr_print(cmd, "%s", report);
    return strstr(report, "\nresult: good") != NULL;
}

static const struct vr_opt check_opts[] = {
    VR_OPT_NETWORK_(vr_complete_network_active), { 0 },
};
const struct vr_command vr_cmd_net_check = {
    "net-check", check_opts, check_run, 0, N_("follow a packet through the host's rules"),
    N_("Sends packets as a guest of an active network would, to the outside and to the host's DNS and DHCP, and says which table "
       "and chain drops one. Fails when guests do not get what the network promises."), NULL,
};
