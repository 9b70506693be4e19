#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""guests.py [URI]: all guests with their state, in one call for the list and one for each guest."""
import sys

import libvirt

STATES = {libvirt.VIR_DOMAIN_RUNNING: 'running', libvirt.VIR_DOMAIN_BLOCKED: 'running', libvirt.VIR_DOMAIN_PAUSED: 'paused',
          libvirt.VIR_DOMAIN_SHUTDOWN: 'in shutdown', libvirt.VIR_DOMAIN_SHUTOFF: 'shut off', libvirt.VIR_DOMAIN_CRASHED: 'crashed',
          libvirt.VIR_DOMAIN_PMSUSPENDED: 'asleep'}

conn = libvirt.openReadOnly(sys.argv[1] if len(sys.argv) > 1 else None)
for guest in conn.listAllDomains():
    try:
        state, _, memory_kib, cpus, _ = guest.info()
    except libvirt.libvirtError:
        continue  # it has gone since it was listed
    print('%-20s %-12s %6d MiB %2d CPUs' % (guest.name(), STATES.get(state, 'unknown'), memory_kib // 1024, cpus))
conn.close()
