/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
struct vr_qemu_caps;

/** <qemuCaps> of a status document, for a stock daemon that takes the guest over; malloc'd. */
char *vr_qemu_stock_flags(const struct vr_qemu_caps *caps);
