/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Reading what a store holds: the documents of a directory, "NAME.xml" each, as texts. A daemon that starts reads in place,
 * since nobody calls it yet; one that reads again lets the store's worker do it.
 */
#include <stdbool.h>
#include <stddef.h>
#include "base/clock.h"
#include "base/error.h"

/** No document of ours is larger; what is, is not read. */
#define VR_STORED_MAX (16u * 1024 * 1024)

/** malloc'd content, NUL-terminated; NULL with the error for what is no regular file of at most VR_STORED_MAX bytes. */
char *vr_stored_read(const char *path, size_t *len, struct vr_error **err);

typedef void (*vr_stored_fn)(const char *path, const char *name, void *opaque);
/** Calls `fn` for each document of a directory, `name` without ".xml". A directory that is missing has none. */
bool vr_stored_each(const char *directory, vr_stored_fn fn, void *opaque, struct vr_error **err);

/** Removes the files that changes cut off by a crash left aside. Only while nobody writes there: when a daemon starts. */
void vr_stored_tidy(const char *directory);

/** All documents of a directory at one moment. */
struct vr_stored_file {
    char *path, *name, *text;
    size_t len;
    struct vr_error *err; /* why `text` is NULL */
};
struct vr_stored {
    char *directory;
    struct vr_stored_file *v;
    size_t n, cap;
    struct vr_error *err;
};
/** Reads them on the store's worker; NULL with the error, also when the directory could not be listed. */
VR_SUSPENDS struct vr_stored *vr_stored_all(const char *directory, vr_time deadline, struct vr_error **err);
void vr_stored_free(struct vr_stored *all);
VR_DEFINE_AUTO(vr_stored)
