/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The status document as a plain struct with its table. */
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "model/domain.h"

struct vr_domain;

struct vr_statusdoc_vcpu {
    unsigned id, pid;
};

struct vr_statusdoc {
    const char *state, *reason;
    unsigned pid;
    VR_LIST(const char) taints;
    const char *monitor_path, *monitor_type;
    VR_LIST(struct vr_statusdoc_vcpu) vcpus;
    bool fake_reboot;
    VR_LIST(const char) devices;        /* aliases */
    const char *lib_dir, *channel_dir;
    unsigned nodename_index, fdset_index;
    const char *blockjobs_active;
    const char *agent_timeout;
    const char *extras;                 /* elements without a row here (emulator features of another daemon, ...), as text */
    struct vr_domain_def *domain;
};

/** Everything lives in `arena` but the domain, which is the caller's to free. */
bool vr_statusdoc_parse(struct vr_arena *arena, const char *text, size_t len, struct vr_statusdoc *out,
                        struct vr_error **err);
/** malloc'd text. */
char *vr_statusdoc_format(const struct vr_statusdoc *doc, struct vr_error **err);
/** The lists, from a running guest's records; in `arena`. */
void vr_statusdoc_fill(struct vr_statusdoc *doc, struct vr_domain *dom, struct vr_arena *arena);
