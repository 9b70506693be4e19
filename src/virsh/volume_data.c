/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage volumes: their data from and to files, holes kept where asked for, with progress on a terminal. */
#include "find.h"
#include "groups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"

struct transfer {
    struct vr_cmd *cmd;
    int fd;
    bool block;      /* a device: holes are written as zeros, there is no truncate */
    const char *label;
    unsigned long long done, total; /* total 0: unknown */
    vr_time shown;
    bool show;
};

static void progress(struct transfer *t, size_t more)
{
    t->done += more;
    if (!t->show || vr_now() - t->shown < VR_MS(200))
        return;
    t->shown = vr_now();
    if (t->total)
        fprintf(stderr, "\r%s: [%3llu %%]", t->label, t->done >= t->total ? 100 : t->done * 100 / t->total);
    else
        fprintf(stderr, "\r%s: %llu MiB", t->label, t->done >> 20);
    fflush(stderr);
}

static void progress_end(struct transfer *t, bool ok)
{
    if (t->show && t->shown)
        fprintf(stderr, ok ? "\r%s: [100 %%]\n" : "\n", t->label);
}

static int take_data(virStreamPtr st, char *bytes, size_t length, void *opaque)
{
    struct transfer *t = opaque;
    ssize_t n;
    do {
        n = vr_interrupted() ? (errno = EINTR, -1) : read(t->fd, bytes, length);
    } while (n < 0 && errno == EINTR && !vr_interrupted());
    if (n > 0)
        progress(t, (size_t)n);
    return (int)n;
}

static int put_data(virStreamPtr st, const char *bytes, size_t length, void *opaque)
{
    struct transfer *t = opaque;
    if (vr_interrupted()) {
        errno = EINTR; /* the library tells it */
        return -1;
    }
    if (!vr_write_all(t->fd, bytes, length))
        return -1;
    progress(t, length);
    return (int)length;
}

/* How far data, or a hole, goes from here. At the end both are 0 long, in data. */
static int take_hole(virStreamPtr st, int *in_data, long long *length, void *opaque)
{
    struct transfer *t = opaque;
    off_t at = lseek(t->fd, 0, SEEK_CUR), end = at < 0 ? -1 : lseek(t->fd, at, SEEK_DATA);
    if (at < 0)
        return -1;
    if (end < 0 && errno == ENXIO) { /* a hole to the end, or the end itself */
        off_t size = lseek(t->fd, 0, SEEK_END);
        *in_data = 0;
        *length = size - at;
        return size < 0 || lseek(t->fd, at, SEEK_SET) < 0 ? -1 : 0;
    }
    if (end < 0 && errno == EINVAL) { /* a file system or device without holes */
        off_t size = lseek(t->fd, 0, SEEK_END);
        *in_data = 1;
        *length = size - at;
        return size < 0 || lseek(t->fd, at, SEEK_SET) < 0 ? -1 : 0;
    }
    if (end < 0)
        return -1;
    *in_data = end == at;
    *length = end - at;
    if (*in_data) {
        off_t hole = lseek(t->fd, at, SEEK_HOLE);
        if (hole < 0)
            return -1;
        *length = hole - at;
    }
    return lseek(t->fd, at, SEEK_SET) < 0 ? -1 : 0;
}

static int skip_hole(virStreamPtr st, long long length, void *opaque)
{
    struct transfer *t = opaque;
    progress(t, (size_t)length);
    return lseek(t->fd, length, SEEK_CUR) < 0 ? -1 : 0;
}

static int put_hole(virStreamPtr st, long long length, void *opaque)
{
    struct transfer *t = opaque;
    static const char zeros[65536];
    off_t at;
    progress(t, (size_t)length);
    if (t->block) {
        while (length > 0) {
            size_t n = length < (long long)sizeof(zeros) ? (size_t)length : sizeof(zeros);
            if (!vr_write_all(t->fd, zeros, n))
                return -1;
            length -= (long long)n;
        }
        return 0;
    }
    at = lseek(t->fd, length, SEEK_CUR);
    return at < 0 || ftruncate(t->fd, at) < 0 ? -1 : 0;
}

/* Options that both directions have. */
static bool region(struct vr_cmd *cmd, unsigned long long *offset, unsigned long long *length)
{
    return vr_opt_ull(cmd, "offset", offset) >= 0 && vr_opt_ull(cmd, "length", length) >= 0;
}

static unsigned long long file_size(int fd, const struct stat *st)
{
    unsigned long long size = 0;
    if (S_ISBLK(st->st_mode))
        return ioctl(fd, BLKGETSIZE64, &size) == 0 ? size : 0;
    return (unsigned long long)st->st_size;
}

static bool upload_run(struct vr_cmd *cmd)
{
    const char *path, *name = NULL;
    unsigned long long offset = 0, length = 0;
    struct stat st;
    bool sparse = vr_opt_bool(cmd, "sparse");
    if (!region(cmd, &offset, &length))
        return false;
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, &name);
    if (!vol || !vr_opt_string(cmd, "file", &path))
        return false;
    vr_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return vr_complain(cmd, _("cannot read %s"), path);
    if (fstat(fd, &st) < 0)
        return vr_complain(cmd, _("unable to stat %s"), path);
    vr_auto(stream) virStreamPtr stream = virStreamNew(vr_conn(cmd), 0);
    if (!stream)
        return vr_complain(cmd, "%s", _("cannot create a new stream"));
    if (virStorageVolUpload(vol, stream, offset, length, sparse ? VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM : 0) < 0)
        return vr_complain(cmd, _("cannot upload to volume %s"), name);
    struct transfer t = { .cmd = cmd, .fd = fd, .block = S_ISBLK(st.st_mode), .label = _("Upload"), .total = file_size(fd, &st),
                          .show = isatty(STDERR_FILENO) && !cmd->sh->quiet };
    vr_catch_int_begin();
    int rc = sparse ? virStreamSparseSendAll(stream, take_data, take_hole, skip_hole, &t) : virStreamSendAll(stream, take_data, &t);
    vr_catch_int_end();
    progress_end(&t, rc >= 0);
    if (rc < 0)
        return vr_complain(cmd, _("cannot send data to volume %s"), name);
    return virStreamFinish(stream) == 0 || vr_complain(cmd, _("cannot close volume %s"), name);
}

/* What the file becomes when it fails: a new one goes, one that was there stays as it is by then. */
static int open_target(const char *path, bool *made)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    *made = fd >= 0;
    return fd < 0 && errno == EEXIST ? open(path, O_WRONLY | O_TRUNC | O_CLOEXEC) : fd;
}

static bool receive(struct vr_cmd *cmd, virStorageVolPtr vol, const char *name, int fd, unsigned long long offset, unsigned long long length)
{
    struct stat st;
    virStorageVolInfo info;
    bool sparse = vr_opt_bool(cmd, "sparse"), show = isatty(STDERR_FILENO) && !cmd->sh->quiet;
    if (fstat(fd, &st) < 0)
        return vr_complain(cmd, _("unable to stat %s"), vr_opt_raw(cmd, "file"));
    vr_auto(stream) virStreamPtr stream = virStreamNew(vr_conn(cmd), 0);
    if (!stream)
        return vr_complain(cmd, "%s", _("cannot create a new stream"));
    if (virStorageVolDownload(vol, stream, offset, length, sparse ? VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM : 0) < 0)
        return vr_complain(cmd, _("cannot download from volume %s"), name);
    struct transfer t = { .cmd = cmd, .fd = fd, .block = S_ISBLK(st.st_mode), .label = _("Download"), .total = length, .show = show };
    if (show && !length && virStorageVolGetInfo(vol, &info) == 0)
        t.total = info.allocation;
    vr_catch_int_begin();
    int rc = sparse ? virStreamSparseRecvAll(stream, put_data, put_hole, &t) : virStreamRecvAll(stream, put_data, &t);
    vr_catch_int_end();
    progress_end(&t, rc >= 0);
    if (rc < 0)
        return vr_complain(cmd, _("cannot receive data from volume %s"), name);
    return virStreamFinish(stream) == 0 || vr_complain(cmd, _("cannot close volume %s"), name);
}

static bool download_run(struct vr_cmd *cmd)
{
    const char *path, *name = NULL;
    unsigned long long offset = 0, length = 0;
    bool made;
    if (!region(cmd, &offset, &length))
        return false;
    vr_auto(volume) virStorageVolPtr vol = vr_volume(cmd, &name);
    if (!vol || !vr_opt_string(cmd, "file", &path))
        return false;
    vr_autoclose int fd = open_target(path, &made);
    if (fd < 0)
        return vr_complain(cmd, _("cannot create %s"), path);
    bool ok = receive(cmd, vol, name, fd, offset, length);
    if (ok && close(vr_take_fd(&fd)) < 0)
        ok = vr_complain(cmd, _("cannot close file %s"), path);
    if (!ok && made)
        unlink(path);
    return ok;
}

#define OPTS_DATA(verb)                                                                            \
    VR_OPT_VOLUME, VR_OPT_FILE(verb), VR_OPT_POOL_MAYBE,                                            \
        { "offset", VR_OPT_INT, .help = N_("where in the volume to begin, in bytes") },             \
        { "length", VR_OPT_INT, .help = N_("how many bytes; all there are when left out") },        \
        { "sparse", VR_OPT_BOOL, .help = N_("leave holes as holes") }, { 0 }

const struct vr_command vr_cmd_vol_upload = {
    "vol-upload", (const struct vr_opt[]){ OPTS_DATA(N_("the file to read")) }, upload_run, 0, N_("write a file into a volume"), NULL, NULL,
};
const struct vr_command vr_cmd_vol_download = {
    "vol-download", (const struct vr_opt[]){ OPTS_DATA(N_("the file to write")) }, download_run, 0, N_("write a volume into a file"), NULL,
    NULL,
};
