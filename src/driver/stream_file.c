/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_STREAMS
/*
 * Streams of files. Reading or writing a file may block for as long as its storage likes, so each piece is moved by a
 * worker on a descriptor and a buffer of its own; an abandoned piece keeps both until it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "stream_impl.h"

#define PIECE_DEADLINE VR_SEC(120)

enum piece_kind { PIECE_READ, PIECE_WRITE, PIECE_HOLE };

struct piece {
    enum piece_kind kind;
    int fd;             /* a duplicate: the stream's may be closed while a lost worker still hangs in it */
    bool sparse;
    bool has_data_map;  /* the file can tell where its holes are */
    off_t offset;
    size_t len;         /* wanted; then moved */
    off_t hole;         /* PIECE_READ: a hole was found in place of data; PIECE_HOLE: its length */
    int error;
    unsigned char *bytes;
};

static void free_piece(void *arg)
{
    struct piece *p = arg;
    if (p->fd >= 0)
        close(p->fd);
    free(p->bytes);
    free(p);
}

/* Says how long the section at the offset is: *hole of a hole, else at most p->len bytes of data. */
static bool find_section(struct piece *p)
{
    off_t data = lseek(p->fd, p->offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO) {
        /* No data from here on: what is left, if anything, is one hole. */
        struct stat st;
        if (fstat(p->fd, &st) < 0)
            return false;
        p->hole = st.st_size > p->offset ? st.st_size - p->offset : 0;
        p->len = 0;
        return true;
    }
    if (data < 0)
        return errno == EINVAL; /* a file system that cannot tell: all of it is data */
    if (data > p->offset) {
        p->hole = data - p->offset;
        p->len = 0;
        return true;
    }
    off_t end = lseek(p->fd, p->offset, SEEK_HOLE);
    if (end > p->offset && (off_t)p->len > end - p->offset)
        p->len = (size_t)(end - p->offset);
    return true;
}

static void read_piece(struct piece *p)
{
    if (p->sparse && !find_section(p)) {
        p->error = errno;
        return;
    }
    if (p->hole || !p->len)
        return;
    p->bytes = malloc(p->len);
    ssize_t n = -1;
    do
        n = p->bytes ? pread(p->fd, p->bytes, p->len, p->offset) : -1;
    while (n < 0 && p->bytes && errno == EINTR);
    if (n < 0)
        p->error = errno;
    else
        p->len = (size_t)n;
}

static void write_piece(struct piece *p)
{
    for (size_t at = 0; at < p->len;) {
        ssize_t n = pwrite(p->fd, p->bytes + at, p->len - at, p->offset + (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            p->error = errno;
            return;
        }
        at += (size_t)n;
    }
}

/* A hole past the end makes the file longer; one inside it gives the blocks back where that is possible. */
static void punch_piece(struct piece *p)
{
    struct stat st;
    if (fstat(p->fd, &st) < 0) {
        p->error = errno;
        return;
    }
    off_t end = p->offset + p->hole;
    if (!S_ISREG(st.st_mode))
        return;
    if (st.st_size > p->offset &&
        fallocate(p->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, p->offset, p->hole) < 0) {
        p->error = errno;
        return;
    }
    if (end > st.st_size && ftruncate(p->fd, end) < 0)
        p->error = errno;
}

static void move_piece(void *arg)
{
    struct piece *p = arg;
    switch (p->kind) {
    case PIECE_READ:
        read_piece(p);
        break;
    case PIECE_WRITE:
        write_piece(p);
        break;
    case PIECE_HOLE:
        punch_piece(p);
        break;
    }
}

/* Runs the piece; NULL with *err when it failed. The caller frees what it gets. */
static VR_SUSPENDS struct piece *run_piece(struct vr_stream *s, struct piece *p, struct vr_error **err)
{
    p->fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
    if (p->fd < 0) {
        vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, _("cannot duplicate the stream's file"));
        free_piece(p);
        return NULL;
    }
    enum piece_kind kind = p->kind;
    if (!vr_worker_run(VR_POOL_STORAGE, NULL, "stream", move_piece, p, free_piece, vr_after(PIECE_DEADLINE), err)) {
        vr_error_prefix(err, kind == PIECE_READ ? _("cannot read from stream: ") : _("cannot write to stream: "));
        return NULL;
    }
    if (!p->error)
        return p;
    vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, p->error,
                  kind == PIECE_READ ? _("cannot read from stream") : _("cannot write to stream"));
    free_piece(p);
    return NULL;
}

bool vr_stream_attach_file(struct vr_stream *s, int fd, bool sparse, unsigned long long offset,
                           unsigned long long length, void (*done)(enum vr_stream_end_reason why, void *opaque),
                           void *opaque, struct vr_error **err)
{
    vr_autoclose int owned = fd;
    if (s->attached)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, _("stream is already open"));
    if (offset > INT64_MAX || length > INT64_MAX - offset)
        return vr_fail(err, VIR_ERR_OVERFLOW, _("stream of %llu bytes at %llu"), length, offset);
    s->fd = vr_take_fd(&owned);
    s->sparse = s->sparse && sparse;
    s->offset = offset;
    s->left = length;
    s->bounded = length != 0;
    s->done = done;
    s->done_opaque = opaque;
    s->attached = true;
    return true;
}

VR_SUSPENDS void stream_read_file(struct vr_stream *s)
{
    while (stream_wait_room(s)) {
        VR_AUTO(vr_error) *err = NULL;
        if (s->bounded && !s->left) {
            s->port.data(s->port.opaque, NULL, 0);
            return;
        }
        struct piece *p = vr_new(struct piece);
        *p = (struct piece){ .kind = PIECE_READ, .sparse = s->sparse, .offset = (off_t)s->offset,
                             .len = s->bounded && s->left < VR_STREAM_CHUNK ? (size_t)s->left : VR_STREAM_CHUNK };
        p = run_piece(s, p, &err);
        if (!p) {
            stream_fail(s, &err);
            return;
        }
        unsigned long long moved = p->hole ? (unsigned long long)p->hole : p->len;
        if (s->bounded && moved > s->left)
            moved = s->left;
        if (!s->over && p->hole)
            s->port.hole(s->port.opaque, (int64_t)moved);
        else if (!s->over)
            s->port.data(s->port.opaque, p->bytes, (size_t)moved); /* none: the end */
        free_piece(p);
        if (!moved)
            return;
        s->offset += moved;
        s->left -= s->bounded ? moved : 0;
    }
}

/* One pushed packet into the file. */
static VR_SUSPENDS bool write_inbound(struct vr_stream *s, const struct inbound *in, struct vr_error **err)
{
    unsigned long long len = in->kind == INBOUND_HOLE ? (unsigned long long)in->hole : in->len;
    if (!len)
        return true;
    if (s->bounded && len > s->left)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, ENOSPC, _("cannot write to stream"));
    if (len > INT64_MAX - s->offset)
        return vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, EFBIG, _("cannot write to stream"));
    struct piece *p = vr_new(struct piece);
    *p = (struct piece){ .kind = in->kind == INBOUND_HOLE ? PIECE_HOLE : PIECE_WRITE, .offset = (off_t)s->offset,
                         .len = in->len, .hole = (off_t)in->hole };
    if (in->kind == INBOUND_DATA)
        p->bytes = vr_memdup(in->bytes, in->len);
    p = run_piece(s, p, err);
    if (!p)
        return false;
    free_piece(p);
    s->offset += len;
    s->left -= s->bounded ? len : 0;
    return true;
}

VR_SUSPENDS void stream_write_file(struct vr_stream *s)
{
    struct inbound *in;
    while ((in = stream_next(s))) {
        VR_AUTO(vr_error) *err = NULL;
        if (in->kind == INBOUND_FINISH) {
            stream_finished(s);
            return;
        }
        if (!write_inbound(s, in, &err)) {
            stream_fail(s, &err);
            return;
        }
        if (s->over)
            return;
        stream_took(s);
    }
}
