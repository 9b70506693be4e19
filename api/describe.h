/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * How the generated tables describe the API: structs by their fields (read by wire/xdr.h) and procedures by everything
 * that is known about them (read by dispatch, access checks, event hub, client). Nothing here is written by hand
 * elsewhere: the facts stand in the .api files.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vr_kind {
    VR_KIND_I32,
    VR_KIND_U32,
    VR_KIND_I64,
    VR_KIND_U64,
    VR_KIND_DOUBLE,
    VR_KIND_CHAR,   /* char, uchar, short, ushort: one 4-byte unit each on the wire, arrays included */
    VR_KIND_UCHAR,
    VR_KIND_SHORT,
    VR_KIND_USHORT,
    VR_KIND_STRING, /* const char *; limit: longest length */
    VR_KIND_BYTES,  /* counted bytes: const uint8_t * plus uint32_t length; limit: longest length */
    VR_KIND_UUID,   /* unsigned char[16] */
    VR_KIND_STRUCT,
    VR_KIND_UNION,  /* an int32_t tag, then the arm whose `tag` equals it */
};

enum vr_shape {
    VR_SHAPE_ONE,
    VR_SHAPE_OPTIONAL, /* strings: NULL; structs: a pointer, NULL when absent */
    VR_SHAPE_COUNTED,  /* a uint32_t count and a pointer to the elements; count_limit: most elements */
    VR_SHAPE_FIXED,    /* exactly count_limit elements in place */
};

struct vr_struct;

struct vr_field {
    const char *name;
    uint8_t kind;            /* enum vr_kind, of one element */
    uint8_t shape;           /* enum vr_shape */
    uint16_t offset;         /* of the value or pointer */
    uint16_t count_offset;   /* of the uint32_t count (counted) or length (bytes) */
    int32_t tag;             /* union arms: the tag's value */
    uint32_t limit;          /* strings, bytes: longest length */
    uint32_t count_limit;    /* counted, fixed: elements */
    const struct vr_struct *sub; /* structs and unions */
};

struct vr_struct {
    const char *name;        /* "domain_suspend_args" */
    uint32_t size;           /* sizeof the C struct */
    uint32_t wire_min;       /* fewest bytes a value takes on the wire */
    uint16_t field_count;
    bool is_union;
    uint16_t tag_offset;     /* unions: of the int32_t tag */
    const struct vr_field *fields;
};

/** A side of a call without content. */
struct vr_void {
    char nothing;
};

enum vr_api_type {
    VR_API_CALL,    /* client asks, server replies */
    VR_API_EVENT,   /* server tells */
    VR_API_MESSAGE, /* either tells (keepalive) */
};

enum vr_api_object {
    VR_OBJECT_NONE,
    VR_OBJECT_CONNECT,
    VR_OBJECT_NODE,
    VR_OBJECT_DOMAIN,
    VR_OBJECT_SNAPSHOT,
    VR_OBJECT_CHECKPOINT,
    VR_OBJECT_NETWORK,
    VR_OBJECT_NETWORK_PORT,
    VR_OBJECT_INTERFACE,
    VR_OBJECT_STORAGE_POOL,
    VR_OBJECT_STORAGE_VOL,
    VR_OBJECT_NODE_DEVICE,
    VR_OBJECT_SECRET,
    VR_OBJECT_NWFILTER,
    VR_OBJECT_NWFILTER_BINDING,
    VR_OBJECT_ADMIN,
};

/** Which driver answers. NONE: the daemon itself. rows.h turns it into enum vr_driver_kind. */
enum vr_api_driver {
    VR_API_DRIVER_NONE,
    VR_API_DRIVER_HYPERVISOR,
    VR_API_DRIVER_NETWORK,
    VR_API_DRIVER_INTERFACE,
    VR_API_DRIVER_STORAGE,
    VR_API_DRIVER_NODEDEV,
    VR_API_DRIVER_SECRET,
    VR_API_DRIVER_NWFILTER,
};

enum vr_stream_direction {
    VR_API_STREAM_NONE,
    VR_API_STREAM_READ,  /* the server sends */
    VR_API_STREAM_WRITE, /* the client sends */
};

enum vr_when {
    VR_WHEN_ALWAYS,
    VR_WHEN_HAS,   /* argument & value */
    VR_WHEN_LACKS, /* !(argument & value) */
    VR_WHEN_IS,    /* argument == value */
    VR_WHEN_NEVER,
};

/** A condition over one integer argument. */
struct vr_condition {
    uint8_t when;     /* enum vr_when */
    uint8_t width;    /* bytes of the argument: 4 or 8 */
    uint16_t offset;  /* of the argument in the args struct */
    uint32_t value;
};

struct vr_access {
    const char *object;     /* "domain" */
    const char *permission; /* "read_secure" */
    struct vr_condition condition;
};

struct vr_api_program;

/** One procedure. */
struct vr_api_call {
    const struct vr_api_program *program;
    uint32_t number;
    uint8_t type;            /* enum vr_api_type */
    uint8_t object;          /* enum vr_api_object; for events, what they are about */
    uint8_t driver;          /* enum vr_api_driver */
    uint8_t stream;          /* enum vr_stream_direction */
    bool high_priority;
    bool needs_auth;         /* false: may be called before authentication */
    const char *name;        /* "domain_suspend", "qemu_domain_attach": unique over all programs */
    const char *wire_name;   /* "REMOTE_PROC_DOMAIN_SUSPEND" */
    const char *function;    /* "virDomainSuspend" for error texts; NULL where there is none */
    const struct vr_struct *args; /* never NULL; vr_void_struct when there are none */
    const struct vr_struct *ret;  /* likewise; for events and messages too */
    const struct vr_struct *msg;  /* events and messages; else NULL */
    int16_t flags_offset;    /* of the `flags` argument in args, -1 without one */
    uint8_t flags_width;     /* 4 or 8 bytes */
    uint32_t sparse_flag;    /* bit of `flags` that allows holes in the stream, or 0 */
    /** A read-only connection is refused when this holds. */
    struct vr_condition readonly_refused;
    const struct vr_access *access; /* all that apply must be granted */
    uint8_t access_count;
    const struct vr_access *filter; /* permission an object needs to be listed, or NULL */

    /* events */
    int32_t event_id;        /* -1: not one that is asked for by id */
    bool legacy;             /* the form without callback_id */
    uint16_t legacy_offset;  /* modern form with a legacy twin: where the twin's struct is inside this one's message */
    const struct vr_api_call *twin; /* the other form, or NULL */
};

struct vr_api_program {
    const char *name;        /* "remote" */
    uint32_t number;
    uint32_t version;
    uint32_t call_count;
    const struct vr_api_call *const *calls; /* procedure N is calls[N - 1] */
};

extern const struct vr_struct vr_void_struct;
extern const struct vr_api_program *const vr_api_programs[]; /* NULL-terminated */

/** NULL when there is no such program. The version is the caller's to compare. */
const struct vr_api_program *vr_api_program_find(uint32_t number);
/** NULL when the program has no such procedure. */
const struct vr_api_call *vr_api_call_find(const struct vr_api_program *program, uint32_t number);
/** By unique name ("domain_suspend"); NULL when unknown. */
const struct vr_api_call *vr_api_call_named(const char *name);
/** The modern event of an object kind, or NULL. The legacy form is its twin. */
const struct vr_api_call *vr_api_event_find(enum vr_api_object object, int event_id);
/** Does the condition hold for these arguments? */
bool vr_condition_holds(const struct vr_condition *condition, const void *args);
/** The `flags` argument, 0 when the procedure has none. */
uint64_t vr_api_flags(const struct vr_api_call *call, const void *args);
