/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Tables that the documents about capabilities share. */
#include "model/capabilities.h"
#include "schema/schema.h"

extern const struct vr_xml_elem vr_host_cpu_elem;
extern const struct vr_xml_elem vr_caps_enum_elem; /* <enum name=><value> */
const char *const *vr_caps_archs(void);
