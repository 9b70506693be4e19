/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stats [URI]: CPU time and memory of all running guests, with one call. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    virConnectPtr conn = virConnectOpenReadOnly(argc > 1 ? argv[1] : NULL);
    if (!conn)
        return EXIT_FAILURE;
    virDomainStatsRecordPtr *records = NULL;
    int count = virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON, &records,
                                            VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING |
                                            VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    for (int i = 0; i < count; i++) {
        unsigned long long cpu_ns = 0, memory_kib = 0;
        virTypedParamsGetULLong(records[i]->params, records[i]->nparams, "cpu.time", &cpu_ns);
        virTypedParamsGetULLong(records[i]->params, records[i]->nparams, "balloon.current", &memory_kib);
        printf("%s: %.2f s of CPU, %llu MiB\n", virDomainGetName(records[i]->dom), (double)cpu_ns / 1e9, memory_kib / 1024);
    }
    virDomainStatsRecordListFree(records);
    virConnectClose(conn);
    return count < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
