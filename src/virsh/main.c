/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virsh: the groups of commands in the order help shows them. */
#include "connection.h"
#include "groups.h"

static const char *prompt(const struct vr_shell *sh)
{
    return sh->readonly ? "virsh > " : "virsh # ";
}

static const struct vr_group groups[] = {
    { N_("Domain Management"), "domain", vr_domain_commands },
    { N_("Domain Monitoring"), "monitor", vr_monitor_commands },
    { N_("Domain Events"), "events", vr_event_commands },
    { N_("Host and Hypervisor"), "host", vr_host_commands },
    { N_("Checkpoint"), "checkpoint", vr_checkpoint_commands },
    { N_("Interface"), "interface", vr_interface_commands },
    { N_("Network Filter"), "filter", vr_nwfilter_commands },
    { N_("Networking"), "network", vr_network_commands },
    { N_("Node Device"), "nodedev", vr_nodedev_commands },
    { N_("Secret"), "secret", vr_secret_commands },
    { N_("Snapshot"), "snapshot", vr_snapshot_commands },
    { N_("Backup"), "backup", vr_backup_commands },
    { N_("Storage Pool"), "pool", vr_pool_commands },
    { N_("Storage Volume"), "volume", vr_volume_commands },
    { N_("Virsh itself"), "virsh", vr_shell_commands },
    { 0 },
};

static const char *const features[] = {
    "Built by the vireo project, which is a drop-in for libvirt",
    "",
    "Compiled with support for:",
    " Hypervisors: QEMU/KVM Test",
    " Miscellaneous: Remote Daemon Libedit JSON",
    NULL,
};

static const struct vr_program program = {
    .name = "virsh",
    .title = N_("Virsh command line tool of libvirt"),
    .env_prefix = "VIRSH",
    .welcome = N_("Welcome to virsh, the virtualization interactive terminal.\n\n"
                  "Type:  'help' for help with commands\n       'quit' to quit\n\n"),
    .features = features,
    .groups = groups,
    .global_options = "cdehkKlqrtvV",
    .connect = vr_virsh_connect,
    .disconnect = vr_virsh_disconnect,
    .alive = vr_virsh_alive,
    .prompt = prompt,
};

int main(int argc, char **argv)
{
    int code = vr_shell_main(&program, argc, argv);
    vr_events_end();
    return code;
}
