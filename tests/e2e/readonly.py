#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The other ways in: the read-only socket, TCP, and many clients at once."""
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Daemon, Failed, clean_up, daemon, domain_xml, equal, has, main, sandbox, test, write)


@test
def a_reader_sees_and_changes_nothing():
    d = daemon()
    clean_up(d)
    d.run('define', write('r.xml', domain_xml('r', devices="<graphics type='vnc' passwd='secret'/>")))
    d.run('start', 'r')
    equal(d.run('list', '--name', ro=True), 'r')
    for read in (('dominfo', 'r'), ('dumpxml', 'r'), ('domstats', 'r'), ('nodeinfo',), ('capabilities',), ('domstate', 'r')):
        d.run(*read, ro=True)
    for write_ in (('destroy', 'r'), ('suspend', 'r'), ('undefine', 'r'), ('autostart', 'r'), ('reset', 'r'), ('shutdown', 'r'),
                   ('qemu-monitor-command', 'r', '{"execute":"query-status"}'), ('define', '/run/work/r.xml'),
                   ('dumpxml', 'r', '--security-info')):
        r = d.run(*write_, ro=True, ok=False)
        has(r.err.lower(), 'forbidden')
    equal(d.run('domstate', 'r').strip(), 'running')


@test
def the_server_itself_refuses_a_reader():
    # The client library refuses by itself when it was told "read-only", so open the read-only socket as if for writing.
    d = daemon()
    clean_up(d)
    d.run('define', write('r.xml', domain_xml('r')))
    uri = 'qemu+unix:///system?socket=' + d.socket_ro
    equal(d.run('domstate', 'r', uri=uri).strip(), 'shut off')
    has(d.run('start', 'r', uri=uri, ok=False).err, 'operation forbidden: read only access prevents virDomainCreate')
    has(d.run('undefine', 'r', uri=uri, ok=False).err, 'operation forbidden: read only access prevents virDomainUndefine')
    equal(d.run('domstate', 'r').strip(), 'shut off')


@test
def another_user_may_read_and_not_write():
    d = daemon()
    clean_up(d)
    d.run('define', write('o.xml', domain_xml('o')))
    as_nobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'virsh', '-c']
    p = subprocess.run(as_nobody + [d.uri(True), '-r', 'list', '--all', '--name'], stdout=subprocess.PIPE, text=True)
    equal(p.stdout.split(), ['o'])
    p = subprocess.run(as_nobody + [d.uri(), 'list'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal(p.returncode, 1)
    has(p.stderr, 'Permission denied')


@test
def tcp_serves_when_asked_for():
    d = Daemon(libvirtd={'listen_tls': 0, 'listen_tcp': 1, 'auth_tcp': 'none', 'tcp_port': '16777', 'listen_addr': '127.0.0.1'},
               args=['--listen'], log='/run/work/tcp.log')
    shared = daemon()
    clean_up(shared)
    shared.stop()
    with d:
        uri = 'qemu+tcp://127.0.0.1:16777/system'
        d.run('define', write('t.xml', domain_xml('t')), uri=uri)
        equal(d.run('list', '--all', '--name', uri=uri), 't')
        d.run('start', 't', uri=uri)
        d.run('destroy', 't', uri=uri)
        d.run('undefine', 't', uri=uri)
        equal(d.run('hostname', uri=uri), os.uname().nodename)
    Daemon()  # ordinary configuration files for the next tests


@test
def without_listen_no_tcp_port_is_open():
    daemon()
    with open('/proc/net/tcp') as f:
        listening = [x.split()[1] for x in f if x.split()[3] == '0A']
    equal(listening, [])


@test
def forty_clients_work_side_by_side():
    d = daemon()
    clean_up(d)
    for i in range(5):
        d.run('define', write('f.xml', domain_xml('f%d' % i)))
    wrong = []

    def client():
        try:
            c = d.connect()
            for _ in range(20):
                if sorted(x.name() for x in c.listAllDomains()) != ['f%d' % i for i in range(5)]:
                    wrong.append('list')
            c.close()
        except Exception as e:
            wrong.append(str(e))
    threads = [threading.Thread(target=client) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if wrong:
        raise Failed('%d wrong answers: %s' % (len(wrong), wrong[:3]))


@test
def descriptors_go_when_clients_go():
    d = daemon()
    d.run('list')
    before = len(d.fds())
    for _ in range(30):
        c = d.connect()
        c.listAllDomains()
        c.close()
    # Dropped without goodbye, too.
    for _ in range(10):
        p = subprocess.Popen(['virsh', '-c', d.uri(), 'event', '--all', '--loop'], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        d.run('list')
        p.kill()
        p.wait()
    d.run('list')
    after = len(d.fds())
    if after > before + 2:
        raise Failed('%d descriptors before, %d after: %s' % (before, after, sorted(d.fds().values())))
    equal(sandbox.processes('virsh'), {})


@test
def what_other_drivers_would_do_is_refused_as_by_a_daemon_without_them():
    d = daemon()
    if d.kind == 'stock':
        return
    # The client asks for the list first and, told that there is none, counts as it did of old.
    for command, function in (('pool-list', 'virConnectNumOfStoragePools'),
                              ('iface-list', 'virConnectNumOfInterfaces'), ('nwfilter-list', 'virConnectNumOfNWFilters'),
                              ('secret-list', 'virConnectNumOfSecrets'), ('nodedev-list', 'virNodeNumOfDevices')):
        r = d.run(command, ok=None)
        equal(r.rc, 1, command)
        has(r.err, 'this function is not supported by the connection driver: ' + function)


main()
