/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The specification as the program has checked it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct launch_limit {
    const char *name;
    int resource;
    bool set;
    uint64_t value; /* UINT64_MAX: unlimited */
};
enum { LAUNCH_LIMITS = 4 };

enum launch_op { LAUNCH_MKNOD, LAUNCH_CHOWN, LAUNCH_UNLINK };
struct launch_task {
    enum launch_op op;
    const char *path;
    mode_t mode;
    dev_t device;
    uid_t uid;
    gid_t gid;
};

struct launch_spec {
    bool enter;
    /* exec */
    const char *program, *cwd;
    char **argv, **env;
    int *targets;               /* as many as descriptors came */
    size_t target_count;
    char **cgroups;
    struct launch_limit limits[LAUNCH_LIMITS];
    unsigned *cpus;
    size_t cpu_count;
    int policy;                 /* -1: stays */
    int priority;
    bool set_oom, set_umask, set_ids, clear_caps, raw_io, no_new_privs, private_dev;
    int oom_score_adj;
    mode_t umask;
    char **devices, **optional_devices, **keep;
    uid_t uid;
    gid_t gid;
    gid_t *groups;
    size_t group_count;
    /* enter */
    bool enter_namespace;
    struct launch_task *tasks;
    size_t task_count;
};

/** Checks and converts; what is unknown, of a wrong type or out of range is an error that names the member. */
bool launch_spec_parse(const char *text, size_t len, size_t fd_count, struct vr_arena *arena, struct launch_spec *out,
                       struct vr_error **err);
