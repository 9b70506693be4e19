/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The steps of completion, in the order in which complete.c takes them. Inside this room only. */
#include "qemu/complete/complete.h"

/* machine.c */
bool vr_complete_machine(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);
bool vr_complete_cpu(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);
/* devices.c */
bool vr_complete_default_devices(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);
bool vr_complete_each_device(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);
bool vr_complete_implicit_devices(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);
/* controllers.c */
bool vr_complete_controllers(struct vr_domain_def *def, struct vr_error **err);
struct vr_controller *vr_complete_add_controller(struct vr_domain_def *def, enum vr_controller_type type, int index,
                                                 enum vr_controller_model model);
/** The same, before those that the document's devices imply: where stock has a machine's own controllers. */
void vr_complete_own_controller(struct vr_domain_def *def, enum vr_controller_type type, int index,
                                enum vr_controller_model model);
/** Adds the controllers 0..index of a type that are not there. */
void vr_complete_want_controller(struct vr_domain_def *def, enum vr_controller_type type, int index);
/* slots.c */
bool vr_complete_virtio_serial(struct vr_domain_def *def, struct vr_error **err);
bool vr_complete_ccid(struct vr_domain_def *def, struct vr_error **err);
bool vr_complete_memory_slots(struct vr_domain_def *def, struct vr_error **err);
/* usb.c */
bool vr_complete_usb(struct vr_domain_def *def, struct vr_error **err);
/* pci_assign.c */
bool vr_complete_pci(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);

/** A new device struct with an arena of its own below the document's. */
#define VR_NEW_DEVICE(def, type)                                                                                       \
    ({                                                                                                                 \
        struct vr_arena *vr_arena_ = vr_arena_child((def)->arena);                                                     \
        struct type *vr_device_ = vr_arena_new_of(vr_arena_, struct type);                                             \
        vr_device_->arena = vr_arena_;                                                                                 \
        vr_device_;                                                                                                    \
    })
