/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include "base/test.h"

#include <string.h>
#include "base/alloc.h"
#include "base/arena.h"
#include "model/domain_xml.h"

static const char *find_in(struct vr_arena *arena, const char *more)
{
    vr_autofree char *xml = vr_printf("<domain type='qemu'><name>g</name><memory>1024</memory><os>"
                                      "<type arch='x86_64' machine='pc'>hvm</type></os>%s</domain>", more);
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_domain_def) *def = vr_domain_parse(xml, strlen(xml), VR_DOMAIN_INACTIVE, &err);
    ck_assert_msg(def != NULL, "%s", vr_error_text(err));
    return vr_domain_find_notyet(arena, def);
}

VR_TEST(every_place_of_the_document_says_where_its_value_goes)
{
    size_t counts[VR_GOES_NOTYET + 1];
    vr_autofree char *unstated = vr_domain_count_goes(counts);
    ck_assert_msg(!unstated, "no rule says where %s goes", unstated);
    EXPECT(counts[VR_GOES_ARGV] > 1000);
    EXPECT(counts[VR_GOES_NOTYET] > 0);
}

VR_TEST(the_longer_rule_wins_and_a_value_can_have_its_own)
{
    EXPECT_EQ(vr_domain_goes("/domain/devices/disk/driver/@cache", "none"), VR_GOES_ARGV);
    EXPECT_EQ(vr_domain_goes("/domain/devices/disk/iotune/total_bytes_sec", NULL), VR_GOES_QMP);
    EXPECT_EQ(vr_domain_goes("/domain/vcpu/@placement", "static"), VR_GOES_DOCUMENT);
    EXPECT_EQ(vr_domain_goes("/domain/cpu/@match", "exact"), VR_GOES_DOCUMENT);
    EXPECT_EQ(vr_domain_goes("/domain/devices/disk/backingStore/source/reservations/@managed", "yes"), VR_GOES_HOST);
    EXPECT_EQ(vr_domain_goes("/domain/nonsense", NULL), VR_GOES_UNSTATED);
}

VR_TEST(what_is_not_built_yet_is_found_by_its_place)
{
    VR_AUTO(vr_arena) *arena = vr_arena_new();
    EXPECT_STR(find_in(arena, ""), NULL);
    EXPECT_STR_HAS(find_in(arena, "<devices><interface type='bridge'><source bridge='b'/><filterref filter='f'/>"
                                  "</interface></devices>"),
                   "/domain/devices/interface/filterref");
    EXPECT_STR(find_in(arena, "<metadata><a:b xmlns:a='urn:x'><filterref/></a:b></metadata>"), NULL);
}

VR_TESTS("domain goes", every_place_of_the_document_says_where_its_value_goes,
         the_longer_rule_wins_and_a_value_can_have_its_own, what_is_not_built_yet_is_found_by_its_place)
