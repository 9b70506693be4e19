/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/alloc.h"
#include "node.h"
#include "sysfile.h"

static struct vr_error *error;
static char tree[] = "/tmp/vireo-node-XXXXXX";

static void put(const char *path, const char *text)
{
    vr_autofree char *full = vr_printf("%s%s", tree, path);
    for (char *slash = strchr(full + sizeof(tree), '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *f = fopen(full, "we");
    ck_assert(f != NULL);
    fprintf(f, "%s\n", text);
    fclose(f);
}

/* Two nodes, each a socket of two cores with two threads; KSM and 2 MiB pages. */
static void make_tree(void)
{
    ck_assert(mkdtemp(tree) != NULL);
    for (unsigned cpu = 0; cpu < 8; cpu++) {
        unsigned node = cpu / 4;
        vr_autofree char *dir = vr_printf("/sys/devices/system/cpu/cpu%u/topology", cpu);
        vr_autofree char *link = vr_printf("/sys/devices/system/node/node%u/cpu%u/x", node, cpu);
        const char *names[] = { "physical_package_id", "die_id", "core_id", "thread_siblings_list" };
        for (int i = 0; i < 4; i++) {
            vr_autofree char *path = vr_printf("%s/%s", dir, names[i]);
            unsigned first = cpu & ~1u;
            vr_autofree char *text = i == 0 ? vr_printf("%u", node) : i == 1 ? vr_strdup("0")
                                     : i == 2 ? vr_printf("%u", cpu / 2 % 2) : vr_printf("%u-%u", first, first + 1);
            put(path, text);
        }
        put(link, "");
    }
    put("/sys/devices/system/node/node0/meminfo", "Node 0 MemTotal:    1000 kB\nNode 0 MemFree:    400 kB");
    put("/sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:    3000 kB\nNode 1 MemFree:    500 kB");
    put("/sys/devices/system/node/node0/distance", "10 21");
    put("/sys/devices/system/node/node1/distance", "21 10");
    for (int node = 0; node < 2; node++) {
        vr_autofree char *total =
            vr_printf("/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/nr_hugepages", node);
        vr_autofree char *unused =
            vr_printf("/sys/devices/system/node/node%d/hugepages/hugepages-2048kB/free_hugepages", node);
        put(total, "0");
        put(unused, "0");
    }
    put("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0");
    put("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0");
    put("/sys/devices/system/cpu/present", "0-7");
    put("/sys/devices/system/cpu/online", "0-3,5-7");
    put("/proc/cpuinfo", "processor : 0\ncpu MHz\t\t: 2345.678\nprocessor : 1\ncpu MHz : 99.9");
    put("/proc/meminfo",
        "MemTotal:       4100 kB\nMemFree:        900 kB\nBuffers:   11 kB\nCached:     22 kB\nSwapCached: 5 kB");
    put("/proc/stat", "cpu  1 2 3 4 5 6 7 0 0 0\ncpu0 10 0 20 30 40 0 0 0 0 0\ncpu10 1 1 1 1 1 1 1 1");
    put("/sys/kernel/mm/ksm/pages_to_scan", "100");
    put("/sys/kernel/mm/ksm/full_scans", "7");
    vr_sys_set_root(tree);
}

static void remove_tree(void)
{
    vr_autofree char *command = vr_printf("rm -rf %s", tree);
    EXPECT_EQ(system(command), 0);
}

VR_TEST(a_numa_host_is_counted_per_node_socket_core_and_thread)
{
    struct vr_node_info info;
    make_tree();
    EXPECT_OK(vr_node_info_read(&info, &error), error);
    EXPECT(info.nodes == 2 && info.sockets == 1 && info.cores == 2 && info.threads == 2 && info.cpus == 8);
    EXPECT_EQ(info.memory_kib, 4000);
    EXPECT_EQ(info.mhz, 2345);
    remove_tree();
}

VR_TEST(a_host_with_an_offline_processor_still_multiplies_out)
{
    struct vr_node_info info;
    make_tree();
    put("/sys/devices/system/cpu/cpu5/online", "0");
    put("/sys/devices/system/cpu/cpu4/topology/thread_siblings_list", "4");
    EXPECT_OK(vr_node_info_read(&info, &error), error);
    EXPECT(info.cpus == 7 && info.nodes * info.sockets * info.cores * info.threads == 8);
    EXPECT_EQ(info.threads, 2);
    remove_tree();
}

VR_TEST(an_irregular_host_is_one_socket)
{
    struct vr_node_info info;
    make_tree();
    put("/sys/devices/system/cpu/cpu1/topology/core_id", "9");
    EXPECT_OK(vr_node_info_read(&info, &error), error);
    EXPECT(info.nodes == 1 && info.sockets == 1 && info.cores == 8 && info.threads == 1);
    remove_tree();
}

VR_TEST(free_memory_is_told_by_node)
{
    uint64_t bytes[4] = { 0 };
    size_t n = 0;
    make_tree();
    EXPECT_OK(vr_node_free_memory(bytes, &error), error);
    EXPECT_EQ(bytes[0], 900 * 1024);
    EXPECT_OK(vr_node_cells_free(0, 4, bytes, &n, &error), error);
    EXPECT(n == 2 && bytes[0] == 400 * 1024 && bytes[1] == 500 * 1024);
    EXPECT_OK(vr_node_cells_free(1, 1, bytes, &n, &error), error);
    EXPECT(n == 1 && bytes[0] == 500 * 1024);
    EXPECT_FALSE(vr_node_cells_free(2, 1, bytes, &n, &error));
    EXPECT_STR(error->message, "internal error: start cell 2 out of range (0-1)");
    remove_tree();
}

VR_TEST(statistics_have_stocks_fields_and_refusals)
{
    struct vr_node_value v[VR_NODE_VALUES];
    size_t n = 0;
    make_tree();
    const uint64_t tick = 1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK);
    EXPECT_OK(vr_node_cpu_stats(-1, v, &n, &error), error);
    EXPECT(n == 4 && v[0].value == 16 * tick && v[1].value == 3 * tick && v[2].value == 4 * tick &&
           v[3].value == 5 * tick);
    EXPECT_STR(v[0].field, "kernel");
    EXPECT_OK(vr_node_cpu_stats(0, v, &n, &error), error);
    EXPECT_EQ(v[0].value, 20 * tick);
    EXPECT_FALSE(vr_node_cpu_stats(1, v, &n, &error));
    EXPECT_EQ(error->code, VIR_ERR_INVALID_ARG);
    EXPECT_STR(error->message, "Invalid cpuNum in virHostCPUGetStatsLinux");
    EXPECT_OK(vr_node_memory_stats(-1, v, &n, NULL), error);
    EXPECT(n == 4 && v[0].value == 4100 && v[3].value == 22);
    EXPECT_OK(vr_node_memory_stats(1, v, &n, NULL), error);
    EXPECT(n == 2 && v[0].value == 3000 && v[1].value == 500);
    VR_AUTO(vr_error) *second = NULL;
    EXPECT_FALSE(vr_node_memory_stats(2, v, &n, &second));
    EXPECT_STR(second->message, "cellNum in virHostMemGetStats must be less than or equal to 1");
    remove_tree();
}

VR_TEST(the_cpu_map_has_holes)
{
    unsigned char *map;
    size_t length;
    unsigned present, online;
    make_tree();
    EXPECT_OK(vr_node_cpu_map(&map, &length, &present, &online, &error), error);
    EXPECT(length == 1 && present == 8 && online == 7 && map[0] == 0xef);
    free(map);
    put("/sys/devices/system/cpu/online", "0-99999999999");
    EXPECT_FALSE(vr_node_cpu_map(&map, &length, &present, &online, NULL));
    remove_tree();
}

VR_TEST(pages_are_counted_and_pools_are_set)
{
    uint64_t counts[4], total, unused;
    size_t n = 0, done = 9;
    const uint32_t sizes[] = { 4, 2048 };
    const uint64_t want[] = { 3 };
    make_tree();
    EXPECT_OK(vr_node_free_pages(sizes, 2, 0, 2, counts, &n, &error), error);
    EXPECT(n == 4 && counts[0] == 100 && counts[1] == 0 && counts[2] == 125);
    EXPECT_OK(vr_node_alloc_pages(&sizes[1], want, 1, 1, 1, true, &done, &error), error);
    EXPECT_OK(vr_node_pages(1, 2048, &total, &unused, &error), error);
    EXPECT_EQ(total, 3);
    EXPECT_FALSE(vr_node_alloc_pages(sizes, want, 1, 0, 1, true, &done, &error));
    EXPECT_EQ(done, 0);
    EXPECT_STR_HAS(error->message, "system pages pool can't be modified");
    VR_AUTO(vr_error) *err = NULL;
    EXPECT_FALSE(vr_node_pages(0, 7, &total, &unused, &err));
    EXPECT_STR(err->message, "operation failed: page size 7 is not available on node 0");
    remove_tree();
}

VR_TEST(ksm_is_what_the_kernel_has)
{
    struct vr_node_ksm v[VR_NODE_KSM_MAX];
    size_t n = 0;
    make_tree();
    EXPECT_OK(vr_node_ksm_set("shm_pages_to_scan", 123, &error), error);
    vr_node_ksm_read(v, &n);
    EXPECT_EQ(n, 2);
    EXPECT_STR(v[0].field, "shm_pages_to_scan");
    EXPECT(v[0].value == 123 && !v[0].wide && v[1].value == 7 && v[1].wide);
    EXPECT_FALSE(vr_node_ksm_set("shm_full_scans", 1, NULL));
    EXPECT_FALSE(vr_node_ksm_set("shm_sleep_millisecs", 1, &error));
    remove_tree();
}

VR_TEST(the_document_tells_of_cells_and_distances)
{
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    struct vr_host_xml_extra extra = { .cpu_model = "EPYC", .dac = true, .uid = 7, .gid = 8 };
    const char *const none[] = { "extra-one", NULL };
    extra.cpu_features = none;
    make_tree();
    put("/sys/power/state", "freeze mem disk");
    put("/sys/power/disk", "[platform] shutdown");
    put("/sys/kernel/iommu_groups/0/x", "");
    put("/sys/devices/system/node/node1/cpu4/x", "");
    struct vr_uuid uuid;
    EXPECT(vr_uuid_parse("11112222-3333-4444-5555-666677778888", &uuid));
    vr_host_uuid_set(&uuid);
    EXPECT_OK(vr_host_xml(&b, &extra, &error), error);
    EXPECT_STR_HAS(b.data, "  <host>\n    <uuid>11112222-3333-4444-5555-666677778888</uuid>\n    <cpu>\n");
    EXPECT_STR_HAS(b.data, "      <model>EPYC</model>\n");
    EXPECT_STR_HAS(b.data, "      <topology sockets='1' dies='1' cores='2' threads='2'/>\n");
    EXPECT_STR_HAS(b.data, "      <feature name='extra-one'/>\n      <pages unit='KiB' size='4'/>\n");
    EXPECT_STR_HAS(b.data,
                   "    <power_management>\n      <suspend_mem/>\n      <suspend_disk/>\n      <suspend_hybrid/>\n");
    EXPECT_STR_HAS(b.data, "<iommu support='yes'/>");
    EXPECT_STR_HAS(b.data, "        <cell id='1'>\n          <memory unit='KiB'>3000</memory>\n"
                           "          <pages unit='KiB' size='4'>750</pages>\n"
                           "          <pages unit='KiB' size='2048'>0</pages>\n          <distances>\n"
                           "            <sibling id='0' value='21'/>\n            <sibling id='1' value='10'/>\n");
    EXPECT_STR_HAS(b.data, "<cpu id='5' socket_id='1' die_id='0' core_id='0' siblings='4-5'/>\n");
    EXPECT_STR_HAS(b.data, "<baselabel type='kvm'>+7:+8</baselabel>");
    remove_tree();
}

VR_TEST(this_host_can_be_described)
{
    struct vr_node_info info;
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    EXPECT_OK(vr_node_info_read(&info, &error), error);
    EXPECT(info.cpus > 0 && info.memory_kib > 0);
    EXPECT_OK(vr_host_xml(&b, &(struct vr_host_xml_extra){ 0 }, &error), error);
    const char *show = getenv("VIREO_SHOW");
    if (show)
        printf("%s", b.data);
    EXPECT_STR_HAS(b.data, "</host>\n");
}

/* A table with one of most kinds; `cut`: only so many bytes of it. */
static size_t put_smbios(size_t cut)
{
    static const char bios[] = "\0\x18\x01\0"
                               "\1\2\0\0\3\0\0\0\0\0\0\0\0\0\0\0\4\5\xff\xff"
                               "Vendor & Sons\0"
                               "1.0 \0"
                               "04/01/2014\0";
    static const char sys[] = "\1\x1b\x02\0"
                              "\1\2\0\3"
                              "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
                              "\6\0\4"
                              "Maker\0"
                              "Thing<1>\0"
                              "S/N\0"
                              "Line\0";
    static const char memory[] = "\x11\x1c\x03\0"
                                 "\0\0\0\0\0\0\0\0\0\x40\x09\0\1\2\x1a\x80\x20\x80\x0c\3\0\0\4\0"
                                 "DIMM 0\0"
                                 "BANK 0\0"
                                 "M\0"
                                 "P\0";
    static const char oem[] = "\x0b\5\4\0\2" "one\0" "two\0";
    static const char last[] = "\x7f\4\5\0\0";
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    vr_buf_add(&b, bios, sizeof(bios));
    vr_buf_add(&b, sys, sizeof(sys));
    vr_buf_add(&b, memory, sizeof(memory));
    vr_buf_add(&b, oem, sizeof(oem));
    vr_buf_add(&b, last, sizeof(last));
    put("/sys/firmware/dmi/tables/DMI", "");
    vr_autofree char *path = vr_printf("%s/sys/firmware/dmi/tables/DMI", tree);
    FILE *f = fopen(path, "we");
    ck_assert(f && fwrite(b.data, 1, cut < b.len ? cut : b.len, f) > 0);
    fclose(f);
    return b.len;
}

VR_TEST(the_firmwares_words_are_repeated_safely)
{
    make_tree();
    vr_autobuf struct vr_buf b = VR_BUF_INIT;
    EXPECT_FALSE(vr_host_sysinfo(&b, &error));
    EXPECT_STR_HAS(error->message, "Host SMBIOS information is not available");
    size_t whole = put_smbios(SIZE_MAX);
    EXPECT(vr_host_sysinfo(&b, NULL));
    EXPECT_STR_HAS(b.data, "<sysinfo type='smbios'>\n  <bios>\n    <entry name='vendor'>Vendor &amp; Sons</entry>\n"
                           "    <entry name='version'>1.0</entry>\n    <entry name='date'>04/01/2014</entry>\n"
                           "    <entry name='release'>4.5</entry>\n  </bios>\n");
    EXPECT_STR_HAS(b.data,
                   "<entry name='product'>Thing&lt;1&gt;</entry>\n    <entry name='version'>Not Specified</entry>\n");
    EXPECT_STR_HAS(
        b.data, "<entry name='uuid'>00112233-4455-6677-8899-aabbccddeeff</entry>\n    <entry name='sku'>Not Specified");
    EXPECT_STR_HAS(b.data, "    <entry name='size'>16 GB</entry>\n    <entry name='form_factor'>DIMM</entry>\n");
    EXPECT_STR_HAS(
        b.data,
        "<entry name='type'>DDR4</entry>\n    <entry name='type_detail'>Synchronous Registered (Buffered)</entry>\n"
        "    <entry name='speed'>3200 MT/s</entry>\n");
    EXPECT_STR_HAS(b.data,
                   "  <oemStrings>\n    <entry>one</entry>\n    <entry>two</entry>\n  </oemStrings>\n</sysinfo>\n");
    /* Cut anywhere it is still a document, without what is not there. */
    for (size_t cut = 1; cut < whole; cut++) {
        vr_autobuf struct vr_buf part = VR_BUF_INIT;
        put_smbios(cut);
        EXPECT(vr_host_sysinfo(&part, NULL));
        EXPECT_STR_HAS(part.data, "</sysinfo>\n");
    }
    remove_tree();
}

VR_TEST(lists_of_numbers_are_strict)
{
    unsigned *v;
    size_t n;
    EXPECT(vr_sys_list_parse("0-2,7", 10, &v, &n) && n == 4 && v[3] == 7);
    free(v);
    EXPECT(vr_sys_list_parse("", 10, &v, &n) && n == 0);
    free(v);
    EXPECT_FALSE(vr_sys_list_parse("3-1", 10, &v, &n));
    EXPECT_FALSE(vr_sys_list_parse("0-", 10, &v, &n));
    EXPECT_FALSE(vr_sys_list_parse("11", 10, &v, &n));
    EXPECT_FALSE(vr_sys_list_parse("x", 10, &v, &n));
    EXPECT_FALSE(vr_sys_list_parse("-1", 10, &v, &n));
}

VR_TESTS("node", a_numa_host_is_counted_per_node_socket_core_and_thread,
         a_host_with_an_offline_processor_still_multiplies_out, an_irregular_host_is_one_socket,
         free_memory_is_told_by_node, statistics_have_stocks_fields_and_refusals, the_cpu_map_has_holes,
         pages_are_counted_and_pools_are_set, ksm_is_what_the_kernel_has, the_document_tells_of_cells_and_distances,
         the_firmwares_words_are_repeated_safely, this_host_can_be_described, lists_of_numbers_are_strict)
