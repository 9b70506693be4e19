/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* The smaller devices. Disk, interface, controller, character devices and graphics have headers of their own. */
#include "model/chardev.h"
#include "model/cpu.h"
#include "model/disk.h"
#include "model/interface.h"

/* ---- input ------------------------------------------------------------------------------------------------------- */
#define VR_INPUT_TYPES(X, P)                                                                       \
    X(P, MOUSE, "mouse") X(P, TABLET, "tablet") X(P, KEYBOARD, "keyboard") X(P, PASSTHROUGH, "passthrough") X(P, EVDEV, "evdev")
VR_ENUM(vr_input_type, VR_INPUT, VR_INPUT_TYPES);
#define VR_INPUT_BUSES(X, P) X(P, PS2, "ps2") X(P, USB, "usb") X(P, XEN, "xen") X(P, PARALLELS, "parallels") X(P, VIRTIO, "virtio") X(P, NONE, "none")
VR_ENUM(vr_input_bus, VR_INPUT_BUS, VR_INPUT_BUSES);
#define VR_GRAB_TOGGLES(X, P)                                                                      \
    X(P, CTRL_CTRL, "ctrl-ctrl") X(P, ALT_ALT, "alt-alt") X(P, SHIFT_SHIFT, "shift-shift")         \
    X(P, META_META, "meta-meta") X(P, SCROLLLOCK, "scrolllock") X(P, CTRL_SCROLLLOCK, "ctrl-scrolllock")
VR_ENUM(vr_grab_toggle, VR_GRAB_TOGGLE, VR_GRAB_TOGGLES);
struct vr_input {
    struct vr_arena *arena;
    enum vr_input_type type;
    enum vr_input_bus bus;
    enum vr_virtio_model model;
    const char *evdev;              /* <source evdev=> of passthrough, <source dev=> of evdev */
    const char *grab;               /* "all" */
    enum vr_grab_toggle grab_toggle;
    enum vr_tri repeat;
    struct vr_virtio_options virtio;
    struct vr_device_info info;
};

/* ---- sound and audio --------------------------------------------------------------------------------------------- */
#define VR_SOUND_MODELS(X, P)                                                                      \
    X(P, SB16, "sb16") X(P, ES1370, "es1370") X(P, PCSPK, "pcspk") X(P, AC97, "ac97") X(P, ICH6, "ich6") \
    X(P, ICH9, "ich9") X(P, USB, "usb") X(P, ICH7, "ich7")
VR_ENUM(vr_sound_model, VR_SOUND, VR_SOUND_MODELS);
struct vr_codec {
    const char *type; /* "duplex", "micro", "output" */
};
struct vr_sound {
    struct vr_arena *arena;
    enum vr_sound_model model;
    enum vr_tri multichannel;           /* usb: more than two channels */
    VR_LIST(struct vr_codec) codecs;
    unsigned audio_id;
    struct vr_device_info info;
};

#define VR_AUDIO_TYPES(X, P)                                                                       \
    X(P, NONE, "none") X(P, ALSA, "alsa") X(P, COREAUDIO, "coreaudio") X(P, JACK, "jack") X(P, OSS, "oss") \
    X(P, PULSEAUDIO, "pulseaudio") X(P, SDL, "sdl") X(P, SPICE, "spice") X(P, FILE, "file") X(P, DBUS, "dbus")
VR_ENUM(vr_audio_type, VR_AUDIO, VR_AUDIO_TYPES);
struct vr_audio_side {
    enum vr_tri mixing_engine, fixed_settings;
    unsigned voices, buffer_length, frequency, channels;
    const char *format;
    const char *dev, *name, *stream_name, *server_name, *client_name, *connect_ports;
    enum vr_tri try_poll, exact_name;
    unsigned latency, buffer_count;
};
struct vr_audio {
    struct vr_arena *arena;
    enum vr_audio_type type;
    unsigned id;
    unsigned timer_period;
    const char *server_name, *driver, *path;
    enum vr_tri try_mmap, exclusive;
    struct vr_oint dsp_policy;
    struct vr_audio_side *input, *output;
};

/* ---- video ------------------------------------------------------------------------------------------------------- */
#define VR_VIDEO_TYPES(X, P)                                                                       \
    X(P, DEFAULT, "default") X(P, VGA, "vga") X(P, CIRRUS, "cirrus") X(P, VMVGA, "vmvga") X(P, XEN, "xen") \
    X(P, VBOX, "vbox") X(P, QXL, "qxl") X(P, PARALLELS, "parallels") X(P, VIRTIO, "virtio") X(P, GOP, "gop") \
    X(P, NONE, "none") X(P, BOCHS, "bochs") X(P, RAMFB, "ramfb")
VR_ENUM(vr_video_type, VR_VIDEO, VR_VIDEO_TYPES);
#define VR_VGACONFS(X, P) X(P, IO, "io") X(P, ON, "on") X(P, OFF, "off")
VR_ENUM(vr_vgaconf, VR_VGACONF, VR_VGACONFS);
struct vr_video {
    struct vr_arena *arena;
    enum vr_video_type type;
    unsigned vram, ram, vram64, vgamem; /* KiB */
    unsigned heads;
    enum vr_tri primary, blob;
    const char *driver_name;            /* "qemu", "vhostuser" */
    enum vr_vgaconf vgaconf;
    struct vr_virtio_options virtio;
    enum vr_tri accel2d, accel3d;
    const char *rendernode;
    unsigned res_x, res_y;
    struct vr_device_info info;
};

/* ---- memballoon, rng, watchdog, panic, tpm ----------------------------------------------------------------------- */
#define VR_MEMBALLOON_MODELS(X, P)                                                                 \
    X(P, VIRTIO, "virtio") X(P, XEN, "xen") X(P, NONE, "none")                                     \
    X(P, VIRTIO_TRANSITIONAL, "virtio-transitional") X(P, VIRTIO_NON_TRANSITIONAL, "virtio-non-transitional")
VR_ENUM(vr_memballoon_model, VR_MEMBALLOON, VR_MEMBALLOON_MODELS);
struct vr_memballoon {
    struct vr_arena *arena;
    enum vr_memballoon_model model;
    enum vr_tri autodeflate, free_page_reporting;
    unsigned period; /* <stats period=> seconds */
    struct vr_virtio_options virtio;
    struct vr_device_info info;
};

#define VR_RNG_BACKENDS(X, P) X(P, RANDOM, "random") X(P, EGD, "egd") X(P, BUILTIN, "builtin")
VR_ENUM(vr_rng_backend, VR_RNG, VR_RNG_BACKENDS);
struct vr_rng {
    struct vr_arena *arena;
    enum vr_virtio_model model;
    enum vr_rng_backend backend;
    const char *file;               /* random */
    struct vr_chr_source *chardev;  /* egd: <backend model='egd' type='udp'> */
    unsigned rate_bytes, rate_period_ms;
    struct vr_virtio_options virtio;
    struct vr_device_info info;
};

#define VR_WATCHDOG_MODELS(X, P) X(P, I6300ESB, "i6300esb") X(P, IB700, "ib700") X(P, DIAG288, "diag288") X(P, ITCO, "itco")
VR_ENUM(vr_watchdog_model, VR_WATCHDOG, VR_WATCHDOG_MODELS);
#define VR_WATCHDOG_ACTIONS(X, P)                                                                  \
    X(P, RESET, "reset") X(P, SHUTDOWN, "shutdown") X(P, POWEROFF, "poweroff") X(P, PAUSE, "pause") \
    X(P, DUMP, "dump") X(P, NONE, "none") X(P, INJECT_NMI, "inject-nmi")
VR_ENUM(vr_watchdog_action, VR_WATCHDOG_ACTION, VR_WATCHDOG_ACTIONS);
struct vr_watchdog {
    struct vr_arena *arena;
    enum vr_watchdog_model model;
    enum vr_watchdog_action action;
    struct vr_device_info info;
};

#define VR_PANIC_MODELS(X, P) X(P, ISA, "isa") X(P, PSERIES, "pseries") X(P, HYPERV, "hyperv") X(P, S390, "s390") X(P, PVPANIC, "pvpanic")
VR_ENUM(vr_panic_model, VR_PANIC, VR_PANIC_MODELS);
struct vr_panic {
    struct vr_arena *arena;
    enum vr_panic_model model;
    struct vr_device_info info;
};

#define VR_TPM_MODELS(X, P) X(P, TIS, "tpm-tis") X(P, CRB, "tpm-crb") X(P, SPAPR, "tpm-spapr") X(P, SPAPR_PROXY, "spapr-tpm-proxy")
VR_ENUM(vr_tpm_model, VR_TPM, VR_TPM_MODELS);
#define VR_TPM_BACKENDS(X, P) X(P, PASSTHROUGH, "passthrough") X(P, EMULATOR, "emulator") X(P, EXTERNAL, "external")
VR_ENUM(vr_tpm_backend, VR_TPM_BACKEND, VR_TPM_BACKENDS);
#define VR_TPM_VERSIONS(X, P) X(P, V1_2, "1.2") X(P, V2_0, "2.0")
VR_ENUM(vr_tpm_version, VR_TPM_VERSION, VR_TPM_VERSIONS);
struct vr_tpm {
    struct vr_arena *arena;
    enum vr_tpm_model model;
    enum vr_tpm_backend backend;
    enum vr_tpm_version version;
    const char *device_path;        /* passthrough */
    enum vr_tri persistent_state;
    bool has_encryption_secret;
    struct vr_uuid encryption_secret;
    struct vr_chr_source *external; /* <source type='unix' mode= path=> */
    struct {
        bool sha1, sha256, sha384, sha512;
    } pcr_banks;
    bool has_pcr_banks;
    const char *socket_path;        /* run time: where the emulator of this start listens */
    struct vr_device_info info;
};

/* ---- host devices ------------------------------------------------------------------------------------------------ */
#define VR_HOSTDEV_MODES(X, P) X(P, SUBSYS, "subsystem") X(P, CAPS, "capabilities")
VR_ENUM(vr_hostdev_mode, VR_HOSTDEV_MODE, VR_HOSTDEV_MODES);
#define VR_HOSTDEV_TYPES(X, P)                                                                     \
    X(P, USB, "usb") X(P, PCI, "pci") X(P, SCSI, "scsi") X(P, SCSI_HOST, "scsi_host") X(P, MDEV, "mdev") \
    X(P, STORAGE, "storage") X(P, MISC, "misc") X(P, NET, "net")
VR_ENUM(vr_hostdev_type, VR_HOSTDEV, VR_HOSTDEV_TYPES);
struct vr_hostdev {
    struct vr_arena *arena;
    enum vr_hostdev_mode mode;
    enum vr_hostdev_type type;
    enum vr_tri managed;
    const char *sgio;
    enum vr_tri rawio;
    const char *model;              /* mdev vfio-pci, vfio-ccw, vfio-ap; scsi_host virtio-... */
    enum vr_tri display, ramfb;
    /* usb source */
    bool has_vendor, has_product;
    unsigned vendor, product, usb_bus, usb_device;
    const char *startup_policy;
    enum vr_tri guest_reset_off;
    const char *guest_reset;
    /* pci source */
    struct vr_pci_address pci;
    enum vr_tri write_filtering;
    const char *driver_name;        /* "vfio", "kvm", "xen" */
    struct {
        const char *type, *persistent;
    } teaming;
    /* scsi source */
    const char *scsi_protocol;      /* "adapter"/NULL, "iscsi" */
    const char *adapter_name;
    struct {
        unsigned bus, target;
        uint64_t unit;
    } scsi;
    struct vr_storage_source *iscsi;
    const char *wwpn, *vhost_protocol; /* scsi_host */
    bool has_mdev_uuid;
    struct vr_uuid mdev_uuid;
    bool readonly, shareable;
    const char *caps_path, *caps_iface; /* capabilities mode */
    /* run time */
    bool of_interface;              /* stands for an <interface> of type hostdev, which is what documents show */
    enum vr_tri missing;            /* usb, startupPolicy='optional': it was not there at the start */
    const char *host_node;          /* scsi "/dev/sg0", pci and mdev "/dev/vfio/5": what QEMU opens */
    unsigned block_id;              /* scsi: the number in its block node's name */
    VR_LIST(struct vr_net_ip) ips;
    VR_LIST(struct vr_net_route) routes;
    struct vr_device_info info;
};

/* ---- the rest ---------------------------------------------------------------------------------------------------- */
struct vr_hub {
    struct vr_arena *arena;
    const char *type; /* "usb" */
    struct vr_device_info info;
};

#define VR_SMARTCARD_MODES(X, P) X(P, HOST, "host") X(P, HOST_CERTIFICATES, "host-certificates") X(P, PASSTHROUGH, "passthrough")
VR_ENUM(vr_smartcard_mode, VR_SMARTCARD, VR_SMARTCARD_MODES);
struct vr_smartcard {
    struct vr_arena *arena;
    enum vr_smartcard_mode mode;
    VR_LIST(const char) certificates; /* three names */
    const char *database;
    struct vr_chr_source *chardev;
    struct vr_device_info info;
};

struct vr_redirdev {
    struct vr_arena *arena;
    const char *bus; /* "usb" */
    struct vr_chr_source src;
    struct vr_device_info info;
};
struct vr_redir_filter {
    struct vr_oint usb_class, vendor, product, version;
    enum vr_tri allow;
    const char *version_text;
};

#define VR_FS_TYPES(X, P)                                                                          \
    X(P, MOUNT, "mount") X(P, BLOCK, "block") X(P, FILE, "file") X(P, TEMPLATE, "template")        \
    X(P, RAM, "ram") X(P, BIND, "bind") X(P, VOLUME, "volume")
VR_ENUM(vr_fs_type, VR_FS, VR_FS_TYPES);
#define VR_FS_DRIVERS(X, P)                                                                        \
    X(P, PATH, "path") X(P, HANDLE, "handle") X(P, LOOP, "loop") X(P, NBD, "nbd") X(P, PLOOP, "ploop") X(P, VIRTIOFS, "virtiofs")
VR_ENUM(vr_fs_driver, VR_FS_DRIVER, VR_FS_DRIVERS);
#define VR_FS_ACCESSES(X, P) X(P, PASSTHROUGH, "passthrough") X(P, MAPPED, "mapped") X(P, SQUASH, "squash")
VR_ENUM(vr_fs_access, VR_FS_ACCESS, VR_FS_ACCESSES);
struct vr_filesystem {
    struct vr_arena *arena;
    enum vr_fs_type type;
    enum vr_fs_driver driver;
    enum vr_fs_access accessmode;
    enum vr_virtio_model model;
    const char *multidevs, *fmode, *dmode, *wrpolicy;
    enum vr_storage_format format;
    unsigned queue_size;
    struct vr_virtio_options virtio;
    const char *binary, *cache_mode;
    enum vr_tri xattr, posix_lock, flock;
    const char *sandbox;
    struct vr_ouint thread_pool_size;
    const char *source_dir, *source_file, *source_dev, *source_name, *source_pool, *source_volume, *source_socket;
    uint64_t source_usage_kib;
    const char *units;
    const char *target_dir;
    bool readonly;
    struct vr_ou64 space_hard_limit, space_soft_limit; /* bytes */
    struct vr_device_info info;
};

#define VR_MEMORY_MODELS(X, P)                                                                     \
    X(P, DIMM, "dimm") X(P, NVDIMM, "nvdimm") X(P, VIRTIO_PMEM, "virtio-pmem") X(P, VIRTIO_MEM, "virtio-mem") X(P, SGX_EPC, "sgx-epc")
VR_ENUM(vr_memory_model, VR_MEMORY, VR_MEMORY_MODELS);
struct vr_memory {
    struct vr_arena *arena;
    enum vr_memory_model model;
    enum vr_mem_access access;
    enum vr_tri discard;
    bool has_uuid;
    struct vr_uuid uuid;
    struct vr_cpuset *nodes;        /* <source><nodemask> */
    uint64_t pagesize_kib;
    const char *path;
    uint64_t alignsize_kib;
    bool pmem;
    struct vr_ouint node;           /* <target><node> */
    uint64_t size_kib, label_kib, block_kib, requested_kib, current_kib;
    struct vr_ou64 address;
    bool readonly;
    struct vr_device_info info;
};

struct vr_shmem {
    struct vr_arena *arena;
    const char *name, *role, *model; /* model: "ivshmem-plain", "ivshmem-doorbell", "ivshmem" */
    uint64_t size_bytes;
    bool has_server, has_msi;
    const char *server_path;
    unsigned vectors;
    enum vr_tri ioeventfd;
    struct vr_device_info info;
};

#define VR_IOMMU_MODELS(X, P) X(P, INTEL, "intel") X(P, SMMUV3, "smmuv3") X(P, VIRTIO, "virtio")
VR_ENUM(vr_iommu_model, VR_IOMMU, VR_IOMMU_MODELS);
struct vr_iommu {
    struct vr_arena *arena;
    enum vr_iommu_model model;
    enum vr_tri intremap, caching_mode, eim, iotlb;
    unsigned aw_bits;
    struct vr_device_info info;
};

struct vr_vsock {
    struct vr_arena *arena;
    enum vr_virtio_model model;
    enum vr_tri cid_auto;
    unsigned cid;
    struct vr_virtio_options virtio;
    struct vr_device_info info;
};

struct vr_crypto {
    struct vr_arena *arena;
    const char *model, *type, *backend; /* "virtio", "qemu", "builtin"/"lkcf" */
    unsigned queues;
    struct vr_virtio_options virtio;
    struct vr_device_info info;
};

struct vr_nvram_device {
    struct vr_arena *arena;
    struct vr_device_info info;
};

struct vr_lease {
    const char *lockspace, *key, *path;
    uint64_t offset;
};
