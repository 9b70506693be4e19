/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Virtual functions of network cards (SR-IOV): whose they are, and what the card is told about one before a guest has it. */
#include <stdbool.h>
#include <stdint.h>
#include "netlink.h"

/**
 * vr_vf_find - the physical function's link, and the number of the virtual one there
 * @pci: "0000:03:10.1"
 *
 * 0; ENODEV when it is no virtual function, or its card has no network link. Reads /sys.
 */
int vr_vf_find(const char *pci, char pf[VR_IFNAME], unsigned *number);
/** Address (NULL: none of its own any more) and VLAN (0: none). For workers: takes the rtnl lock. 0 or an errno. */
int vr_vf_set(const char *pf, unsigned number, const uint8_t *mac, unsigned vlan);
