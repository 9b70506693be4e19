/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Descriptors that a client gave for a guest's images (<source fdgroup='NAME'>): used at each start, as long as the client is there. */
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

struct vr_conn;
struct vr_domain;

struct vr_fdgroup {
    struct vr_fdgroup *next;
    struct vr_domain *dom;      /* borrowed: it frees its groups */
    struct vr_conn *conn;       /* whose end is the group's end */
    char *name;
    int *fds;                   /* owned */
    size_t n;
};

/** The guest's group of that name, or NULL. Valid until the fiber waits, or while the guest's job is held. */
const struct vr_fdgroup *vr_fdgroup_find(const struct vr_domain *dom, const char *name);
/** All of them go, with their descriptors. */
void vr_fdgroups_free(struct vr_domain *dom);
