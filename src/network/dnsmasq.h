/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* What dnsmasq's files say for a network. Pure: text from a definition. */
#include <stdbool.h>
#include "base/error.h"
#include "model/network.h"

/** Where things are; paths as they stand in the files. */
struct vr_dnsmasq_paths {
    const char *pid_file, *hosts_file, *addn_hosts;
};
/** Texts of the three files; malloc'd. */
struct vr_dnsmasq_files {
    char *conf, *hosts, *addn_hosts;
};
void vr_dnsmasq_files_done(struct vr_dnsmasq_files *files);
#define VR_AUTO_DNSMASQ_FILES __attribute__((cleanup(vr_dnsmasq_files_done))) struct vr_dnsmasq_files

/** Does this network need one? Its addresses, DNS and DHCP decide. */
bool vr_dnsmasq_wanted(const struct vr_network_def *def);
/** Does it answer DHCP requests? */
bool vr_dnsmasq_serves_dhcp(const struct vr_network_def *def);
/** CONFIG_UNSUPPORTED for what cannot be said in them (a PTR zone that is no whole zone). */
bool vr_dnsmasq_write(const struct vr_network_def *def, const struct vr_dnsmasq_paths *paths, struct vr_dnsmasq_files *out,
                      struct vr_error **err);
