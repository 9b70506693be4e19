/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Configuration files: "key = value" lines, where a value is a number, a text in quotes ('x', "x", """x""") or a list
 * of texts in brackets that may span lines. A file is read into entries; a table of keys then says what each entry is
 * and where in a plain struct its value goes. The same parser serves libvirtd.conf and qemu.conf.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/cleanup.h"
#include "base/error.h"

enum vr_conf_type {
    VR_CONF_STRING, /* char * */
    VR_CONF_BOOL,   /* bool: 0 or 1 */
    VR_CONF_INT,    /* int64_t within min..max */
    VR_CONF_LIST,   /* char **, NULL-terminated */
    VR_CONF_STRING_OR_LIST, /* char ** too: a single text is a list of one */
    VR_CONF_INT_OR_STRING,  /* char *: a number is kept as its digits */
};

/** What this build does with a key. */
enum vr_conf_effect {
    VR_CONF_WORKS,
    VR_CONF_WITHOUT_EFFECT, /* accepted; when set, the log says that it does nothing yet */
    VR_CONF_OBSOLETE,       /* accepted without a word, as stock does */
    VR_CONF_PROTECTS,       /* asks for protection that is not built: any value but a harmless one stops the start */
};

struct vr_conf_key {
    const char *name;
    uint8_t type;           /* enum vr_conf_type */
    uint8_t effect;         /* enum vr_conf_effect */
    uint16_t offset;        /* of the value in the struct */
    int32_t line_offset;    /* of an int that receives the line, 0 = none is kept */
    int64_t min, max;       /* VR_CONF_INT; both 0: any */
    const char *const *values;   /* texts allowed, NULL-terminated; NULL: any */
    const char *const *harmless; /* VR_CONF_PROTECTS: texts (or list members, or "0"/"1") that ask for nothing */
};

/** One assignment as it stands in the file. */
struct vr_conf_entry {
    char *key;
    int line;
    enum { VR_CONF_IS_NUMBER, VR_CONF_IS_TEXT, VR_CONF_IS_LIST } kind;
    int64_t number;
    char *text;
    char **list;            /* NULL-terminated */
    size_t list_count;
};

struct vr_conf {
    char *path;             /* as shown in messages */
    struct vr_conf_entry *entries;
    size_t count, capacity;
};

/** Longest file accepted; most members of a list. */
#define VR_CONF_SIZE_MAX (1024 * 1024)
#define VR_CONF_LIST_MAX 4096

/** Parses text. Reports CONF_SYNTAX naming file and line. NULL on failure. */
struct vr_conf *vr_conf_parse(const char *path, const char *text, size_t len, struct vr_error **err);
/**
 * Reads and parses a file; blocks in the kernel. A file that does not exist is an empty configuration when
 * @missing_ok. @path has the root prefix already.
 */
struct vr_conf *vr_conf_load(const char *path, bool missing_ok, struct vr_error **err);
void vr_conf_free(struct vr_conf *conf);
VR_DEFINE_AUTO(vr_conf)

/** The entry of a key, NULL when it is not set; the last of several counts. */
const struct vr_conf_entry *vr_conf_get(const struct vr_conf *conf, const char *key);

/**
 * vr_conf_apply - put values where the table says
 * @keys: ended by a row without name
 * @out:  the struct; fields of keys that are not set keep what is in them. Texts and lists are malloc'd, and what was
 *        there before is freed
 *
 * Wrong types, numbers out of range, values that are none, and keys that protect but are not built are errors that name
 * file, line and key. Unknown keys and keys without effect are told through the log.
 */
bool vr_conf_apply(const struct vr_conf *conf, const struct vr_conf_key *keys, void *out, struct vr_error **err);
/** Frees the texts and lists of the struct. */
void vr_conf_release(const struct vr_conf_key *keys, void *out);
