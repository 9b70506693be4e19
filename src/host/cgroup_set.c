/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of a guest's groups, as each version of control groups writes them. */
#define VR_ERROR_DOMAIN VIR_FROM_CGROUP
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "cgroup_paths.h"
#include "sysfile.h"

enum form {
    FORM_NUMBER,
    FORM_KIB,           /* bytes in the file; v1: -1, v2: "max" for unlimited */
    FORM_QUOTA,         /* v1: -1 for none; v2: first field of cpu.max */
    FORM_PERIOD,        /* v2: second field of cpu.max */
    FORM_WEIGHT,        /* v2: "default N" or "N" */
    FORM_DEVICE,        /* "major:minor value"; v2: "major:minor name=value" */
    FORM_DEVICE_WEIGHT, /* "major:minor value" in both */
    FORM_TEXT,
};
static const struct key_row {
    enum vr_cgroup_controller controller;
    enum form form;
    const char *v1, *v2, *v2_name;
    const char *v1_other, *v2_other; /* where another I/O scheduler keeps it */
} rows[VR_CG_KEYS] = {
    [VR_CG_CPU_SHARES] = { VR_CGROUP_CPU, FORM_NUMBER, "cpu.shares", "cpu.weight", NULL, NULL, NULL },
    [VR_CG_CPU_PERIOD_US] = { VR_CGROUP_CPU, FORM_PERIOD, "cpu.cfs_period_us", "cpu.max", NULL, NULL, NULL },
    [VR_CG_CPU_QUOTA_US] = { VR_CGROUP_CPU, FORM_QUOTA, "cpu.cfs_quota_us", "cpu.max", NULL, NULL, NULL },
    [VR_CG_MEMORY_HARD_KIB] = { VR_CGROUP_MEMORY, FORM_KIB, "memory.limit_in_bytes", "memory.max", NULL, NULL, NULL },
    [VR_CG_MEMORY_SOFT_KIB] = { VR_CGROUP_MEMORY, FORM_KIB, "memory.soft_limit_in_bytes", "memory.high", NULL, NULL,
                                NULL },
    [VR_CG_MEMORY_SWAP_KIB] = { VR_CGROUP_MEMORY, FORM_KIB, "memory.memsw.limit_in_bytes", "memory.swap.max", NULL,
                                NULL, NULL },
    [VR_CG_BLKIO_WEIGHT] = { VR_CGROUP_BLKIO, FORM_WEIGHT, "blkio.weight", "io.weight", NULL, "blkio.bfq.weight",
                             "io.bfq.weight" },
    [VR_CG_BLKIO_DEVICE_WEIGHT] = { VR_CGROUP_BLKIO, FORM_DEVICE_WEIGHT, "blkio.weight_device", "io.weight", NULL,
                                    "blkio.bfq.weight_device", "io.bfq.weight" },
    [VR_CG_BLKIO_READ_BPS] = { VR_CGROUP_BLKIO, FORM_DEVICE, "blkio.throttle.read_bps_device", "io.max", "rbps", NULL,
                               NULL },
    [VR_CG_BLKIO_WRITE_BPS] = { VR_CGROUP_BLKIO, FORM_DEVICE, "blkio.throttle.write_bps_device", "io.max", "wbps", NULL,
                                NULL },
    [VR_CG_BLKIO_READ_IOPS] = { VR_CGROUP_BLKIO, FORM_DEVICE, "blkio.throttle.read_iops_device", "io.max", "riops",
                                NULL, NULL },
    [VR_CG_BLKIO_WRITE_IOPS] = { VR_CGROUP_BLKIO, FORM_DEVICE, "blkio.throttle.write_iops_device", "io.max", "wiops",
                                 NULL, NULL },
    [VR_CG_CPUSET_CPUS] = { VR_CGROUP_CPUSET, FORM_TEXT, "cpuset.cpus", "cpuset.cpus", NULL, NULL, NULL },
    [VR_CG_CPUSET_MEMS] = { VR_CGROUP_CPUSET, FORM_TEXT, "cpuset.mems", "cpuset.mems", NULL, NULL, NULL },
};

static bool unavailable(enum vr_cgroup_key key, const char *why, struct vr_error **err)
{
    static const char *const sentences[VR_CGROUP_COUNT] = {
        [VR_CGROUP_CPU] = N_("CPU tuning is not available on this host"),
        [VR_CGROUP_CPUSET] = N_("cgroup cpuset is not available on this host"),
        [VR_CGROUP_MEMORY] = N_("Memory cgroup is not available on this host"),
        [VR_CGROUP_BLKIO] = N_("Block I/O tuning is not available on this host"),
    };
    const char *sentence = sentences[rows[key].controller];
    if (key == VR_CG_CPU_PERIOD_US || key == VR_CG_CPU_QUOTA_US)
        sentence = _("cgroup cpu is required for scheduler tuning");
    vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, "%s", sentence);
    return vr_error_suffix(err, ": %s", why);
}

bool vr_cgroup_require(const struct vr_cgroup_host *host, enum vr_cgroup_key key, struct vr_error **err)
{
    if (host->why_none)
        return unavailable(key, host->why_none, err);
    return vr_cgroup_host_has(host, rows[key].controller) ||
           unavailable(key, _("its controller is in no hierarchy that is used"), err);
}

/* The file of a key: where this kernel has it. NULL: nowhere. */
static char *file_of(const struct vr_cgroup *group, enum vr_cgroup_key key, const char *sub)
{
    const struct key_row *row = &rows[key];
    bool v2 = vr_cgroup_is_v2(group, row->controller);
    vr_autofree char *dir = vr_cgroup_dir(group, row->controller, sub);
    const char *first = v2 ? row->v2 : row->v1, *other = v2 ? row->v2_other : row->v1_other;
    if (dir && vr_sys_exists("%s/%s", dir, first))
        return vr_printf("%s/%s", dir, first);
    return dir && other && vr_sys_exists("%s/%s", dir, other) ? vr_printf("%s/%s", dir, other) : NULL;
}

static bool device_numbers(const char *path, char text[32], struct vr_error **err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Path '%s' is not accessible"), path);
    if (!S_ISBLK(st.st_mode))
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EINVAL, _("Path '%s' must be a block device"), path);
    snprintf(text, 32, "%u:%u", major(st.st_rdev), minor(st.st_rdev));
    return true;
}

/* v2 counts swap alone, the API swap and memory together. */
static bool v2_swap_only(const struct vr_cgroup *group, int64_t *kib, struct vr_error **err)
{
    int64_t hard = 0;
    if (!vr_cgroup_get(group, VR_CG_MEMORY_HARD_KIB, NULL, &hard, err))
        return false;
    if (*kib != VR_CG_UNLIMITED && hard > *kib)
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("memory hard_limit must not be above swap_hard_limit"));
    if (*kib != VR_CG_UNLIMITED)
        *kib -= hard;
    return true;
}

static bool value_text(const struct vr_cgroup *group, const struct vr_cgroup_setting *s, bool v2, const char *file,
                       char text[128], struct vr_error **err)
{
    const struct key_row *row = &rows[s->key];
    char device[32];
    int64_t v = s->value;
    switch (row->form) {
    case FORM_TEXT:
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("a number for a CPU set"));
    case FORM_KIB:
        if (v2 && s->key == VR_CG_MEMORY_SWAP_KIB && !v2_swap_only(group, &v, err))
            return false;
        if (v >= VR_CG_UNLIMITED / 1024)
            snprintf(text, 128, "%s", v2 ? "max" : "-1");
        else
            snprintf(text, 128, "%ld", v * 1024);
        return true;
    case FORM_QUOTA:
        snprintf(text, 128, v2 && v < 0 ? "max" : "%ld", v < 0 ? -1 : v);
        return true;
    case FORM_PERIOD: {
        vr_autofree char *now = v2 ? vr_sys_read("%s", file) : NULL;
        char *blank = now ? strchr(now, ' ') : NULL;
        if (blank)
            *blank = '\0';
        snprintf(text, 128, v2 ? "%s %ld" : "%.0s%ld", now ? now : "max", v);
        return true;
    }
    case FORM_WEIGHT:
        snprintf(text, 128, v2 && vr_ends_with(file, "/io.weight") ? "default %ld" : "%ld", v);
        return true;
    case FORM_DEVICE:
    case FORM_DEVICE_WEIGHT:
        if (!device_numbers(s->device, device, err))
            return false;
        if (v2 && row->v2_name && v == 0)
            snprintf(text, 128, "%s %s=max", device, row->v2_name);
        else if (v2 && row->v2_name)
            snprintf(text, 128, "%s %s=%ld", device, row->v2_name, v);
        else
            snprintf(text, 128, "%s %ld", device, v);
        return true;
    case FORM_NUMBER:
        break;
    }
    snprintf(text, 128, "%ld", v);
    return true;
}

bool vr_cgroup_set(const struct vr_cgroup *group, const struct vr_cgroup_setting *s, struct vr_error **err)
{
    const struct key_row *row = &rows[s->key];
    bool v2 = vr_cgroup_is_v2(group, row->controller);
    if (!vr_cgroup_require(group->host, s->key, err))
        return false;
    vr_autofree char *file = file_of(group, s->key, s->sub);
    if (!file)
        return unavailable(s->key, _("this kernel has no such control"), err);
    if (v2 && s->key == VR_CG_CPU_SHARES && (s->value < 1 || s->value > 10000))
        return vr_fail(err, VIR_ERR_INVALID_ARG, _("shares '%llu' must be in range [%llu, %llu]"),
                       (unsigned long long)s->value, 1ull, 10000ull);
    char text[128];
    if (row->form != FORM_TEXT && !value_text(group, s, v2, file, text, err))
        return false;
    int e = vr_sys_write(row->form == FORM_TEXT ? s->text : text, "%s", file);
    if (e == EINVAL)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Invalid value '%s' for '%s'"),
                             row->form == FORM_TEXT ? s->text : text, strrchr(file, '/') + 1);
    return !e || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to write to '%s'"), file);
}

/* The number that a file's text stands for. */
static bool parse_value(const struct key_row *row, bool v2, const char *text, int64_t *value)
{
    if (v2 && row->form == FORM_PERIOD) {
        const char *blank = strchr(text, ' ');
        text = blank ? blank + 1 : "100000";
    }
    if (v2 && row->form == FORM_WEIGHT && vr_starts_with(text, "default "))
        text += strlen("default ");
    if (vr_starts_with(text, "max")) {
        *value = row->form == FORM_QUOTA ? -1 : VR_CG_UNLIMITED;
        return true;
    }
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || errno)
        return false;
    if (row->form == FORM_KIB)
        v /= 1024;
    /* v1 says "unlimited" as the largest number of pages. */
    *value = row->form == FORM_KIB && v >= INT64_MAX / 1024 / 4096 * 4096 - 4096 ? VR_CG_UNLIMITED : v;
    return true;
}

bool vr_cgroup_get(const struct vr_cgroup *group, enum vr_cgroup_key key, const char *sub, int64_t *value,
                   struct vr_error **err)
{
    const struct key_row *row = &rows[key];
    bool v2 = vr_cgroup_is_v2(group, row->controller);
    vr_autofree char *file = file_of(group, key, sub);
    vr_autofree char *text = file ? vr_sys_read("%s", file) : NULL;
    if (!text)
        return vr_cgroup_require(group->host, key, err) && unavailable(key, _("this kernel has no such control"), err);
    int64_t v;
    if (row->form == FORM_DEVICE || row->form == FORM_DEVICE_WEIGHT || row->form == FORM_TEXT ||
        !parse_value(row, v2, text, &v))
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("Unable to parse '%s' as an integer"), text);
    int64_t hard = 0;
    if (v2 && key == VR_CG_MEMORY_SWAP_KIB && v != VR_CG_UNLIMITED &&
        vr_cgroup_get(group, VR_CG_MEMORY_HARD_KIB, NULL, &hard, NULL))
        v = hard == VR_CG_UNLIMITED ? hard : v + hard;
    *value = v;
    return true;
}

void vr_cgroup_usage_read(const struct vr_cgroup *group, const char *sub, struct vr_cgroup_usage *out)
{
    struct vr_cgroup_usage u = { 0 };
    bool v2 = vr_cgroup_is_v2(group, VR_CGROUP_CPUACCT);
    vr_autofree char *cpu = vr_cgroup_dir(group, VR_CGROUP_CPUACCT, sub),
                     *memory = vr_cgroup_dir(group, VR_CGROUP_MEMORY, NULL);
    vr_autofree char *stat = cpu ? vr_sys_read("%s/%s", cpu, v2 ? "cpu.stat" : "cpuacct.stat") : NULL;
    if (v2 && stat) {
        u.has_cpu = vr_sys_field(stat, "usage_usec", &u.cpu_ns) && vr_sys_field(stat, "user_usec", &u.user_ns) &&
                    vr_sys_field(stat, "system_usec", &u.system_ns);
        u.cpu_ns *= 1000;
        u.user_ns *= 1000;
        u.system_ns *= 1000;
    } else if (stat) {
        const uint64_t tick_ns = 1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK);
        u.has_cpu = vr_sys_field(stat, "user", &u.user_ns) && vr_sys_field(stat, "system", &u.system_ns) &&
                    vr_sys_read_u64(&u.cpu_ns, "%s/cpuacct.usage", cpu);
        u.user_ns *= tick_ns;
        u.system_ns *= tick_ns;
    }
    bool memory_v2 = vr_cgroup_is_v2(group, VR_CGROUP_MEMORY);
    if (memory &&
        vr_sys_read_u64(&u.memory_kib, "%s/%s", memory, memory_v2 ? "memory.current" : "memory.usage_in_bytes")) {
        u.memory_kib /= 1024;
        u.has_memory = true;
    }
    *out = u;
}

bool vr_cgroup_allow_devices(const struct vr_cgroup *group, const char *const *paths, struct vr_error **err)
{
    if (!group->host->v1[VR_CGROUP_DEVICES])
        return true; /* without the v1 controller the private /dev and the lack of CAP_MKNOD are the limit */
    vr_autofree char *dir = vr_cgroup_dir(group, VR_CGROUP_DEVICES, NULL);
    int e = vr_sys_write("a", "%s/devices.deny", dir);
    if (e)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to write to '%s/%s'"), dir, "devices.deny");
    e = vr_sys_write("c 136:* rw", "%s/devices.allow", dir);
    for (; !e && *paths; paths++) {
        struct stat st;
        char text[64];
        if (stat(*paths, &st) < 0 || (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
            continue; /* what the host does not have cannot be opened */
        snprintf(text, sizeof(text), "%c %u:%u rw", S_ISCHR(st.st_mode) ? 'c' : 'b', major(st.st_rdev),
                 minor(st.st_rdev));
        e = vr_sys_write(text, "%s/devices.allow", dir);
    }
    return !e || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to write to '%s/%s'"), dir, "devices.allow");
}

#define APPID_STORE "/sys/class/fc/fc_udev_device/appid_store"

bool vr_cgroup_set_appid(const struct vr_cgroup *group, const char *appid, struct vr_error **err)
{
    struct stat st;
    vr_autofree char *dir = vr_cgroup_host_has(group->host, VR_CGROUP_BLKIO) ? vr_cgroup_dir(group, VR_CGROUP_BLKIO, NULL) : NULL;
    if (!dir || !vr_sys_exists(APPID_STORE))
        return vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("fibre channel application id '%s' cannot be told on this host: %s"),
                       appid, dir ? "there is no " APPID_STORE : "there are no control groups of block I/O");
    if (stat(dir, &st) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot stat '%s'"), dir);
    vr_autofree char *text = vr_printf("%llX:%s", (unsigned long long)st.st_ino, appid);
    int e = vr_sys_write(text, APPID_STORE);
    return !e || vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to write '%s' to '%s'"), text, APPID_STORE);
}
