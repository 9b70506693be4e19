#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start and destroy, over and over: nothing is left over and memory stays flat."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import Failed, clean_up, daemon, domain_xml, equal, long, main, sandbox, test, with_sizes, write  # noqa: E402

# Not below these: logs grow by design, and /run/work is the test's own.
STATE = ('/etc/libvirt', '/run/libvirt', '/var/lib/libvirt', '/dev/shm')
DEVICES = '''<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/><target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface><graphics type='vnc' port='-1'/>'''


class Footprint:
    """What a daemon and its host hold, for comparison."""

    def __init__(self, d):
        self.fds = len(d.fds())
        self.children = [s for s in d.children().values()]
        self.links = sandbox.links()
        self.mounts = sandbox.mounts()
        self.files = [f for f in sandbox.files(*STATE) if not f.startswith(sandbox.WORK)]
        self.qemu = len(sandbox.processes('qemu-system'))
        self.private_kib = d.private_kib()
        self.threads = d.threads()

    def compare(self, after):
        for what in ('children', 'links', 'mounts', 'files', 'qemu'):
            a, b = getattr(self, what), getattr(after, what)
            if a != b:
                more = [x for x in b if x not in a] if isinstance(b, list) else b
                raise Failed('%s differ: %s' % (what, more))
        if after.fds > self.fds + 2:
            raise Failed('descriptors: %d, then %d' % (self.fds, after.fds))


def cycles(n, warm, growth_kib):
    """n cycles; private memory after `warm` of them is the measure for the end."""
    d = daemon()
    clean_up(d)
    if 'br0' not in sandbox.links():
        sandbox.add_bridge()
    conn = d.connect()
    dom = conn.defineXML(domain_xml('c', memory_mib=32, devices=DEVICES % with_sizes('c.img')))
    memory = []
    first = None
    start = time.monotonic()
    for i in range(n):
        dom.create()
        dom.destroy()
        if i + 1 == warm:
            first = Footprint(d)
        if (i + 1) % 50 == 0:
            memory.append(d.private_kib())
    took = time.monotonic() - start
    last = Footprint(d)
    first.compare(last)
    print('%d cycles, %.0f ms each; private KiB: %s at %d, %s at the end; every 50: %s' % (
        n, took / n * 1e3, first.private_kib, warm, last.private_kib, memory))
    if d.kind != 'stock' and last.private_kib - first.private_kib > growth_kib:
        raise Failed('private memory grew from %d to %d KiB (%s)' % (first.private_kib, last.private_kib, memory))
    equal(conn.numOfDomains(), 0)
    conn.close()


@test
def sixty_cycles_leave_nothing_over():
    # The measure is taken early, so this allows for caches; the long test shows that growth ends.
    cycles(60, 20, 1024)


@test
@long
def a_thousand_cycles_leave_nothing_over_and_memory_flat():
    cycles(1000, 100, 256)


@test
def failed_starts_leave_nothing_over():
    d = daemon()
    clean_up(d)
    if 'br0' not in sandbox.links():
        sandbox.add_bridge()
    good, lost = with_sizes('f.img'), os.path.join(sandbox.WORK, 'lost.img')
    d.run('define', write('f.xml', domain_xml('f', devices=DEVICES % good + '''<disk type='file' device='disk'>
        <driver name='qemu' type='raw'/><source file='%s'/><target dev='vdb' bus='virtio'/></disk>''' % lost)))
    for _ in range(3):
        d.run('start', 'f', ok=False)
    first = Footprint(d)
    owner = os.stat(good).st_uid
    for _ in range(20):
        d.run('start', 'f', ok=False)
    first.compare(Footprint(d))
    equal(os.stat(good).st_uid, owner, 'owner of the image')
    # And a QEMU that refuses its command line: everything was prepared by then.
    d.run('define', write('f.xml', domain_xml('f', devices=DEVICES % good).replace("<domain type='qemu'>", """<domain type='qemu'
        xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>""").replace('</domain>', """<qemu:commandline>
        <qemu:arg value='-no-such-option'/></qemu:commandline></domain>""").replace('<name>f</name>', '<name>g</name>')))
    for _ in range(3):
        d.run('start', 'g', ok=False)
    first = Footprint(d)
    for _ in range(10):
        d.run('start', 'g', ok=False)
    first.compare(Footprint(d))
    equal(os.stat(good).st_uid, owner, 'owner of the image')


main()
