/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_PERF
#include "perf.h"
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "model/domain.h"

static const struct event {
    const char *name;
    unsigned type;
    unsigned long long config;
    bool gone; /* the kernel has it no more: it became resctrl */
} events[] = {
    { "cmt", 0, 0, true },
    { "mbmt", 0, 0, true },
    { "mbml", 0, 0, true },
    { "cpu_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false },
    { "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false },
    { "cache_references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, false },
    { "cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, false },
    { "branch_instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, false },
    { "branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, false },
    { "bus_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES, false },
    { "stalled_cycles_frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, false },
    { "stalled_cycles_backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, false },
    { "ref_cpu_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES, false },
    { "cpu_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, false },
    { "task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, false },
    { "page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false },
    { "context_switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, false },
    { "cpu_migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, false },
    { "page_faults_min", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, false },
    { "page_faults_maj", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, false },
    { "alignment_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS, false },
    { "emulation_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS, false },
};
const char *const vr_perf_names[] = {
    "cmt", "mbmt", "mbml", "cpu_cycles", "instructions", "cache_references", "cache_misses", "branch_instructions",
    "branch_misses", "bus_cycles", "stalled_cycles_frontend", "stalled_cycles_backend", "ref_cpu_cycles", "cpu_clock",
    "task_clock", "page_faults", "context_switches", "cpu_migrations", "page_faults_min", "page_faults_maj",
    "alignment_faults", "emulation_faults", NULL,
};

struct vr_perf {
    int fds[VR_COUNT(events)];
};

static bool open_one(const struct event *e, pid_t pid, int *fd, struct vr_error **err)
{
    struct perf_event_attr attr = { .size = sizeof(attr), .type = e->type, .config = e->config, .inherit = 1, .disabled = 1 };
    if (e->gone)
        return vr_fail(err, VIR_ERR_ARGUMENT_UNSUPPORTED, _("unable to enable host cpu perf event for %s"), e->name);
    *fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (*fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to open host cpu perf event for %s"), e->name);
    return ioctl(*fd, PERF_EVENT_IOC_ENABLE, 0) == 0 ||
           vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to enable host cpu perf event for %s"), e->name);
}

bool vr_perf_open(const struct vr_domain_def *def, pid_t pid, struct vr_perf **out, struct vr_error **err)
{
    struct vr_perf *perf = NULL;
    for (size_t i = 0; i < def->perf_events.n; i++) {
        const struct vr_perf_event *wanted = def->perf_events.v[i];
        if (wanted->enabled != VR_TRI_YES || !wanted->name)
            continue;
        if (!perf) {
            perf = vr_new(struct vr_perf);
            memset(perf->fds, -1, sizeof(perf->fds));
        }
        for (size_t k = 0; k < VR_COUNT(events); k++)
            if (vr_streq(events[k].name, wanted->name) && perf->fds[k] < 0 &&
                !open_one(&events[k], pid, &perf->fds[k], err)) {
                vr_perf_free(perf);
                return false;
            }
    }
    *out = perf;
    return true;
}

bool vr_perf_read(const struct vr_perf *perf, const char *name, uint64_t *value)
{
    for (size_t k = 0; perf && k < VR_COUNT(events); k++)
        if (perf->fds[k] >= 0 && vr_streq(events[k].name, name))
            return read(perf->fds[k], value, sizeof(*value)) == (ssize_t)sizeof(*value);
    return false;
}

void vr_perf_free(struct vr_perf *perf)
{
    for (size_t k = 0; perf && k < VR_COUNT(events); k++)
        if (perf->fds[k] >= 0)
            close(perf->fds[k]);
    free(perf);
}
