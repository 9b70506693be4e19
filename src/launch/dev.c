/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A private /dev. The new tree is made unmounted (fsopen) and filled by descriptor, so that no directory on the host is
 * needed and the host's /dev stays in sight while its nodes are copied; then it is moved over /dev.
 */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"
#include "steps.h"

#define MAX_LINKS 16

struct dev_tree {
    int root;               /* of the new tree */
    struct launch_failure *f;
    struct kept {
        const char *path;
        int tree;
    } *binds;               /* mounted again once the tree stands at /dev */
    size_t bind_count, bind_room;
};

/* "/dev/a/b" -> "a/b"; NULL when it is not below /dev or climbs. */
static const char *below_dev(const char *path)
{
    if (!vr_starts_with(path, "/dev/") || !path[5] || strstr(path, "/../") || vr_ends_with(path, "/.."))
        return NULL;
    return path + 5;
}

static bool make_parents(struct dev_tree *t, const char *relative)
{
    char part[PATH_MAX];
    for (const char *slash = strchr(relative, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - relative), relative);
        if (mkdirat(t->root, part, 0755) < 0 && errno != EEXIST)
            return launch_failed(t->f, "private /dev", errno, "cannot create directory '/dev/%s'", part);
    }
    return true;
}

/* Files, sockets and directories below /dev, and kept mounts: the host's own, seen through a bind mount. */
static bool keep_mount(struct dev_tree *t, const char *path, const struct stat *st)
{
    const char *relative = below_dev(path);
    int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC);
    if (tree < 0)
        return launch_failed(t->f, "private /dev", errno, "cannot keep '%s'", path);
    VR_GROW(t->binds, t->bind_count, t->bind_room);
    t->binds[t->bind_count].path = path;
    t->binds[t->bind_count++].tree = tree;
    if (S_ISDIR(st->st_mode)) {
        if (mkdirat(t->root, relative, 0755) < 0 && errno != EEXIST)
            return launch_failed(t->f, "private /dev", errno, "cannot create directory '%s'", path);
        return true;
    }
    vr_autoclose int fd = openat(t->root, relative, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd >= 0 || errno == EEXIST || launch_failed(t->f, "private /dev", errno, "cannot create '%s'", path);
}

static bool copy_node(struct dev_tree *t, const char *path, const struct stat *st)
{
    const char *relative = below_dev(path);
    if (mknodat(t->root, relative, (st->st_mode & S_IFMT) | 0600, st->st_rdev) < 0)
        return errno == EEXIST || launch_failed(t->f, "private /dev", errno, "Unable to create device %s", path);
    if (fchownat(t->root, relative, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return launch_failed(t->f, "private /dev", errno, "Failed to chown device %s", path);
    if (fchmodat(t->root, relative, st->st_mode & 07777, 0) < 0)
        return launch_failed(t->f, "private /dev", errno, "Failed to set permissions for device %s", path);
    /* udev gives seats access by list; a list that cannot be kept only narrows who may open the node. */
    char acl[4096];
    ssize_t n = getxattr(path, "system.posix_acl_access", acl, sizeof(acl));
    if (n > 0) {
        vr_autofree char *in_tree = vr_printf("/proc/self/fd/%d/%s", t->root, relative);
        (void)setxattr(in_tree, "system.posix_acl_access", acl, (size_t)n, 0);
    }
    return true;
}

static char *read_link(const char *path)
{
    char text[PATH_MAX];
    ssize_t n = readlink(path, text, sizeof(text));
    return n < 0 ? NULL : vr_strndup(text, (size_t)n);
}

/* Where a link's text leads. Its directory may be reached by links too, so the kernel is asked. NULL: nowhere. */
static char *link_leads_to(const char *link, const char *target)
{
    const char *slash = strrchr(link, '/');
    vr_autofree char *joined =
        target[0] == '/' ? vr_strdup(target) : vr_printf("%.*s/%s", (int)(slash - link), link, target);
    char *name = strrchr(joined, '/');
    *name++ = '\0';
    char *directory = realpath(joined[0] ? joined : "/", NULL);
    char *path = directory ? vr_printf("%s/%s", vr_streq(directory, "/") ? "" : directory, name) : NULL;
    free(directory);
    return path;
}

/* One path of the host; symbolic links are copied and followed, each name on the way. */
static bool copy_path(struct dev_tree *t, const char *path, bool optional)
{
    vr_autofree char *at = vr_strdup(path);
    for (int links = 0; links < MAX_LINKS; links++) {
        const char *relative = below_dev(at);
        struct stat st;
        if (!relative)
            return links > 0 || launch_failed(t->f, "private /dev", EINVAL, "'%s' is not below /dev", at);
        if (lstat(at, &st) < 0)
            return (optional && (errno == ENOENT || errno == ENOTDIR)) ||
                   launch_failed(t->f, "private /dev", errno, "Unable to stat %s", at);
        if (!make_parents(t, relative))
            return false;
        if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
            return copy_node(t, at, &st);
        if (!S_ISLNK(st.st_mode))
            return keep_mount(t, links ? strdup(at) : path, &st);
        vr_autofree char *target = read_link(at);
        if (!target)
            return launch_failed(t->f, "private /dev", errno, "Unable to resolve symlink %s", at);
        if (symlinkat(target, t->root, relative) < 0 && errno != EEXIST)
            return launch_failed(t->f, "private /dev", errno, "Unable to create symlink %s", at);
        char *next = link_leads_to(at, target);
        if (!next)
            return optional || launch_failed(t->f, "private /dev", errno, "Unable to resolve symlink %s", at);
        free(at);
        at = next;
    }
    return launch_failed(t->f, "private /dev", ELOOP, "Too many levels of symbolic links: '%s'", path);
}

static bool new_tmpfs(struct dev_tree *t)
{
    vr_autoclose int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", "devfs", 0) < 0 ||
        fsconfig(fs, FSCONFIG_SET_STRING, "mode", "755", 0) < 0 ||
        fsconfig(fs, FSCONFIG_SET_STRING, "size", "65536", 0) < 0 ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return launch_failed(t->f, "private /dev", errno, "Failed to mount devfs on /dev");
    t->root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
    return t->root >= 0 || launch_failed(t->f, "private /dev", errno, "Failed to mount devfs on /dev");
}

static bool fill(struct dev_tree *t, const struct launch_spec *spec)
{
    for (char **path = spec->keep; *path; path++) {
        struct stat st;
        if (!below_dev(*path))
            return launch_failed(t->f, "private /dev", EINVAL, "'%s' is not below /dev", *path);
        if (stat(*path, &st) < 0)
            continue; /* a mount that the host does not have */
        if (!make_parents(t, below_dev(*path)) || !keep_mount(t, *path, &st))
            return false;
    }
    for (char **path = spec->devices; *path; path++)
        if (!copy_path(t, *path, false))
            return false;
    for (char **path = spec->optional_devices; *path; path++)
        if (!copy_path(t, *path, true))
            return false;
    return true;
}

bool launch_private_dev(const struct launch_spec *spec, struct launch_failure *f)
{
    struct dev_tree t = { .root = -1, .f = f };
    if (unshare(CLONE_NEWNS) < 0)
        return launch_failed(f, "mount namespace", errno, "Cannot unshare mount namespace");
    /* Mounts that the host makes later still arrive (a network file system with an image); ours never go back. */
    if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
        return launch_failed(f, "mount namespace", errno, "Failed to switch root mount into slave mode");
    mode_t old = umask(0);
    bool ok = new_tmpfs(&t) && fill(&t, spec);
    umask(old);
    /* The host's own leaves this namespace, with what is mounted below it; where /dev is no mount it is covered. */
    if (ok && umount2("/dev", MNT_DETACH) < 0 && errno != EINVAL)
        ok = launch_failed(f, "private /dev", errno, "Failed to unmount the host's /dev");
    if (ok && move_mount(t.root, "", AT_FDCWD, "/dev", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        ok = launch_failed(f, "private /dev", errno, "Failed to move the new tree to /dev");
    for (size_t i = 0; ok && i < t.bind_count; i++)
        if (move_mount(t.binds[i].tree, "", AT_FDCWD, t.binds[i].path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
            ok = launch_failed(f, "private /dev", errno, "Failed to mount '%s'", t.binds[i].path);
    return ok; /* descriptors are close-on-exec; memory goes with the program */
}
