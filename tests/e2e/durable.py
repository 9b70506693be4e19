#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What was acknowledged is on disk: the daemon is killed at each of its system calls, and the disk loses what was not synced."""
import os
import shutil
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from faults import COUNT, DIE, FAIL, SHIM, FaultyDaemon  # noqa: E402
from suite import (  # noqa: E402
    Daemon, Failed, Skip, domain_xml, equal, long, main, sandbox, test, vireo_only, wait_for)

CONFIG, AUTOSTART, STATE = '/etc/libvirt/qemu', '/etc/libvirt/qemu/autostart', '/run/libvirt/qemu'
_kept = {}


def faulty():
    """The daemon under test, running and without guests."""
    if not os.path.exists(SHIM):
        raise Skip('built without test hooks')
    d = _kept.get('d')
    if not d:
        d = _kept['d'] = FaultyDaemon()
    if not d.alive():
        d.start()
    clear(d)
    return d


def clear(d):
    d.quiet()
    c = d.connect()
    for dom in c.listAllDomains():
        if dom.isActive():
            dom.destroy()
    for dom in c.listAllDomains():
        dom.undefine()
    c.close()


def described(title):
    return domain_xml('g', head='<uuid>11111111-2222-4333-8444-555555555555</uuid><title>%s</title>' % title)


def look(c):
    """Everything that is told of guests: name -> (title, autostart, running)."""
    found = {}
    for dom in c.listAllDomains():
        tree = ET.fromstring(dom.XMLDesc(2))
        found[dom.name()] = (tree.findtext('title'), bool(dom.autostart()), bool(dom.isActive()))
    return found


def files_are_whole():
    """No definition or status document is torn, and nothing lies aside for good."""
    for where in (CONFIG, STATE):
        for name in os.listdir(where):
            path = os.path.join(where, name)
            if name.endswith('.xml') and os.path.isfile(path):
                ET.parse(path)


# name -> (before, call, after): what is there first, what is called, and what is there when it was done.
def define(c):
    c.defineXML(described('first'))


def start(c):
    c.defineXML(described('first')).create()


OPERATIONS = {
    'define': (lambda c: None, define),
    'define again': (define, lambda c: c.defineXML(described('second'))),
    'undefine': (define, lambda c: c.lookupByName('g').undefine()),
    'autostart': (define, lambda c: c.lookupByName('g').setAutostart(1)),
    'no autostart': (lambda c: (define(c), c.lookupByName('g').setAutostart(1)), lambda c: c.lookupByName('g').setAutostart(0)),
    'rename': (lambda c: (define(c), c.lookupByName('g').setAutostart(1)), lambda c: c.lookupByName('g').rename('h')),
    'start': (define, lambda c: c.lookupByName('g').create()),
    'destroy': (start, lambda c: c.lookupByName('g').destroy()),
    'a title while it runs': (start, lambda c: c.lookupByName('g').setMetadata(1, 'second', None, None, 3)),
    'create a transient guest': (lambda c: None, lambda c: c.createXML(described('first'))),
}


def settled(d, allowed):
    """What a new daemon tells, once the guests that died were noticed."""
    import libvirt
    c = d.connect()
    told = [None]

    def as_allowed():
        try:
            told[0] = look(c)
        except libvirt.libvirtError:
            return False # it ended while we looked
        return told[0] in allowed
    try:
        wait_for(as_allowed, 'one of %s; told is %s' % (allowed, told), 5)
        return told[0]
    finally:
        c.close()


def acknowledged(d, call, side, *fault):
    """Calls with a fault asked for; True when it came back without an error."""
    import libvirt
    c = d.connect()
    side.ask(*fault)
    try:
        call(c)
        return True
    except libvirt.libvirtError:
        return False
    finally:
        try:
            c.close()
        except libvirt.libvirtError:
            pass


def states_of(before, call):
    """What is told before and after the operation, and how many system calls it makes."""
    d = faulty()
    c = d.connect()
    before(c)
    old = look(c)
    d.calls.ask(COUNT)
    call(c)
    n = d.calls.stop()
    new = look(c)
    c.close()
    return old, new, n


def kill_at_each_call(name, step=1):
    before, call = OPERATIONS[name]
    old, new, n = states_of(before, call)
    died = 0
    for at in range(1, n + 2, step):
        d = faulty()
        c = d.connect()
        before(c)
        c.close()
        done = acknowledged(d, call, d.calls, DIE, at)
        hit = d.calls.hit
        d.quiet()
        died += bool(hit)
        if hit:
            d.process.wait(10)
        else:
            d.kill()
        d.start()
        try:
            settled(d, [new] if done else [old, new])
            files_are_whole()
            for guest, (_, _, running) in settled(d, [old, new]).items():
                # A guest whose start nobody was told of may be taken down again; one that was acknowledged obeys.
                if running and (d.run('suspend', guest, ok=None).rc == 0 or done):
                    d.run('resume', guest)
        except BaseException:
            print('%s: killed at call %d of %d (%s)' % (name, at, n, hit))
            raise
    if died < 3:
        raise Failed('%s: the daemon died only %d times' % (name, died))


@test
@vireo_only
def killed_at_any_call_of_a_change_of_files_it_lost_nothing():
    for name in ('define', 'define again', 'undefine', 'autostart', 'no autostart', 'rename'):
        kill_at_each_call(name)


@test
@vireo_only
def killed_at_some_calls_of_a_start_and_a_destroy_it_finds_what_runs():
    kill_at_each_call('start', 5)
    kill_at_each_call('destroy', 2)


@test
@long
@vireo_only
def killed_at_any_call_of_a_start_or_a_destroy_it_finds_what_runs():
    for name in ('start', 'destroy', 'a title while it runs', 'create a transient guest'):
        kill_at_each_call(name)


# ---- a full or broken disk -------------------------------------------------------------------------------------------

@test
@vireo_only
def an_error_at_any_call_of_a_change_leaves_the_old_state_or_the_new():
    import errno
    for number in (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EMFILE):
        for name in ('define', 'define again', 'undefine', 'autostart', 'no autostart', 'rename'):
            before, call = OPERATIONS[name]
            old, new, n = states_of(before, call)
            for at in range(1, n + 1):
                d = faulty()
                c = d.connect()
                before(c)
                c.close()
                done = acknowledged(d, call, d.calls, FAIL, at, number)
                d.calls.stop()
                what = '%s: %s at call %d of %d (%s)' % (name, os.strerror(number), at, n, d.calls.hit)
                c = d.connect()
                told = look(c)
                c.close()
                if told != new if done else told not in (old, new):
                    raise Failed('%s: it tells %s, after %s' % (what, told, 'success' if done else 'an error'))
                d.kill()
                d.start()
                again = settled(d, [old, new])
                if again != told:
                    raise Failed('%s: told %s, and after a restart %s' % (what, told, again))


# ---- power is lost ---------------------------------------------------------------------------------------------------

class Disk:
    """What would be on disk after each recorded operation, if power were lost."""

    def __init__(self, ordered):
        self.ordered = ordered      # names reach the disk in order, by themselves, before data does; else only by a sync
        self.live, self.safe = {}, {}       # path -> file: what programs see, and what is surely on disk
        self.unsaved = []

    @staticmethod
    def load(files):
        disk = {}
        for path, data in files.items():
            disk[path] = dict(data=data, synced=data)
        return disk

    def apply(self, what, path, data):
        live = self.live
        if what in ('create', 'truncate'):
            if what == 'create' or path not in live:
                live[path] = dict(data=b'', synced=b'')
            live[path]['data'] = b''
        elif what == 'write' and path in live:
            live[path]['data'] += data
        elif what == 'symlink':
            live[path] = dict(link=data.decode())
        elif what == 'rename':
            live[data.decode()] = live.pop(path)
        elif what == 'exchange':
            to = data.decode()
            live[path], live[to] = live[to], live[path]
        elif what == 'unlink':
            live.pop(path, None)
        elif what == 'sync':
            if path in live:
                live[path]['synced'] = live[path]['data']
            else: # a directory: the names in it are safe from now on
                for p in [p for p in self.safe if os.path.dirname(p) == path and p not in live]:
                    del self.safe[p]
                for p in live:
                    if os.path.dirname(p) == path:
                        self.safe[p] = live[p]

    def after_power_loss(self):
        return self.live if self.ordered else self.safe

    def write_to(self, root):
        for path, file in self.after_power_loss().items():
            full = root + path
            os.makedirs(os.path.dirname(full), exist_ok=True)
            if 'link' in file:
                os.symlink(file['link'], full)
            else:
                with open(full, 'wb') as f:
                    f.write(file['synced'])


WORK = [
    ('define a', lambda c: c.defineXML(domain_xml('a', head='<title>1</title>'))),
    ('define b', lambda c: c.defineXML(domain_xml('b', head='<title>1</title>'))),
    ('autostart b', lambda c: c.lookupByName('b').setAutostart(1)),
    ('define a again', lambda c: c.lookupByName('a').setMetadata(1, '2', None, None, 2)),
    ('rename b', lambda c: c.lookupByName('b').rename('c')),
    ('undefine a', lambda c: c.lookupByName('a').undefine()),
    ('define d', lambda c: c.defineXML(domain_xml('d', head='<title>1</title>'))),
    ('no autostart', lambda c: c.lookupByName('c').setAutostart(0)),
]


def replay(ordered, d, record, states):
    disk = Disk(ordered)
    root = os.path.join(sandbox.WORK, 'replay')
    acknowledged_so_far = 0
    looked = 0
    for what, path, data in record:
        if what == 'note':
            acknowledged_so_far += 1
        elif path.startswith(CONFIG):
            disk.apply(what, path, data)
        else:
            continue
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root + CONFIG)
        disk.write_to(root)
        with Daemon(root=root, log='/run/work/replay.log') as p:
            c = p.connect()
            told = {k: v[:2] for k, v in look(c).items()}
            c.close()
        looked += 1
        if told not in states[acknowledged_so_far:acknowledged_so_far + 2]:
            raise Failed('power lost after %s %s, with %d calls acknowledged: %s, instead of one of %s' %
                         (what, path, acknowledged_so_far, told, states[acknowledged_so_far:acknowledged_so_far + 2]))
    if acknowledged_so_far != len(WORK) or looked < 4 * len(WORK):
        raise Failed('only %d moments looked at' % looked)


@test
@vireo_only
def whenever_power_is_lost_acknowledged_changes_are_there():
    d = faulty()
    c = d.connect()
    d.record(True)
    states = [{k: v[:2] for k, v in look(c).items()}]
    for name, call in WORK:
        call(c)
        d.note(name)
        states.append({k: v[:2] for k, v in look(c).items()})
    d.record(False)
    c.close()
    record = d.recorded()
    equal(states[-1], {'c': ('1', False), 'd': ('1', False)})
    replay(False, d, record, states)
    replay(True, d, record, states)


main()
