/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* A definition as another host, also one with an older libvirt, takes it (VIR_DOMAIN_XML_MIGRATABLE). */
#include "model/domain.h"

/**
 * vr_qemu_migratable - a copy without what only this run has and without what every host adds by itself
 * @def:         live or stored; unchanged
 * @config:      what the guest was started from, for the CPU that was asked for; NULL when it is not known
 * @channel_dir: where sockets of channels without a path of their own are; NULL for a stored definition
 *
 * Owned by the caller. Print it with VR_DOMAIN_INACTIVE. Source: what a stock daemon prints with --migratable.
 */
struct vr_domain_def *vr_qemu_migratable(const struct vr_domain_def *def, const struct vr_domain_def *config,
                                         const char *channel_dir);
