#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon goes and comes back, politely or not: guests run on and are found again."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Console, Failed, clean_up, daemon, domain_xml, equal, guest_image, has, main, sandbox, test, vireo_only, wait_for, write)
import protocol  # noqa: E402


def survives(sig):
    """A booted guest before and after the daemon's end by the given signal."""
    d = daemon()
    clean_up(d)
    conn = d.connect()
    dom = conn.defineXML(domain_xml('stays', boot=True))
    dom.create()
    console = Console(conn, dom)
    console.read_until(guest_image.PROMPT)
    console.command('echo kept > /tmp/file')
    console.close()
    ident, tty = d.run('domid', 'stays').strip(), d.run('ttyconsole', 'stays').strip()
    live = d.run('dumpxml', 'stays')
    qemu = list(sandbox.processes('guest=stays'))
    conn.close()
    d.stop(sig)
    equal(list(sandbox.processes('guest=stays')), qemu, 'after the daemon ended')
    d.start()
    wait_for(lambda: d.run('domstate', 'stays', ok=None).strip() == 'running', 'finding the guest again')
    equal(d.run('domid', 'stays').strip(), ident)
    equal(d.run('ttyconsole', 'stays').strip(), tty)
    equal(d.run('dumpxml', 'stays'), live)
    conn = d.connect()
    console = Console(conn, conn.lookupByName('stays'))
    console.send('\n')
    console.read_until(guest_image.PROMPT)
    has(console.command('cat /tmp/file'), 'kept')
    conn.close()
    d.run('suspend', 'stays')
    equal(d.run('domstate', 'stays', '--reason').strip(), 'paused (user)')
    d.run('destroy', 'stays')
    equal(list(sandbox.processes('guest=stays')), [])


@test
def a_guest_survives_a_restart_of_the_daemon():
    survives(signal.SIGTERM)


@test
def a_guest_survives_sigkill_of_the_daemon():
    survives(signal.SIGKILL)


survived_kill = a_guest_survives_sigkill_of_the_daemon
survived_kill.ends_daemon = True


@test
def a_paused_and_a_transient_guest_are_found_as_they_were():
    d = daemon()
    clean_up(d)
    d.run('define', write('w.xml', domain_xml('waits')))
    d.run('start', 'waits', '--paused')
    d.run('create', write('b.xml', domain_xml('brief')))
    d.kill()
    d.start()
    wait_for(lambda: d.run('domstate', 'brief', ok=None).strip() == 'running', 'finding the guests again')
    equal(d.run('domstate', 'waits').strip(), 'paused')
    has(d.run('dominfo', 'brief'), 'Persistent:     no')
    d.run('resume', 'waits')
    equal(d.run('domstate', 'waits').strip(), 'running')


@test
def a_guest_that_died_meanwhile_is_known_as_dead():
    d = daemon()
    clean_up(d)
    for name in ('dies', 'lives'):
        d.run('define', write(name + '.xml', domain_xml(name)))
        d.run('start', name)
    d.run('create', write('b.xml', domain_xml('brief')))
    d.kill()
    for word in ('guest=dies', 'guest=brief'):
        for pid in sandbox.processes(word):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not sandbox.processes('guest=dies'), 'the end of QEMU')
    d.start()
    wait_for(lambda: d.run('domstate', 'lives', ok=None).strip() == 'running', 'finding the guest again')
    wait_for(lambda: d.run('domstate', 'dies', '--reason').strip() in ('shut off (crashed)', 'shut off (unknown)'), 'the news')
    wait_for(lambda: d.run('list', '--all', '--name').split() == ['lives', 'dies'], 'the end of the transient guest')
    d.run('start', 'dies')


@test
def definitions_and_autostart_survive_sigkill():
    d = daemon()
    clean_up(d)
    for i in range(20):
        d.run('define', write('k.xml', domain_xml('keep%02d' % i)))
    d.run('autostart', 'keep07')
    before = d.run('dumpxml', 'keep03')
    d.kill()
    d.start()
    # Stock starts what is marked autostart only once per boot of the host; a marker below /run says so.
    names = d.run('list', '--all', '--name').split()
    equal(sorted(names), ['keep%02d' % i for i in range(20)])
    equal(d.run('dumpxml', 'keep03'), before)
    equal(d.run('list', '--all', '--autostart', '--name').split(), ['keep07'])


@test
def autostart_starts_the_guest_at_the_first_start_of_the_daemon():
    d = daemon()
    clean_up(d)
    d.run('define', write('a.xml', domain_xml('auto')))
    d.run('autostart', 'auto')
    d.stop()
    for mark in ('/run/libvirt/qemu/autostarted',):
        if os.path.exists(mark):
            os.unlink(mark)
    d.start()
    wait_for(lambda: d.run('domstate', 'auto').strip() == 'running', 'autostart')


@test
@vireo_only  # since 11.2
def autostart_once_is_for_the_next_boot_alone():
    d = daemon()
    clean_up(d)
    d.run('define', write('a.xml', domain_xml('once')))
    dom = {'name': 'once', 'autostart': 1}
    uuid = bytes.fromhex(d.run('domuuid', 'once').strip().replace('-', ''))

    class Of(protocol.Minimal):
        def uuid(self):
            return uuid

    def asked():
        with protocol.Client(d.socket).open() as c:
            return c.call('domain_get_autostart_once', Of(dom)).payload

    with protocol.Client(d.socket).open() as c:
        equal(c.call('domain_set_autostart_once', Of(dom)).code, None)
    equal(asked(), b'\0\0\0\1')
    equal(os.path.islink('/etc/libvirt/qemu/autostart/once.xml.once'), True)
    d.run('domrename', 'once', 'other')
    dom['name'] = 'other'
    equal(os.listdir('/etc/libvirt/qemu/autostart'), ['other.xml.once'])
    for boot in (1, 2):
        d.kill()
        if os.path.exists('/run/libvirt/qemu/autostarted'):
            os.unlink('/run/libvirt/qemu/autostarted')
        d.start()
        if boot == 1:
            wait_for(lambda: d.run('domstate', 'other').strip() == 'running', 'autostart')
            equal(os.listdir('/etc/libvirt/qemu/autostart'), [])
            equal(asked(), b'\0\0\0\0')
            d.run('destroy', 'other')
    time.sleep(0.5)
    equal(d.run('domstate', 'other').strip(), 'shut off')


@test
def a_restart_with_many_guests_finds_them_all():
    d = daemon()
    clean_up(d)
    names = ['many%d' % i for i in range(8)]
    for n in names:
        d.run('create', write('m.xml', domain_xml(n)))
    ids = {n: d.run('domid', n).strip() for n in names}
    d.restart(signal.SIGKILL)
    wait_for(lambda: sorted(d.run('list', '--name').split()) == names, 'finding all guests again')
    equal({n: d.run('domid', n).strip() for n in names}, ids)
    if len(d.run('list', '--name').split()) != len(names):
        raise Failed('lost some')


main()
