/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "pack.h"

static void round_trip(const char *text, size_t len)
{
    struct vr_packed *p = vr_pack(text, len);
    char *back = vr_unpack(p);
    EXPECT_EQ(p->len, len);
    EXPECT_EQ(memcmp(back, text, len), 0);
    EXPECT_EQ(back[len], 0);
    free(back);
    free(p);
}

VR_TEST(every_text_comes_back_as_it_was)
{
    round_trip("", 0);
    round_trip("<domain/>", 9);
    size_t len = 1 << 20;
    char *noise = vr_alloc(len);
    unsigned x = 1;
    for (size_t i = 0; i < len; i++)
        noise[i] = (char)((x = x * 1103515245 + 12345) >> 16);
    round_trip(noise, len);
    memset(noise, 'a', len);
    round_trip(noise, len);
    free(noise);
    vr_pack_done();
    round_trip("again after the working memory was given back", 20);
    vr_pack_done();
}

VR_TEST(a_definition_takes_a_fraction_of_its_length)
{
    const char *text = "<domain type='kvm'>\n  <name>web17</name>\n  <memory unit='KiB'>4194304</memory>\n"
                       "  <vcpu placement='static'>4</vcpu>\n  <os>\n    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n"
                       "    <boot dev='hd'/>\n  </os>\n  <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
                       "    <disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2'/>\n"
                       "      <source file='/var/lib/libvirt/images/web17.qcow2'/>\n      <target dev='vda' bus='virtio'/>\n"
                       "    </disk>\n  </devices>\n</domain>\n";
    struct vr_packed *p = vr_pack(text, strlen(text));
    EXPECT(p->packed_len * 4 < p->len);
    free(p);
    vr_pack_done();
}


VR_TESTS("pack", every_text_comes_back_as_it_was, a_definition_takes_a_fraction_of_its_length)
