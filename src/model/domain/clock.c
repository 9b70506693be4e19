/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <clock> and its timers. */
#define VR_ERROR_DOMAIN VIR_FROM_DOMAIN

#include "base/str.h"
#include "tables.h"

VR_ENUM_NAMES(vr_clock_offset, VR_CLOCK_OFFSETS)
VR_ENUM_NAMES(vr_timer_name, VR_TIMER_NAMES)
VR_ENUM_NAMES(vr_tick_policy, VR_TICK_POLICIES)

static const struct vr_row catchup_rows[] = {
    VR_A_U64(struct vr_clock_timer, catchup.threshold, "threshold", .goes = VR_GOES_NOTYET),
    VR_A_U64(struct vr_clock_timer, catchup.slew, "slew", .goes = VR_GOES_NOTYET),
    VR_A_U64(struct vr_clock_timer, catchup.limit, "limit", .goes = VR_GOES_NOTYET),
    VR_END,
};
static const struct vr_row timer_rows[] = {
    VR_A_ENUM(struct vr_clock_timer, name, "name", vr_timer_name_names, .required = true, .goes = VR_GOES_ARGV),
    VR_A_YESNO(struct vr_clock_timer, present, "present", .goes = VR_GOES_ARGV),
    VR_A_ENUM(struct vr_clock_timer, tickpolicy, "tickpolicy", vr_tick_policy_names, .goes = VR_GOES_ARGV),
    VR_A_STR(struct vr_clock_timer, track, "track", .goes = VR_GOES_ARGV),
    VR_A_U64(struct vr_clock_timer, frequency, "frequency", .goes = VR_GOES_ARGV),
    VR_A_STR(struct vr_clock_timer, mode, "mode", .goes = VR_GOES_ARGV),
    VR_GROUP("catchup", catchup_rows),
    VR_END,
};

static bool check_timer(struct vr_parse *p, const struct vr_xml_node *node, void *obj, struct vr_error **err)
{
    static const char *const tracks[] = { "boot", "guest", "wall", "realtime", NULL };
    static const char *const modes[] = { "auto", "native", "emulate", "paravirt", "smpsafe", NULL };
    const struct vr_clock_timer *t = obj;
    if (t->track && vr_name_index(tracks, t->track) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid value for attribute 'track' in element 'timer': '%s'."), t->track);
    if (t->mode && vr_name_index(modes, t->mode) < 0)
        return vr_parse_fail(p, node, err, VIR_ERR_XML_ERROR, _("Invalid value for attribute 'mode' in element 'timer': '%s'."), t->mode);
    return true;
}
static const struct vr_xml_elem timer_elem = {
    .name = "timer", .size = sizeof(struct vr_clock_timer), .rows = timer_rows, .after_parse = check_timer,
};

static bool has_adjustment(const void *base, const struct vr_format *f)
{
    (void)f;
    const struct vr_clock *c = base;
    return c->offset != VR_CLOCK_TIMEZONE && c->offset != VR_CLOCK_ABSOLUTE;
}

/* The order of attributes is stock's: what belongs to the offset's kind follows it. */
const struct vr_row vr_clock_rows[] = {
    VR_A_ENUM(struct vr_clock, offset, "offset", vr_clock_offset_names, .goes = VR_GOES_ARGV),
    VR_A_STR(struct vr_clock, adjustment, "adjustment", .when = has_adjustment, .goes = VR_GOES_ARGV),
    VR_A_STR(struct vr_clock, basis, "basis", VR_WHEN(struct vr_clock, offset, VR_BIT(VR_CLOCK_VARIABLE)), .goes = VR_GOES_ARGV),
    VR_A_STR(struct vr_clock, timezone, "timezone", VR_WHEN(struct vr_clock, offset, VR_BIT(VR_CLOCK_TIMEZONE)), .goes = VR_GOES_ARGV),
    VR_A_OU64(struct vr_clock, start, "start", VR_WHEN(struct vr_clock, offset, VR_BIT(VR_CLOCK_ABSOLUTE)), .goes = VR_GOES_ARGV),
    VR_LISTED(struct vr_clock, timers, "timer", timer_elem),
    VR_END,
};
