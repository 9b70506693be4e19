/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "hostdev.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/test.h"
#include "sysfile.h"
#include "whohas.h"

static char root[] = "/tmp/vireo-hostdev-XXXXXX";

static void put(const char *path, const char *text)
{
    vr_autofree char *all = vr_printf("%s%s", root, path);
    for (char *slash = all + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        mkdir(all, 0755);
    }
    FILE *f = fopen(all, "we");
    fputs(text, f);
    fclose(f);
}

static void point(const char *path, const char *target)
{
    vr_autofree char *all = vr_printf("%s%s", root, path);
    EXPECT(symlink(target, all) == 0);
}

static void set_up(void)
{
    EXPECT(mkdtemp(root) != NULL);
    vr_sys_set_root(root);
}

static void usb(const char *name, const char *vendor, const char *product, const char *bus, const char *device)
{
    const char *const files[] = { "idVendor", vendor, "idProduct", product, "busnum", bus, "devnum", device };
    for (size_t i = 0; i < 8; i += 2) {
        vr_autofree char *path = vr_printf("/sys/bus/usb/devices/%s/%s", name, files[i]);
        put(path, files[i + 1]);
    }
}

VR_TEST(usb_devices_are_found_by_ids_or_place)
{
    unsigned bus, device;
    bool found;
    VR_AUTO(vr_error) *none = NULL;
    VR_AUTO(vr_error) *several = NULL;
    set_up();
    struct vr_usb_wanted wanted = { true, 0x046d, 0xc52b, 0, 0 };
    EXPECT_FALSE(vr_usb_find(&wanted, &bus, &device, &found, &none));
    EXPECT_STR_HAS(none->message, "cannot open directory '/sys/bus/usb/devices'");
    usb("1-1", "046d\n", "c52b\n", "1\n", "14\n");
    usb("1-2", "0204\n", "6025\n", "1\n", "15\n");
    put("/sys/bus/usb/devices/1-1:1.0/bInterfaceClass", "03\n");
    EXPECT(vr_usb_find(&wanted, &bus, &device, &found, NULL) && found && bus == 1 && device == 14);
    wanted = (struct vr_usb_wanted){ false, 0, 0, 1, 15 };
    EXPECT(vr_usb_find(&wanted, &bus, &device, &found, NULL) && found && device == 15);
    wanted = (struct vr_usb_wanted){ true, 0x046d, 0xc52b, 1, 15 };
    EXPECT(vr_usb_find(&wanted, &bus, &device, &found, NULL) && !found);
    usb("2-1", "046d\n", "c52b\n", "2\n", "3\n");
    wanted = (struct vr_usb_wanted){ true, 0x046d, 0xc52b, 0, 0 };
    EXPECT_FALSE(vr_usb_find(&wanted, &bus, &device, &found, &several));
    EXPECT_STR_HAS(several->message, "multiple USB devices for 46d:c52b");
}

VR_TEST(a_scsi_device_has_its_generic_node)
{
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_error) *bad = NULL;
    set_up();
    put("/sys/bus/scsi/devices/2:0:1:5/scsi_generic/sg7/dev", "21:7\n");
    vr_autofree char *node = vr_scsi_generic_node("scsi_host2", 0, 1, 5, NULL);
    EXPECT_STR(node, "/dev/sg7");
    EXPECT(vr_scsi_generic_node("scsi_host2", 0, 1, 6, &err) == NULL);
    EXPECT_STR_HAS(err->message, "/sys/bus/scsi/devices/2:0:1:6/scsi_generic");
    EXPECT(vr_scsi_generic_node("scsi_host2/../..", 0, 1, 6, &bad) == NULL);
}

VR_TEST(a_group_that_the_host_uses_in_part_is_given_to_nobody)
{
    VR_AUTO(vr_error) *err = NULL;
    set_up();
    put("/sys/bus/pci/devices/0000:06:00.0/class", "0x020000\n");
    put("/sys/bus/pci/devices/0000:06:00.1/class", "0x010000\n");
    put("/sys/bus/pci/drivers/vfio-pci/x", "");
    put("/sys/bus/pci/drivers/ahci/x", "");
    put("/sys/kernel/iommu_groups/9/devices/0000:06:00.0/x", "");
    put("/sys/kernel/iommu_groups/9/devices/0000:06:00.1/x", "");
    point("/sys/bus/pci/devices/0000:06:00.0/iommu_group", "../../../../kernel/iommu_groups/9");
    point("/sys/bus/pci/devices/0000:06:00.0/driver", "../../drivers/vfio-pci");
    EXPECT(vr_pci_group_ready("0000:06:00.0", &err));
    vr_autofree char *node = vr_pci_vfio_node("0000:06:00.0", NULL);
    EXPECT_STR(node, "/dev/vfio/9");
    EXPECT(vr_pci_vfio_node("0000:06:00.1", NULL) == NULL);
    point("/sys/bus/pci/devices/0000:06:00.1/driver", "../../drivers/ahci");
    EXPECT_FALSE(vr_pci_group_ready("0000:06:00.0", &err));
    EXPECT_STR_HAS(err->message, "0000:06:00.1 of the same IOMMU group is used by the host's driver 'ahci'");
}

VR_TEST(a_missing_mediated_device_is_named)
{
    VR_AUTO(vr_error) *err = NULL;
    set_up();
    EXPECT(vr_mdev_vfio_node("53764d0e-85a0-42b4-af5c-2046b460b1dc", &err) == NULL);
    EXPECT_EQ(err->code, VIR_ERR_DEVICE_MISSING);
    EXPECT_FALSE(vr_vfio_usable());
}

VR_TEST(the_first_closed_directory_is_named)
{
    set_up();
    put("/a/b/c", "");
    vr_autofree char *closed = vr_printf("%s/a", root), *path = vr_printf("%s/a/b/c", root);
    const struct vr_opener other = { 12345, 12345, NULL, 0 }, zero = { 0, 0, NULL, 0 };
    chmod(root, 0755);
    EXPECT(vr_why_not_reachable(path, &other) == NULL);
    chmod(closed, 0700);
    vr_autofree char *why = vr_why_not_reachable(path, &other);
    EXPECT(why != NULL);
    EXPECT_STR_HAS(why, closed);
    EXPECT_STR_HAS(why, "mode 0700");
    EXPECT_STR_HAS(why, "'chmod o+x ");
    EXPECT(vr_why_not_reachable(path, &zero) == NULL);
}

VR_TESTS("host devices", usb_devices_are_found_by_ids_or_place, a_scsi_device_has_its_generic_node,
         a_group_that_the_host_uses_in_part_is_given_to_nobody, a_missing_mediated_device_is_named,
         the_first_closed_directory_is_named)
