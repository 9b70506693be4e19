#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every subscriber hears what happens, in stock's order."""
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Failed, clean_up, daemon, domain_xml, equal, guest_image, Console, main, sandbox, test, wait_for, write)


listeners = []


class Listener:
    """virsh event --all --loop in the background; its lines without connection noise."""

    def __init__(self, d, *args):
        while listeners:
            listeners[0].close()
        listeners.append(self)
        self.path = os.path.join(sandbox.WORK, 'events')
        self.file = open(self.path, 'w+')
        self.process = subprocess.Popen(['stdbuf', '-oL', 'virsh', '-c', d.uri(), 'event', '--loop'] + list(args or ('--all',)),
                                        stdin=subprocess.DEVNULL, stdout=self.file, stderr=subprocess.STDOUT)
        # Ready when an event of our making is heard.
        self.n = 0
        self.sync(d)
        self.skip = len(self.lines())

    def lines(self):
        with open(self.path) as f:
            return [re.sub(r"^event '([^']+)' for domain '?([^':]+)'?:? ?", r'\2 \1 ', x.strip()) for x in f if x.startswith('event')]

    def sync(self, d):
        """Waits until everything that happened before has been heard."""
        self.n += 1
        name = 'mark%d' % self.n

        def heard():
            if any(name in x for x in self.lines()):
                return True
            d.run('define', write('mark.xml', domain_xml(name)))
            d.run('undefine', name)
            time.sleep(0.05)
            return any(name in x for x in self.lines())
        wait_for(heard, 'an event')
        time.sleep(0.05)

    def heard(self, d):
        """Events since the last call, those of the marks left out."""
        self.sync(d)
        lines = [x for x in self.lines() if not x.startswith('mark')]
        new = lines[getattr(self, 'done', 0):]
        self.done = len(lines)
        # Whether QEMU still tells of the SIGTERM that destroy sends is a race, with stock too.
        return [x for x in new if 'Finished after host request' not in x]

    def close(self):
        listeners.remove(self)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.file.close()


@test
def the_life_of_a_guest_is_told_in_stocks_order():
    d = daemon()
    clean_up(d)
    ears = Listener(d, '--event', 'lifecycle')
    xml = write('e.xml', domain_xml('e', head='<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>'))
    steps = (
        (('define', xml), ['Defined Added']),
        (('define', xml), ['Defined Updated']),
        (('start', 'e'), ['Resumed Unpaused', 'Started Booted']),
        (('suspend', 'e'), ['Suspended Paused']),
        (('resume', 'e'), ['Resumed Unpaused']),
        (('destroy', 'e'), ['Stopped Destroyed']),
        (('start', 'e', '--paused'), ['Started Booted', 'Suspended Paused']),
        (('resume', 'e'), ['Resumed Unpaused']),
        (('destroy', 'e'), ['Stopped Destroyed']),
        (('undefine', 'e'), ['Undefined Removed']),
        (('create', xml), ['Resumed Unpaused', 'Started Booted']),
        (('destroy', 'e'), ['Stopped Destroyed']),
    )
    for command, expected in steps:
        d.run(*command)
        equal(ears.heard(d), ['e lifecycle ' + x for x in expected], ' '.join(command))
    ears.close()


@test
def event_all_hears_the_other_kinds_too():
    d = daemon()
    clean_up(d)
    ears = Listener(d)
    d.run('define', write('e.xml', domain_xml('e')))
    d.run('start', 'e')
    d.run('reset', 'e')
    wait_for(lambda: any(x == 'e reboot' for x in [y.strip() for y in ears.lines()]), 'the reboot event')
    d.run('destroy', 'e')
    heard = [x.strip() for x in ears.heard(d)]
    # QEMU may tell of one reset more than once.
    heard = [x for i, x in enumerate(heard) if x != 'e reboot' or heard[i - 1] != x]
    equal(heard, ['e lifecycle Defined Added', 'e lifecycle Resumed Unpaused', 'e lifecycle Started Booted', 'e reboot',
                  'e lifecycle Stopped Destroyed'])
    ears.close()


@test
def a_shutdown_from_inside_is_told_in_order():
    d = daemon()
    clean_up(d)
    conn = d.connect()
    dom = conn.defineXML(domain_xml('in', boot=True))
    dom.create()
    console = Console(conn, dom)
    console.read_until(guest_image.PROMPT)
    ears = Listener(d, '--event', 'lifecycle')
    console.send('poweroff -f\n')
    wait_for(lambda: d.run('domstate', 'in').strip() == 'shut off', 'power off', 20)
    equal(ears.heard(d), ['in lifecycle Shutdown Finished after guest request', 'in lifecycle Stopped Shutdown'])
    ears.close()
    conn.close()


@test
def a_killed_qemu_is_told_as_failed():
    d = daemon()
    clean_up(d)
    d.run('define', write('k.xml', domain_xml('k')))
    d.run('start', 'k')
    ears = Listener(d, '--event', 'lifecycle')
    for pid in sandbox.processes('guest=k'):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: d.run('domstate', 'k').strip() == 'shut off', 'the end')
    equal(ears.heard(d), ['k lifecycle Stopped Failed'])
    ears.close()


@test
def all_subscribers_hear_the_same():
    d = daemon()
    clean_up(d)
    import libvirt
    libvirt.virEventRegisterDefaultImpl()
    heard = [[] for _ in range(5)]
    conns = []
    for i in range(5):
        c = d.connect(ro=i % 2 == 1)
        c.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                 lambda _c, dom, event, detail, mine: mine.append((dom.name(), event, detail)), heard[i])
        conns.append(c)
    for n in range(3):
        d.run('create', write('m.xml', domain_xml('m%d' % n)))
        d.run('destroy', 'm%d' % n)
    end = time.monotonic() + 10
    while any(h[-1:] != [('m2', libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED)] for h in heard):
        if time.monotonic() > end:
            raise Failed('heard: %s' % [len(h) for h in heard])
        timer = libvirt.virEventAddTimeout(50, lambda *_: None, None)
        libvirt.virEventRunDefaultImpl()
        libvirt.virEventRemoveTimeout(timer)
    for h in heard:
        equal(h, heard[0])
    told = [x for x in heard[0] if x[1] != libvirt.VIR_DOMAIN_EVENT_SHUTDOWN]
    equal([x[0] for x in told], ['m0'] * 3 + ['m1'] * 3 + ['m2'] * 3)
    for c in conns:
        c.close()


main()
