/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN
#include "qemu/complete/pci.h"
#include <stdio.h>
#include "base/alloc.h"

const char *vr_pci_text(const struct vr_pci_address *at)
{
    static __thread char text[64];
    snprintf(text, sizeof(text), "%04x:%02x:%02x.%x", at->domain, at->bus, at->slot, at->function);
    return text;
}

struct bus_rule {
    enum vr_controller_model model;
    unsigned accepts, min, max;
    unsigned connects; /* what the controller itself needs */
};

static const struct bus_rule rules[] = {
    { VR_CMODEL_PCI_ROOT, VR_PCI_HOTPLUG | VR_PCI_DEVICE | VR_PCI_BRIDGE | VR_PCI_EXPANDER, 1, 31, 0 },
    { VR_CMODEL_PCI_BRIDGE, VR_PCI_HOTPLUG | VR_PCI_DEVICE | VR_PCI_BRIDGE, 1, 31, VR_PCI_BRIDGE },
    { VR_CMODEL_PCI_EXPANDER, VR_PCI_HOTPLUG | VR_PCI_DEVICE | VR_PCI_BRIDGE, 0, 31, VR_PCI_EXPANDER },
    { VR_CMODEL_PCIE_ROOT,
      VR_PCIE_DEVICE | VR_PCI_ROOT_PORT | VR_PCI_DMI_BRIDGE | VR_PCIE_EXPANDER, 1, 31, 0 },
    { VR_CMODEL_DMI_TO_PCI_BRIDGE, VR_PCI_DEVICE | VR_PCI_BRIDGE, 0, 31, VR_PCI_DMI_BRIDGE },
    { VR_CMODEL_PCIE_TO_PCI_BRIDGE, VR_PCI_HOTPLUG | VR_PCI_DEVICE | VR_PCI_BRIDGE, 1, 31, VR_PCIE_TO_PCI },
    { VR_CMODEL_PCIE_ROOT_PORT, VR_PCI_HOTPLUG | VR_PCIE_DEVICE | VR_PCI_UPSTREAM | VR_PCIE_TO_PCI, 0, 0,
      VR_PCI_ROOT_PORT | VR_PCI_AGGREGATE },
    { VR_CMODEL_PCIE_SWITCH_DOWNSTREAM, VR_PCI_HOTPLUG | VR_PCIE_DEVICE | VR_PCI_UPSTREAM | VR_PCIE_TO_PCI, 0, 0,
      VR_PCI_DOWNSTREAM },
    { VR_CMODEL_PCIE_SWITCH_UPSTREAM, VR_PCI_DOWNSTREAM, 0, 31, VR_PCI_UPSTREAM },
    { VR_CMODEL_PCIE_EXPANDER, VR_PCI_ROOT_PORT | VR_PCI_DMI_BRIDGE, 0, 31, VR_PCIE_EXPANDER },
};

static const struct bus_rule *rule_of(enum vr_controller_model model)
{
    for (size_t i = 0; i < VR_COUNT(rules); i++)
        if (rules[i].model == model)
            return &rules[i];
    return NULL;
}

unsigned vr_pci_controller_connects(enum vr_controller_model model)
{
    const struct bus_rule *rule = rule_of(model);
    return rule ? rule->connects : 0;
}

bool vr_pci_bus_init(struct vr_pci_bus *bus, enum vr_controller_model model, bool no_hotplug, struct vr_error **err)
{
    const struct bus_rule *rule = rule_of(model);
    if (!rule)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("PCI controller model was not set correctly"));
    *bus = (struct vr_pci_bus){ .model = model, .flags = rule->accepts, .min_slot = rule->min, .max_slot = rule->max };
    if (no_hotplug)
        bus->flags &= ~VR_PCI_HOTPLUG;
    return true;
}

static const char *connection_name(unsigned flags)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {
        { VR_PCI_DEVICE, "standard PCI device" },       { VR_PCIE_DEVICE, "PCI Express device" },
        { VR_PCI_BRIDGE, "pci-bridge" },                { VR_PCI_DMI_BRIDGE, "dmi-to-pci-bridge" },
        { VR_PCIE_TO_PCI, "pcie-to-pci-bridge" },       { VR_PCI_ROOT_PORT, "pcie-root-port" },
        { VR_PCI_UPSTREAM, "pcie-switch-upstream-port" }, { VR_PCI_DOWNSTREAM, "pcie-switch-downstream-port" },
        { VR_PCI_EXPANDER, "pci-expander-bus" },        { VR_PCIE_EXPANDER, "pcie-expander-bus" },
    };
    for (size_t i = 0; i < VR_COUNT(names); i++)
        if (flags & names[i].flag)
            return names[i].name;
    return "PCI device";
}

static bool compatible(const struct vr_pci_set *set, const struct vr_pci_address *at, unsigned device, bool from_config,
                       bool report, struct vr_error **err)
{
    const struct vr_pci_bus *bus = &set->bus[at->bus];
    unsigned accepts = bus->flags;
    int code = from_config ? VIR_ERR_XML_ERROR : VIR_ERR_INTERNAL_ERROR;
    if (from_config) {
        /* A user may know better: PCI and PCIe devices are interchangeable, and hot-plug is not insisted on. */
        if (accepts & (VR_PCI_DEVICE | VR_PCIE_DEVICE))
            accepts |= VR_PCI_DEVICE | VR_PCIE_DEVICE;
        if (accepts & VR_PCIE_DEVICE)
            accepts |= VR_PCIE_TO_PCI | VR_PCI_DMI_BRIDGE;
        accepts |= VR_PCI_HOTPLUG;
    }
    /* Left to us, nothing but ports and bridges goes where no device can be hot-plugged. */
    if (!from_config && !report && bus->model == VR_CMODEL_PCIE_ROOT && !(device & VR_PCI_INTEGRATED))
        accepts &= ~VR_PCIE_DEVICE;
    if (!from_config && !report && bus->model == VR_CMODEL_DMI_TO_PCI_BRIDGE)
        accepts &= ~VR_PCI_DEVICE;
    if (from_config && (device & VR_PCI_INTEGRATED) && at->bus != 0)
        return vr_fail(err, code, _("The device at PCI address %s needs to be an integrated device (bus=0)"),
                       vr_pci_text(at));
    if (!(device & accepts & VR_PCI_TYPES)) {
        if (!report)
            return false;
        return vr_fail(err, code,
                       _("The device at PCI address %s cannot be plugged into the PCI controller with index='%d'. It "
                         "requires a controller that accepts a %s."),
                       vr_pci_text(at), at->bus, connection_name(device));
    }
    if ((device & VR_PCI_HOTPLUG) && !(accepts & VR_PCI_HOTPLUG)) {
        if (!report)
            return false;
        return vr_fail(err, code,
                       _("The device at PCI address %s requires hotplug capability, but the PCI controller with "
                         "index='%d' doesn't support hotplug"),
                       vr_pci_text(at), at->bus);
    }
    return true;
}

static bool valid(const struct vr_pci_set *set, const struct vr_pci_address *at, unsigned flags, bool from_config,
                  struct vr_error **err)
{
    int code = from_config ? VIR_ERR_XML_ERROR : VIR_ERR_INTERNAL_ERROR;
    if (set->n == 0)
        return vr_fail(err, code, "%s", _("No PCI buses available"));
    if (at->domain != 0)
        return vr_fail(err, code, _("Invalid PCI address %s. Only PCI domain 0 is available"), vr_pci_text(at));
    if (at->bus >= set->n)
        return vr_fail(err, code, _("Invalid PCI address %s. Only PCI buses up to %zu are available"), vr_pci_text(at),
                       (size_t)set->n - 1);
    const struct vr_pci_bus *bus = &set->bus[at->bus];
    if (!compatible(set, at, flags, from_config, true, err))
        return false;
    if (at->slot < bus->min_slot)
        return vr_fail(err, code, _("Invalid PCI address %s. slot must be >= %zu"), vr_pci_text(at),
                       (size_t)bus->min_slot);
    if (at->slot > bus->max_slot)
        return vr_fail(err, code, _("Invalid PCI address %s. slot must be <= %zu"), vr_pci_text(at),
                       (size_t)bus->max_slot);
    if (at->function > 7)
        return vr_fail(err, code, _("Invalid PCI address %s. function must be <= %u"), vr_pci_text(at), 7u);
    return true;
}

static bool has_bridge(const struct vr_pci_set *set)
{
    for (unsigned i = 0; i < set->n; i++)
        if (set->bus[i].model == VR_CMODEL_PCIE_TO_PCI_BRIDGE)
            return true;
    return false;
}

/* Adds what must exist for a device of these flags to be plugged in somewhere. */
static bool grow(struct vr_pci_set *set, unsigned flags, struct vr_error **err)
{
    enum vr_controller_model model = VR_CMODEL_UNSET;
    bool pcie = set->n && set->bus[0].model == VR_CMODEL_PCIE_ROOT;
    bool port_first = false;
    if (flags & (VR_PCI_DEVICE | VR_PCI_BRIDGE)) {
        if (!pcie) {
            model = VR_CMODEL_PCI_BRIDGE;
        } else if (has_bridge(set)) {
            model = VR_CMODEL_PCI_BRIDGE; /* below the first one, which brought conventional PCI */
        } else if (set->pcie_to_pci) {
            model = VR_CMODEL_PCIE_TO_PCI_BRIDGE;
            port_first = true;
            for (unsigned i = 0; i < set->n; i++)
                if ((set->bus[i].flags & VR_PCIE_TO_PCI) && !set->bus[i].slot[0].functions)
                    port_first = false;
        } else {
            model = VR_CMODEL_DMI_TO_PCI_BRIDGE;
        }
    } else if (pcie && (flags & (VR_PCIE_DEVICE | VR_PCI_UPSTREAM | VR_PCIE_TO_PCI))) {
        model = VR_CMODEL_PCIE_ROOT_PORT;
    } else if (flags & VR_PCIE_DEVICE) {
        model = VR_CMODEL_PCI_BRIDGE;
    } else {
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR,
                       _("Cannot automatically add a new PCI bus for a device with connect flags %.2x"), flags);
    }
    if (set->n + 1 + port_first > VR_PCI_MAX_BUSES)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("No more available PCI slots"));
    if (port_first && !vr_pci_bus_init(&set->bus[set->n++], VR_CMODEL_PCIE_ROOT_PORT, false, err))
        return false;
    if (port_first) /* the bridge will sit in it */
        set->bus[set->n - 1].slot[0].functions = 1;
    return vr_pci_bus_init(&set->bus[set->n++], model, false, err);
}

bool vr_pci_slot_used(const struct vr_pci_set *set, const struct vr_pci_address *at)
{
    return at->bus < set->n && at->slot < 32 && set->bus[at->bus].slot[at->slot].functions;
}

bool vr_pci_bus_full(const struct vr_pci_bus *bus)
{
    for (unsigned i = bus->min_slot; i <= bus->max_slot; i++)
        if (!bus->slot[i].functions)
            return false;
    return true;
}

bool vr_pci_reserve(struct vr_pci_set *set, const struct vr_pci_address *at, unsigned flags, bool from_config,
                    struct vr_error **err)
{
    while (set->dry_run && at->domain == 0 && at->bus >= set->n && set->n)
        if (!grow(set, flags, err))
            return false;
    if (!valid(set, at, flags, from_config, err))
        return false;
    struct vr_pci_slot *slot = &set->bus[at->bus].slot[at->slot];
    int code = from_config ? VIR_ERR_XML_ERROR : VIR_ERR_INTERNAL_ERROR;
    if (slot->functions & (1u << at->function))
        return vr_fail(err, code, _("Attempted double use of PCI Address %s"), vr_pci_text(at));
    if (!slot->functions)
        slot->aggregate = flags & VR_PCI_AGGREGATE;
    else if (!(flags & VR_PCI_AGGREGATE))
        slot->aggregate = false;
    slot->functions |= 1u << at->function;
    return true;
}

bool vr_pci_reserve_next(struct vr_pci_set *set, unsigned flags, struct vr_pci_address *out, struct vr_error **err)
{
    if (set->n == 0)
        return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("No PCI buses available"));
    for (;;) {
        for (unsigned b = 0; b < set->n; b++) {
            struct vr_pci_bus *bus = &set->bus[b];
            struct vr_pci_address at = { .bus = b };
            if (!compatible(set, &at, flags, false, false, NULL))
                continue;
            for (at.slot = bus->min_slot; at.slot <= bus->max_slot; at.slot++) {
                struct vr_pci_slot *slot = &bus->slot[at.slot];
                if (slot->functions) {
                    if (!(flags & VR_PCI_AGGREGATE) || !slot->aggregate || slot->functions == 0xff)
                        continue;
                    while (slot->functions & (1u << at.function))
                        at.function++;
                }
                slot->aggregate = flags & VR_PCI_AGGREGATE;
                slot->functions |= 1u << at.function;
                *out = at;
                return true;
            }
        }
        if (!set->dry_run)
            return vr_fail(err, VIR_ERR_INTERNAL_ERROR, "%s", _("No more available PCI slots"));
        if (!grow(set, flags, err))
            return false;
    }
}
