/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which controllers there are, as a process sees it: version 1 from the mount table, version 2 from the root's list. */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <mntent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/alloc.h"

/* `unified` is the word for it in cgroup.controllers; NULL: not a controller there, see has_controller(). */
static const struct { const char *name, *unified; } controllers[] = {
    { "cpu", "cpu" }, { "cpuacct", NULL }, { "cpuset", "cpuset" }, { "memory", "memory" }, { "devices", NULL },
    { "freezer", NULL }, { "blkio", "io" },
};

struct cgroups {
    char *v1[VR_COUNT(controllers)]; /* where the controller is mounted alone or with others */
    char *v2;                        /* where the unified hierarchy is mounted */
    char *v2_controllers;            /* its root's list; NULL when it has none */
    bool any_v1;
};

static void cgroups_done(struct cgroups *c)
{
    for (size_t i = 0; i < VR_COUNT(controllers); i++)
        free(c->v1[i]);
    free(c->v2);
    free(c->v2_controllers);
}

/** Whether `words`, divided by blanks, newlines and commas, has `word`. */
static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += length)
        if ((p == words || strchr(" ,\n", p[-1])) && strchr(" ,\n", p[length]))
            return true;
    return false;
}

static char *read_line(const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return NULL;
    char *line = NULL;
    size_t size = 0;
    if (getline(&line, &size, f) <= 0) {
        free(line);
        line = NULL;
    }
    fclose(f);
    return line;
}

static void read_mounts(struct cgroups *c)
{
    FILE *f = setmntent("/proc/mounts", "re");
    if (!f)
        return;
    bool v1 = access("/proc/cgroups", F_OK) == 0;
    for (struct mntent *m; (m = getmntent(f));) {
        if (strcmp(m->mnt_type, "cgroup2") == 0) {
            free(c->v2);
            c->v2 = vr_strdup(m->mnt_dir);
        }
        if (strcmp(m->mnt_type, "cgroup") != 0 || !v1)
            continue;
        c->any_v1 = true;
        for (size_t i = 0; i < VR_COUNT(controllers); i++)
            if (!c->v1[i] && has_word(m->mnt_opts, controllers[i].name))
                c->v1[i] = vr_strdup(m->mnt_dir);
    }
    endmntent(f);
    if (!c->v2)
        return;
    vr_autofree char *path = vr_printf("%s/cgroup.controllers", c->v2);
    c->v2_controllers = read_line(path);
}

/** Whether the kernel lets programs decide about devices in this hierarchy, which is what version 2 has for them. */
static bool has_device_programs(const char *directory)
{
    vr_autoclose int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    union bpf_attr query;
    memset(&query, 0, sizeof(query));
    query.query.target_fd = (uint32_t)fd;
    query.query.attach_type = BPF_CGROUP_DEVICE;
    return syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) == 0;
}

static bool has_controller(const struct cgroups *c, size_t i)
{
    if (c->v1[i])
        return true;
    if (!c->v2_controllers)
        return false;
    if (controllers[i].unified)
        return has_word(c->v2_controllers, controllers[i].unified);
    if (strcmp(controllers[i].name, "cpuacct") == 0)
        return true; /* every group of version 2 accounts its time */
    if (strcmp(controllers[i].name, "devices") == 0)
        return has_device_programs(c->v2);
    return false; /* freezer: containers are not frozen by version 2 */
}

/** NULL, or why there are no control groups to look at. */
static const char *unusable(const struct cgroups *c)
{
    if (!c->any_v1 && !c->v2_controllers)
        return "internal error: no cgroup backend available";
    if (access("/proc/self/cgroup", R_OK) != 0)
        return "Unable to open '/proc/self/cgroup': No such file or directory";
    for (size_t i = 0; i < VR_COUNT(controllers); i++)
        if (has_controller(c, i))
            return NULL;
    return "At least one cgroup controller is required: No such device or address";
}

bool vr_report_cgroups(const char *hypervisor, const char *const *wanted, enum vr_report_level level)
{
    __attribute__((cleanup(cgroups_done))) struct cgroups c = { 0 };
    read_mounts(&c);
    const char *why = unusable(&c);
    if (why) {
        fprintf(stderr, "Unable to initialize cgroups: %s\n", why);
        return false;
    }
    bool fit = true;
    for (; *wanted; wanted++) {
        size_t i = 0;
        while (i < VR_COUNT(controllers) - 1 && strcmp(controllers[i].name, *wanted) != 0)
            i++;
        vr_report_check(hypervisor, "for cgroup '%s' controller support", *wanted);
        if (has_controller(&c, i))
            vr_report_pass();
        else if (!vr_report_miss(level, "Enable '%s' in kernel Kconfig file or mount/enable cgroup controller in your system",
                                 *wanted))
            fit = false;
    }
    return fit;
}
