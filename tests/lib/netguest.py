# SPDX-License-Identifier: LGPL-2.1-or-later
"""A booted guest with one network card, for tests that count its packets."""
import re
import time

from suite import Console, daemon, domain_xml, guest_image, has


class Guest:
    """A Linux guest with one card. `card` is inside <interface type='network'>, or the whole element."""

    def __init__(self, name, card, mac='52:54:00:aa:00:01', lease=True):
        d = daemon()
        self.d, self.name, self.mac = d, name, mac
        d.run('destroy', name, ok=None)
        d.run('undefine', name, ok=None)
        if not card.startswith('<interface'):
            card = "<interface type='network'>%s</interface>" % card
        card = card.replace('</interface>', "<mac address='%s'/><model type='virtio'/></interface>" % mac)
        self.conn = d.connect()
        self.dom = self.conn.createXML(domain_xml(name, boot=True, devices=card))
        self.console = Console(self.conn, self.dom)
        self.console.read_until(guest_image.PROMPT)
        self.console.command('cd /; n=0; while [ ! -e /sys/class/net/eth0 ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done')
        if lease:
            has(self.lease(), 'lease of')

    def sh(self, line, timeout=60):
        return self.console.command(line, timeout)

    def lease(self):
        return self.sh('ip link set eth0 up; udhcpc -i eth0 -s /etc/udhcpc.sh -n -q -t 8 -T 1 2>&1')

    def device(self):
        return re.search(r'vnet\d+|macvtap\d+', self.d.run('domiflist', self.name)).group(0)

    def close(self):
        self.console.close()
        self.d.run('destroy', self.name, ok=None)
        self.conn.close()

class on:
    """with on(Guest(...), Guest(...)) as (a, b): they end with the block."""

    def __init__(self, *guests):
        self.guests = guests

    def __enter__(self):
        return self.guests if len(self.guests) > 1 else self.guests[0]

    def __exit__(self, *exc):
        for g in self.guests:
            g.close()

def rate(g, command, seconds=4):
    """Kilobytes per second that a card of the host's end moved while the guest ran a command in the background."""
    device = g.device()
    g.sh(command + ' >/dev/null 2>&1 &')
    time.sleep(1.5)

    def count():
        with open('/sys/class/net/%s/statistics/tx_bytes' % device) as t, open('/sys/class/net/%s/statistics/rx_bytes' % device) as r:
            return int(t.read()) + int(r.read())
    began, first = time.monotonic(), count()
    time.sleep(seconds)
    kbs = (count() - first) / (time.monotonic() - began) / 1000
    g.sh('kill $!')
    return kbs
