/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base64.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *vr_base64_encode(const void *data, size_t len)
{
    const uint8_t *in = data;
    char *out = vr_alloc((len + 2) / 3 * 4 + 1), *at = out;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[bits & 63] : '=';
    }
    return out;
}

void *vr_base64_decode(const char *text, size_t *len)
{
    size_t size = strlen(text), n = 0, chars = 0, pads = 0;
    uint8_t *out = vr_alloc(size / 4 * 3 + 4);
    uint32_t bits = 0;
    for (; *text; text++) {
        if (*text == '\n' || *text == '\r')
            continue;
        const char *digit = strchr(digits, *text);
        if (*text == '=')
            pads++;
        else if (!digit || pads)
            break;
        bits = bits << 6 | (digit ? (uint32_t)(digit - digits) : 0);
        if (++chars % 4 == 0)
            for (unsigned i = 0; i < 3; i++)
                out[n++] = (uint8_t)(bits >> (16 - 8 * i));
    }
    if (*text || chars % 4 || pads > 2 || pads > n) {
        explicit_bzero(out, size / 4 * 3 + 4);
        free(out);
        return NULL;
    }
    *len = n - pads;
    out[*len] = 0;
    return out;
}
