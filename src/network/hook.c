/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
/* Scripts of "network", with the documents that they read. */
#include "events.h"

#include "base/buf.h"
#include "driver.h"
#include "driver/hook.h"
#include "schema/schema.h"

VR_SUSPENDS bool vr_net_hook(struct vr_net *net, const char *operation, const char *sub, const struct vr_network_port *port,
                             struct vr_error **err)
{
    if (!vr_hook_present("network"))
        return true;
    VR_AUTO(vr_arena) *scratch = vr_arena_new();
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    struct vr_network_def *def = vr_net_current(net, err);
    if (!def)
        return false;
    struct vr_format f = { .out = &xml, .scratch = scratch, .indent = 2 };
    vr_buf_str(&xml, "<hookData>\n");
    vr_document_format_into(&f, &vr_network_def_document, def);
    if (port)
        vr_document_format_into(&f, &vr_network_port_document, port);
    vr_buf_str(&xml, "</hookData>");
    const struct vr_hook hook = {
        .driver = "network", .object = net->name, .operation = operation, .sub = sub, .extra = "-", .input = xml.data,
        .deadline = vr_after(VR_NET_SPAN_HOOK),
    };
    return vr_hook_call(&hook, NULL, err);
}
