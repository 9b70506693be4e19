/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Base64 with padding (RFC 4648), as secrets are kept and passed. */
#include <stdbool.h>
#include <stddef.h>

/** malloc'd text on one line. */
char *vr_base64_encode(const void *data, size_t len);
/** malloc'd bytes, with a NUL after them that *len does not count; NULL for anything that is not base64. Line ends are skipped. */
void *vr_base64_decode(const char *text, size_t *len);
