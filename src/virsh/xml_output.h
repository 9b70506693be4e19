/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include "virsh.h"

/** Prints a document, or what the options --xpath and --wrap select of it; {"xml": ...} with --json. */
bool vr_print_xml(struct vr_cmd *cmd, const char *xml);
