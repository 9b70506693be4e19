/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guests [URI]: all guests with their state, in one call for the list and one for each guest. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>

static const char *state_name(int state)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
        return "running";
    case VIR_DOMAIN_PAUSED:
        return "paused";
    case VIR_DOMAIN_SHUTDOWN:
        return "in shutdown";
    case VIR_DOMAIN_SHUTOFF:
        return "shut off";
    case VIR_DOMAIN_CRASHED:
        return "crashed";
    case VIR_DOMAIN_PMSUSPENDED:
        return "asleep";
    default:
        return "unknown";
    }
}

int main(int argc, char **argv)
{
    virConnectPtr conn = virConnectOpenReadOnly(argc > 1 ? argv[1] : NULL);
    if (!conn)
        return EXIT_FAILURE; /* the library has printed why */
    virDomainPtr *guests = NULL;
    int count = virConnectListAllDomains(conn, &guests, 0);
    for (int i = 0; i < count; i++) {
        virDomainInfo info;
        if (virDomainGetInfo(guests[i], &info) == 0) /* it may have gone since it was listed */
            printf("%-20s %-12s %6lu MiB %2u CPUs\n", virDomainGetName(guests[i]), state_name(info.state), info.memory / 1024,
                   info.nrVirtCpu);
        virDomainFree(guests[i]);
    }
    free(guests);
    virConnectClose(conn);
    return count < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
