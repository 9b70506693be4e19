/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Small texts that are kept and seldom read, packed: a definition takes about a sixth of its length. Works by zlib with a
 * dictionary of what definitions are made of. For the loop thread alone: the working memory is shared.
 */
#include <stddef.h>
#include <stdint.h>

struct vr_packed {
    uint32_t len, packed_len;
    unsigned char data[];
};

/** Packs @len bytes; malloc'd. Texts above 1 GiB are a caller's error. Takes about 30 microseconds for 4 KiB. */
struct vr_packed *vr_pack(const char *text, size_t len);
/** The text again, NUL-terminated and malloc'd. */
char *vr_unpack(const struct vr_packed *packed);
/** Gives back the working memory (some 60 KiB) that packing keeps for the next one. */
void vr_pack_done(void);
