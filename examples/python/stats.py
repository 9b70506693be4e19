#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""stats.py [URI]: CPU time and memory of all running guests, with one call."""
import sys

import libvirt

conn = libvirt.openReadOnly(sys.argv[1] if len(sys.argv) > 1 else None)
wanted = libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_BALLOON
flags = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING | libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
for guest, values in conn.getAllDomainStats(wanted, flags):
    print('%s: %.2f s of CPU, %d MiB' % (guest.name(), values.get('cpu.time', 0) / 1e9, values.get('balloon.current', 0) // 1024))
conn.close()
