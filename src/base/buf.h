/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Growing text or bytes. `data` is always NUL-terminated once anything was added. */
#include <stdarg.h>
#include <stddef.h>
#include "cleanup.h"

struct vr_buf {
    char *data;
    size_t len, cap;
};
#define VR_BUF_INIT { NULL, 0, 0 }
/** vr_autobuf struct vr_buf b = VR_BUF_INIT: freed at the end of the scope. */
#define vr_autobuf __attribute__((cleanup(vr_buf_done)))

void vr_buf_done(struct vr_buf *b);
void vr_buf_add(struct vr_buf *b, const void *data, size_t len);
void vr_buf_str(struct vr_buf *b, const char *text);
void vr_buf_char(struct vr_buf *b, char c);
void vr_buf_printf(struct vr_buf *b, const char *fmt, ...) VR_PRINTF(2, 3);
void vr_buf_vprintf(struct vr_buf *b, const char *fmt, va_list ap) VR_PRINTF(2, 0);
/** One word as a shell reads it back: quoted when it holds anything unusual. */
void vr_buf_shell(struct vr_buf *b, const char *word);
void vr_buf_spaces(struct vr_buf *b, size_t n);
/** Makes room for `len` more bytes and returns where they go; vr_buf_added tells how many were written. */
void *vr_buf_room(struct vr_buf *b, size_t len);
void vr_buf_added(struct vr_buf *b, size_t len);
/** Drops `len` bytes from the front. */
void vr_buf_consume(struct vr_buf *b, size_t len);
/** The malloc'd text ("" when empty); the buffer is empty afterwards. */
char *vr_buf_take(struct vr_buf *b);
