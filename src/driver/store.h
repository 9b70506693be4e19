/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Durable small files: definitions, autostart links, status documents. A call returns true when the change is on disk:
 * written aside, synced, renamed, its directory synced. Callers that come together share one trip to the store worker and
 * one sync of the directory. A waiter that is cancelled leaves its change to be made all the same. One that returned false
 * for another reason than time was not made, or was taken back.
 */
#include <stdbool.h>
#include <sys/types.h>
#include "base/clock.h"
#include "base/error.h"

/* One durable write of a small file: the usual deadline. */
#define VR_SPAN_STORE VR_SEC(30)
/** What a file is called while it is not in its place. After a crash such files may be removed. */
#define VR_STORE_ASIDE ".new"

/** Replaces the file at `path` by `text` (copied), mode 0600. The directory is made when missing. */
VR_SUSPENDS bool vr_store_write(const char *path, const char *text, vr_time deadline, struct vr_error **err);
/**
 * The same for what no reboot outlives (status documents). Where the directory's file system is in memory, as /run is,
 * nothing can be lost that a sync would keep and nothing blocks: the file is replaced at once, without a trip.
 */
VR_SUSPENDS bool vr_store_write_state(const char *path, const char *text, vr_time deadline, struct vr_error **err);
/** Removes a file or link; that it is missing is no error. */
VR_SUSPENDS bool vr_store_remove(const char *path, vr_time deadline, struct vr_error **err);
/** Makes `path` a symbolic link to `target`, replacing what is there. */
VR_SUSPENDS bool vr_store_link(const char *path, const char *target, vr_time deadline, struct vr_error **err);
/** Renames within one directory. */
VR_SUSPENDS bool vr_store_rename(const char *from, const char *to, vr_time deadline, struct vr_error **err);

/** The comment that stands above each stored document; `command` names the way to change it ("edit NAME"). malloc'd. */
char *vr_store_document(const char *command, const char *name, const char *xml);
