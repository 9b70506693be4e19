/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"

void vr_buf_done(struct vr_buf *b)
{
    free(b->data);
    *b = (struct vr_buf)VR_BUF_INIT;
}

void *vr_buf_room(struct vr_buf *b, size_t len)
{
    if (len > SIZE_MAX / 4 || b->len > SIZE_MAX / 4)
        abort();
    size_t need = b->len + len + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap < need)
            cap *= 2;
        b->data = vr_realloc(b->data, cap, 1);
        b->cap = cap;
    }
    return b->data + b->len;
}

void vr_buf_added(struct vr_buf *b, size_t len)
{
    b->len += len;
    b->data[b->len] = '\0';
}

void vr_buf_add(struct vr_buf *b, const void *data, size_t len)
{
    void *to = vr_buf_room(b, len);
    if (len)
        memcpy(to, data, len);
    vr_buf_added(b, len);
}

void vr_buf_str(struct vr_buf *b, const char *text)
{
    vr_buf_add(b, text, strlen(text));
}

void vr_buf_char(struct vr_buf *b, char c)
{
    vr_buf_add(b, &c, 1);
}

void vr_buf_vprintf(struct vr_buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        abort();
    char *to = vr_buf_room(b, (size_t)n);
    vsnprintf(to, (size_t)n + 1, fmt, ap);
    vr_buf_added(b, (size_t)n);
}

void vr_buf_printf(struct vr_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vr_buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void vr_buf_shell(struct vr_buf *b, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=/.,:+@%";
    if (*word && word[strspn(word, plain)] == 0) {
        vr_buf_str(b, word);
        return;
    }
    vr_buf_char(b, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            vr_buf_str(b, "'\\''");
        else
            vr_buf_char(b, *word);
    }
    vr_buf_char(b, '\'');
}

void vr_buf_spaces(struct vr_buf *b, size_t n)
{
    memset(vr_buf_room(b, n), ' ', n);
    vr_buf_added(b, n);
}

void vr_buf_consume(struct vr_buf *b, size_t len)
{
    if (len > b->len)
        abort();
    b->len -= len;
    if (b->data) {
        memmove(b->data, b->data + len, b->len);
        b->data[b->len] = '\0';
    }
}

char *vr_buf_take(struct vr_buf *b)
{
    if (!b->data)
        vr_buf_str(b, "");
    char *text = b->data;
    *b = (struct vr_buf)VR_BUF_INIT;
    return text;
}
