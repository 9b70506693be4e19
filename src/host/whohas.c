/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "whohas.h"
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"
#include "sysfile.h"

#define PROCESSES_MAX 65536
#define FDS_MAX 4096 /* looked at of one process */

/* ---- descriptors of processes ------------------------------------------------------------------------------------- */

static char *name_of(pid_t pid)
{
    vr_autofree char *comm = vr_sys_read("/proc/%d/comm", (int)pid);
    return vr_printf(_("process %d (%s)"), (int)pid, comm ? comm : "?");
}

typedef bool is_it(int proc_fd_dir, const char *name, const void *opaque);

static bool any_fd(pid_t pid, is_it *fn, const void *opaque)
{
    vr_autofree char *path = vr_printf("/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    bool found = false;
    struct dirent *e;
    for (unsigned n = 0; dir && !found && n < FDS_MAX && (e = readdir(dir)); n++)
        found = e->d_name[0] != '.' && fn(dirfd(dir), e->d_name, opaque);
    if (dir)
        closedir(dir);
    return found;
}

static char *who(is_it *fn, const void *opaque, pid_t except)
{
    DIR *proc = opendir("/proc");
    char *text = NULL;
    struct dirent *e;
    for (unsigned n = 0; proc && !text && n < PROCESSES_MAX && (e = readdir(proc)); n++) {
        uint64_t pid;
        if (vr_parse_u64(e->d_name, 10, INT32_MAX, &pid) && (pid_t)pid != except && (pid_t)pid != getpid() &&
            any_fd((pid_t)pid, fn, opaque))
            text = name_of((pid_t)pid);
    }
    if (proc)
        closedir(proc);
    return text;
}

static bool same_file(int dir, const char *name, const void *opaque)
{
    const struct stat *wanted = opaque;
    struct stat st;
    return fstatat(dir, name, &st, 0) == 0 && st.st_dev == wanted->st_dev && st.st_ino == wanted->st_ino;
}

char *vr_who_has_file(const char *path, pid_t except)
{
    struct stat st;
    return stat(path, &st) == 0 ? who(same_file, &st, except) : NULL;
}

/* ---- listeners ---------------------------------------------------------------------------------------------------- */

static bool is_socket(int dir, const char *name, const void *opaque)
{
    char target[64];
    ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);
    if (n <= 0)
        return false;
    target[n] = 0;
    return vr_streq(target, opaque);
}

/* "  0: 00000000:170C 00000000:0000 0A ... INODE": state 0A listens */
static bool inode_of(const char *table, unsigned port, unsigned long long *inode)
{
    FILE *f = fopen(table, "re");
    char line[512];
    bool found = false;
    while (f && !found && fgets(line, sizeof(line), f)) {
        unsigned local, state, uid;
        if (sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %u %*u %llu", &local, &state, &uid,
                   inode) == 4)
            found = state == 0x0A && local == port;
    }
    if (f)
        fclose(f);
    return found;
}

char *vr_who_listens(unsigned port)
{
    unsigned long long inode;
    if (!inode_of("/proc/net/tcp", port, &inode) && !inode_of("/proc/net/tcp6", port, &inode))
        return NULL;
    vr_autofree char *socket = vr_printf("socket:[%llu]", inode);
    char *text = who(is_socket, socket, 0);
    return text ? text : vr_strdup(_("a process that is not seen from here"));
}

/* ---- the way to a path -------------------------------------------------------------------------------------------- */

static bool in_groups(const struct vr_opener *w, gid_t gid)
{
    if (w->gid == gid)
        return true;
    for (size_t i = 0; i < w->group_count; i++)
        if (w->groups[i] == gid)
            return true;
    return false;
}

static bool may_pass(const struct stat *st, const struct vr_opener *w)
{
    if (w->uid == 0)
        return true;
    if (st->st_uid == w->uid)
        return st->st_mode & S_IXUSR;
    return in_groups(w, st->st_gid) ? st->st_mode & S_IXGRP : st->st_mode & S_IXOTH;
}

static char *tell(const char *directory, const struct stat *st, const struct vr_opener *w)
{
    char text[2048];
    struct passwd pw, *owner = NULL;
    struct group gr, *group = NULL;
    char more[2048];
    getpwuid_r(st->st_uid, &pw, text, sizeof(text), &owner);
    getgrgid_r(st->st_gid, &gr, more, sizeof(more), &group);
    const char *whose = st->st_uid == w->uid ? "u" : in_groups(w, st->st_gid) ? "g" : "o";
    vr_autofree char *uid = vr_printf("%u", (unsigned)st->st_uid), *gid = vr_printf("%u", (unsigned)st->st_gid);
    return vr_printf(_("'%s' belongs to %s:%s with mode %04o, so that user %u cannot pass it; 'chmod %s+x %s' would let it"),
                     directory, owner ? owner->pw_name : uid, group ? group->gr_name : gid, (unsigned)st->st_mode & 07777,
                     (unsigned)w->uid, whose, directory);
}

char *vr_why_not_reachable(const char *path, const struct vr_opener *w)
{
    vr_autofree char *at = vr_strdup(path);
    if (*at != '/')
        return NULL;
    for (char *slash = at; slash; slash = strchr(slash + 1, '/')) {
        struct stat st;
        char kept = slash == at ? slash[1] : 0;
        *(slash == at ? slash + 1 : slash) = 0;
        bool seen = stat(at, &st) == 0;
        /* An access list may allow what the mode does not. */
        bool open_way = !seen || may_pass(&st, w) || getxattr(at, "system.posix_acl_access", NULL, 0) > 0;
        char *text = open_way ? NULL : tell(at, &st, w);
        if (slash == at)
            slash[1] = kept;
        else
            *slash = '/';
        if (text || !seen)
            return text;
    }
    return NULL;
}
