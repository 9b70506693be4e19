/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_CGROUP
#define VR_LOG_SOURCE "host.cgroup"
#include "cgroup.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroup_paths.h"
#include "sysfile.h"

const char *const vr_cgroup_controller_names[] = {
    "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "net_cls", "perf_event", NULL,
};
/* How v2 calls them; cpuacct and freezer are part of every group there, devices is a program, not a file. */
static const char *const v2_names[VR_CGROUP_COUNT] = { "cpu", NULL, "cpuset", "memory", NULL, NULL, "io", NULL, NULL };

#define SUFFIX ".libvirt-qemu"
#define REMOVE_SPAN_MS 1000
#define MAX_DEPTH 8

/* ---- the host ----------------------------------------------------------------------------------------------- */

static bool is_wanted(const char *const *wanted, const char *name)
{
    for (; wanted && *wanted; wanted++)
        if (vr_streq(*wanted, name))
            return true;
    return false;
}

/* "cpu,cpuacct" of a v1 mount's options. */
static bool has_option(const char *options, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = options; *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0' || at[len] == '\n'))
            return true;
    return false;
}

/* One line: id parent dev root POINT options [tags] - TYPE source SUPER-OPTIONS */
static void read_mount(struct vr_cgroup_host *host, char *line)
{
    char *save, *point = NULL, *dash = strstr(line, " - ");
    if (!dash)
        return;
    *dash = '\0';
    char *field = strtok_r(line, " ", &save);
    for (int i = 0; field && i < 5; i++, field = strtok_r(NULL, " ", &save))
        if (i == 4)
            point = field;
    char *type = strtok_r(dash + 3, " ", &save);
    char *source = type ? strtok_r(NULL, " ", &save) : NULL, *options = source ? strtok_r(NULL, " ", &save) : NULL;
    if (!point || !type || !options)
        return;
    /* A mount can lie hidden below another one. */
    if (vr_starts_with(type, "cgroup") && !vr_sys_exists("%s/cgroup.procs", point) &&
        !vr_sys_exists("%s/cgroup.controllers", point))
        return;
    if (vr_streq(type, "cgroup2") && !host->v2)
        host->v2 = vr_strdup(point);
    for (int c = 0; vr_streq(type, "cgroup") && c < VR_CGROUP_COUNT; c++)
        if (!host->v1[c] && has_option(options, vr_cgroup_controller_names[c]))
            host->v1[c] = vr_strdup(point);
}

static void read_v2_controllers(struct vr_cgroup_host *host)
{
    vr_autofree char *text = vr_sys_read("%s/cgroup.controllers", host->v2);
    char *save;
    for (char *word = text ? strtok_r(text, " ", &save) : NULL; word; word = strtok_r(NULL, " ", &save))
        for (int c = 0; c < VR_CGROUP_COUNT; c++)
            if (v2_names[c] && vr_streq(v2_names[c], word))
                host->v2_controllers |= 1u << c;
    if (host->v2_controllers & 1u << VR_CGROUP_CPU)
        host->v2_controllers |= 1u << VR_CGROUP_CPUACCT;
}

static bool any_controller(const struct vr_cgroup_host *host)
{
    for (int c = 0; c < VR_CGROUP_COUNT; c++)
        if (vr_cgroup_host_has(host, c))
            return true;
    return false;
}

static void drop_unwanted(struct vr_cgroup_host *host, const char *const *wanted)
{
    for (int c = 0; wanted && c < VR_CGROUP_COUNT; c++) {
        if (is_wanted(wanted, vr_cgroup_controller_names[c]))
            continue;
        free(host->v1[c]);
        host->v1[c] = NULL;
        host->v2_controllers &= ~(1u << c);
    }
}

struct vr_cgroup_host *vr_cgroup_host_read(const char *const *wanted)
{
    struct vr_cgroup_host *host = vr_new(struct vr_cgroup_host);
    vr_autofree char *mounts = vr_sys_read("/proc/self/mountinfo");
    char *save;
    for (char *line = mounts ? strtok_r(mounts, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
        read_mount(host, line);
    if (host->v2)
        read_v2_controllers(host);
    drop_unwanted(host, wanted);
    host->v2_tree = host->v2_controllers != 0;
    host->systemd = vr_sys_exists("/run/systemd/system");
    if (wanted && !*wanted)
        host->why_none = "cgroup_controllers in qemu.conf names none";
    else if (!any_controller(host))
        host->why_none = "no hierarchy of control groups is mounted";
    else if (geteuid() != 0)
        host->why_none = "only root may make them";
    return host;
}

void vr_cgroup_host_free(struct vr_cgroup_host *host)
{
    if (!host)
        return;
    for (int c = 0; c < VR_CGROUP_COUNT; c++)
        free(host->v1[c]);
    free(host->v2);
    free(host);
}

bool vr_cgroup_host_has(const struct vr_cgroup_host *host, enum vr_cgroup_controller c)
{
    return host->v1[c] || (host->v2_controllers >> c & 1);
}

/* ---- names and places --------------------------------------------------------------------------------------- */

#define NAME_MAX_CHARACTERS 64

char *vr_machine_name(const char *driver, int id, const char *name)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_printf(&b, "%s-%d-", driver, id);
    /* A host name: letters, digits, '-' and '.', no two dots in a row and none at the end. */
    bool dot = true;
    for (const char *c = name; *c && b.len < NAME_MAX_CHARACTERS; c++) {
        bool plain =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-' || *c == '_';
        if ((*c == '.' || *c == '-') && dot)
            continue;
        if (!plain && *c != '.')
            continue;
        dot = *c == '.';
        vr_buf_char(&b, *c == '_' ? '-' : *c);
    }
    while (b.len && (b.data[b.len - 1] == '.' || b.data[b.len - 1] == '-'))
        b.data[--b.len] = '\0';
    return vr_buf_take(&b);
}

/* The guest's group in one hierarchy, and a thread group in it. */
static char *dir_in(const struct vr_cgroup *group, const char *mount, const char *sub)
{
    bool below = group->nested && group->host->v2 && vr_streq(mount, group->host->v2);
    return vr_printf("%s%s%s%s%s", mount, group->path, below ? "/libvirt" : "", sub ? "/" : "", sub ? sub : "");
}

char *vr_cgroup_dir(const struct vr_cgroup *group, enum vr_cgroup_controller c, const char *sub)
{
    const struct vr_cgroup_host *host = group->host;
    const char *mount = host->v1[c] ? host->v1[c] : host->v2_controllers >> c & 1 ? host->v2 : NULL;
    if (!mount)
        return NULL;
    bool threads = host->v1[c] == NULL || c == VR_CGROUP_CPU || c == VR_CGROUP_CPUACCT || c == VR_CGROUP_CPUSET;
    return dir_in(group, mount, threads ? sub : NULL);
}

bool vr_cgroup_is_v2(const struct vr_cgroup *group, enum vr_cgroup_controller c)
{
    return !group->host->v1[c];
}

/* Distinct mount points in which the guest has a group; `threaded`: and in which threads have groups of their own. */
static size_t list_mounts(const struct vr_cgroup_host *host, const char *mounts[VR_CGROUP_COUNT + 1], bool threaded)
{
    size_t n = 0;
    for (int c = 0; c < VR_CGROUP_COUNT; c++) {
        bool known = !host->v1[c] ||
                     (threaded && c != VR_CGROUP_CPU && c != VR_CGROUP_CPUACCT && c != VR_CGROUP_CPUSET);
        for (size_t i = 0; i < n; i++)
            known |= vr_streq(mounts[i], host->v1[c] ? host->v1[c] : "");
        if (!known)
            mounts[n++] = host->v1[c];
    }
    if (host->v2_tree)
        mounts[n++] = host->v2;
    return n;
}

static bool is_cpuset_mount(const struct vr_cgroup_host *host, const char *mount)
{
    return host->v1[VR_CGROUP_CPUSET] && vr_streq(host->v1[VR_CGROUP_CPUSET], mount);
}

/* ---- making ------------------------------------------------------------------------------------------------- */

/* A new v1 cpuset has no CPUs and takes no process until it has. */
static bool copy_cpuset(const char *parent, const char *dir, struct vr_error **err)
{
    static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
    for (size_t i = 0; i < VR_COUNT(files); i++) {
        vr_autofree char *own = vr_sys_read("%s/%s", dir, files[i]), *text = vr_sys_read("%s/%s", parent, files[i]);
        if (own && *own)
            continue;
        int e = text ? vr_sys_write(text, "%s/%s", dir, files[i]) : errno;
        if (e)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to write to '%s/%s'"), dir, files[i]);
    }
    return true;
}

/* Controllers must be turned on in each v2 group for the groups below it. What cannot be is not there. */
static void enable_v2(const struct vr_cgroup_host *host, const char *parent, bool threads)
{
    for (int c = 0; c < VR_CGROUP_COUNT; c++) {
        char text[32];
        if (!v2_names[c] || !(host->v2_controllers >> c & 1))
            continue;
        /* Memory and block I/O count for processes as a whole: turned on here they would rule out thread groups. */
        if (threads && c != VR_CGROUP_CPU && c != VR_CGROUP_CPUSET)
            continue;
        snprintf(text, sizeof(text), "+%s", v2_names[c]);
        int e = vr_sys_write(text, "%s/cgroup.subtree_control", parent);
        if (e)
            vr_debug("controller '%s' in %s: %s", v2_names[c], parent, strerror(e));
    }
}

/* One directory; its parent is there. */
static bool make_dir(const struct vr_cgroup_host *host, const char *dir, const char *mount, bool threads,
                     struct vr_error **err)
{
    vr_autofree char *real = vr_sys_path("%s", dir), *parent = vr_strndup(dir, (size_t)(strrchr(dir, '/') - dir));
    bool v2 = host->v2 && vr_streq(mount, host->v2);
    if (v2)
        enable_v2(host, parent, threads);
    if (mkdir(real, 0755) < 0 && errno != EEXIST)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to create v%d cgroup '%s'"), v2 ? 2 : 1, dir);
    return !is_cpuset_mount(host, mount) || copy_cpuset(parent, dir, err);
}

/* Every directory on the way; all but the last may be there. */
static bool make_path(const struct vr_cgroup_host *host, const char *mount, const char *path, struct vr_error **err)
{
    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        vr_autofree char *dir = vr_printf("%s%.*s", mount, slash ? (int)(slash - path) : (int)strlen(path), path);
        if (!make_dir(host, dir, mount, false, err))
            return false;
        if (!slash)
            return true;
    }
}

static bool make_sub(const struct vr_cgroup *group, const char *sub, struct vr_error **err)
{
    const char *mounts[VR_CGROUP_COUNT + 1];
    size_t n = list_mounts(group->host, mounts, true);
    for (size_t i = 0; i < n; i++) {
        vr_autofree char *dir = dir_in(group, mounts[i], sub);
        if (!make_dir(group->host, dir, mounts[i], true, err))
            return false;
        if (!group->host->v2 || !vr_streq(mounts[i], group->host->v2))
            continue;
        int e = vr_sys_write("threaded", "%s/cgroup.type", dir);
        if (e)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to write to '%s/%s'"), dir, "cgroup.type");
    }
    return true;
}

/* "/machine/a/b" -> "/machine/a.partition/b.partition": a guest's group and a partition cannot be mistaken. */
static char *partition_path(const char *partition, struct vr_error **err)
{
    if (!partition)
        return vr_strdup("/machine");
    if (partition[0] != '/') {
        vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Resource partition '%s' must start with '/'"), partition);
        return NULL;
    }
    vr_autofree char *copy = vr_strdup(partition);
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    char *save;
    int depth = 0;
    for (char *part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save), depth++) {
        if (part[0] == '.' || depth == MAX_DEPTH) {
            vr_fail(err, VIR_ERR_CONFIG_UNSUPPORTED, _("Resource partition '%s' is not usable"), partition);
            return NULL;
        }
        bool top = depth == 0 && (vr_streq(part, "machine") || vr_streq(part, "user") || vr_streq(part, "system"));
        vr_buf_printf(&b, "/%s%s", part, top || strchr(part, '.') ? "" : ".partition");
    }
    return vr_buf_take(&b);
}

struct vr_cgroup *vr_cgroup_create(const struct vr_cgroup_host *host, const char *partition, const char *machine,
                                   struct vr_error **err)
{
    const char *mounts[VR_CGROUP_COUNT + 1];
    size_t n = list_mounts(host, mounts, false);
    vr_autofree char *above = partition_path(partition, err);
    if (!above)
        return NULL;
    VR_AUTO(vr_cgroup) *group = vr_new(struct vr_cgroup);
    group->host = host;
    group->path = vr_printf("%s/%s" SUFFIX, above, machine);
    if (!vr_cgroup_remove(group, err))
        return NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = make_path(host, mounts[i], group->path, err);
    if (ok && make_sub(group, "emulator", err))
        return vr_take(group);
    vr_cgroup_remove(group, NULL);
    return NULL;
}

void vr_cgroup_free(struct vr_cgroup *group)
{
    if (!group)
        return;
    free(group->path);
    free(group->machine);
    free(group);
}

/* Where "/machine/qemu-1-t.libvirt-qemu" or "/machine.slice/machine-qemu\x2d1\x2dt.scope" ends in a path, or NULL. */
static const char *end_of_guest(const char *path)
{
    const char *end = strstr(path, SUFFIX);
    if (end)
        return end + strlen(SUFFIX);
    const char *machine = strstr(path, "/machine-qemu"), *scope = machine ? strstr(machine, ".scope") : NULL;
    return scope ? scope + strlen(".scope") : NULL;
}

/* Reads path and form from /proc/PID/cgroup. */
static struct vr_cgroup *find_group(const struct vr_cgroup_host *host, pid_t pid)
{
    vr_autofree char *text = vr_sys_read("/proc/%d/cgroup", (int)pid);
    struct vr_cgroup *group = NULL;
    char *save;
    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
        char *path = strchr(line, ':');
        path = path ? strchr(path + 1, ':') : NULL;
        const char *end = path ? end_of_guest(++path) : NULL;
        if (!end)
            continue;
        if (!group) {
            group = vr_new(struct vr_cgroup);
            group->host = host;
            group->path = vr_strndup(path, (size_t)(end - path));
        }
        group->nested |= vr_starts_with(line, "0::") && vr_starts_with(end, "/libvirt");
    }
    return group;
}

struct vr_cgroup *vr_cgroup_of_pid(const struct vr_cgroup_host *host, pid_t pid)
{
    return find_group(host, pid);
}

struct vr_cgroup *vr_cgroup_left_behind(const struct vr_cgroup_host *host, const char *partition, const char *machine)
{
    const char *mounts[VR_CGROUP_COUNT + 1];
    size_t n = list_mounts(host, mounts, false);
    vr_autofree char *above = partition_path(partition, NULL);
    bool there = false;
    if (!above)
        return NULL;
    struct vr_cgroup *group = vr_new(struct vr_cgroup);
    group->host = host;
    group->path = vr_printf("%s/%s" SUFFIX, above, machine);
    for (size_t i = 0; i < n; i++)
        there |= vr_sys_exists("%s%s", mounts[i], group->path);
    if (there)
        return group;
    vr_cgroup_free(group);
    return NULL;
}

bool vr_cgroup_enter(const struct vr_cgroup *group, pid_t pid, struct vr_error **err)
{
    const char *mounts[VR_CGROUP_COUNT + 1];
    size_t n = list_mounts(group->host, mounts, false);
    char text[24];
    snprintf(text, sizeof(text), "%d", (int)pid);
    for (size_t i = 0; i < n; i++) {
        /* The group of emulator threads wherever threads have groups. */
        vr_autofree char *sub = dir_in(group, mounts[i], "emulator"), *whole = dir_in(group, mounts[i], NULL);
        const char *dir = vr_sys_exists("%s", sub) ? sub : whole;
        int e = vr_sys_write(text, "%s/cgroup.procs", dir);
        if (e)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to move process %d into '%s'"), (int)pid, dir);
    }
    return true;
}

struct vr_cgroup *vr_cgroup_adopt(const struct vr_cgroup_host *host, const char *machine, pid_t pid,
                                  struct vr_error **err)
{
    VR_AUTO(vr_cgroup) *group = find_group(host, pid);
    const char *mounts[VR_CGROUP_COUNT + 1];
    size_t n = list_mounts(host, mounts, false);
    char text[24];
    snprintf(text, sizeof(text), "%d", (int)pid);
    if (!group) {
        vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("process %d is in no scope of machine '%s'"), (int)pid, machine);
        return NULL;
    }
    group->machine = vr_strdup(machine);
    group->nested = host->v2_tree;
    for (size_t i = 0; i < n; i++) {
        bool v2 = host->v2 && vr_streq(mounts[i], host->v2);
        vr_autofree char *dir = dir_in(group, mounts[i], NULL), *real = vr_sys_path("%s", dir);
        if (!v2) {
            if (!make_path(host, mounts[i], group->path, err))
                return NULL;
            continue;
        }
        /* The scope itself must hold no process when its controllers are turned on for the group below. */
        int e = mkdir(real, 0755) < 0 && errno != EEXIST ? errno : vr_sys_write(text, "%s/cgroup.procs", dir);
        if (e) {
            vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Failed to create v%d cgroup '%s'"), 2, dir);
            return NULL;
        }
        vr_autofree char *scope = vr_printf("%s%s", mounts[i], group->path);
        enable_v2(host, scope, false);
    }
    return make_sub(group, "emulator", err) && vr_cgroup_enter(group, pid, err) ? vr_take(group) : NULL;
}

bool vr_cgroup_add_thread(const struct vr_cgroup *group, const char *sub, pid_t tid, struct vr_error **err)
{
    const char *mounts[VR_CGROUP_COUNT + 1];
    size_t n = list_mounts(group->host, mounts, true);
    char text[24];
    snprintf(text, sizeof(text), "%d", (int)tid);
    if (!make_sub(group, sub, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool v2 = group->host->v2 && vr_streq(mounts[i], group->host->v2);
        vr_autofree char *dir = dir_in(group, mounts[i], sub);
        int e = vr_sys_write(text, "%s/%s", dir, v2 ? "cgroup.threads" : "tasks");
        if (e)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to move thread %d into '%s'"), (int)tid, dir);
    }
    return true;
}

/* ---- removing ----------------------------------------------------------------------------------------------- */

/* The groups below first. 0 or an errno. */
static int remove_tree(const char *dir, int depth)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    if (!d)
        return errno == ENOENT ? 0 : errno;
    while (depth < MAX_DEPTH && (e = readdir(d)))
        if (e->d_type == DT_DIR && e->d_name[0] != '.') {
            vr_autofree char *below = vr_printf("%s/%s", dir, e->d_name);
            remove_tree(below, depth + 1);
        }
    closedir(d);
    return rmdir(dir) == 0 || errno == ENOENT ? 0 : errno;
}

bool vr_cgroup_remove(const struct vr_cgroup *group, struct vr_error **err)
{
    const char *mounts[VR_CGROUP_COUNT + 1];
    size_t n = list_mounts(group->host, mounts, false);
    for (size_t i = 0; i < n; i++) {
        vr_autofree char *dir = vr_sys_path("%s%s", mounts[i], group->path);
        int e = remove_tree(dir, 0);
        /* A process that was waited for may stay in its group for some milliseconds more. */
        for (int waited = 0; e == EBUSY && waited < REMOVE_SPAN_MS; waited += 5) {
            usleep(5000);
            e = remove_tree(dir, 0);
        }
        if (e)
            return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, e, _("Unable to remove '%s'"), dir);
    }
    return true;
}
