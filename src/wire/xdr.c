/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_RPC
#include "xdr.h"

#include <stdlib.h>
#include <string.h>

/* Sizes in memory, fewest bytes on the wire, by kind; structs and unions ask their table. */
static const uint8_t memory_size[] = {
    [VR_KIND_I32] = 4, [VR_KIND_U32] = 4, [VR_KIND_I64] = 8, [VR_KIND_U64] = 8, [VR_KIND_DOUBLE] = 8,
    [VR_KIND_CHAR] = 1, [VR_KIND_UCHAR] = 1, [VR_KIND_SHORT] = 2, [VR_KIND_USHORT] = 2,
    [VR_KIND_STRING] = sizeof(char *), [VR_KIND_BYTES] = sizeof(char *), [VR_KIND_UUID] = 16,
};
static const uint8_t wire_size[] = {
    [VR_KIND_I32] = 4, [VR_KIND_U32] = 4, [VR_KIND_I64] = 8, [VR_KIND_U64] = 8, [VR_KIND_DOUBLE] = 8,
    [VR_KIND_CHAR] = 4, [VR_KIND_UCHAR] = 4, [VR_KIND_SHORT] = 4, [VR_KIND_USHORT] = 4,
    [VR_KIND_STRING] = 4, [VR_KIND_BYTES] = 4, [VR_KIND_UUID] = 16,
};

size_t vr_field_size(const struct vr_field *f)
{
    return f->sub ? f->sub->size : memory_size[f->kind];
}

static size_t field_wire_min(const struct vr_field *f)
{
    return f->sub ? f->sub->wire_min : wire_size[f->kind];
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void store_u32(void *at, uint32_t v)
{
    unsigned char *b = at;
    b[0] = (unsigned char)(v >> 24);
    b[1] = (unsigned char)(v >> 16);
    b[2] = (unsigned char)(v >> 8);
    b[3] = (unsigned char)v;
}

void vr_xdr_put_u32(struct vr_buf *out, uint32_t v)
{
    store_u32(vr_buf_room(out, 4), v);
    vr_buf_added(out, 4);
}

static void put_u64(struct vr_buf *out, uint64_t v)
{
    vr_xdr_put_u32(out, (uint32_t)(v >> 32));
    vr_xdr_put_u32(out, (uint32_t)v);
}

static void put_bytes(struct vr_buf *out, const void *data, size_t len)
{
    vr_xdr_put_u32(out, (uint32_t)len);
    size_t padded = (len + 3) & ~(size_t)3;
    char *to = vr_buf_room(out, padded);
    if (len)
        memcpy(to, data, len);
    memset(to + len, 0, padded - len);
    vr_buf_added(out, padded);
}

static bool encode_failed(const struct vr_struct *type, const struct vr_field *f, const char *why,
                          struct vr_error **err)
{
    return vr_fail(err, VIR_ERR_RPC, "Unable to encode message payload: '%s' of %s %s", f->name, type->name, why);
}

static bool put_struct(const struct vr_struct *type, const void *value, struct vr_buf *out, struct vr_error **err);

/* One element at `at`; for bytes, `base` is the struct that also holds the length. */
static bool put_one(const struct vr_struct *type, const struct vr_field *f, const void *base, const void *at,
                    struct vr_buf *out, struct vr_error **err)
{
    switch ((enum vr_kind)f->kind) {
    case VR_KIND_I32:
    case VR_KIND_U32: {
        uint32_t v;
        memcpy(&v, at, 4);
        vr_xdr_put_u32(out, v);
        return true;
    }
    case VR_KIND_I64:
    case VR_KIND_U64:
    case VR_KIND_DOUBLE: {
        uint64_t v;
        memcpy(&v, at, 8);
        put_u64(out, v);
        return true;
    }
    case VR_KIND_CHAR:
        vr_xdr_put_u32(out, (uint32_t)*(const signed char *)at);
        return true;
    case VR_KIND_UCHAR:
        vr_xdr_put_u32(out, *(const uint8_t *)at);
        return true;
    case VR_KIND_SHORT:
        vr_xdr_put_u32(out, (uint32_t)*(const int16_t *)at);
        return true;
    case VR_KIND_USHORT:
        vr_xdr_put_u32(out, *(const uint16_t *)at);
        return true;
    case VR_KIND_STRING: {
        const char *text = *(const char *const *)at;
        if (!text)
            return encode_failed(type, f, "is missing", err);
        size_t len = strnlen(text, (size_t)f->limit + 1);
        if (len > f->limit)
            return encode_failed(type, f, "is too long", err);
        put_bytes(out, text, len);
        return true;
    }
    case VR_KIND_BYTES: {
        uint32_t len;
        memcpy(&len, (const char *)base + f->count_offset, 4);
        const void *data = *(const void *const *)at;
        if (len > f->limit)
            return encode_failed(type, f, "is too long", err);
        if (len && !data)
            return encode_failed(type, f, "is missing", err);
        put_bytes(out, data, len);
        return true;
    }
    case VR_KIND_UUID:
        vr_buf_add(out, at, 16);
        return true;
    case VR_KIND_STRUCT:
    case VR_KIND_UNION:
        return put_struct(f->sub, at, out, err);
    }
    return encode_failed(type, f, "is of an unknown kind", err);
}

static bool put_field(const struct vr_struct *type, const struct vr_field *f, const void *base, struct vr_buf *out,
                      struct vr_error **err)
{
    const char *at = (const char *)base + f->offset;
    switch ((enum vr_shape)f->shape) {
    case VR_SHAPE_ONE:
        return put_one(type, f, base, at, out, err);
    case VR_SHAPE_OPTIONAL: {
        const void *target = *(const void *const *)at;
        vr_xdr_put_u32(out, target ? 1 : 0);
        if (!target)
            return true;
        return put_one(type, f, base, f->kind == VR_KIND_STRING ? (const void *)at : target, out, err);
    }
    case VR_SHAPE_COUNTED: {
        uint32_t count;
        memcpy(&count, (const char *)base + f->count_offset, 4);
        const char *item = *(const char *const *)at;
        if (count > f->count_limit)
            return encode_failed(type, f, "has too many elements", err);
        if (count && !item)
            return encode_failed(type, f, "is missing", err);
        vr_xdr_put_u32(out, count);
        for (uint32_t i = 0; i < count; i++, item += vr_field_size(f))
            if (!put_one(type, f, base, item, out, err))
                return false;
        return true;
    }
    case VR_SHAPE_FIXED:
        for (uint32_t i = 0; i < f->count_limit; i++)
            if (!put_one(type, f, base, at + i * vr_field_size(f), out, err))
                return false;
        return true;
    }
    return encode_failed(type, f, "is of an unknown shape", err);
}

static const struct vr_field *union_arm(const struct vr_struct *type, int32_t tag)
{
    for (uint16_t i = 0; i < type->field_count; i++)
        if (type->fields[i].tag == tag)
            return &type->fields[i];
    return NULL;
}

static bool put_struct(const struct vr_struct *type, const void *value, struct vr_buf *out, struct vr_error **err)
{
    if (type->is_union) {
        int32_t tag;
        memcpy(&tag, (const char *)value + type->tag_offset, 4);
        const struct vr_field *arm = union_arm(type, tag);
        if (!arm)
            return vr_fail(err, VIR_ERR_RPC, "Unable to encode message payload: unknown type %d in %s", tag,
                           type->name);
        vr_xdr_put_u32(out, (uint32_t)tag);
        return put_field(type, arm, value, out, err);
    }
    for (uint16_t i = 0; i < type->field_count; i++)
        if (!put_field(type, &type->fields[i], value, out, err))
            return false;
    return true;
}

bool vr_xdr_encode(const struct vr_struct *type, const void *value, struct vr_buf *out, struct vr_error **err)
{
    size_t before = out->len;
    if (put_struct(type, value, out, err))
        return true;
    out->len = before;
    return false;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct reader {
    const unsigned char *at, *end;
    struct vr_arena *arena;
    struct vr_error **err;
};

static size_t left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

static bool decode_failed(struct reader *r, const struct vr_struct *type, const struct vr_field *f, const char *why)
{
    return vr_fail(r->err, VIR_ERR_RPC, "Unable to decode message payload: '%s' of %s %s", f->name, type->name, why);
}

static bool get_u32(struct reader *r, uint32_t *v)
{
    if (left(r) < 4)
        return false;
    *v = vr_xdr_get_u32(r->at);
    r->at += 4;
    return true;
}

static bool get_u64(struct reader *r, uint64_t *v)
{
    if (left(r) < 8)
        return false;
    *v = (uint64_t)vr_xdr_get_u32(r->at) << 32 | vr_xdr_get_u32(r->at + 4);
    r->at += 8;
    return true;
}

/* Steps over `len` bytes and their padding, which must be zero. NULL when they are not all there. */
static const unsigned char *get_padded(struct reader *r, uint32_t len)
{
    size_t padded = ((size_t)len + 3) & ~(size_t)3;
    if (left(r) < padded)
        return NULL;
    const unsigned char *data = r->at;
    for (size_t i = len; i < padded; i++)
        if (data[i] != 0)
            return NULL;
    r->at += padded;
    return data;
}

static bool get_string(struct reader *r, const struct vr_struct *type, const struct vr_field *f, const char **text)
{
    uint32_t len;
    if (!get_u32(r, &len))
        return decode_failed(r, type, f, "is cut off");
    if (len > f->limit)
        return decode_failed(r, type, f, "is too long");
    const unsigned char *data = get_padded(r, len);
    if (!data)
        return decode_failed(r, type, f, "is cut off or badly padded");
    if (len == 0) {
        *text = "";
        return true;
    }
    if (memchr(data, 0, len))
        return decode_failed(r, type, f, "has a NUL byte in it");
    *text = vr_arena_strndup(r->arena, (const char *)data, len);
    return true;
}

static bool get_bytes(struct reader *r, const struct vr_struct *type, const struct vr_field *f, char *base, void *at)
{
    uint32_t len;
    if (!get_u32(r, &len))
        return decode_failed(r, type, f, "is cut off");
    if (len > f->limit)
        return decode_failed(r, type, f, "is too long");
    const unsigned char *data = get_padded(r, len);
    if (!data)
        return decode_failed(r, type, f, "is cut off or badly padded");
    *(const void **)at = len ? vr_arena_memdup(r->arena, data, len) : NULL;
    memcpy(base + f->count_offset, &len, 4);
    return true;
}

static bool get_struct(struct reader *r, const struct vr_struct *type, void *value);

/* The four kinds that are smaller in memory than their unit on the wire must fit. */
static bool get_small(struct reader *r, const struct vr_struct *type, const struct vr_field *f, void *at)
{
    uint32_t unit;
    if (!get_u32(r, &unit))
        return decode_failed(r, type, f, "is cut off");
    int32_t v = (int32_t)unit;
    switch ((enum vr_kind)f->kind) {
    case VR_KIND_CHAR:
        /* Peers differ in whether their char has a sign: 0..255 and -128..127 both mean a byte. */
        if (v < -128 || v > 255)
            return decode_failed(r, type, f, "is out of range");
        *(char *)at = (char)v;
        return true;
    case VR_KIND_UCHAR:
        if (v < 0 || v > 255)
            return decode_failed(r, type, f, "is out of range");
        *(uint8_t *)at = (uint8_t)v;
        return true;
    case VR_KIND_SHORT:
        if (v < INT16_MIN || v > INT16_MAX)
            return decode_failed(r, type, f, "is out of range");
        *(int16_t *)at = (int16_t)v;
        return true;
    default:
        if (v < 0 || v > UINT16_MAX)
            return decode_failed(r, type, f, "is out of range");
        *(uint16_t *)at = (uint16_t)v;
        return true;
    }
}

static bool get_one(struct reader *r, const struct vr_struct *type, const struct vr_field *f, char *base, void *at)
{
    switch ((enum vr_kind)f->kind) {
    case VR_KIND_I32:
    case VR_KIND_U32: {
        uint32_t v;
        if (!get_u32(r, &v))
            return decode_failed(r, type, f, "is cut off");
        memcpy(at, &v, 4);
        return true;
    }
    case VR_KIND_I64:
    case VR_KIND_U64:
    case VR_KIND_DOUBLE: {
        uint64_t v;
        if (!get_u64(r, &v))
            return decode_failed(r, type, f, "is cut off");
        memcpy(at, &v, 8);
        return true;
    }
    case VR_KIND_CHAR:
    case VR_KIND_UCHAR:
    case VR_KIND_SHORT:
    case VR_KIND_USHORT:
        return get_small(r, type, f, at);
    case VR_KIND_STRING:
        return get_string(r, type, f, at);
    case VR_KIND_BYTES:
        return get_bytes(r, type, f, base, at);
    case VR_KIND_UUID:
        if (left(r) < 16)
            return decode_failed(r, type, f, "is cut off");
        memcpy(at, r->at, 16);
        r->at += 16;
        return true;
    case VR_KIND_STRUCT:
    case VR_KIND_UNION:
        return get_struct(r, f->sub, at);
    }
    return decode_failed(r, type, f, "is of an unknown kind");
}

static bool get_counted(struct reader *r, const struct vr_struct *type, const struct vr_field *f, char *base)
{
    uint32_t count;
    if (!get_u32(r, &count))
        return decode_failed(r, type, f, "is cut off");
    if (count > f->count_limit)
        return decode_failed(r, type, f, "has too many elements");
    /* Each element takes at least so much of what is left: checked before anything is allocated for it. */
    if (count > left(r) / field_wire_min(f))
        return decode_failed(r, type, f, "is cut off");
    char *items = count ? vr_arena_alloc(r->arena, count * vr_field_size(f)) : NULL;
    for (uint32_t i = 0; i < count; i++)
        if (!get_one(r, type, f, items, items + i * vr_field_size(f)))
            return false;
    *(void **)(base + f->offset) = items;
    memcpy(base + f->count_offset, &count, 4);
    return true;
}

static bool get_field(struct reader *r, const struct vr_struct *type, const struct vr_field *f, char *base)
{
    char *at = base + f->offset;
    switch ((enum vr_shape)f->shape) {
    case VR_SHAPE_ONE:
        return get_one(r, type, f, base, at);
    case VR_SHAPE_OPTIONAL: {
        uint32_t present;
        if (!get_u32(r, &present))
            return decode_failed(r, type, f, "is cut off");
        if (present > 1)
            return decode_failed(r, type, f, "is neither there nor absent");
        if (!present)
            return true;
        if (f->kind == VR_KIND_STRING)
            return get_string(r, type, f, (const char **)(void *)at);
        if (left(r) < field_wire_min(f))
            return decode_failed(r, type, f, "is cut off");
        void *target = vr_arena_alloc(r->arena, vr_field_size(f));
        *(void **)at = target;
        return get_one(r, type, f, base, target);
    }
    case VR_SHAPE_COUNTED:
        return get_counted(r, type, f, base);
    case VR_SHAPE_FIXED:
        for (uint32_t i = 0; i < f->count_limit; i++)
            if (!get_one(r, type, f, base, at + i * vr_field_size(f)))
                return false;
        return true;
    }
    return decode_failed(r, type, f, "is of an unknown shape");
}

static bool get_struct(struct reader *r, const struct vr_struct *type, void *value)
{
    if (type->is_union) {
        uint32_t tag;
        if (!get_u32(r, &tag))
            return vr_fail(r->err, VIR_ERR_RPC, "Unable to decode message payload: the type of %s is cut off",
                           type->name);
        const struct vr_field *arm = union_arm(type, (int32_t)tag);
        if (!arm)
            return vr_fail(r->err, VIR_ERR_RPC, "Unable to decode message payload: unknown type %d in %s", (int32_t)tag,
                           type->name);
        memcpy((char *)value + type->tag_offset, &tag, 4);
        return get_field(r, type, arm, value);
    }
    for (uint16_t i = 0; i < type->field_count; i++)
        if (!get_field(r, type, &type->fields[i], value))
            return false;
    return true;
}

bool vr_xdr_decode_prefix(const struct vr_struct *type, const void *bytes, size_t len, struct vr_arena *arena,
                          void *value, size_t *used, struct vr_error **err)
{
    struct reader r = { .at = bytes, .end = (const unsigned char *)bytes + len, .arena = arena, .err = err };
    memset(value, 0, type->size);
    if (!get_struct(&r, type, value)) {
        memset(value, 0, type->size);
        return false;
    }
    *used = len - left(&r);
    return true;
}

bool vr_xdr_decode(const struct vr_struct *type, const void *bytes, size_t len, struct vr_arena *arena, void *value,
                   struct vr_error **err)
{
    size_t used;
    if (!vr_xdr_decode_prefix(type, bytes, len, arena, value, &used, err))
        return false;
    if (used == len)
        return true;
    memset(value, 0, type->size);
    return vr_fail(err, VIR_ERR_RPC, "Unable to decode message payload: %zu bytes follow %s", len - used, type->name);
}
