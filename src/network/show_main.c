/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define VR_ERROR_DOMAIN VIR_FROM_NETWORK
/*
 * vireo-dnsmasq: what dnsmasq would be told for a network, without starting one: the three files, each after a line "-- NAME".
 * For tests and for people, not installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "dnsmasq.h"
#include "schema/form.h"

#define DIR "/var/lib/libvirt/dnsmasq"

int main(int argc, char **argv)
{
    VR_AUTO(vr_error) *err = NULL;
    vr_autobuf struct vr_buf xml = VR_BUF_INIT;
    FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
    if (!f) {
        fprintf(stderr, "usage: vireo-dnsmasq NETWORK.xml\n");
        return 2;
    }
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof(piece), f)) > 0;)
        vr_buf_add(&xml, piece, n);
    fclose(f);
    VR_AUTO(vr_network_def) *def = vr_network_def_parse(xml.data ? xml.data : "", xml.len, VR_FORM_INACTIVE, &err);
    VR_AUTO_DNSMASQ_FILES files = { 0 };
    if (def && !vr_dnsmasq_wanted(def))
        return 0;
    if (def) {
        vr_autofree char *pid = vr_printf("/run/libvirt/network/%s.pid", def->name);
        vr_autofree char *hosts = vr_printf(DIR "/%s.hostsfile", def->name), *addn = vr_printf(DIR "/%s.addnhosts", def->name);
        const struct vr_dnsmasq_paths paths = { .pid_file = pid, .hosts_file = hosts, .addn_hosts = addn };
        if (vr_dnsmasq_write(def, &paths, &files, &err)) {
            printf("-- conf\n%s-- hostsfile\n%s-- addnhosts\n%s", files.conf, files.hosts, files.addn_hosts);
            return 0;
        }
    }
    fprintf(stderr, "vireo-dnsmasq: %s\n", vr_error_text(err));
    return 1;
}
