#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hosts.py [URI...]: connects to each and tells what the host is. Read-only connections suffice."""
import sys

import libvirt

libvirt.registerErrorHandler(lambda data, error: None, None)  # exceptions say it


def show(uri):
    conn = libvirt.openReadOnly(uri)
    model, memory_mib, cpus = conn.getInfo()[:3]
    version = conn.getVersion()
    print('%s (%s)' % (conn.getHostname(), conn.getURI()))
    print('  %s %d.%d.%d' % (conn.getType(), version // 1000000, version // 1000 % 1000, version % 1000))
    print('  %d CPUs, %d MiB, %s' % (cpus, memory_mib, model))
    print('  %d guests%s' % (len(conn.listAllDomains()), ', encrypted on the way' if conn.isEncrypted() else ''))
    conn.close()


failed = False
for uri in sys.argv[1:] or [None]:
    try:
        show(uri)
    except libvirt.libvirtError as e:
        print('cannot connect to %s: %s' % (uri or 'the default', e), file=sys.stderr)
        failed = True
sys.exit(failed)
