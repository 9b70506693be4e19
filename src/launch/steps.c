/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "steps.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/str.h"

bool launch_failed(struct launch_failure *f, const char *step, int errnum, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    f->step = step;
    f->errnum = errnum;
    vsnprintf(f->text, sizeof(f->text), fmt, ap);
    va_end(ap);
    return false;
}

/* An ignored SIGCHLD or a blocked SIGTERM would survive exec and make the program deaf. */
static void reset_signals(void)
{
    /* By system call: the C library keeps two signals to itself, and posix_spawn leaves them ignored. */
    static const struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } dispose_default = { 0 };
    for (int s = 1; s < NSIG; s++)
        if (s != SIGKILL && s != SIGSTOP)
            syscall(SYS_rt_sigaction, s, &dispose_default, NULL, sizeof(uint64_t));
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool write_text(const char *path, const char *text)
{
    vr_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t len = strlen(text);
    return fd >= 0 && write(fd, text, len) == (ssize_t)len;
}

static bool enter_cgroups(const struct launch_spec *spec, struct launch_failure *f)
{
    char path[4200];
    for (char **dir = spec->cgroups; dir && *dir; dir++) {
        int n = snprintf(path, sizeof(path), "%s/cgroup.procs", *dir);
        if (n >= (int)sizeof(path))
            return launch_failed(f, "cgroup", ENAMETOOLONG, "%s", *dir);
        if (!write_text(path, "0"))
            return launch_failed(f, "cgroup", errno, "cannot enter control group '%s'", *dir);
    }
    return true;
}

static bool set_limits(const struct launch_spec *spec, struct launch_failure *f)
{
    for (int i = 0; i < LAUNCH_LIMITS; i++) {
        const struct launch_limit *l = &spec->limits[i];
        if (!l->set)
            continue;
        rlim_t value = l->value == UINT64_MAX ? RLIM_INFINITY : (rlim_t)l->value;
        struct rlimit now, want = { value, value };
        /* Raising asks for a privilege that a container may lack: not asked for what is there already. */
        if (getrlimit((__rlimit_resource_t)l->resource, &now) == 0 && now.rlim_cur == value && now.rlim_max == value)
            continue;
        if (setrlimit((__rlimit_resource_t)l->resource, &want) < 0)
            return launch_failed(f, "limits", errno, "cannot set limit '%s' to %lld", l->name,
                                 value == RLIM_INFINITY ? -1LL : (long long)value);
    }
    return true;
}

static bool set_affinity(const struct launch_spec *spec, struct launch_failure *f)
{
    if (!spec->cpu_count)
        return true;
    unsigned most = 0;
    for (size_t i = 0; i < spec->cpu_count; i++)
        most = spec->cpus[i] > most ? spec->cpus[i] : most;
    cpu_set_t *set = CPU_ALLOC(most + 1);
    size_t size = CPU_ALLOC_SIZE(most + 1);
    if (!set)
        return launch_failed(f, "affinity", ENOMEM, "cannot hold the CPU set");
    CPU_ZERO_S(size, set);
    for (size_t i = 0; i < spec->cpu_count; i++)
        CPU_SET_S(spec->cpus[i], size, set);
    int result = sched_setaffinity(0, size, set), errnum = errno;
    CPU_FREE(set);
    return result == 0 || launch_failed(f, "affinity", errnum, "cannot set CPU affinity");
}

static bool set_process(const struct launch_spec *spec, struct launch_failure *f)
{
    char text[32];
    if (spec->policy >= 0) {
        struct sched_param param = { .sched_priority = spec->priority };
        if (sched_setscheduler(0, spec->policy, &param) < 0)
            return launch_failed(f, "scheduler", errno, "cannot set scheduler policy %d priority %d", spec->policy,
                                 spec->priority);
    }
    snprintf(text, sizeof(text), "%d", spec->oom_score_adj);
    if (spec->set_oom && !write_text("/proc/self/oom_score_adj", text))
        return launch_failed(f, "oom_score_adj", errno, "cannot set oom_score_adj to %s", text);
    if (spec->set_umask)
        umask(spec->umask);
    return true;
}

/*
 * Two steps, since a target may be the number of another descriptor that is still needed: first all move above every
 * target, then each goes where it belongs. What stands nowhere in the list is closed.
 */
static bool place_fds(const struct launch_spec *spec, int *fds, int *channel, struct launch_failure *f)
{
    int above = 3;
    for (size_t i = 0; i < spec->target_count; i++)
        above = spec->targets[i] >= above ? spec->targets[i] + 1 : above;
    for (size_t i = 0; i <= spec->target_count; i++) {
        int *fd = i < spec->target_count ? &fds[i] : channel;
        int moved = fcntl(*fd, F_DUPFD_CLOEXEC, above);
        if (moved < 0)
            return launch_failed(f, "descriptors", errno, "cannot move descriptor %zu above %d", i, above);
        close(*fd);
        *fd = moved;
    }
    /* 0, 1 and 2 are /dev/null until the list says otherwise; the rest goes away at exec. */
    if (syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        return launch_failed(f, "descriptors", errno, "cannot mark descriptors to be closed");
    for (size_t i = 0; i < spec->target_count; i++) {
        if (dup2(fds[i], spec->targets[i]) < 0)
            return launch_failed(f, "descriptors", errno, "cannot place descriptor %d", spec->targets[i]);
        close(fds[i]);
    }
    return true;
}

/* Nothing, or one capability alone. */
static int capset_only(bool raw_io)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };
    if (raw_io)
        sets[0].effective = sets[0].permitted = sets[0].inheritable = 1u << CAP_SYS_RAWIO;
    return (int)syscall(SYS_capset, &header, sets);
}

static bool set_identity(const struct launch_spec *spec, struct launch_failure *f)
{
    /*
     * The bounding set goes first: it takes CAP_SETPCAP. A set-uid or file-capability program that the guest's process
     * runs later can then gain nothing. Bits that are out already, or that the kernel does not know, are no error.
     */
    if (spec->clear_caps && prctl(PR_CAPBSET_READ, CAP_SETPCAP, 0, 0, 0) == 1)
        for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
            if (!(spec->raw_io && cap == CAP_SYS_RAWIO) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EPERM)
                return launch_failed(f, "capabilities", errno, "cannot drop capability %d", cap);
    if (spec->raw_io && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) /* over the change of ids */
        return launch_failed(f, "capabilities", errno, "cannot keep capabilities");
    if (spec->set_ids) {
        if (setgroups(spec->group_count, spec->groups) < 0)
            return launch_failed(f, "identity", errno, "cannot set %zu supplementary groups", spec->group_count);
        if (setresgid(spec->gid, spec->gid, spec->gid) < 0)
            return launch_failed(f, "identity", errno, "cannot change to '%u' group", spec->gid);
        if (setresuid(spec->uid, spec->uid, spec->uid) < 0)
            return launch_failed(f, "identity", errno, "cannot change to uid to '%u'", spec->uid);
    }
    if (spec->clear_caps) {
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if (capset_only(spec->raw_io) < 0)
            return launch_failed(f, "capabilities", errno, "cannot clear capabilities");
    }
    /* The ambient set alone outlives exec. Without clear_caps (root) it must be inheritable first. */
    if (spec->raw_io && spec->clear_caps && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_RAWIO, 0, 0) < 0)
        return launch_failed(f, "capabilities", errno, "prctl failed to enable 'sys_rawio' in the AMBIENT set");
    /* A change of ids turns core dumps off; the limit alone decides, as for any program that root starts. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (spec->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return launch_failed(f, "no_new_privs", errno, "cannot set no_new_privs");
    return true;
}

bool launch_prepare(const struct launch_spec *spec, int *fds, int *channel, struct launch_failure *f)
{
    reset_signals();
    setsid(); /* fails only when the session is new already */
    /* The CPU set of a control group bounds the affinity, so the group comes first. */
    if (!enter_cgroups(spec, f) || !set_affinity(spec, f) || !set_process(spec, f))
        return false;
    if (spec->private_dev && !launch_private_dev(spec, f))
        return false;
    if (!place_fds(spec, fds, channel, f) || !set_limits(spec, f))
        return false;
    /* A directory may be readable for the program's user only on a network file system. */
    if (!set_identity(spec, f))
        return false;
    if (chdir(spec->cwd) < 0)
        return launch_failed(f, "directory", errno, "cannot change to '%s'", spec->cwd);
    return true;
}
