/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Devices of the host that guests have: looked up, kept from other guests, taken from the host's drivers and given back.
 * Who has what is what live definitions say; nothing else is recorded, so the next daemon knows it too.
 */
#include "base/error.h"
#include "loop/loop.h"

struct vr_domain;
struct vr_domain_def;

/**
 * vr_hostdevs_take - before a start: everything <hostdev> and nvme disks name becomes the guest's
 * @taken: set once devices may be held: only then vr_hostdevs_give_back is due, also after a failure
 *
 * The live definition learns where each is (USB numbers, nodes of SCSI and VFIO devices). Stock's codes and sentences.
 */
VR_SUSPENDS bool vr_hostdevs_take(struct vr_domain *dom, bool *taken, struct vr_error **err);
/** Managed PCI devices that VFIO has go back to the host's drivers. Failures are logged. */
VR_SUSPENDS void vr_hostdevs_give_back(struct vr_domain *dom);
/** Only what a shown command line needs: nodes of SCSI devices. */
VR_SUSPENDS bool vr_hostdevs_show(struct vr_domain_def *def, struct vr_error **err);
/** Calls fn with each node below /dev that the guest's QEMU opens for them. */
void vr_hostdevs_each_node(const struct vr_domain_def *def, void (*fn)(const char *path, void *opaque), void *opaque);
/** Whether the guest's memory must stay where devices can reach it. */
bool vr_hostdevs_pin_memory(const struct vr_domain_def *def);
