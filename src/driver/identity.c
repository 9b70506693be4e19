/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_IDENTITY
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/str.h"

#define GROUPS_MAX 65536  /* the kernel's own limit */
#define LABEL_MAX 4096

struct vr_identity *vr_identity_ref(struct vr_identity *id)
{
    id->refs++;
    return id;
}

void vr_identity_unref(struct vr_identity *id)
{
    if (!id || --id->refs > 0)
        return;
    free(id->groups);
    free(id->selinux);
    free(id->sasl_user);
    free(id->x509_dname);
    free(id);
}

struct vr_identity *vr_identity_copy(const struct vr_identity *id)
{
    struct vr_identity *copy = vr_memdup(id, sizeof(*id));
    copy->refs = 1;
    copy->groups = id->group_count ? vr_memdup(id->groups, id->group_count * sizeof(gid_t)) : NULL;
    copy->selinux = vr_strdup(id->selinux);
    copy->sasl_user = vr_strdup(id->sasl_user);
    copy->x509_dname = vr_strdup(id->x509_dname);
    return copy;
}

uint64_t vr_process_start_time(pid_t pid)
{
    char path[40], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return 0;
    text[n] = 0;
    /* The name in field 2 may hold blanks and brackets: fields are counted from the last bracket. */
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at, ' ');
        if (at)
            at++;
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

static bool read_groups(int fd, struct vr_identity *id)
{
    gid_t few[64];
    socklen_t len = sizeof(few);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, few, &len) == 0) {
        id->group_count = len / sizeof(gid_t);
        id->groups = id->group_count ? vr_memdup(few, len) : NULL;
        return true;
    }
    if (errno != ERANGE || len > GROUPS_MAX * sizeof(gid_t))
        return errno == ENOPROTOOPT;
    id->groups = vr_alloc(len);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, id->groups, &len) != 0)
        return false;
    id->group_count = len / sizeof(gid_t);
    return true;
}

static void read_label(int fd, struct vr_identity *id)
{
    char label[LABEL_MAX];
    socklen_t len = sizeof(label) - 1;
    /* Without a security module the option does not exist; then there is no label. */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERSEC, label, &len) != 0 || len == 0)
        return;
    label[len] = 0;
    id->selinux = vr_strdup(label);
}

struct vr_identity *vr_identity_of_peer(int fd, bool readonly, struct vr_error **err)
{
    int family = 0;
    socklen_t len = sizeof(family);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) != 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to get client socket identity"));
        return NULL;
    }
    struct vr_identity *id = vr_new(struct vr_identity);
    *id = (struct vr_identity){ .refs = 1, .uid = (uid_t)-1, .gid = (gid_t)-1, .readonly_socket = readonly };
    if (family != AF_UNIX)
        return id;
    struct ucred peer;
    len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || !read_groups(fd, id)) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Failed to get client socket identity"));
        vr_identity_unref(id);
        return NULL;
    }
    id->local = true;
    id->uid = peer.uid;
    id->gid = peer.gid;
    id->pid = peer.pid;
    id->pid_start = peer.pid > 0 ? vr_process_start_time(peer.pid) : 0;
    read_label(fd, id);
    return id;
}
