/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* firewalld: where it runs, each interface belongs to a zone, which says what may pass. */
#include <stdbool.h>
#include "base/clock.h"
#include "base/error.h"

/** Does it run? False also when there is no bus. */
VR_SUSPENDS bool vr_firewalld_runs(vr_time deadline);
/** Does it know a zone of that name? */
VR_SUSPENDS bool vr_firewalld_has_zone(const char *zone, vr_time deadline);
/** Puts an interface into a zone, out of any other: until firewalld reads its files again. */
VR_SUSPENDS bool vr_firewalld_set_zone(const char *interface, const char *zone, vr_time deadline, struct vr_error **err);
/** Takes it out of its zone; failures do not matter. */
VR_SUSPENDS void vr_firewalld_unset_zone(const char *interface, vr_time deadline);
