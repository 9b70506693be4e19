#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Every call the daemon answers, by the table in api/: at each of its waits a timeout, the client's leaving, the death of the
guest's QEMU; at each of its system calls an error. After each the guest obeys, or is gone and can be started again; nobody
else notices. A new call is in it as soon as it is in api/ and answered.
"""
import errno
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import protocol as p  # noqa: E402
from faults import CANCEL, COUNT, FAIL, KILL, SHIM, FaultyDaemon  # noqa: E402
from suite import Failed, Skip, domain_xml, long, main, test, vireo_only, wait_for  # noqa: E402

NO_SUPPORT = 3
UUID = '11111111-1111-1111-1111-111111111111'
NOT_HERE = {'connect_close', 'connect_open', 'connect_set_daemon_timeout', 'connect_daemon_shutdown', 'node_suspend_for_duration',
            'node_alloc_pages', 'node_set_memory_parameters', 'connect_set_logging_outputs'}
# Those in which most of a guest's life is; the ordinary run looks at them alone.
CHOSEN = ('domain_create_with_flags', 'domain_destroy', 'domain_suspend', 'domain_define_xml_flags', 'domain_undefine_flags',
          'domain_set_memory_flags', 'domain_rename', 'domain_set_metadata', 'connect_get_all_domain_stats',
          'domain_create_xml', 'domain_send_key', 'domain_screenshot')
_kept = {}


class Arguments(p.Minimal):
    """Zeros and ones that name the guest x, and documents where a document is wanted."""

    def __init__(self, one):
        p.Minimal.__init__(self, {'path': 'vda', 'params': 1})
        self.one = one

    def number(self, field):
        return 0 if field.name in ('flags', 'type') else {'memory': 65536, 'codeset': 0, 'key': 0}.get(field.name, self.one)

    def text(self, field):
        if field.name in ('xml', 'xml_desc'):
            return domain_xml('x', head='<uuid>%s</uuid>' % UUID, devices=DISK).encode()
        return {'name': 'x', 'path': 'vda', 'disk': 'vda', 'new_name': 'y', 'metadata': 'words', 'uri': '', 'cmd':
                '{"execute":"query-status"}'}.get(field.name, 'x').encode()

    def present(self, field):
        return field.name in ('metadata', 'new_name')

    def count(self, limit):
        return self.one

    def data(self, limit):
        return b'\1' * min(limit, self.one)


DISK = "<disk type='file' device='disk'><source file='/run/work/x.img'/><target dev='vda' bus='virtio'/></disk>"


class Ground:
    """The daemon, the guest x that calls are about, and y beside it."""

    def __init__(self):
        if not os.path.exists(SHIM):
            raise Skip('built without test hooks')
        self.d = FaultyDaemon().start()
        with open('/run/work/x.img', 'wb') as f:
            f.truncate(1 << 20)
        self.conn = self.d.connect()
        self.conn.createXML(domain_xml('y'))
        self.witness = p.Client(self.d.socket, timeout=5).open()
        self.fds = None

    def have_guest(self, running):
        import libvirt
        for attempt in range(50):
            try:
                for dom in self.conn.listAllDomains():
                    if dom.name() not in ('x', 'y') or (dom.name() == 'x' and dom.UUIDString() != UUID):
                        if dom.isActive():
                            dom.destroy()
                        dom.undefine()
                dom = self.conn.defineXML(domain_xml('x', head='<uuid>%s</uuid>' % UUID, devices=DISK))
                if bool(dom.isActive()) != running:
                    dom.create() if running else dom.destroy()
                if running and dom.state()[0] != libvirt.VIR_DOMAIN_RUNNING:
                    dom.resume()
                return dom
            except libvirt.libvirtError as e: # its end is still being worked off
                text = str(e)
                time.sleep(0.02 * (attempt > 3))
        raise Failed('x cannot be had again: %s' % text)

    def pid(self, name='x'):
        with open('/run/libvirt/qemu/%s.pid' % name) as f:
            return int(f.read())

    def obeys(self, name, what, too_late):
        """The guest pauses and runs again; or is gone, or off, and then is shown."""
        import libvirt
        try:
            x = self.conn.lookupByName(name)
            if x.isActive():
                x.suspend()
                x.resume()
            else:
                x.XMLDesc()
        except libvirt.libvirtError as e:
            if e.get_error_code() in (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_INVALID) or \
                    'no longer running' in str(e): # it ended meanwhile
                return True
            if too_late:
                raise Failed('%s: %s does not obey: %s' % (what, name, e))
            return False
        return True

    def is_well(self, what):
        """Others are served, y runs on, x obeys or is gone."""
        self.d.quiet()
        if not self.d.alive():
            raise Failed('%s: the daemon ended with %s' % (what, self.d.process.returncode))
        start = time.monotonic()
        if self.witness.call('connect_get_lib_version').code is not None or time.monotonic() - start > 2:
            raise Failed('%s: an honest client waited %.1f s' % (what, time.monotonic() - start))
        y = self.conn.lookupByName('y')
        y.suspend()
        y.resume()
        for name in ('x', 'words'):
            end = time.monotonic() + 5
            while not self.obeys(name, what, time.monotonic() > end):
                time.sleep(0.01) # its monitor waits for an answer that is still to come
        for name in os.listdir('/etc/libvirt/qemu') + os.listdir('/run/libvirt/qemu'):
            if name.endswith('.new') and '(unlink)' not in what: # that one cannot be removed, and is harmless
                raise Failed('%s: %s was left' % (what, name))


def ground():
    g = _kept.get('g')
    if not g or not g.d.alive():
        g = _kept['g'] = Ground()
    return g


def answered():
    """Calls of drivers and of the daemon, without streams."""
    for program in ('remote', 'qemu', 'vireo'):
        for c in p.API.programs[program].calls:
            if c.kind == 'call' and c.auth and c.name not in NOT_HERE and not c.stream:
                yield c


def counts(g, call, make, running):
    """The reply without a fault, and how many waits and system calls there were."""
    g.have_guest(running)
    with p.Client(g.d.socket, timeout=30) as c:
        c.open()
        g.d.calls.ask(COUNT)
        g.d.waits.ask(COUNT, scope='vir')
        reply = c.call(call.full_name, make)
        return reply, g.d.waits.stop(), g.d.calls.stop()


def one_fault(g, call, make, running, side, question, at, number, scope):
    g.have_guest(running)
    what = '%s, x %s: %s at %s %d' % (call.full_name, 'running' if running else 'off',
                                    {FAIL: 'error', CANCEL: 'cancel', KILL: 'death of QEMU'}[question],
                                    'wait' if side is g.d.waits else 'system call', at)
    if question == KILL:
        number = g.pid()
    with p.Client(g.d.socket, timeout=40) as c:
        c.open()
        side.ask(question, at, number, scope)
        try:
            c.call(call.full_name, make)
        except (OSError, p.Closed) as e:
            raise Failed('%s (%s): no answer: %r' % (what, side.hit, e))
        what += ' (%s)' % side.hit
    g.is_well(what)


def leave_early(g, call, make, running):
    g.have_guest(running)
    with p.Client(g.d.socket, timeout=30) as c:
        c.open()
        c.serial += 1
        c.send(p.packet(call.program.number, call.number, p.encode(call.args, make), serial=c.serial))
    g.is_well('%s: the client left at once' % call.full_name)


def through(calls, share):
    """All faults of these calls; `share`: at most so many places of each kind per call."""
    g = ground()
    faults = 0
    for call in calls:
        for running in (True, False):
            for one in (0, 1):
                make = Arguments(one)
                reply, waits, system_calls = counts(g, call, make, running)
                if reply.code == NO_SUPPORT:
                    break
                if one and reply.code is not None:
                    continue # refused for its arguments, as with zeros
                plan = []
                for at in places(waits, share):
                    plan += [(g.d.waits, FAIL, at, 0, 'vir'), (g.d.waits, CANCEL, at, 0, 'vir')]
                    if running:
                        plan.append((g.d.waits, KILL, at, 0, 'vir'))
                for at in places(system_calls, share):
                    plan.append((g.d.calls, FAIL, at, errno.EIO, ''))
                for fault in plan:
                    one_fault(g, call, make, running, *fault)
                    faults += 1
                leave_early(g, call, make, running)
    return faults


def places(n, share):
    step = max(1, (n + share - 1) // share)
    return range(1, n + 1, step)


def nothing_is_left_over(g):
    """After all that: no child, no descriptor, no file of a guest that is gone."""
    g.have_guest(False).undefine()
    wait_for(lambda: len(g.d.children()) <= 1, 'the end of what was started; left are %s' % g.d.children())
    names = [n for n in os.listdir('/run/libvirt/qemu') if n.startswith('x')]
    if names:
        raise Failed('left in /run/libvirt/qemu: %s' % names)
    fds = g.d.fds()
    if len(fds) > 60:
        raise Failed('%d descriptors are open: %s' % (len(fds), sorted(fds.values())))


@test
@vireo_only
def faults_at_the_waits_and_system_calls_of_a_guests_life_stay_its_own():
    found = through([c for c in answered() if c.name in CHOSEN], 6)
    if found < 60:
        raise Failed('only %d faults' % found)
    nothing_is_left_over(ground())


@test
@long
@vireo_only
def faults_at_every_wait_and_system_call_of_every_call_stay_its_own():
    found = through(list(answered()), 400)
    print('%d faults' % found, flush=True)
    if found < 1000:
        raise Failed('only %d faults' % found)
    nothing_is_left_over(ground())


main()
