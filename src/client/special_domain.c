/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls about guests that the description does not express; the reasons stand in api/client.exceptions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "call.h"
#include "src/client/entry_rules.h"

static bool too_many(struct vr_client_call *c, const char *what, uint32_t got, long long most)
{
    return vr_error_report(&c->err, VIR_FROM_REMOTE, VIR_ERR_RPC, -1, "too many %s '%u' for limit '%lld'", what, got,
                           most);
}

static bool begin(struct vr_client_call *c, virDomainPtr dom)
{
    return vr_begin(c, VR_HANDLE_DOMAIN, dom);
}

/* Copies bytes into the caller's memory of exactly @room bytes; fewer are followed by zeros. */
static bool fill(struct vr_client_call *c, void *to, size_t room, const uint8_t *from, uint32_t len)
{
    if (len > room)
        return too_many(c, "bytes", len, (long long)room);
    if (room)
        memset(to, 0, room);
    if (len)
        memcpy(to, from, len);
    return true;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

int virDomainCreate(virDomainPtr domain)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_create_args in;
    struct vr_void nothing;
    bool ok = begin(&c, domain);
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send(&c, &vr_api_domain_create, &in, &nothing);
    }
    if (ok) {
        struct vr_domain_lookup_by_uuid_args look;
        struct vr_domain_lookup_by_uuid_ret found;
        memcpy(look.uuid, domain->h.uuid, 16);
        ok = vr_send(&c, &vr_api_domain_lookup_by_uuid, &look, &found);
        if (ok)
            domain->h.id = found.dom.id;
    }
    return vr_end(&c, ok) ? 0 : -1;
}

virDomainPtr virDomainCreateLinux(virConnectPtr conn, const char *xmlDesc, unsigned int flags)
{
    return virDomainCreateXML(conn, xmlDesc, flags);
}

unsigned int virDomainGetID(virDomainPtr domain)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    bool ok = begin(&c, domain);
    unsigned int id = ok ? (unsigned int)domain->h.id : (unsigned int)-1;
    vr_end(&c, ok);
    return id;
}

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

int virDomainCreateWithFiles(virDomainPtr domain, unsigned int nfiles, int *files, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_create_with_files_args in = { .flags = flags };
    struct vr_domain_create_with_files_ret out;
    struct vr_extras extras = { .send_fds = files, .send_count = nfiles };
    bool ok = begin(&c, domain) && vr_arg_there(&c, files || !nfiles, "files");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send_with(&c, &vr_api_domain_create_with_files, &in, &out, &extras);
    }
    if (ok)
        domain->h.id = out.dom.id;
    return vr_end(&c, ok) ? 0 : -1;
}

virDomainPtr virDomainCreateXMLWithFiles(virConnectPtr conn, const char *xmlDesc, unsigned int nfiles, int *files,
                                         unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_create_xml_with_files_args in = { .xml_desc = xmlDesc, .flags = flags };
    struct vr_domain_create_xml_with_files_ret out;
    struct vr_extras extras = { .send_fds = files, .send_count = nfiles };
    bool ok = vr_begin_connect(&c, conn) && vr_arg(&c, xmlDesc, "xmlDesc") &&
              vr_arg_there(&c, files || !nfiles, "files") &&
              vr_send_with(&c, &vr_api_domain_create_xml_with_files, &in, &out, &extras);
    virDomainPtr dom = ok ? vr_get_domain(conn, &out.dom, NULL) : NULL;
    vr_end(&c, ok);
    return dom;
}

int virDomainFDAssociate(virDomainPtr domain, const char *name, unsigned int nfds, int *fds, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_fd_associate_args in = { .name = name, .flags = flags };
    struct vr_void out;
    struct vr_extras extras = { .send_fds = fds, .send_count = nfds };
    bool ok = begin(&c, domain) && vr_arg(&c, name, "name") && vr_arg(&c, fds, "fds") &&
              (nfds || vr_bad_arg(&c, "nfds", "nfds in %s must not be zero", c.function));
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send_with(&c, &vr_api_domain_fd_associate, &in, &out, &extras);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

static bool is_socket(struct vr_client_call *c, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return vr_error_report(&c->err, VIR_FROM_DOMAIN, VIR_ERR_SYSTEM_ERROR, errno,
                               "Unable to access file descriptor %d", fd);
    return S_ISSOCK(st.st_mode) || vr_bad_arg(c, "fd", "fd %d must be a socket", fd);
}

int virDomainOpenGraphics(virDomainPtr dom, unsigned int idx, int fd, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_open_graphics_args in = { .idx = idx, .flags = flags };
    struct vr_void out;
    struct vr_extras extras = { .send_fds = &fd, .send_count = 1 };
    bool ok = begin(&c, dom) && VR_RULES_virDomainOpenGraphics;
    if (ok) {
        in.dom = vr_put_domain(dom);
        ok = is_socket(&c, fd) && vr_send_with(&c, &vr_api_domain_open_graphics, &in, &out, &extras);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virDomainOpenGraphicsFD(virDomainPtr dom, unsigned int idx, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_open_graphics_fd_args in = { .idx = idx, .flags = flags };
    struct vr_void out;
    int fds[VIR_NET_MESSAGE_NUM_FDS_MAX];
    struct vr_extras extras = { .got_fds = fds };
    bool ok = begin(&c, dom);
    if (ok) {
        in.dom = vr_put_domain(dom);
        ok = vr_send_with(&c, &vr_api_domain_open_graphics_fd, &in, &out, &extras);
    }
    if (ok && extras.got_count != 1) {
        ok = vr_error_report(&c.err, VIR_FROM_REMOTE, VIR_ERR_INTERNAL_ERROR, -1, "%s", "no file descriptor received");
        for (size_t i = 0; i < extras.got_count; i++)
            close(fds[i]);
    }
    return vr_end(&c, ok) ? fds[0] : -1;
}

/* ---- processors -------------------------------------------------------------------------------------------------- */

int virDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr info, int maxinfo, unsigned char *cpumaps, int maplen)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_vcpus_args in = { .maxinfo = maxinfo, .maplen = cpumaps ? maplen : 0 };
    struct vr_domain_get_vcpus_ret out;
    bool ok = begin(&c, domain) && VR_RULES_virDomainGetVcpus &&
              vr_arg(&c, info, "info") && vr_within(&c, maxinfo, REMOTE_VCPUINFO_MAX, "maxinfo") &&
              vr_within(&c, maplen, REMOTE_CPUMAPS_MAX, "maplen") &&
              vr_within(&c, (long long)maxinfo * in.maplen, REMOTE_CPUMAPS_MAX, "maxinfo * maplen");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send(&c, &vr_api_domain_get_vcpus, &in, &out);
    }
    if (ok && out.info_count > (uint32_t)maxinfo)
        ok = too_many(&c, "vcpus", out.info_count, maxinfo);
    ok = ok && (!cpumaps || fill(&c, cpumaps, (size_t)maxinfo * (size_t)maplen, out.cpumaps, out.cpumaps_len));
    for (uint32_t i = 0; ok && i < out.info_count; i++)
        info[i] = (virVcpuInfo){ .number = out.info[i].number, .state = out.info[i].state,
                                 .cpuTime = out.info[i].cpu_time, .cpu = out.info[i].cpu };
    return vr_end(&c, ok) ? (int)out.info_count : -1;
}

int virDomainGetVcpuPinInfo(virDomainPtr domain, int ncpumaps, unsigned char *cpumaps, int maplen, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_vcpu_pin_info_args in = { .ncpumaps = ncpumaps, .maplen = maplen, .flags = flags };
    struct vr_domain_get_vcpu_pin_info_ret out;
    bool ok = begin(&c, domain) && VR_RULES_virDomainGetVcpuPinInfo && vr_arg(&c, cpumaps, "cpumaps") &&
              vr_within(&c, ncpumaps, REMOTE_VCPUINFO_MAX, "ncpumaps") &&
              vr_within(&c, maplen, REMOTE_CPUMAPS_MAX, "maplen") &&
              vr_within(&c, (long long)ncpumaps * maplen, REMOTE_CPUMAPS_MAX, "ncpumaps * maplen");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send(&c, &vr_api_domain_get_vcpu_pin_info, &in, &out) &&
             fill(&c, cpumaps, (size_t)ncpumaps * (size_t)maplen, out.cpumaps, out.cpumaps_len);
        if (ok && out.num > ncpumaps)
            ok = too_many(&c, "vcpus", (uint32_t)out.num, ncpumaps);
    }
    return vr_end(&c, ok) ? out.num : -1;
}

int virDomainGetEmulatorPinInfo(virDomainPtr domain, unsigned char *cpumaps, int maplen, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_emulator_pin_info_args in = { .maplen = maplen, .flags = flags };
    struct vr_domain_get_emulator_pin_info_ret out;
    bool ok = begin(&c, domain) && VR_RULES_virDomainGetEmulatorPinInfo && vr_arg(&c, cpumaps, "cpumaps") &&
              vr_within(&c, maplen, REMOTE_CPUMAPS_MAX, "maplen");
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send(&c, &vr_api_domain_get_emulator_pin_info, &in, &out) &&
             fill(&c, cpumaps, (size_t)maplen, out.cpumaps, out.cpumaps_len);
    }
    return vr_end(&c, ok) ? out.ret : -1;
}

/*
 * The answer is one flat list, processor after processor, without the places a processor had nothing for; the caller's
 * array has @nparams places for each.
 */
int virDomainGetCPUStats(virDomainPtr domain, virTypedParameterPtr params, unsigned int nparams, int start_cpu,
                         unsigned int ncpus, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_cpu_stats_args in = { .nparams = nparams, .start_cpu = start_cpu, .ncpus = ncpus };
    struct vr_domain_get_cpu_stats_ret out;
    bool ok = begin(&c, domain) && vr_within(&c, ncpus, REMOTE_DOMAIN_GET_CPU_STATS_NCPUS_MAX, "ncpus") &&
              vr_within(&c, nparams, REMOTE_DOMAIN_GET_CPU_STATS_MAX, "nparams") &&
              vr_arg_there(&c, (params != NULL) == (nparams != 0), "params");
    if (ok) {
        in.dom = vr_put_domain(domain);
        in.flags = flags | vr_strings_okay(&c);
        ok = vr_send(&c, &vr_api_domain_get_cpu_stats, &in, &out);
    }
    if (ok && nparams && out.params_count) {
        uint32_t each = ncpus ? out.params_count / ncpus : 0;
        if (!ncpus || out.params_count % ncpus || each > nparams)
            ok = too_many(&c, "stats", out.params_count, (long long)nparams * ncpus);
        if (ok)
            memset(params, 0, (size_t)nparams * ncpus * sizeof(*params));
        for (unsigned cpu = 0; ok && cpu < ncpus; cpu++)
            ok = vr_fill_params(&c, out.params + (size_t)cpu * each, each, params + (size_t)cpu * nparams,
                                (int)nparams);
    }
    if (ok && nparams && out.nparams > (int64_t)nparams) /* so many the application looks at */
        ok = too_many(&c, "stats", (uint32_t)out.nparams, nparams);
    return vr_end(&c, ok) ? out.nparams : -1;
}

int virDomainGetIOThreadInfo(virDomainPtr dom, virDomainIOThreadInfoPtr **info, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_iothread_info_args in = { .flags = flags };
    struct vr_domain_get_iothread_info_ret out;
    bool ok = begin(&c, dom) && VR_RULES_virDomainGetIOThreadInfo && vr_arg(&c, info, "info");
    if (ok) {
        in.dom = vr_put_domain(dom);
        ok = vr_send(&c, &vr_api_domain_get_iothread_info, &in, &out);
    }
    if (ok) {
        *info = vr_list_new(out.info_count);
        for (uint32_t i = 0; i < out.info_count; i++) {
            virDomainIOThreadInfoPtr to = (*info)[i] = vr_new(virDomainIOThreadInfo);
            to->iothread_id = out.info[i].iothread_id;
            to->cpumap = vr_alloc(out.info[i].cpumap_len + 1);
            to->cpumaplen = (int)out.info[i].cpumap_len;
            if (out.info[i].cpumap_len)
                memcpy(to->cpumap, out.info[i].cpumap, out.info[i].cpumap_len);
        }
    }
    return vr_end(&c, ok) ? (int)out.info_count : -1;
}

void virDomainIOThreadInfoFree(virDomainIOThreadInfoPtr info)
{
    if (info)
        free(info->cpumap);
    free(info);
}

char *virDomainGetSchedulerType(virDomainPtr domain, int *nparams)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_scheduler_type_args in;
    struct vr_domain_get_scheduler_type_ret out;
    bool ok = begin(&c, domain);
    if (ok) {
        in.dom = vr_put_domain(domain);
        ok = vr_send(&c, &vr_api_domain_get_scheduler_type, &in, &out);
    }
    char *type = ok ? vr_strdup(out.type) : NULL;
    if (ok && nparams)
        *nparams = out.nparams;
    vr_end(&c, ok);
    return type;
}

/* ---- memory and disks -------------------------------------------------------------------------------------------- */

int virDomainMemoryStats(virDomainPtr dom, virDomainMemoryStatPtr stats, unsigned int nr_stats, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    unsigned most = nr_stats < VIR_DOMAIN_MEMORY_STAT_NR ? nr_stats : VIR_DOMAIN_MEMORY_STAT_NR;
    struct vr_domain_memory_stats_args in = { .max_stats = most, .flags = flags };
    struct vr_domain_memory_stats_ret out;
    bool ok = begin(&c, dom) && vr_arg_there(&c, stats || !most, "stats");
    if (!most)
        return vr_end(&c, ok) ? 0 : -1;
    if (ok) {
        in.dom = vr_put_domain(dom);
        ok = vr_send(&c, &vr_api_domain_memory_stats, &in, &out);
    }
    if (ok && out.stats_count > most)
        ok = too_many(&c, "stats", out.stats_count, most);
    for (uint32_t i = 0; ok && i < out.stats_count; i++)
        stats[i] = (virDomainMemoryStatStruct){ .tag = out.stats[i].tag, .val = out.stats[i].val };
    return vr_end(&c, ok) ? (int)out.stats_count : -1;
}

int virDomainMemoryPeek(virDomainPtr dom, unsigned long long start, size_t size, void *buffer, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_memory_peek_args in = { .offset = start, .flags = flags };
    struct vr_domain_memory_peek_ret out;
    bool ok = begin(&c, dom) && VR_RULES_virDomainMemoryPeek && vr_arg_there(&c, buffer || !size, "buffer") &&
              vr_within(&c, (long long)size, REMOTE_DOMAIN_MEMORY_PEEK_BUFFER_MAX, "size");
    if (ok) {
        in.dom = vr_put_domain(dom);
        in.size = (uint32_t)size;
        ok = vr_send(&c, &vr_api_domain_memory_peek, &in, &out) && fill(&c, buffer, size, out.buffer, out.buffer_len);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virDomainBlockPeek(virDomainPtr dom, const char *disk, unsigned long long offset, size_t size, void *buffer,
                       unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_block_peek_args in = { .path = disk, .offset = offset, .flags = flags };
    struct vr_domain_block_peek_ret out;
    bool ok = begin(&c, dom) && VR_RULES_virDomainBlockPeek &&
              vr_arg(&c, disk, "disk") && vr_arg_there(&c, buffer || !size, "buffer") &&
              vr_within(&c, (long long)size, REMOTE_DOMAIN_BLOCK_PEEK_BUFFER_MAX, "size");
    if (ok) {
        in.dom = vr_put_domain(dom);
        in.size = (uint32_t)size;
        ok = vr_send(&c, &vr_api_domain_block_peek, &in, &out) && fill(&c, buffer, size, out.buffer, out.buffer_len);
    }
    return vr_end(&c, ok) ? 0 : -1;
}

int virDomainGetBlockJobInfo(virDomainPtr dom, const char *disk, virDomainBlockJobInfoPtr info, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_block_job_info_args in = { .path = disk, .flags = flags };
    struct vr_domain_get_block_job_info_ret out;
    bool ok = begin(&c, dom) && vr_arg(&c, disk, "disk") && vr_arg(&c, info, "info");
    if (ok) {
        in.dom = vr_put_domain(dom);
        ok = vr_send(&c, &vr_api_domain_get_block_job_info, &in, &out);
    }
    if (ok) {
        memset(info, 0, sizeof(*info));
        if (out.found)
            *info = (virDomainBlockJobInfo){ .type = out.type, .bandwidth = out.bandwidth, .cur = out.cur,
                                             .end = out.end };
    }
    return vr_end(&c, ok) ? out.found != 0 : -1;
}

int virDomainGetDiskErrors(virDomainPtr dom, virDomainDiskErrorPtr errors, unsigned int maxerrors, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_disk_errors_args in = { .maxerrors = maxerrors, .flags = flags };
    struct vr_domain_get_disk_errors_ret out;
    bool ok = begin(&c, dom) && vr_arg_there(&c, (errors != NULL) == (maxerrors != 0), "errors");
    if (ok) {
        in.dom = vr_put_domain(dom);
        ok = vr_send(&c, &vr_api_domain_get_disk_errors, &in, &out);
    }
    if (ok && errors && out.errors_count > maxerrors)
        ok = too_many(&c, "errors", out.errors_count, maxerrors);
    for (uint32_t i = 0; ok && errors && i < out.errors_count; i++)
        errors[i] = (virDomainDiskError){ .disk = vr_strdup(out.errors[i].disk), .error = out.errors[i].error };
    return vr_end(&c, ok) ? (errors ? (int)out.errors_count : out.nerrors) : -1;
}

/* ---- what the guest's agent tells -------------------------------------------------------------------------------- */

int virDomainGetFSInfo(virDomainPtr dom, virDomainFSInfoPtr **info, unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_get_fsinfo_args in = { .flags = flags };
    struct vr_domain_get_fsinfo_ret out;
    bool ok = begin(&c, dom) && vr_arg(&c, info, "info");
    if (ok) {
        in.dom = vr_put_domain(dom);
        ok = vr_send(&c, &vr_api_domain_get_fsinfo, &in, &out);
    }
    if (ok) {
        *info = vr_list_new(out.info_count);
        for (uint32_t i = 0; i < out.info_count; i++) {
            const struct vr_domain_fsinfo *from = &out.info[i];
            (*info)[i] = vr_new(virDomainFSInfo);
            *(*info)[i] = (virDomainFSInfo){ .mountpoint = vr_strdup(from->mountpoint), .name = vr_strdup(from->name),
                                             .fstype = vr_strdup(from->fstype), .ndevAlias = from->dev_aliases_count,
                                             .devAlias = vr_copy_names(from->dev_aliases, from->dev_aliases_count) };
        }
    }
    return vr_end(&c, ok) ? (int)out.info_count : -1;
}

void virDomainFSInfoFree(virDomainFSInfoPtr info)
{
    if (!info)
        return;
    free(info->mountpoint);
    free(info->name);
    free(info->fstype);
    for (size_t i = 0; i < info->ndevAlias; i++)
        free(info->devAlias[i]);
    free(info->devAlias);
    free(info);
}

int virDomainInterfaceAddresses(virDomainPtr dom, virDomainInterfacePtr **ifaces, unsigned int source,
                                unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_domain_interface_addresses_args in = { .source = source, .flags = flags };
    struct vr_domain_interface_addresses_ret out;
    bool ok = begin(&c, dom) && vr_arg(&c, ifaces, "ifaces");
    if (ok) {
        *ifaces = NULL;
        in.dom = vr_put_domain(dom);
        ok = vr_send(&c, &vr_api_domain_interface_addresses, &in, &out);
    }
    if (ok) {
        *ifaces = vr_list_new(out.ifaces_count);
        for (uint32_t i = 0; i < out.ifaces_count; i++) {
            const struct vr_domain_interface *from = &out.ifaces[i];
            virDomainInterfacePtr to = (*ifaces)[i] = vr_new(virDomainInterface);
            *to = (virDomainInterface){ .name = vr_strdup(from->name), .hwaddr = vr_strdup(from->hwaddr),
                                        .naddrs = from->addrs_count };
            to->addrs = vr_alloc((from->addrs_count + 1) * sizeof(*to->addrs));
            for (uint32_t k = 0; k < from->addrs_count; k++)
                to->addrs[k] = (virDomainIPAddress){ .type = from->addrs[k].type,
                                                     .addr = vr_strdup(from->addrs[k].addr),
                                                     .prefix = from->addrs[k].prefix };
        }
    }
    return vr_end(&c, ok) ? (int)out.ifaces_count : -1;
}

void virDomainInterfaceFree(virDomainInterfacePtr iface)
{
    if (!iface)
        return;
    free(iface->name);
    free(iface->hwaddr);
    for (unsigned i = 0; i < iface->naddrs; i++)
        free(iface->addrs[i].addr);
    free(iface->addrs);
    free(iface);
}

/* ---- statistics of many ------------------------------------------------------------------------------------------ */

static int stats(struct vr_client_call *c, struct vr_connect_get_all_domain_stats_args *in,
                 virDomainStatsRecordPtr **to)
{
    struct vr_connect_get_all_domain_stats_ret out;
    if (!vr_send(c, &vr_api_connect_get_all_domain_stats, in, &out))
        return -1;
    *to = vr_list_new(out.ret_stats_count);
    for (uint32_t i = 0; i < out.ret_stats_count; i++) {
        const struct vr_domain_stats_record *from = &out.ret_stats[i];
        (*to)[i] = vr_new(virDomainStatsRecord);
        (*to)[i]->dom = vr_get_domain(c->conn, &from->dom, NULL);
        (*to)[i]->params = vr_get_params(from->params, from->params_count);
        (*to)[i]->nparams = (int)from->params_count;
    }
    return (int)out.ret_stats_count;
}

int virConnectGetAllDomainStats(virConnectPtr conn, unsigned int which, virDomainStatsRecordPtr **retStats,
                                unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_connect_get_all_domain_stats_args in = { .stats = which, .flags = flags };
    bool ok = vr_begin_connect(&c, conn) && vr_arg(&c, retStats, "retStats");
    int result = ok ? stats(&c, &in, retStats) : -1;
    vr_end(&c, result >= 0);
    return result;
}

int virDomainListGetStats(virDomainPtr *doms, unsigned int which, virDomainStatsRecordPtr **retStats,
                          unsigned int flags)
{
    VR_CALL(c, VIR_FROM_DOMAIN);
    struct vr_connect_get_all_domain_stats_args in = { .stats = which, .flags = flags };
    vr_last_reset();
    bool ok = vr_arg(&c, doms, "doms") && vr_arg(&c, retStats, "retStats") &&
              (doms[0] || vr_error_report(&c.err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1,
                                          "doms array in %s must contain at least one domain", c.function));
    ok = ok && begin(&c, doms[0]);
    uint32_t count = 0;
    while (ok && doms[count])
        ok = vr_arg_handle(&c, VR_HANDLE_DOMAIN, doms[count++]);
    ok = ok && vr_within(&c, count, REMOTE_DOMAIN_LIST_MAX, "doms");
    if (ok) {
        in.doms = vr_arena_alloc(c.arena, count * sizeof(*in.doms));
        in.doms_count = count;
        for (uint32_t i = 0; i < count; i++)
            in.doms[i] = vr_put_domain(doms[i]);
    }
    int result = ok ? stats(&c, &in, retStats) : -1;
    vr_end(&c, result >= 0);
    return result;
}

void virDomainStatsRecordListFree(virDomainStatsRecordPtr *list)
{
    for (size_t i = 0; list && list[i]; i++) {
        virTypedParamsFree(list[i]->params, list[i]->nparams);
        if (list[i]->dom)
            vr_handle_unref(&list[i]->dom->h);
        free(list[i]);
    }
    free(list);
}
