/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Values of secrets from where they are kept: DIRECTORY/UUID.xml says what a secret is for, DIRECTORY/UUID.base64 holds
 * its value, both for root alone. Secrets that live in memory only (ephemeral='yes') are not found here.
 */
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/uuid.h"

struct vr_secret_key {
    bool by_uuid;
    struct vr_uuid uuid;
    const char *usage_type; /* "volume", "ceph", "iscsi", "tls", "vtpm"; with */
    const char *usage;      /* its volume, name or target */
};
/**
 * vr_secret_file_read - the value of one
 * @directory: "/etc/libvirt/secrets"
 * @value: malloc'd bytes; wipe them after use. NULL: only whether there is one
 *
 * Blocks: for workers. NO_SECRET in stock's words when there is none, or it has no value.
 */
bool vr_secret_file_read(const char *directory, const struct vr_secret_key *key, void **value, size_t *len,
                         struct vr_error **err);
