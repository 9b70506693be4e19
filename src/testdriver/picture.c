/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of every mock guest: a small grey PNG, written without a compressor. */
#define VR_ERROR_DOMAIN VIR_FROM_TEST
#include <errno.h>
#include <unistd.h>
#include "base/buf.h"
#include "internal.h"

#define WIDTH 320
#define HEIGHT 200

static void put32(struct vr_buf *b, uint32_t v)
{
    const unsigned char bytes[4] = { (unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8),
                                     (unsigned char)v };
    vr_buf_add(b, bytes, 4);
}

static uint32_t crc(const char *data, size_t len)
{
    uint32_t table[256], c = 0xffffffff;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] & 1 ? 0xedb88320 ^ table[i] >> 1 : table[i] >> 1;
    }
    for (size_t i = 0; i < len; i++)
        c = table[(c ^ (unsigned char)data[i]) & 255] ^ c >> 8;
    return ~c;
}

static void chunk(struct vr_buf *out, const char *type, const char *data, size_t len)
{
    put32(out, (uint32_t)len);
    size_t from = out->len;
    vr_buf_add(out, type, 4);
    vr_buf_add(out, data, len);
    put32(out, crc(out->data + from, out->len - from));
}

/* zlib's container around stored blocks, one line of the picture each. */
static void pixels(struct vr_buf *out)
{
    uint32_t a = 1, b = 0;
    char line[1 + WIDTH];
    vr_buf_add(out, "\x78\x01", 2);
    for (int y = 0; y < HEIGHT; y++) {
        const unsigned len = sizeof(line);
        const unsigned char head[5] = { y == HEIGHT - 1, len & 255, len >> 8, ~len & 255, ~len >> 8 & 255 };
        line[0] = 0; /* no filter */
        for (int x = 0; x < WIDTH; x++)
            line[1 + x] = (char)((x / 20 + y / 20) % 2 ? 0x60 : 0x90);
        for (size_t i = 0; i < sizeof(line); i++) {
            a = (a + (unsigned char)line[i]) % 65521;
            b = (b + a) % 65521;
        }
        vr_buf_add(out, head, sizeof(head));
        vr_buf_add(out, line, sizeof(line));
    }
    put32(out, b << 16 | a);
}

bool vr_test_write_picture(int fd, struct vr_error **err)
{
    vr_autobuf struct vr_buf png = VR_BUF_INIT;
    vr_autobuf struct vr_buf header = VR_BUF_INIT;
    vr_autobuf struct vr_buf data = VR_BUF_INIT;
    vr_buf_add(&png, "\x89PNG\r\n\x1a\n", 8);
    put32(&header, WIDTH);
    put32(&header, HEIGHT);
    vr_buf_add(&header, "\x08\0\0\0\0", 5); /* eight bits of grey */
    chunk(&png, "IHDR", header.data, header.len);
    pixels(&data);
    chunk(&png, "IDAT", data.data, data.len);
    chunk(&png, "IEND", "", 0);
    return write(fd, png.data, png.len) == (ssize_t)png.len ||
           vr_fail_errno(err, VIR_ERR_SYSTEM_ERROR, errno, "%s", "cannot write the screenshot");
}
