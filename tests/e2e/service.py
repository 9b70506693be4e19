#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirtd as a program: options, configuration files, signals, pid file, private root."""
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Daemon, Failed, Skip, clean_up, daemon, domain_xml, equal, has, main, sandbox, test, vireo_only, wait_for, write)


def once(*args, timeout=20):
    """The program run to its end: (exit code, output)."""
    p = subprocess.run([Daemon().program] + list(args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, errors='replace', timeout=timeout)
    return p.returncode, p.stdout


def refused(**conf):
    """What a start with these lines in libvirtd.conf says; it must not come up."""
    d = Daemon(libvirtd=conf, log='/run/work/refused.log')
    open(d.log, 'w').close()
    try:
        d.start(10)
    except Failed:
        return d.log_tail()
    finally:
        if d.alive():
            d.stop()
        Daemon()
    raise Failed('it started with %s' % conf)


@test
def version_and_help_and_a_wrong_option():
    rc, out = once('--version')
    equal(rc, 0)
    has(out, 'libvirtd (libvirt) 9.0.0')
    rc, out = once('--help')
    equal(rc, 0)
    for option in ('--verbose', '--daemon', '--listen', '--timeout', '--config', '--version', '--pid-file'):
        has(out, option)
    rc, out = once('--no-such-option')
    equal(rc, 1)
    has(out, "unrecognized option '--no-such-option'")


@test
def as_a_daemon_it_returns_when_ready_and_writes_its_pid():
    d = Daemon()
    equal(once('--daemon', '--pid-file', '/run/work/pid')[0], 0)
    pid = int(open('/run/work/pid').read())
    try:
        wait_for(lambda: os.path.exists(d.socket), 'the socket')
        equal(d.run('list', '--all', '--name'), '')
        rc, out = once('--pid-file', '/run/work/pid')
        equal(rc != 0, True, 'a second one')
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not os.path.exists('/proc/%d/exe' % pid), 'its end')
    equal(os.path.exists('/run/work/pid'), False)


@test
def it_ends_by_itself_when_idle_and_told_so():
    d = Daemon(args=['--timeout', '1'], log='/run/work/timeout.log')
    d.start()
    c = d.connect()
    time.sleep(2)
    equal(d.alive(), True, 'while a client is there')
    c.close()
    wait_for(lambda: not d.alive(), 'its end')
    equal(d.process.returncode, 0)


@test
def a_guest_keeps_an_idle_daemon():
    d = Daemon(args=['--timeout', '1'], log='/run/work/timeout.log')
    d.start()
    d.run('create', write('t.xml', domain_xml('t')))
    time.sleep(2.5)
    equal(d.alive(), True, 'while a guest runs')
    d.run('destroy', 't')
    wait_for(lambda: not d.alive(), 'its end')


@test
def debians_own_configuration_starts_it():
    names = [n for n in ('libvirtd.conf', 'qemu.conf') if os.path.exists(os.path.join(sandbox.MACHINE_ETC, n))]
    if not names:
        raise Skip("no /etc/libvirt/libvirtd.conf on this machine (package libvirt-daemon-system)")
    d = Daemon(log='/run/work/debian.log')
    for n in names:
        shutil.copy(os.path.join(sandbox.MACHINE_ETC, n), '/etc/libvirt/' + n)
    try:
        d.start()
        d.stop()
    finally:
        Daemon()


@test
def a_wrong_type_names_file_and_key():
    out = refused(max_clients='many')
    has(out, '/etc/libvirt/libvirtd.conf')
    has(out, 'max_clients')


@test
@vireo_only
def protection_that_is_not_built_stops_the_start():
    for conf in (dict(auth_unix_rw='sasl'), dict(auth_unix_ro='polkit'), dict(access_drivers=['polkit'])):
        out = refused(**conf)
        has(out, list(conf)[0])
        has(out, '/etc/libvirt/libvirtd.conf')


@test
def sighup_keeps_clients_and_guests():
    d = daemon()
    c = d.connect()
    c.createXML(domain_xml('h'))
    d.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    equal(d.alive(), True)
    equal([x.name() for x in c.listAllDomains()], ['h'])
    c.lookupByName('h').destroy()
    c.close()


@test
def sighup_reads_definitions_again():
    d = daemon()
    clean_up(d)
    d.run('define', write('old.xml', domain_xml('old')))
    c = d.connect()
    stored = '/etc/libvirt/qemu/old.xml'
    with open(stored) as f:
        text = f.read()
    with open(stored, 'w') as f:
        f.write(text.replace('<vcpu', '<description>by hand</description>\n  <vcpu'))
    new = '/etc/libvirt/qemu/new.xml'
    with open(new, 'w') as f:
        f.write(text.replace('>old<', '>new<').replace(text.split('<uuid>')[1][:36], '0a0b0c0d-0000-4000-8000-000000000001'))
    with open('/etc/libvirt/qemu/torn.xml', 'w') as f:
        f.write(text[:200])
    d.process.send_signal(signal.SIGHUP)
    wait_for(lambda: sorted(x.name() for x in c.listAllDomains()) == ['new', 'old'], 'the new definition')
    wait_for(lambda: 'by hand' in c.lookupByName('old').XMLDesc(), 'the changed definition')
    # One that went bad changes nothing.
    with open(stored, 'w') as f:
        f.write('<domain')
    d.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    has(c.lookupByName('old').XMLDesc(), 'by hand')
    os.unlink('/etc/libvirt/qemu/torn.xml')
    for name in ('old', 'new'):
        c.lookupByName(name).undefine()
    c.close()


@test
@vireo_only
def a_log_that_takes_no_more_holds_up_nobody():
    from protocol import Client
    daemon().stop()
    r, w = os.pipe()
    d = Daemon(libvirtd=dict(log_outputs='1:stderr', log_level=1))
    env = dict(PATH='/usr/sbin:/usr/bin:/sbin:/bin')
    p = subprocess.Popen([d.program], stdin=subprocess.DEVNULL, stdout=w, stderr=w, env=env, cwd='/')
    os.close(w)
    try:
        wait_for(lambda: os.path.exists(d.socket), 'the socket')
        with Client(d.socket, timeout=5).open() as c: # nobody reads the pipe, which takes 64 KiB
            for n in range(3000):
                equal(c.call('domain_lookup_by_name').code, 42)
        p.terminate()
        p.wait(10)
        equal(p.returncode, 0)
    finally:
        p.kill()
        os.close(r)


@test
@vireo_only
def a_private_root_keeps_everything_below_it():
    d = daemon()
    d.stop()
    for path in sandbox.STATE[1:] + ('/run/libvirt',):
        for name in os.listdir(path) if os.path.isdir(path) else []:
            p = os.path.join(path, name)
            shutil.rmtree(p) if os.path.isdir(p) else os.unlink(p)
    before = sandbox.files(*sandbox.STATE) + sandbox.files('/run/libvirt')
    root = os.path.join(sandbox.WORK, 'root')
    os.makedirs(root)
    with Daemon(root=root, log='/run/work/root.log') as p:
        p.run('define', write('p.xml', domain_xml('p')))
        p.run('start', 'p')
        equal(os.path.exists(root + '/etc/libvirt/qemu/p.xml'), True)
        equal(os.path.exists(root + '/var/log/libvirt/qemu/p.log'), True)
        equal(os.path.exists(root + '/run/libvirt/qemu/p.xml'), True)
        equal(p.run('list', '--name'), 'p')
        equal(sandbox.files(*sandbox.STATE) + sandbox.files('/run/libvirt'), before)
        p.run('destroy', 'p')
        equal(os.path.exists(root + '/run/libvirt/qemu/p.xml'), False)


main()
