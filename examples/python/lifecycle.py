#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""lifecycle.py URI FILE: defines the guest a file describes, starts, pauses, resumes, stops and forgets it, and hears of it."""
import sys

import libvirt

NAMES = ('defined', 'undefined', 'started', 'suspended', 'resumed', 'stopped', 'shutdown')
heard = []


def happened(conn, guest, event, detail, opaque):
    heard.append(event)
    if event < len(NAMES):
        print('event: %s %s' % (guest.name(), NAMES[event]))


uri, path = sys.argv[1:]
with open(path) as f:
    xml = f.read()
libvirt.virEventRegisterDefaultImpl()  # before the connection, which is to use it
conn = libvirt.open(uri)
number = conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, happened, None)
guest = conn.defineXML(xml)
try:
    guest.create()
    print('running with id %d' % guest.ID())
    guest.suspend()
    guest.resume()
    guest.destroy()
finally:
    guest.undefine()
while libvirt.VIR_DOMAIN_EVENT_UNDEFINED not in heard:  # events arrive while the loop turns
    libvirt.virEventRunDefaultImpl()
conn.domainEventDeregisterAny(number)
conn.close()
