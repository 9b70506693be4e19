/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Where files are. Every absolute path of the system layout that this project opens goes through vr_path(), so that a
 * private run lives under one prefix: VIREO_ROOT=/tmp/x puts /etc/libvirt at /tmp/x/etc/libvirt. Paths that come from
 * documents (disk images, emulators) and kernel interfaces (/proc, /sys, /dev) are the host's and are never prefixed.
 * The variable is ignored when the process changed its privileges (secure execution).
 */
#include <stdbool.h>
#include "cleanup.h"

/** The prefix, "" when there is none. Read once. */
const char *vr_root(void);
/** malloc'd root prefix + formatted absolute path. */
char *vr_path(const char *fmt, ...) VR_PRINTF(1, 2);
/** `path` without the root prefix when it has one: what messages and documents show. Borrowed from `path`. */
const char *vr_path_shown(const char *path);

/** Base directories of an instance: system ("/etc/libvirt", ...) or session (XDG). malloc'd members, root applied. */
struct vr_dirs {
    bool session;
    char *config;   /* /etc/libvirt            | $XDG_CONFIG_HOME/libvirt */
    char *run;      /* /run/libvirt            | $XDG_RUNTIME_DIR/libvirt (or the cache directory) */
    char *lib;      /* /var/lib/libvirt        | config */
    char *cache;    /* /var/cache/libvirt      | $XDG_CACHE_HOME/libvirt */
    char *log;      /* /var/log/libvirt        | cache */
};
void vr_dirs_init(struct vr_dirs *dirs, bool session);
void vr_dirs_done(struct vr_dirs *dirs);

/**
 * A helper program of ours (vireo-launch): beside the running program when run from a build tree, else installed. Tests
 * say where with VIREO_HELPERS, a directory; ignored when the process changed its privileges.
 */
char *vr_helper_path(const char *name);
