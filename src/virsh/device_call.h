/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What the commands that attach, detach and change devices share. */
#include "virsh.h"

/** --current, --live, --config and --persistent: contradictions are reported; flags without what depends on the guest. */
bool vr_device_affect(struct vr_cmd *cmd, unsigned *flags);
/** --persistent means the running guest as well when it runs. False with libvirt's error. */
bool vr_device_flags(struct vr_cmd *cmd, virDomainPtr dom, unsigned *flags);
/** By the call that has flags when there are any. */
int vr_device_attach(virDomainPtr dom, const char *xml, unsigned flags);
int vr_device_detach(virDomainPtr dom, const char *xml, unsigned flags);
/** Text as it may stand in an attribute or between tags. */
void vr_xml_quote(struct vr_buf *out, const char *text);
