/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls about the host whose parameters need more than copying in order; the reasons stand in api/client.exceptions. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "call.h"
#include "src/client/entry_rules.h"

#define TOO_MANY(c, what, got, most) \
    vr_error_report(&(c)->err, VIR_FROM_REMOTE, VIR_ERR_RPC, -1, "too many %s '%u' for limit '%d'", what, got, most)

/* CPU and memory statistics have one shape: named numbers, or how many there are. */
#define STATS(name, type, wire, first)                                                                                 \
    struct vr_##name##_args in = { .first = cell, .nparams = nparams ? *nparams : 0, .flags = flags };                 \
    struct vr_##name##_ret out;                                                                                        \
    bool ok = vr_begin_connect(&c, conn) && vr_arg(&c, nparams, "nparams") &&                                          \
              vr_within(&c, *nparams, INT32_MAX, "nparams") &&                                                         \
              vr_arg_there(&c, params || !*nparams, "params") &&                                                       \
              vr_send(&c, &vr_api_##name, &in, &out);                                                                  \
    if (ok && *nparams == 0) {                                                                                         \
        *nparams = out.nparams;                                                                                        \
    } else if (ok && out.params_count > (uint32_t)*nparams) {                                                          \
        ok = TOO_MANY(&c, "stats", out.params_count, *nparams);                                                        \
    } else if (ok) {                                                                                                   \
        for (uint32_t i = 0; i < out.params_count; i++) {                                                              \
            memset(&params[i], 0, sizeof(params[i]));                                                                  \
            memcpy(params[i].field, out.params[i].field, strnlen(out.params[i].field, sizeof(params[i].field) - 1));   \
            params[i].value = out.params[i].value;                                                                     \
        }                                                                                                              \
        *nparams = (int)out.params_count;                                                                              \
    }                                                                                                                  \
    return vr_end(&c, ok) ? 0 : -1

int virNodeGetCPUStats(virConnectPtr conn, int cell, virNodeCPUStatsPtr params, int *nparams, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    STATS(node_get_cpu_stats, virNodeCPUStats, node_get_cpu_stats, cpu_num);
}

int virNodeGetMemoryStats(virConnectPtr conn, int cell, virNodeMemoryStatsPtr params, int *nparams, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    STATS(node_get_memory_stats, virNodeMemoryStats, node_get_memory_stats, cell_num);
}

int virNodeGetCellsFreeMemory(virConnectPtr conn, unsigned long long *freeMems, int startCell, int maxCells)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_node_get_cells_free_memory_args in = { .start_cell = startCell, .maxcells = maxCells };
    struct vr_node_get_cells_free_memory_ret out;
    bool ok = vr_begin_connect(&c, conn) && VR_RULES_virNodeGetCellsFreeMemory && vr_arg(&c, freeMems, "freeMems") &&
              vr_within(&c, maxCells, REMOTE_NODE_MAX_CELLS, "maxCells") &&
              vr_send(&c, &vr_api_node_get_cells_free_memory, &in, &out);
    if (ok && out.cells_count > (uint32_t)maxCells)
        ok = TOO_MANY(&c, "cells", out.cells_count, maxCells);
    for (uint32_t i = 0; ok && i < out.cells_count; i++)
        freeMems[i] = out.cells[i];
    return vr_end(&c, ok) ? (int)out.cells_count : -1;
}

int virNodeGetFreePages(virConnectPtr conn, unsigned int npages, unsigned int *pages, int startCell,
                        unsigned int cellCount, unsigned long long *counts, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_node_get_free_pages_args in = { .pages_count = npages, .pages = pages, .start_cell = startCell,
                                              .cell_count = cellCount, .flags = flags };
    struct vr_node_get_free_pages_ret out;
    bool ok = vr_begin_connect(&c, conn) && VR_RULES_virNodeGetFreePages &&
              vr_arg(&c, pages, "pages") && vr_arg(&c, counts, "counts") &&
              vr_within(&c, npages, REMOTE_NODE_MAX_CELLS, "npages") &&
              vr_within(&c, cellCount, REMOTE_NODE_MAX_CELLS, "cellCount") &&
              vr_send(&c, &vr_api_node_get_free_pages, &in, &out);
    if (ok && out.counts_count > (uint64_t)npages * cellCount)
        ok = TOO_MANY(&c, "counts", out.counts_count, (int)(npages * cellCount));
    for (uint32_t i = 0; ok && i < out.counts_count; i++)
        counts[i] = out.counts[i];
    return vr_end(&c, ok) ? (int)out.counts_count : -1;
}

int virNodeAllocPages(virConnectPtr conn, unsigned int npages, unsigned int *pageSizes, unsigned long long *pageCounts,
                      int startCell, unsigned int cellCount, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_node_alloc_pages_args in = { .page_sizes_count = npages, .page_sizes = pageSizes,
                                           .page_counts_count = npages, .start_cell = startCell,
                                           .cell_count = cellCount, .flags = flags };
    struct vr_node_alloc_pages_ret out;
    bool ok = vr_begin_connect(&c, conn) && VR_RULES_virNodeAllocPages && vr_arg(&c, pageSizes, "pageSizes") &&
              vr_arg(&c, pageCounts, "pageCounts") &&
              vr_within(&c, npages, REMOTE_NODE_MAX_CELLS, "npages");
    if (ok) {
        in.page_counts = vr_arena_alloc(c.arena, npages * sizeof(*in.page_counts) + 1);
        for (unsigned i = 0; i < npages; i++)
            in.page_counts[i] = pageCounts[i];
        ok = vr_send(&c, &vr_api_node_alloc_pages, &in, &out);
    }
    return vr_end(&c, ok) ? out.ret : -1;
}

int virNodeGetCPUMap(virConnectPtr conn, unsigned char **cpumap, unsigned int *online, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_node_get_cpu_map_args in = { .need_map = cpumap != NULL, .need_online = online != NULL, .flags = flags };
    struct vr_node_get_cpu_map_ret out;
    bool ok = vr_begin_connect(&c, conn) && vr_send(&c, &vr_api_node_get_cpu_map, &in, &out);
    if (ok && cpumap && (out.ret < 0 || (uint64_t)out.ret > (uint64_t)out.cpumap_len * 8)) /* applications look at so many bits */
        ok = TOO_MANY(&c, "CPUs", (uint32_t)out.ret, (int)(out.cpumap_len * 8));
    if (ok && cpumap)
        *cpumap = out.cpumap_len ? vr_memdup(out.cpumap, out.cpumap_len) : NULL;
    if (ok && online)
        *online = out.online;
    return vr_end(&c, ok) ? out.ret : -1;
}

/* Text that travels as characters, its NUL included or not. */
static void chars(char *to, size_t room, const char *from, uint32_t count)
{
    size_t len = count < room ? count : room - 1;
    memset(to, 0, room);
    if (len)
        memcpy(to, from, len);
}

int virNodeGetSecurityModel(virConnectPtr conn, virSecurityModelPtr secmodel)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_void in = { 0 };
    struct vr_node_get_security_model_ret out;
    bool ok = vr_begin_connect(&c, conn) && vr_arg(&c, secmodel, "secmodel") &&
              vr_send(&c, &vr_api_node_get_security_model, &in, &out);
    if (ok) {
        chars(secmodel->model, sizeof(secmodel->model), out.model, out.model_count);
        chars(secmodel->doi, sizeof(secmodel->doi), out.doi, out.doi_count);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

/* ---- security labels of guests: the same characters -------------------------------------------------------------- */

int virDomainGetSecurityLabel(virDomainPtr domain, virSecurityLabelPtr seclabel)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_security_label_args in;
    struct vr_domain_get_security_label_ret out;
    bool ok = vr_begin(&c, VR_HANDLE_DOMAIN, domain) && vr_arg(&c, seclabel, "seclabel");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send(&c, &vr_api_domain_get_security_label, &in, &out);
    }
    if (ok) {
        chars(seclabel->label, sizeof(seclabel->label), out.label, out.label_count);
        seclabel->enforcing = out.enforcing;
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virDomainGetSecurityLabelList(virDomainPtr domain, virSecurityLabelPtr *seclabels)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_security_label_list_args in;
    struct vr_domain_get_security_label_list_ret out;
    bool ok = vr_begin(&c, VR_HANDLE_DOMAIN, domain) && vr_arg(&c, seclabels, "seclabels");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send(&c, &vr_api_domain_get_security_label_list, &in, &out);
    }
    if (ok) {
        *seclabels = vr_alloc((out.labels_count + 1) * sizeof(**seclabels));
        for (uint32_t i = 0; i < out.labels_count; i++) {
            chars((*seclabels)[i].label, sizeof((*seclabels)[i].label), out.labels[i].label, out.labels[i].label_count);
            (*seclabels)[i].enforcing = out.labels[i].enforcing;
        }
    }
    return vr_end(&c, ok) ? (int)out.labels_count : -1;
}

/* ---- values of other objects ------------------------------------------------------------------------------------- */

unsigned char *virSecretGetValue(virSecretPtr secret, size_t *value_size, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_SECRET);
    struct vr_secret_get_value_args in = { .flags = flags };
    struct vr_secret_get_value_ret out;
    bool ok = vr_begin(&c, VR_HANDLE_SECRET, secret) && vr_arg(&c, value_size, "value_size");
    if (ok) {
        in.secret = vr_put_secret(secret);
        ok = vr_send(&c, &vr_api_secret_get_value, &in, &out);
    }
    unsigned char *value = NULL;
    if (ok) {
        value = vr_alloc(out.value_len + 1);
        if (out.value_len)
            memcpy(value, out.value, out.value_len);
        *value_size = out.value_len;
    }
    vr_end(&c, ok);
    return value;
}

const char *virNodeDeviceGetParent(virNodeDevicePtr dev)
{
    VR_CALL(c, VIR_FROM_NODEDEV);
    struct vr_node_device_get_parent_args in;
    struct vr_node_device_get_parent_ret out;
    bool ok = vr_begin(&c, VR_HANDLE_NODEDEV, dev);
    const char *parent = NULL;
    if (ok) {
        pthread_mutex_lock(&c.conn->lock);
        parent = dev->h.second;
        pthread_mutex_unlock(&c.conn->lock);
    }
    if (ok && !parent) { /* asked once: that the device went meanwhile does not change it */
        in.name = dev->h.name;
        ok = vr_send(&c, &vr_api_node_device_get_parent, &in, &out);
    }
    if (ok && !parent) {
        pthread_mutex_lock(&c.conn->lock); /* the text must last as long as the object */
        if (!dev->h.second)
            dev->h.second = vr_strdup(out.parent_name);
        parent = dev->h.second;
        pthread_mutex_unlock(&c.conn->lock);
    }
    vr_end(&c, ok);
    return parent;
}

int virNetworkGetDHCPLeases(virNetworkPtr network, const char *mac, virNetworkDHCPLeasePtr **leases, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_NETWORK);
    struct vr_network_get_dhcp_leases_args in = { .mac = mac, .need_results = leases != NULL, .flags = flags };
    struct vr_network_get_dhcp_leases_ret out;
    bool ok = vr_begin(&c, VR_HANDLE_NETWORK, network);
    if (ok) {
        in.net = vr_put_network(network);
        ok = vr_send(&c, &vr_api_network_get_dhcp_leases, &in, &out);
    }
    if (ok && leases) {
        *leases = vr_list_new(out.leases_count);
        for (uint32_t i = 0; i < out.leases_count; i++) {
            const struct vr_network_dhcp_lease *l = &out.leases[i];
            virNetworkDHCPLeasePtr to = (*leases)[i] = vr_new(virNetworkDHCPLease);
            *to = (virNetworkDHCPLease){ .iface = vr_strdup(l->iface), .expirytime = l->expirytime, .type = l->type,
                                         .mac = vr_strdup(l->mac), .iaid = vr_strdup(l->iaid),
                                         .ipaddr = vr_strdup(l->ipaddr), .prefix = l->prefix,
                                         .hostname = vr_strdup(l->hostname), .clientid = vr_strdup(l->clientid) };
        }
    }
    return vr_end(&c, ok) ? (int)(leases ? out.leases_count : out.ret) : -1;
}

void virNetworkDHCPLeaseFree(virNetworkDHCPLeasePtr lease)
{
    if (!lease)
        return;
    free(lease->iface);
    free(lease->mac);
    free(lease->iaid);
    free(lease->ipaddr);
    free(lease->hostname);
    free(lease->clientid);
    free(lease);
}
