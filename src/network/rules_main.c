/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vireo-net-rules FILE: the packet filter's rules of a network's document, as commands for nft. For tests and people. */
#define VR_ERROR_DOMAIN VIR_FROM_NONE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "firewall.h"
#include "model/network.h"
#include "schema/form.h"

#define MOST (4u << 20)

int main(int argc, char **argv)
{
    vr_autoclose int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    vr_autobuf struct vr_buf text = VR_BUF_INIT;
    for (ssize_t n = 1; fd >= 0 && n > 0 && text.len < MOST;) {
        n = read(fd, vr_buf_room(&text, 65536), 65536);
        if (n > 0)
            vr_buf_added(&text, (size_t)n);
    }
    if (!text.len) {
        fprintf(stderr, "usage: vireo-net-rules FILE\n");
        return 64;
    }
    VR_AUTO(vr_error) *err = NULL;
    VR_AUTO(vr_network_def) *def = vr_network_def_parse(text.data, text.len, VR_FORM_INACTIVE, &err);
    if (!def) {
        fprintf(stderr, "%s\n", vr_error_text(err));
        return 1;
    }
    if (!vr_network_makes_bridge(def) || def->forward.mode == VR_FORWARD_OPEN) {
        printf("none\n");
        return 0;
    }
    if (!def->bridge)
        def->bridge = "virbr0";
    struct vr_json *document = vr_json_add(vr_json_object(), "nftables", vr_firewall_commands_def(def));
    vr_autofree char *out = vr_json_print(document);
    puts(out);
    vr_json_free(document);
    return 0;
}
