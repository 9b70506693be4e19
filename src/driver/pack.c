/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pack.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/alloc.h"

/* Most likely text last: what is near the end is cheapest to refer to. Changing it is free, nothing packed is stored. */
static const char dictionary[] =
    "<metadata>\n  </metadata>\n<sysinfo type='smbios'>\n<numatune>\n<cputune>\n    <vcpupin vcpu='0' cpuset='0'/>\n"
    "<filesystem type='mount' accessmode='passthrough'>\n<hostdev mode='subsystem' type='pci' managed='yes'>\n"
    "<tpm model='tpm-crb'>\n<backend type='emulator' version='2.0'/>\n<loader readonly='yes' type='pflash'></loader>\n"
    "<nvram template=''>/var/lib/libvirt/qemu/nvram/_VARS.fd</nvram>\n<memoryBacking>\n    <hugepages/>\n"
    "<iothreads>1</iothreads>\n<blkiotune>\n<memtune>\n<description></description>\n<title></title>\n"
    "    <redirdev bus='usb' type='spicevmc'>\n      <address type='usb' bus='0' port='1'/>\n    </redirdev>\n"
    "    <sound model='ich9'>\n    <audio id='1' type='none'/>\n    <watchdog model='itco' action='reset'/>\n"
    "    <graphics type='spice' autoport='yes'>\n      <listen type='address' address='127.0.0.1'/>\n      <image compression='off'/>\n"
    "    <controller type='scsi' index='0' model='virtio-scsi'>\n    <controller type='sata' index='0'>\n"
    "    <controller type='usb' index='0' model='qemu-xhci' ports='15'>\n    <controller type='ide' index='0'>\n"
    "    <controller type='virtio-serial' index='0'>\n    <controller type='pci' index='0' model='pcie-root'/>\n"
    "    <controller type='pci' index='1' model='pcie-root-port'>\n      <model name='pcie-root-port'/>\n"
    "      <target chassis='1' port='0x10'/>\n      <address type='drive' controller='0' bus='0' target='0' unit='0'/>\n"
    "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE\nOVERWRITTEN AND LOST. Changes to this xml "
    "configuration should be made using:\n  virsh edit \nor other application using the libvirt API.\n-->\n\n"
    "<domain type='kvm'>\n  <name></name>\n  <uuid></uuid>\n  <memory unit='KiB'>1048576</memory>\n"
    "  <currentMemory unit='KiB'>1048576</currentMemory>\n  <vcpu placement='static'>2</vcpu>\n  <os>\n"
    "    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n    <boot dev='hd'/>\n  </os>\n  <features>\n    <acpi/>\n"
    "    <apic/>\n    <vmport state='off'/>\n  </features>\n  <cpu mode='host-passthrough' check='none' migratable='on'/>\n"
    "  <clock offset='utc'>\n    <timer name='rtc' tickpolicy='catchup'/>\n    <timer name='pit' tickpolicy='delay'/>\n"
    "    <timer name='hpet' present='no'/>\n  </clock>\n  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n"
    "  <on_crash>destroy</on_crash>\n  <pm>\n    <suspend-to-mem enabled='no'/>\n    <suspend-to-disk enabled='no'/>\n  </pm>\n"
    "  <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n    <disk type='file' device='disk'>\n"
    "      <driver name='qemu' type='qcow2' discard='unmap'/>\n      <source file='/var/lib/libvirt/images/.qcow2'/>\n"
    "      <target dev='vda' bus='virtio'/>\n      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>\n"
    "    </disk>\n    <disk type='file' device='cdrom'>\n      <driver name='qemu' type='raw'/>\n      <target dev='sda' bus='sata'/>\n"
    "      <readonly/>\n    <interface type='network'>\n      <mac address='52:54:00:'/>\n      <source network='default'/>\n"
    "      <source bridge='br0'/>\n      <model type='virtio'/>\n    </interface>\n    <serial type='pty'>\n"
    "      <target type='isa-serial' port='0'>\n        <model name='isa-serial'/>\n      </target>\n    </serial>\n"
    "    <console type='pty'>\n      <target type='serial' port='0'/>\n    </console>\n    <channel type='unix'>\n"
    "      <target type='virtio' name='org.qemu.guest_agent.0'/>\n      <address type='virtio-serial' controller='0' bus='0' port='1'/>\n"
    "    </channel>\n    <input type='tablet' bus='usb'>\n    <input type='mouse' bus='ps2'/>\n    <input type='keyboard' bus='ps2'/>\n"
    "    <graphics type='vnc' port='-1' autoport='yes'>\n      <listen type='address'/>\n    </graphics>\n    <video>\n"
    "      <model type='virtio' heads='1' primary='yes'/>\n    </video>\n    <memballoon model='virtio'>\n    </memballoon>\n"
    "    <rng model='virtio'>\n      <backend model='random'>/dev/urandom</backend>\n    </rng>\n  </devices>\n</domain>\n";

#define LEVEL 4
#define WINDOW_BITS (-14) /* no header, no checksum: it never leaves this process */
#define MEMORY_LEVEL 6

static z_stream deflater;
static unsigned char *room; /* what deflate writes to before the length is known */
static size_t room_size;
static int ready;

struct vr_packed *vr_pack(const char *text, size_t len)
{
    if (!ready && deflateInit2(&deflater, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    ready = 1;
    deflateReset(&deflater);
    deflateSetDictionary(&deflater, (const Bytef *)dictionary, sizeof(dictionary) - 1);
    size_t bound = deflateBound(&deflater, (uLong)len) + 16;
    if (bound > room_size) {
        room = vr_realloc(room, bound, 1);
        room_size = bound;
    }
    deflater.next_in = (Bytef *)(uintptr_t)text;
    deflater.avail_in = (uInt)len;
    deflater.next_out = room;
    deflater.avail_out = (uInt)bound;
    if (deflate(&deflater, Z_FINISH) != Z_STREAM_END)
        abort(); /* the room was large enough */
    size_t packed_len = bound - deflater.avail_out;
    struct vr_packed *packed = vr_alloc(sizeof(*packed) + packed_len);
    packed->len = (uint32_t)len;
    packed->packed_len = (uint32_t)packed_len;
    memcpy(packed->data, room, packed_len);
    return packed;
}

char *vr_unpack(const struct vr_packed *packed)
{
    char *text = vr_alloc((size_t)packed->len + 1);
    z_stream s = { .next_in = (Bytef *)(uintptr_t)packed->data, .avail_in = packed->packed_len,
                   .next_out = (Bytef *)text, .avail_out = packed->len };
    if (inflateInit2(&s, WINDOW_BITS) != Z_OK)
        abort();
    inflateSetDictionary(&s, (const Bytef *)dictionary, sizeof(dictionary) - 1);
    inflate(&s, Z_FINISH);
    inflateEnd(&s);
    text[packed->len] = 0;
    return text;
}

void vr_pack_done(void)
{
    if (ready)
        deflateEnd(&deflater);
    ready = 0;
    free(room);
    room = NULL;
    room_size = 0;
}
