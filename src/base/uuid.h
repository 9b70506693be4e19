/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VR_UUID_TEXT 37

struct vr_uuid {
    unsigned char b[16];
};

void vr_uuid_generate(struct vr_uuid *out); /* random, version 4 */
/** 32 hex digits with dashes and surrounding blanks as libvirt accepts them. */
bool vr_uuid_parse(const char *text, struct vr_uuid *out);
/** Writes lower case 8-4-4-4-12 and returns `text`. */
char *vr_uuid_format(const struct vr_uuid *uuid, char text[VR_UUID_TEXT]);

static inline bool vr_uuid_equal(const struct vr_uuid *a, const struct vr_uuid *b)
{
    return memcmp(a->b, b->b, 16) == 0;
}
bool vr_uuid_is_zero(const struct vr_uuid *uuid);
