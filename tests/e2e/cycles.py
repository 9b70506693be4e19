#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start and destroy, over and over: nothing is left over and memory stays flat."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import protocol  # noqa: E402
from suite import (  # noqa: E402
    Failed, clean_up, daemon, domain_xml, equal, long, main, sandbox, test, vireo_only, with_sizes, write)

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


# ---- calls -----------------------------------------------------------------------------------------------------------

# These end the daemon, the connection or the guest, or change the machine.
NOT_REPEATED = {'connect_close', 'connect_open', 'connect_set_daemon_timeout', 'connect_daemon_shutdown', 'node_suspend_for_duration',
                'node_alloc_pages', 'node_set_memory_parameters', 'connect_set_logging_outputs', 'domain_rename',
                'domain_undefine', 'domain_undefine_flags', 'domain_destroy', 'domain_destroy_flags'}
SECONDS_A_KIND = 20


class OfGuest(protocol.Minimal):
    """Arguments that name the guest x and its disk."""

    def uuid(self):
        return b'\x11' * 16

    def text(self, field):
        return {'path': 'vda', 'disk': 'vda', 'uri': '', 'cmd': '{"execute":"query-status"}'}.get(field.name, 'x').encode()


def repeated(call, n, seconds):
    """The call up to n times, many at once, for so many seconds; how often it was answered."""
    done = 0
    with protocol.Client(daemon().socket, timeout=60) as c:
        c.open()
        payload = protocol.encode(call.args, OfGuest())
        end = time.monotonic() + seconds
        while done < n and time.monotonic() < end:
            batch = min(50, n - done)
            c.send(b''.join(protocol.packet(call.program.number, call.number, payload, serial=done + k + 10) for k in range(batch)))
            for _ in range(batch):
                c.receive()
            done += batch
    return done


def calls_leave_memory_flat(n, seconds):
    d = daemon()
    clean_up(d)
    d.run('create', write('x.xml', domain_xml('x', head='<uuid>11111111-1111-1111-1111-111111111111</uuid>')))
    kinds = [c for p in ('remote', 'qemu', 'vireo') for c in protocol.API.programs[p].calls
             if c.kind == 'call' and c.auth and not c.stream and c.name not in NOT_REPEATED]
    grown = []
    total = 0
    for call in kinds:
        repeated(call, n // 10 + 100, seconds / 5) # what is kept for good is there after that
        # What queues and caches take they take once: a leak grows again. A page or two of the allocator's does not matter.
        for _ in range(3):
            before = d.private_kib()
            done = repeated(call, n, seconds)
            total += done
            more = d.private_kib() - before
            if more * 1024 / max(done, 1) <= 4 or more <= 256:
                break
        else:
            grown.append('%s: %d KiB after %d calls' % (call.full_name, more, done))
    if grown:
        raise Failed('memory grew: ' + '; '.join(grown))
    if len(kinds) < 300 or total < 10 * len(kinds):
        raise Failed('only %d calls of %d kinds' % (total, len(kinds)))
    print('%d calls of %d kinds' % (total, len(kinds)), flush=True)
    d.run('destroy', 'x', ok=None)


@test
@vireo_only
def some_calls_of_each_kind_leave_memory_flat():
    calls_leave_memory_flat(400, 0.2)


@test
@long
@vireo_only
def a_hundred_thousand_calls_of_each_kind_leave_memory_flat():
    calls_leave_memory_flat(100000, SECONDS_A_KIND / 4)


@test
@long
@vireo_only
def ten_thousand_cycles_leave_memory_flat():
    cycles(10000, 200, 512)


main()
