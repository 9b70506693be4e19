/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_QEMU
#include "unixsock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/alloc.h"

/*
 * Fills `addr` for `path`. A path that is too long goes through the directory's descriptor: *dir_fd stays open until
 * bind or connect is done.
 */
static bool unix_address(const char *path, struct sockaddr_un *addr, int *dir_fd, struct vr_error **err)
{
    *addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) < sizeof(addr->sun_path)) {
        strcpy(addr->sun_path, path);
        return true;
    }
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || strlen(slash) > 64)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("UNIX socket path '%s' too long"), path);
    vr_autofree char *dir = vr_strndup(path, (size_t)(slash - path));
    *dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*dir_fd < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot open directory '%s'"), dir);
    snprintf(addr->sun_path, sizeof(addr->sun_path), "/proc/self/fd/%d%s", *dir_fd, slash);
    return true;
}

int vr_unix_connect(const char *path, struct vr_error **err)
{
    struct sockaddr_un addr;
    vr_autoclose int dir_fd = -1;
    if (!unix_address(path, &addr, &dir_fd, err))
        return -1;
    vr_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("failed to create socket"));
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("failed to connect to monitor socket '%s'"), path);
        return -1;
    }
    return vr_take_fd(&fd);
}

/*
 * The socket itself, whatever takes its name later. Its directory may be QEMU's own, and neither a link of any kind to
 * another file nor another kind of file must get the socket's mode or owner.
 */
static int open_own_socket(const char *path)
{
    vr_autoclose int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -1;
    if (!S_ISSOCK(st.st_mode) || st.st_nlink != 1) {
        errno = EEXIST;
        return -1;
    }
    return vr_take_fd(&fd);
}

/* fchmod() takes no descriptor of O_PATH. */
static bool set_mode(int fd, mode_t mode)
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return chmod(path, mode) == 0;
}

bool vr_unix_give(const char *path, uid_t uid, gid_t gid, struct vr_error **err)
{
    vr_autoclose int fd = open_own_socket(path);
    if (fd < 0 || fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("unable to set user and group to '%d:%d' on '%s'"), (int)uid,
                             (int)gid, path);
    return true;
}

int vr_unix_listen(const char *path, mode_t mode, struct vr_error **err)
{
    struct sockaddr_un addr;
    vr_autoclose int dir_fd = -1;
    if (!unix_address(path, &addr, &dir_fd, err))
        return -1;
    vr_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", _("Unable to create socket"));
        return -1;
    }
    if (unlink(path) < 0 && errno != ENOENT) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to unlink %s"), path);
        return -1;
    }
    /*
     * No umask(): it is the whole process's, and workers create files meanwhile. The directory may be QEMU's own, so no
     * link that took the socket's place is followed.
     */
    vr_autoclose int made = -1;
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || (made = open_own_socket(path)) < 0 || !set_mode(made, mode)) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to bind to UNIX socket path '%s'"), path);
        return -1;
    }
    /* The backlog lets a new daemon's connection wait while QEMU has not yet noticed that the old one is gone. */
    if (listen(fd, 4) < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("Unable to listen to UNIX socket path '%s'"), path);
        return -1;
    }
    return vr_take_fd(&fd);
}
