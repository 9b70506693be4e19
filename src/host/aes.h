/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

#define VR_AES_KEY 32
#define VR_AES_BLOCK 16

/**
 * vr_aes256_cbc - encrypt in place, as QEMU's secret objects are encrypted with a guest's master key
 * @len: a multiple of VR_AES_BLOCK; padding is the caller's
 *
 * GnuTLS does it, opened when first needed: few guests have secrets. Blocks: for workers. CONFIG_UNSUPPORTED without it.
 */
bool vr_aes256_cbc(const uint8_t key[VR_AES_KEY], const uint8_t iv[VR_AES_BLOCK], void *data, size_t len,
                   struct vr_error **err);
