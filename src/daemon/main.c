/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirtd: the daemon with the drivers of this build. */
#include <stddef.h>
#include "daemon.h"
#include "network/driver.h"
#include "qemu/driver.h"

static const struct vr_driver *const drivers[] = { &vr_network_driver, &vr_qemu_driver, NULL };

int main(int argc, char **argv)
{
    return vr_daemon_main(argc, argv, drivers);
}
