/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What all document structs share. A struct holds what the document says and what completion added; zero means "not
 * said" for every member, so a fresh struct is an empty element. Text lives in the document's arena.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/uuid.h"

/*
 * An enumeration and its names are one list:
 *     #define VR_DISK_BUSES(X, P) X(P, IDE, "ide") X(P, FDC, "fdc")
 *     VR_ENUM(vr_disk_bus, VR_DISK_BUS, VR_DISK_BUSES);        in the header: enum and `vr_disk_bus_names`
 *     VR_ENUM_NAMES(vr_disk_bus, VR_DISK_BUSES)                in one .c file
 * Value 0 (VR_DISK_BUS_UNSET) is "not said"; names[0] is "" and never matches input; the array ends with NULL.
 */
#define VR_ENUM_VALUE(P, id, text) P##_##id,
#define VR_ENUM_NAME(P, id, text) text,
#define VR_ENUM(name, P, LIST)                                                                     \
    enum name { P##_UNSET, LIST(VR_ENUM_VALUE, P) P##_COUNT };                                     \
    extern const char *const name##_names[]
#define VR_ENUM_NAMES(name, LIST) const char *const name##_names[] = { "", LIST(VR_ENUM_NAME, ) NULL };

/** yes/no and on/off attributes; which of the two words is printed is the row's business. */
enum vr_tri { VR_TRI_UNSET, VR_TRI_YES, VR_TRI_NO };
#define VR_TRI_ON VR_TRI_YES
#define VR_TRI_OFF VR_TRI_NO

/** Numbers for which zero is a value of its own. */
struct vr_ouint {
    bool set;
    unsigned v;
};
struct vr_oint {
    bool set;
    int v;
};
struct vr_ou64 {
    bool set;
    uint64_t v;
};

/** A list of pointers to structs, each of which lives in the document's arena or a child of it. */
#define VR_LIST(type)                                                                              \
    struct {                                                                                       \
        type **v;                                                                                  \
        size_t n;                                                                                  \
    }
/** The same without a type, for code that handles any list: layouts are equal. */
struct vr_list {
    void **v;
    size_t n;
};
void vr_list_add(struct vr_arena *arena, struct vr_list *list, void *item);
void vr_list_insert(struct vr_arena *arena, struct vr_list *list, size_t at, void *item);
void vr_list_remove(struct vr_list *list, size_t at);
#define VR_LIST_ADD(arena, list, item) vr_list_add((arena), (struct vr_list *)(void *)(list), (item))
#define VR_LIST_INSERT(arena, list, at, item) vr_list_insert((arena), (struct vr_list *)(void *)(list), (at), (item))
#define VR_LIST_REMOVE(list, at) vr_list_remove((struct vr_list *)(void *)(list), (at))

struct vr_mac {
    unsigned char b[6];
};
bool vr_mac_parse(const char *text, struct vr_mac *out);
/** "52:54:00:..."; arena-owned. */
const char *vr_mac_text(struct vr_arena *arena, const struct vr_mac *mac);

/** A set of CPU or node numbers as the documents write them ("0-3,^2,8"); bits in 64-bit words. NULL = not said. */
struct vr_cpuset {
    size_t words;
    uint64_t bits[];
};
#define VR_CPUSET_MAX 16384
bool vr_cpuset_parse(struct vr_arena *arena, const char *text, struct vr_cpuset **out);
/** Canonical text, "0-1,3"; arena-owned. */
char *vr_cpuset_format(struct vr_arena *arena, const struct vr_cpuset *set);
bool vr_cpuset_has(const struct vr_cpuset *set, unsigned cpu);
size_t vr_cpuset_count(const struct vr_cpuset *set);
/** The first member >= from, or -1. */
int vr_cpuset_next(const struct vr_cpuset *set, unsigned from);
bool vr_cpuset_equal(const struct vr_cpuset *a, const struct vr_cpuset *b);

/* ---- addresses --------------------------------------------------------------------------------------------------- */

#define VR_ADDRESS_TYPES(X, P)                                                                     \
    X(P, PCI, "pci") X(P, DRIVE, "drive") X(P, VIRTIO_SERIAL, "virtio-serial") X(P, CCID, "ccid")  \
    X(P, USB, "usb") X(P, SPAPR_VIO, "spapr-vio") X(P, VIRTIO_S390, "virtio-s390") X(P, CCW, "ccw") \
    X(P, VIRTIO_MMIO, "virtio-mmio") X(P, ISA, "isa") X(P, DIMM, "dimm") X(P, UNASSIGNED, "unassigned")
VR_ENUM(vr_address_type, VR_ADDRESS, VR_ADDRESS_TYPES);

struct vr_pci_address {
    unsigned domain, bus, slot, function;
    enum vr_tri multifunction;
    struct vr_ouint zpci_uid, zpci_fid;
};

/** <address> of a device, and what else every device may carry. */
struct vr_device_info {
    enum vr_address_type type;
    struct vr_pci_address pci;
    struct {
        unsigned controller, bus, target, unit;
    } drive;
    struct {
        unsigned controller, bus, port;
    } vioserial;
    struct {
        unsigned controller, slot;
    } ccid;
    struct {
        unsigned bus;
        const char *port; /* "1.2"; NULL = any */
    } usb;
    struct {
        struct vr_ou64 reg;
    } spaprvio;
    struct {
        bool assigned;
        unsigned cssid, ssid, devno;
    } ccw;
    struct {
        unsigned iobase, irq;
    } isa;
    struct {
        unsigned slot;
        struct vr_ou64 base;
    } dimm;
    const char *alias;      /* <alias name=>: live documents; user-defined "ua-..." also in inactive ones */
    unsigned boot_order;    /* <boot order=>, 0 = none */
    const char *loadparm;
    enum vr_tri rom_enabled, rom_bar;
    const char *rom_file;
    struct vr_ouint acpi_index;
    const char *master;     /* USB companion: <master startport=> */
    struct vr_ouint master_startport;
    /** Set by address assignment: this address was chosen by us, not by the document. */
    bool assigned;
};

/** <seclabel> of the domain or of one source. */
struct vr_seclabel {
    const char *model, *type, *label, *imagelabel, *baselabel;
    enum vr_tri relabel, labelskip;
};

/** <driver iommu= ats= packed= page_per_vq=> of virtio devices. */
struct vr_virtio_options {
    enum vr_tri iommu, ats, packed, page_per_vq;
};
