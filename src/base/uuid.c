/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uuid.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void vr_uuid_generate(struct vr_uuid *out)
{
    if (getrandom(out->b, sizeof(out->b), 0) != (ssize_t)sizeof(out->b))
        abort();
    out->b[6] = (unsigned char)((out->b[6] & 0x0f) | 0x40);
    out->b[8] = (unsigned char)((out->b[8] & 0x3f) | 0x80);
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

bool vr_uuid_parse(const char *text, struct vr_uuid *out)
{
    struct vr_uuid u;
    while (isspace((unsigned char)*text))
        text++;
    for (int i = 0; i < 16;) {
        if (*text == '-') {
            text++;
            continue;
        }
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
            return false;
        u.b[i++] = (unsigned char)(hex(text[0]) * 16 + hex(text[1]));
        text += 2;
    }
    while (isspace((unsigned char)*text))
        text++;
    if (*text)
        return false;
    *out = u;
    return true;
}

char *vr_uuid_format(const struct vr_uuid *u, char text[VR_UUID_TEXT])
{
    char *p = text;
    for (int i = 0; i < 16; i++) {
        static const char digits[] = "0123456789abcdef";
        *p++ = digits[u->b[i] >> 4];
        *p++ = digits[u->b[i] & 15];
        if (i == 3 || i == 5 || i == 7 || i == 9)
            *p++ = '-';
    }
    *p = '\0';
    return text;
}

bool vr_uuid_is_zero(const struct vr_uuid *u)
{
    static const struct vr_uuid zero;
    return vr_uuid_equal(u, &zero);
}
