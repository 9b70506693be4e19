/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device_call.h"

#include <string.h>

bool vr_device_affect(struct vr_cmd *cmd, unsigned *flags)
{
    if (!vr_opt_exclusive(cmd, "persistent", "current") || !vr_opt_exclusive(cmd, "current", "live") ||
        !vr_opt_exclusive(cmd, "current", "config"))
        return false;
    *flags = VIR_DOMAIN_AFFECT_CURRENT;
    if (vr_opt_bool(cmd, "config") || vr_opt_bool(cmd, "persistent"))
        *flags |= VIR_DOMAIN_AFFECT_CONFIG;
    if (vr_opt_bool(cmd, "live"))
        *flags |= VIR_DOMAIN_AFFECT_LIVE;
    return true;
}

bool vr_device_flags(struct vr_cmd *cmd, virDomainPtr dom, unsigned *flags)
{
    if (!vr_opt_bool(cmd, "persistent"))
        return true;
    int active = virDomainIsActive(dom);
    if (active > 0)
        *flags |= VIR_DOMAIN_AFFECT_LIVE;
    return active >= 0;
}

int vr_device_attach(virDomainPtr dom, const char *xml, unsigned flags)
{
    return flags ? virDomainAttachDeviceFlags(dom, xml, flags) : virDomainAttachDevice(dom, xml);
}

int vr_device_detach(virDomainPtr dom, const char *xml, unsigned flags)
{
    return flags ? virDomainDetachDeviceFlags(dom, xml, flags) : virDomainDetachDevice(dom, xml);
}

void vr_xml_quote(struct vr_buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': vr_buf_str(out, "&amp;"); break;
        case '<': vr_buf_str(out, "&lt;"); break;
        case '>': vr_buf_str(out, "&gt;"); break;
        case '\'': vr_buf_str(out, "&apos;"); break;
        case '"': vr_buf_str(out, "&quot;"); break;
        default: vr_buf_char(out, *text);
        }
    }
}
