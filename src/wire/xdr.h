/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * XDR (RFC 4506) by table: one interpreter for every struct of api/api.h. It trusts the tables and nothing else.
 *
 * Reading is strict: lengths within the table's limits and within the bytes present, padding zero, optional marks 0 or
 * 1, no NUL inside a string. Memory taken while reading is at most a small multiple of the bytes read, so a short
 * message cannot make the reader allocate much, whatever counts it claims.
 */
#include <stdbool.h>
#include <stddef.h>
#include "api/describe.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/** No decoded value takes more arena bytes than this times the bytes it was read from, plus the same again once. */
#define VR_XDR_EXPANSION 8

/**
 * vr_xdr_encode - append a struct to a buffer
 * @type:  its table, e.g. &vr_domain_suspend_args_struct
 * @value: the struct; borrowed
 *
 * Reports VIR_ERR_RPC when something is longer than its limit or a string that must be there is NULL; @out is then as
 * it was before.
 */
bool vr_xdr_encode(const struct vr_struct *type, const void *value, struct vr_buf *out, struct vr_error **err);

/**
 * vr_xdr_decode - read a struct that fills exactly `len` bytes
 * @arena: receives what the struct points to
 * @value: type->size bytes; all zero after a failure
 *
 * Reports VIR_ERR_RPC "Unable to decode message payload: ..." for anything but one well-formed value.
 */
bool vr_xdr_decode(const struct vr_struct *type, const void *bytes, size_t len, struct vr_arena *arena, void *value,
                   struct vr_error **err);

/** Like vr_xdr_decode for a value that may be followed by other bytes; *used tells how many it took. */
bool vr_xdr_decode_prefix(const struct vr_struct *type, const void *bytes, size_t len, struct vr_arena *arena,
                          void *value, size_t *used, struct vr_error **err);

/** Bytes one element of this field takes in memory. */
size_t vr_field_size(const struct vr_field *field);

void vr_xdr_put_u32(struct vr_buf *out, uint32_t value);
static inline uint32_t vr_xdr_get_u32(const void *at)
{
    const unsigned char *b = at;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
