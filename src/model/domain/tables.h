/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The tables of <domain>, one file per element or family. Nothing outside this directory needs them by name. */
#include "model/codec.h"
#include "model/domain.h"
#include "schema/schema.h"

/* address.c */
extern const struct vr_row vr_info_rows[];          /* boot, alias, master, rom, acpi, address: the end of most devices */
extern const struct vr_row vr_pci_address_rows[];   /* domain= bus= slot= function= multifunction=, zpci */
extern const struct vr_row vr_pci_place_rows[];     /* the same of a device of the host: always printed */
extern const struct vr_row vr_virtio_rows[];        /* iommu= ats= packed= page_per_vq= */
extern const struct vr_xml_elem vr_seclabel_source_elem; /* <seclabel> of one source */
bool vr_pci_address_check(struct vr_parse *p, const struct vr_xml_node *node, void *base, struct vr_error **err);
#define VR_INFO(S) VR_INLINE_PART(S, info, vr_info_rows)
#define VR_DRIVER_VIRTIO(S)                                                                        \
    VR_PART(S, virtio, "driver", vr_virtio_rows)

/* source.c */
extern const struct vr_row vr_source_rows[];        /* what stands inside <source>; type is read before */
extern const struct vr_row vr_source_type_rows[];   /* type= of the element around <source> */
extern const struct vr_row vr_source_format_rows[]; /* type= of <driver> or <format> */
extern const struct vr_xml_elem vr_source_elem;     /* all of struct vr_storage_source: for copies through pointers */
extern const struct vr_xml_elem vr_source_type_elem, vr_source_format_elem;
extern const struct vr_xml_elem vr_source_body_elem;
extern const struct vr_xml_elem vr_backing_elem;
extern const struct vr_xml_elem vr_encryption_elem, vr_auth_elem, vr_reconnect_elem, vr_secret_ref_elem;
bool vr_source_auth_check(struct vr_parse *p, const struct vr_xml_node *node, const struct vr_storage_source *src,
                          const struct vr_storage_auth *auth, struct vr_error **err);
bool vr_source_check(struct vr_parse *p, const struct vr_xml_node *node, struct vr_storage_source *src,
                     struct vr_error **err);

/* chardev.c */
extern const struct vr_row vr_chr_source_rows[];    /* type= attribute, <source>, <protocol>, <log> */
extern const struct vr_xml_elem vr_chr_source_elem; /* the same behind a pointer */
bool vr_chr_source_check(struct vr_parse *p, const struct vr_xml_node *node, struct vr_chr_source *src, struct vr_error **err);
extern const struct vr_xml_elem vr_serial_elem, vr_parallel_elem, vr_console_elem, vr_channel_elem;

/* one file each */
extern const struct vr_xml_elem vr_disk_elem, vr_controller_elem, vr_interface_elem, vr_graphics_elem, vr_hostdev_elem;
extern const struct vr_row vr_net_ip_rows[]; /* <ip>, <route> lists over struct vr_interface's guest side */
extern const struct vr_xml_elem vr_net_ip_elem, vr_net_route_elem;

/* devices.c, audio.c, memory.c */
extern const struct vr_xml_elem vr_input_elem, vr_sound_elem, vr_audio_elem, vr_video_elem, vr_memballoon_elem, vr_rng_elem,
    vr_watchdog_elem, vr_panic_elem, vr_tpm_elem, vr_hub_elem, vr_smartcard_elem, vr_redirdev_elem, vr_redir_filter_elem,
    vr_filesystem_elem, vr_memory_elem, vr_shmem_elem, vr_iommu_elem, vr_vsock_elem, vr_crypto_elem, vr_nvram_device_elem,
    vr_lease_elem;

/* os.c, features.c, clock.c, cpu.c, tuning.c */
extern const struct vr_row vr_os_rows[], vr_features_rows[], vr_clock_rows[], vr_bootloader_rows[];
extern const struct vr_xml_elem vr_sysinfo_elem, vr_cpu_elem, vr_cookie_elem;
extern const struct vr_xml_elem vr_numa_sibling_elem, vr_numa_cache_elem, vr_numa_latency_elem, vr_numa_bandwidth_elem;
extern const struct vr_xml_elem vr_blkiotune_elem, vr_memtune_elem, vr_cputune_elem, vr_numatune_elem, vr_vcpu_elem,
    vr_iothread_elem, vr_idmap_elem, vr_perf_event_elem, vr_launch_security_elem, vr_seclabel_elem, vr_keywrap_elem;
extern const struct vr_row vr_memory_backing_rows[], vr_cputune_tail_rows[];

bool vr_os_check(struct vr_parse *p, const struct vr_xml_node *node, struct vr_os *os, struct vr_error **err);
extern const struct vr_custom_ops vr_nvram_ops; /* source.c: <nvram template= type=>, over struct vr_os */

/* domain.c */
extern const struct vr_xml_elem vr_domain_elem;
extern const struct vr_xml_elem vr_inner_domain_elem; /* in other documents: with an arena of its own */
extern const struct vr_row vr_devices_rows[];

/* complete_cpu.c: steps of completion */
bool vr_domain_complete_memory(struct vr_domain_def *d, unsigned flags, struct vr_error **err);
bool vr_domain_complete_vcpus(struct vr_domain_def *d, struct vr_error **err);
bool vr_domain_complete_numa(struct vr_domain_def *d, struct vr_error **err);
void vr_domain_complete_iothreads(struct vr_domain_def *d);
void vr_domain_complete_cputune(struct vr_domain_def *d);

/* complete_bus.c */
bool vr_domain_complete_disks(struct vr_domain_def *d, unsigned flags, struct vr_error **err);
bool vr_domain_complete_controllers(struct vr_domain_def *d, unsigned flags, struct vr_error **err);
void vr_domain_complete_number_controllers(struct vr_domain_def *d);
void vr_domain_complete_sort_controllers(struct vr_domain_def *d);
bool vr_domain_complete_disk_address(const struct vr_domain_def *d, struct vr_disk *k, unsigned flags, struct vr_error **err);
bool vr_domain_complete_have_controller(const struct vr_domain_def *d, enum vr_controller_type type, int index);

/* complete.c, check.c */
bool vr_domain_complete(struct vr_domain_def *def, unsigned flags, struct vr_error **err);
/* Parts of vr_domain_check. */
bool vr_domain_check_clock(const struct vr_domain_def *def, struct vr_error **err);
bool vr_domain_check_devices(const struct vr_domain_def *def, struct vr_error **err);
struct vr_device;
bool vr_device_complete(const struct vr_domain_def *def, struct vr_device *dev, unsigned flags, struct vr_error **err);

/** .words = VR_WORDS("a", "b") */
#define VR_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static inline bool vr_inactive(const struct vr_format *f)
{
    return f->flags & VR_FORM_INACTIVE;
}
