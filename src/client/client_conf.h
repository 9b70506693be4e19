/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <stdbool.h>
#include "base/arena.h"
#include "base/error.h"

/**
 * vr_client_conf_uri - which URI is meant: $LIBVIRT_DEFAULT_URI or uri_default when *name is NULL, then uri_aliases
 *
 * *name stays NULL when nobody says one. Reads libvirt.conf; a mistake in it is an error with its line.
 */
bool vr_client_conf_uri(struct vr_arena *arena, const char **name, bool aliases, struct vr_error **err);
/** Reads text as libvirt.conf is read: for tests and fuzzers. */
bool vr_client_conf_parse(struct vr_arena *arena, const char *path, const char *text, struct vr_error **err);
/** The same for the admin library: $LIBVIRT_ADMIN_DEFAULT_URI and libvirt-admin.conf. */
bool vr_client_conf_admin_uri(struct vr_arena *arena, const char **name, bool aliases, struct vr_error **err);
