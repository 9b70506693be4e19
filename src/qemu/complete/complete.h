/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What stock adds to a definition that a QEMU driver takes: machine, CPU, implied devices, addresses; and, at a start,
 * aliases. All of it works on the plain struct, never suspends, and is idempotent: a completed definition stays as it
 * is.
 */
#include <stdbool.h>
#include "model/domain.h"
#include "qemu/caps/caps.h"
#include "qemu/caps/firmware.h"

/**
 * vr_qemu_complete_emulator - architecture and emulator, before capabilities can be known
 * @host_arch: of the machine, "x86_64"
 *
 * Fills os.arch and emulator when the document does not say them. Reports INVALID_ARG in stock's words when there is no
 * emulator for the wanted architecture.
 */
bool vr_qemu_complete_emulator(struct vr_domain_def *def, const char *host_arch, struct vr_error **err);

/**
 * vr_qemu_complete - everything that depends on the emulator's capabilities
 * @caps: of def->emulator
 *
 * Errors are stock's (CONFIG_UNSUPPORTED, XML_ERROR); an unknown machine names the nearest ones the emulator has.
 */
bool vr_qemu_complete(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);

/** What stock refuses to define for this emulator; run after vr_qemu_complete. */
bool vr_qemu_check(const struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);

/** Gives every device of a definition that is about to start its alias; user aliases (ua-...) stay. */
bool vr_qemu_aliases(struct vr_domain_def *def, struct vr_error **err);
/**
 * Makes a host device for each interface that is one (type hostdev, or a network's that resolved to it), before all
 * others: what takes, labels and builds host devices need not know interfaces. Part of vr_qemu_aliases; again for a guest
 * that was found, since documents do not show them.
 */
void vr_qemu_net_hostdevs(struct vr_domain_def *def);

/**
 * vr_qemu_cpu_expand - the CPU of a guest that is about to start
 *
 * host-model becomes a model with features; features that a model's name once promised are switched off by name.
 * CONFIG_UNSUPPORTED when the accelerator has no such mode; CPU_INCOMPATIBLE when check='partial' finds the host
 * lacking.
 */
bool vr_qemu_cpu_expand(struct vr_domain_def *def, const struct vr_qemu_caps *caps, struct vr_error **err);
/**
 * vr_qemu_cpu_live - writes what QEMU really gave the guest into the live definition (check='full')
 * @props: "props" of the reply to query-cpu-model-expansion {"type":"full","model":{"name":MODEL,"props":{...}}}, with
 *         the same features on and off as on the command line, asked of the running QEMU
 *
 * With check='full' in the document a guest that has more or less than promised is refused (OPERATION_FAILED).
 * @unavailable: reply to qom-get of the first CPU's "unavailable-features" (an array of names); NULL: none
 */
bool vr_qemu_cpu_live(struct vr_domain_def *def, const struct vr_json *props, const struct vr_json *unavailable,
                      struct vr_error **err);

/**
 * vr_qemu_fill_firmware - replaces <os firmware=> of a guest that starts by the loader and variables it stands for
 * @nvram_dir: where variables are kept, /var/lib/libvirt/qemu/nvram
 *
 * The caller makes the variables file from os.nvram_template when it does not exist. OPERATION_FAILED in stock's words
 * when no firmware of the host fits.
 */
bool vr_qemu_fill_firmware(struct vr_domain_def *def, const struct vr_firmware_list *list, const char *nvram_dir,
                           struct vr_error **err);

/** Position of a disk in its row: "vda" 0, "vdab" 27; -1 for other names. */
int vr_qemu_disk_index(const char *target);

/** Sizes as the started guest has them: total memory and NUMA cells rounded as stock rounds. */
/** After that: RAM of the board and all modules, as live documents tell it. */
uint64_t vr_qemu_total_memory(const struct vr_domain_def *def);
bool vr_qemu_round_memory(struct vr_domain_def *def, struct vr_error **err);

/* machine families */
bool vr_qemu_is_i440fx(const struct vr_domain_def *def);
bool vr_qemu_is_q35(const struct vr_domain_def *def);
bool vr_qemu_is_x86(const struct vr_domain_def *def);
bool vr_qemu_has_pcie_root(const struct vr_domain_def *def);
struct vr_controller *vr_qemu_find_controller(const struct vr_domain_def *def, enum vr_controller_type type, int index);
