/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What applications keep in <metadata>: one element for each namespace, whatever the document. */
#include "base/arena.h"
#include "base/error.h"

/** Text of the child with namespace @uri, without that namespace and its prefix; malloc'd, NULL when there is none. */
char *vr_metadata_get(const char *metadata, const char *uri);
/**
 * vr_metadata_set - replace (or, with @xml NULL, remove) the child with namespace @uri
 * @keep:     where the new text lives
 * @metadata: text of the element, replaced; it stays when its last child goes
 * @key:      the prefix it gets
 * @domain:   enum virErrorDomain of errors in @xml
 */
bool vr_metadata_set(struct vr_arena *keep, const char **metadata, const char *key, const char *uri, const char *xml, int domain,
                     struct vr_error **err);
