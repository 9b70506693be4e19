/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics nobody counted: they grow with the clock. Disk errors, sizes, a look into memory, a picture. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>
#include "driver/stream.h"
#include "internal.h"

const char *vr_test_mac_text(struct vr_arena *arena, const struct vr_interface *nic)
{
    const unsigned char *b = nic->mac.b;
    return vr_arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

struct vr_interface *vr_test_find_interface(struct vr_domain_def *def, const char *device, struct vr_error **err)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    for (size_t i = 0; i < def->interfaces.n; i++) {
        struct vr_interface *nic = def->interfaces.v[i];
        if ((nic->target && vr_streq(nic->target, device)) || strcasecmp(vr_test_mac_text(arena, nic), device) == 0)
            return nic;
    }
    vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_INVALID_ARG, -1, "'%s' is not a known interface", device);
    return NULL;
}

static int64_t microseconds(void)
{
    return vr_wall_now() / 1000;
}

VR_FN(interface_stats, domain_interface_stats_args, domain_interface_stats_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom || !vr_test_find_interface(dom->def, in->device, err))
        return false;
    int64_t us = microseconds(), s = us / 1000000;
    *out = (struct vr_domain_interface_stats_ret){ .rx_bytes = us / 10, .rx_packets = us / 100, .rx_errs = s,
                                                   .rx_drop = s / 2, .tx_bytes = us / 20, .tx_packets = us / 110,
                                                   .tx_errs = s / 3, .tx_drop = s / 4 };
    return true;
}

VR_FN(block_stats, domain_block_stats_args, domain_block_stats_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    if (!*in->path)
        return vr_fail(err, VIR_ERR_OPERATION_UNSUPPORTED, "%s", "summary statistics are not supported yet");
    if (!vr_test_active(dom))
        return vr_error_report(err, VIR_FROM_DOMAIN, VIR_ERR_OPERATION_INVALID, -1, "%s", "domain is not running");
    if (!vr_test_find_disk(dom->def, in->path))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "invalid path: %s", in->path);
    int64_t us = microseconds();
    *out = (struct vr_domain_block_stats_ret){ .rd_req = us / 10, .rd_bytes = us / 20, .wr_req = us / 30,
                                               .wr_bytes = us / 40, .errs = us / 1000000 / 2 };
    return true;
}

VR_FN(get_block_info, domain_get_block_info_args, domain_get_block_info_ret)
{
    struct vr_test_domain *dom = vr_test_domain_of(call, &in->dom, err);
    if (!dom)
        return false;
    const struct vr_disk *disk = vr_test_find_disk(dom->def, in->path);
    if (!disk)
        return vr_fail(err, VIR_ERR_INVALID_ARG, "invalid path %s not assigned to domain", in->path);
    if (!disk->src || !vr_test_source_given(disk->src))
        return vr_fail(err, VIR_ERR_INVALID_ARG, "disk '%s' does not currently have a source assigned", in->path);
    out->capacity = 1099506450432;
    out->allocation = out->physical = 1099511627776;
    return true;
}

bool vr_test_source_given(const struct vr_storage_source *src)
{
    return src->path || src->type == VR_STORAGE_NETWORK || src->type == VR_STORAGE_VOLUME || src->type == VR_STORAGE_NVME;
}

VR_FN(get_disk_errors, domain_get_disk_errors_args, domain_get_disk_errors_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom)
        return false;
    const struct vr_domain_def *def = dom->def;
    if (in->maxerrors == 0) { /* how many there may be */
        out->nerrors = (int)def->disks.n;
        return true;
    }
    struct vr_domain_disk_error *list = vr_arena_alloc(call->arena, def->disks.n * sizeof(*list) + 1);
    for (size_t i = 0; i < def->disks.n && i < in->maxerrors; i++) {
        list[i].disk = vr_arena_strdup(call->arena, def->disks.v[i]->target);
        list[i].error = i % 2 ? VIR_DOMAIN_DISK_ERROR_NO_SPACE : VIR_DOMAIN_DISK_ERROR_UNSPEC;
        out->errors_count++;
    }
    out->errors = list;
    out->nerrors = (int)out->errors_count;
    return true;
}

VR_FN(memory_peek, domain_memory_peek_args, domain_memory_peek_ret)
{
    if (!vr_test_domain_running(call, &in->dom, err))
        return false;
    uint8_t *bytes = vr_arena_alloc(call->arena, (size_t)in->size + 1);
    for (uint32_t i = 0; i < in->size; i++)
        bytes[i] = (uint8_t)(in->offset + i);
    out->buffer = bytes;
    out->buffer_len = in->size;
    return true;
}

VR_FN(get_control_info, domain_get_control_info_args, domain_get_control_info_ret)
{
    struct vr_test_domain *dom = vr_test_domain_running(call, &in->dom, err);
    if (!dom)
        return false;
    out->state_time = dom->def->memballoon ? dom->def->memballoon->period : 0;
    out->state = out->state_time ? VIR_DOMAIN_CONTROL_JOB : VIR_DOMAIN_CONTROL_OK;
    return true;
}

#define VR_TEST_STATS_FILTERS 0xffu

/* ---- statistics of many ------------------------------------------------------------------------------------------ */

static void add_state(struct vr_test_params *p, const struct vr_test_domain *dom)
{
    vr_test_param_int(p, "state.state", dom->state);
    vr_test_param_int(p, "state.reason", dom->reason);
}

VR_FN(get_all_domain_stats, connect_get_all_domain_stats_args, connect_get_all_domain_stats_ret)
{
    struct vr_test *test = vr_test_of(call);
    unsigned wanted = in->stats ? in->stats : VIR_DOMAIN_STATS_STATE;
    if (in->flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS && wanted & ~(unsigned)VIR_DOMAIN_STATS_STATE)
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, "Stats types bits 0x%x are not supported by this daemon",
                       wanted & ~(unsigned)VIR_DOMAIN_STATS_STATE);
    uint32_t most = in->doms_count ? in->doms_count : (uint32_t)test->domains.n;
    struct vr_domain_stats_record *list = vr_arena_alloc(call->arena, most * sizeof(*list) + 1);
    for (uint32_t i = 0; i < most; i++) {
        struct vr_test_domain *dom = in->doms_count ? vr_test_domain_by_uuid(test, in->doms[i].uuid) : test->domains.v[i];
        if (!dom || !vr_test_domain_fits(dom, in->flags & VR_TEST_STATS_FILTERS))
            continue;
        struct vr_test_params p = { .arena = call->arena };
        if (wanted & VIR_DOMAIN_STATS_STATE)
            add_state(&p, dom);
        struct vr_domain_stats_record *to = &list[out->ret_stats_count++];
        to->dom = vr_test_domain_name(call->arena, dom);
        to->params = p.v;
        to->params_count = p.n;
    }
    out->ret_stats = list;
    return true;
}

/* ---- a picture --------------------------------------------------------------------------------------------------- */

VR_FN(screenshot, domain_screenshot_args, domain_screenshot_ret)
{
    if (!vr_test_domain_of(call, &in->dom, err))
        return false;
    int fd = memfd_create("screenshot", MFD_CLOEXEC);
    if (fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "cannot make a screenshot");
    if (!vr_test_write_picture(fd, err) || !vr_stream_attach_file(call->stream, vr_take_fd(&fd), false, 0, 0, NULL, NULL, err)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    out->mime = "image/png";
    return true;
}

const struct vr_driver_row vr_test_stats_rows[] = {
    VR_ROW(domain_interface_stats, interface_stats, 0),
    VR_ROW(domain_block_stats, block_stats, 0),
    VR_ROW(domain_get_block_info, get_block_info, 0),
    VR_ROW(domain_get_disk_errors, get_disk_errors, 0),
    VR_ROW(domain_memory_peek, memory_peek, VIR_MEMORY_VIRTUAL | VIR_MEMORY_PHYSICAL),
    VR_ROW(domain_get_control_info, get_control_info, 0),
    VR_ROW(connect_get_all_domain_stats, get_all_domain_stats, VR_TEST_STATS_FILTERS |
           VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING |
           (unsigned)VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS),
    VR_ROW(domain_screenshot, screenshot, 0),
    { 0 },
};
