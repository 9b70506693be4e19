#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual networks: their driver with a real dnsmasq and real clients of it, side by side with stock's where it has the same."""
import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import BUILD, Daemon, STOCK, Skip, daemon, equal, has, long, main, sandbox, test, vireo_only, wait_for, write  # noqa: E402

DNSMASQ = '/var/lib/libvirt/dnsmasq'
STATE = '/run/libvirt/network'
CONFIG = '/etc/libvirt/qemu/networks'
UUID = '81ff0d90-c91e-6742-64da-4a736edb9a%02x'


def net_xml(name, n, body='', forward='', attrs='', dhcp="<range start='10.%d.0.10' end='10.%d.0.99'/>", uuid=None):
    """A network 10.N.0.0/24 on bridge tbN."""
    dhcp = '<dhcp>%s</dhcp>' % (dhcp % (n, n) if '%d' in dhcp else dhcp) if dhcp else ''
    return ("<network%s><name>%s</name><uuid>%s</uuid>%s<bridge name='tb%d' stp='off'/><mac address='52:54:00:aa:00:%02x'/>%s"
            "<ip address='10.%d.0.1' prefix='24'>%s</ip></network>" % (attrs, name, uuid or UUID % n, forward, n, n, body, n, dhcp))


def sh(command, ok=True):
    p = subprocess.run(['sh', '-c', command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ok and p.returncode:
        raise AssertionError('%s: %s' % (command, p.stdout))
    return p.stdout


def forget_all(d):
    for name in d.run('net-list', '--all', '--name').split('\n'):
        if name.strip():
            d.run('net-destroy', name.strip(), ok=None)
            d.run('net-undefine', name.strip(), ok=None)


def dnsmasq_pids():
    found = {}
    for pid in os.listdir('/proc'):
        if pid.isdigit():
            try:
                with open('/proc/%s/cmdline' % pid) as f:
                    args = f.read().split('\0')
                with open('/proc/%s/status' % pid) as f:
                    uid = re.search(r'^Uid:\s+(\d+)', f.read(), re.M).group(1)
            except OSError:
                continue
            if args[0].endswith('dnsmasq') and uid != '0':  # the other one, root's, runs the script
                found[os.path.basename(args[1])[:-len('.conf')]] = int(pid)
    return found


class Client:
    """A machine on a bridge: a namespace with one card."""
    number = 0

    def __init__(self, bridge, mac=None):
        Client.number += 1
        self.ns, self.port = 'c%d' % Client.number, 'cp%d' % Client.number
        sh('ip netns add %s && ip link add %s type veth peer name eth0 netns %s' % (self.ns, self.port, self.ns))
        sh('ip link set %s master %s up' % (self.port, bridge))
        if mac:
            self.run('ip link set eth0 address %s' % mac)
        self.run('ip link set lo up; ip link set eth0 up')

    def run(self, command, ok=True):
        return sh('ip netns exec %s sh -c "%s"' % (self.ns, command.replace('"', '\\"')), ok)

    def lease(self, *options):
        """Asks for an address and takes it. Returns what the server said."""
        script = write('udhcpc.sh', '#!/bin/sh\n[ "$1" = bound ] && ip addr replace $ip/$mask dev eth0 && [ -n "$router" ] && '
                       'ip route replace default via $router\n[ "$1" = bound ] && env > %s/lease.%s\nexit 0\n'
                       % (sandbox.WORK, self.ns))
        os.chmod(script, 0o755)
        self.run('busybox udhcpc -i eth0 -n -q -t 8 -T 1 -s %s %s' % (script, ' '.join(options)))
        with open('%s/lease.%s' % (sandbox.WORK, self.ns)) as f:
            return dict(line.rstrip('\n').split('=', 1) for line in f if '=' in line)

    def ask(self, server, name):
        return self.run('busybox nslookup %s %s' % (name, server), ok=False)

    def close(self):
        sh('ip netns del %s; ip link del %s 2>/dev/null' % (self.ns, self.port), ok=False)


def traces():
    """What networks leave on a host: links, rules, processes, files."""
    files = []
    for top in (DNSMASQ, STATE):
        for d, dirs, names in os.walk(top):
            files += [os.path.join(d, n) for n in names + dirs]
    return {
        'links': sorted(os.listdir('/sys/class/net')),
        'routes': sh('ip route; ip -6 route show | grep -v fe80', ok=False),
        'rules': sorted(re.sub(r'packets \d+ bytes \d+', '', sh('nft list ruleset', ok=False)).replace(',', ' ').split()),
        'processes': sorted(dnsmasq_pids()),
        'files': sorted(f for f in files if os.path.basename(f) != 'autostarted'),
    }


# ---- side by side -----------------------------------------------------------------------------------------------------

PORT = '''<networkport><uuid>%s</uuid><owner><name>vm</name><uuid>%s</uuid></owner><mac address='52:54:00:aa:bb:cc'/>%s</networkport>'''


def story(d):
    """What a handbook does with stock's virsh; each line with what it printed."""
    out = []

    def do(*args):
        r = d.run(*args, ok=None)
        text = str(r) + '\n' + r.err
        text = re.sub(r' \(line \d+, column \d+\)', '', text)
        out.append('%s -> %d\n%s' % (' '.join(a if not a.startswith(sandbox.WORK) else os.path.basename(a) for a in args), r.rc,
                                     text.strip()))

    one, two = write('one.xml', net_xml('one', 41, forward="<forward mode='route'/>")), write('two.xml', net_xml('two', 42))
    port = write('port.xml', PORT % (UUID % 0xa0, UUID % 0xb0, ''))
    do('net-define', one)
    do('net-define', one)
    do('net-list', '--all')
    do('net-info', 'one')
    do('net-info', 'nothing')
    do('net-dumpxml', 'one')
    do('net-uuid', 'one')
    do('net-name', UUID % 41)
    do('net-start', 'one')
    do('net-start', 'one')
    do('net-autostart', 'one')
    do('net-list')
    do('net-list', '--inactive')
    do('net-list', '--all', '--persistent', '--autostart', '--name')
    do('net-list', '--all', '--transient', '--uuid')
    do('net-info', 'one')
    do('net-create', two)
    do('net-create', two)
    do('net-list', '--table')
    do('net-autostart', 'two')
    do('net-undefine', 'two')
    do('net-dhcp-leases', 'one')
    do('net-dhcp-leases', 'one', '--mac', '52:54:00:00:00:01')
    do('net-port-list', 'one')
    do('net-port-create', 'one', port)
    do('net-port-create', 'one', port)
    do('net-port-list', 'one')
    do('net-port-list', 'one', '--uuid')
    do('net-port-dumpxml', 'one', UUID % 0xa0)
    do('net-dumpxml', 'one')
    do('net-dumpxml', 'one', '--inactive')
    do('net-port-delete', 'one', UUID % 0xa0)
    do('net-port-delete', 'one', UUID % 0xa0)
    for command in ('add', 'add-first', 'modify', 'delete', 'delete'):
        do('net-update', 'one', command, 'ip-dhcp-host', "<host mac='52:54:00:00:00:01' name='n' ip='10.41.0.5'/>", '--live', '--config')
    do('net-update', 'one', 'add', 'ip-dhcp-range', "<range start='10.41.0.100' end='10.41.0.110'/>", '--live')
    do('net-update', 'one', 'add', 'dns-host', "<host ip='10.41.0.7'><hostname>seven</hostname></host>", '--config')
    do('net-update', 'one', 'add', 'dns-txt', "<txt name='t' value='v'/>", '--current')
    do('net-update', 'one', 'add', 'dns-srv', "<srv service='s' protocol='tcp'/>")
    do('net-update', 'one', 'add', 'portgroup', "<portgroup name='p'/>")
    do('net-update', 'one', 'add', 'bridge', "<bridge/>")
    do('net-update', 'one', 'add', 'nonsense', "<bridge/>")
    do('net-dumpxml', 'one')
    do('net-dumpxml', 'one', '--inactive')
    with open(DNSMASQ + '/one.conf') as f:
        out.append(f.read())
    do('net-destroy', 'two')
    do('net-destroy', 'one')
    do('net-destroy', 'one')
    do('net-autostart', 'one', '--disable')
    do('net-undefine', 'one')
    do('net-undefine', 'one')
    do('net-list', '--all')
    return out


@vireo_only
@test
def stocks_virsh_prints_the_same_over_both_daemons():
    if not os.path.exists(STOCK):
        raise Skip('stock libvirtd is not installed')
    daemon().stop()
    stock = Daemon('stock').start()
    theirs = story(stock)
    stock.stop()
    sh('nft flush ruleset; rm -rf %s %s; ip -o link | grep -o tb[0-9]* | while read l; do ip link del $l; done' % (STATE, CONFIG), ok=False)
    ours = story(daemon())
    for a, b in zip(theirs, ours):
        equal(b, a)
    equal(len(ours), len(theirs))


# ---- addresses and names ----------------------------------------------------------------------------------------------

@test
def a_machine_on_the_bridge_gets_its_address_and_finds_names():
    d = daemon()
    host = "<host mac='52:54:00:00:41:05' name='fixed' ip='10.43.0.5'/>"
    xml = net_xml('dhcp', 43, body="<domain name='test.example' localOnly='yes'/><dns><txt name='t' value='v'/>"
                  "<host ip='10.43.0.1'><hostname>gateway</hostname></host></dns>",
                  forward="<forward mode='nat'/>", dhcp="<range start='10.43.0.10' end='10.43.0.99'/>" + host)
    d.run('net-define', write('dhcp.xml', xml))
    d.run('net-start', 'dhcp')
    fixed, free = Client('tb43', '52:54:00:00:41:05'), Client('tb43', '52:54:00:00:41:06')
    try:
        got = fixed.lease()
        equal((got['ip'], got['router'], got['dns'], got['domain']), ('10.43.0.5', '10.43.0.1', '10.43.0.1', 'test.example'))
        got = free.lease('-x', 'hostname:machine')
        has(got['ip'], '10.43.0.')
        leases = d.run('net-dhcp-leases', 'dhcp')
        for part in ('52:54:00:00:41:05', '10.43.0.5/24', 'fixed', '52:54:00:00:41:06', got['ip'] + '/24', 'machine', 'ipv4'):
            has(leases, part)
        one = d.run('net-dhcp-leases', 'dhcp', '--mac', '52:54:00:00:41:06')
        equal('41:05' in one, False)
        has(fixed.ask('10.43.0.1', 'machine.test.example'), got['ip'])
        has(free.ask('10.43.0.1', 'gateway.test.example'), '10.43.0.1')
        # a host that is added is known at once, without a new server
        before = dnsmasq_pids()['dhcp']
        d.run('net-update', 'dhcp', 'add', 'dns-host', "<host ip='10.43.0.77'><hostname>late</hostname></host>", '--live', '--config')
        wait_for(lambda: '10.43.0.77' in fixed.ask('10.43.0.1', 'late'), 'the new name')
        equal(dnsmasq_pids()['dhcp'], before)
        # leases outlive the network
        d.run('net-destroy', 'dhcp')
        d.run('net-start', 'dhcp')
        has(d.run('net-dhcp-leases', 'dhcp'), 'machine')
    finally:
        fixed.close()
        free.close()
        forget_all(d)


@test
def the_server_answers_on_its_bridge_only():
    d = daemon()
    d.run('net-create', write('a.xml', net_xml('inside', 44, forward="<forward mode='route'/>")))
    sh('ip link add other type bridge && ip link set other up && ip addr add 10.144.0.1/24 dev other')
    c = Client('other')
    try:
        c.run('ip addr add 10.144.0.2/24 dev eth0; ip route add default via 10.144.0.1')
        equal('bound' in c.run('busybox udhcpc -i eth0 -n -q -t 2 -T 1 -s /bin/true', ok=False), False)
        has(c.ask('10.144.0.1', 'localhost').lower(), 'connection')
    finally:
        c.close()
        sh('ip link del other')
        forget_all(d)


@vireo_only
@test
def guests_names_are_found_by_the_hosts_programs():
    with open(os.path.join(BUILD, 'lib', 'libnss_libvirt.so.2'), 'rb') as f:
        if b'__asan' in f.read():
            raise Skip('modules of a sanitizer build do not load into other programs')
    d = daemon()
    xml = net_xml('names', 45)
    d.run('net-create', write('names.xml', xml))
    d.run('net-port-create', 'names', write('p.xml', (PORT % (UUID % 0xa1, UUID % 0xb1, '')).replace('aa:bb:cc', '00:45:07')
                                            .replace('>vm<', '>guestname<')))
    c = Client('tb45', '52:54:00:00:45:07')
    switch = write('nsswitch.conf', 'hosts: files libvirt libvirt_guest\n')
    sh('mount --bind %s /etc/nsswitch.conf' % switch)
    try:
        ip = c.lease('-x', 'hostname:machine')['ip']
        env = 'LD_LIBRARY_PATH=%s/lib ' % BUILD
        equal(sh(env + 'getent ahostsv4 machine').split()[0], ip)
        equal(sh(env + 'getent ahostsv4 guestname').split()[0], ip)
        equal(sh(env + 'getent hosts nobodys-name', ok=False), '')
        d.run('net-port-delete', 'names', UUID % 0xa1)
        equal(sh(env + 'getent hosts guestname', ok=False), '')
    finally:
        sh('umount /etc/nsswitch.conf')
        c.close()
        forget_all(d)


# ---- what can happen ----------------------------------------------------------------------------------------------------

@test
def nothing_is_left_after_the_end():
    d = daemon()
    d.run('net-list')
    before = traces()
    bodies = ['', "<domain name='x'/>", "<mtu size='1400'/>"]
    for n, mode in enumerate(('nat', 'route', 'open', '')):
        forward = "<forward mode='%s'/>" % mode if mode else ''
        xml = net_xml('left%d' % n, 50 + n, forward=forward, body=bodies[n % 3])
        d.run('net-create', write('left.xml', xml.replace('</network>', "<ip family='ipv6' address='fd%02x::1' prefix='64'/></network>" % n)))
        d.run('net-port-create', 'left%d' % n, write('p.xml', PORT % (UUID % (0xc0 + n), UUID % 0xb0, '')))
    for n in range(4):
        d.run('net-destroy', 'left%d' % n)
    after = traces()
    if d.kind == 'stock':  # leaves its chains and empty directories
        for k in ('rules', 'files'):
            before.pop(k), after.pop(k)
    for k in before:
        equal(after[k], before[k], k)


@test
def a_start_that_fails_leaves_nothing():
    d = daemon()
    d.run('net-list')
    before = traces()
    bad = net_xml('bad', 54, attrs=" xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'").replace(
        '</network>', "<dnsmasq:options><dnsmasq:option value='no-such-option=1'/></dnsmasq:options></network>")
    has(d.run('net-create', write('bad.xml', bad), ok=False).err, 'bad option')
    equal(d.run('net-list', '--all', '--name').strip(), '')
    after = traces()
    if d.kind == 'stock':
        return
    for k in before:
        equal(after[k], before[k], k)


@vireo_only
@test
def bad_definitions_are_refused_and_change_nothing():
    d = daemon()
    newline = '&#10;dhcp-script=/bin/sh'
    for body, dhcp in (("<domain name='x%s'/>" % newline, ''), ("<dns><txt name='a' value='b%s'/></dns>" % newline, ''),
                       ("<dns><host ip='1.2.3.4'><hostname>h%s</hostname></host></dns>" % newline, ''),
                       ('', "<host mac='52:54:00:00:00:01' name='n%s' ip='10.55.0.5'/>" % newline),
                       ('', "<range start='10.56.0.2' end='10.56.0.9'/>"), ('', "<range start='10.55.0.9' end='10.55.0.2'/>"),
                       ("<ip address='10.55.1.1' prefix='24'><dhcp><range start='10.55.1.2' end='10.55.1.9'/></dhcp></ip>",
                        "<range start='10.55.0.2' end='10.55.0.9'/>")):
        equal(d.run('net-define', write('bad.xml', net_xml('bad', 55, body=body, dhcp=dhcp)), ok=False).rc, 1)
    for name in ('a&#10;b', 'a/b', '..'):
        equal(d.run('net-define', write('bad.xml', net_xml(name, 55)), ok=False).rc, 1)
    for bridge in ('tb55&#10;x', '../x', 'a-name-that-is-too-long'):
        equal(d.run('net-define', write('bad.xml', net_xml('bad', 55).replace('tb55', bridge)), ok=False).rc, 1)
    equal(d.run('net-list', '--all', '--name').strip(), '')
    equal([f for f in os.listdir(CONFIG) if f != 'autostart'], [])
    d.run('net-define', write('ok.xml', net_xml('ok', 55)))
    for section, xml in (('ip-dhcp-host', "<host mac='52:54:00:00:00:01' name='n%s' ip='10.55.0.5'/>" % newline),
                         ('dns-txt', "<txt name='a' value='b%s'/>" % newline)):
        equal(d.run('net-update', 'ok', 'add', section, xml, '--config', ok=False).rc, 1)
    equal('script' in d.run('net-dumpxml', 'ok'), False)
    forget_all(d)


@vireo_only
@test
def names_with_odd_letters_name_their_files_and_no_others():
    d = daemon()
    for n, name in enumerate(('with space', 'quo"te', 'ha #sh', 'back\\slash', "apo'strophe", 'per%cent')):
        xml = net_xml('NAME', 56 + n).replace('NAME', name.replace('&', '&amp;'))
        d.run('net-create', write('odd.xml', xml))
        equal(os.path.exists('%s/%s.pid' % (STATE, name)), True)
        d.run('net-destroy', name)
    equal(dnsmasq_pids(), {})


@vireo_only
@test
def a_server_that_dies_is_started_again():
    d = daemon()
    d.run('net-create', write('die.xml', net_xml('die', 62)))
    first = dnsmasq_pids()['die']
    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: dnsmasq_pids().get('die', first) != first and dnsmasq_pids()['die'], 'a new dnsmasq', 5)
    has(d.log_tail(), 'ended by itself')
    c = Client('tb62')
    has(c.lease()['ip'], '10.62.0.')
    c.close()
    # one that is ended by us stays ended
    d.run('net-destroy', 'die')
    time.sleep(0.3)
    equal((dnsmasq_pids(), os.path.exists('/proc/%d' % second)), ({}, False))


@vireo_only
@test
def a_new_daemon_finds_what_the_killed_one_left():
    d = daemon()
    d.run('net-define', write('k.xml', net_xml('keep', 63, forward="<forward mode='nat'/>")))
    d.run('net-start', 'keep')
    d.run('net-create', write('t.xml', net_xml('transient', 64)))
    d.run('net-port-create', 'keep', write('p.xml', PORT % (UUID % 0xa2, UUID % 0xb2, '')))
    pids, live, rules = dnsmasq_pids(), d.run('net-dumpxml', 'keep'), traces()['rules']
    d.kill()
    d.start()
    equal(sorted(d.run('net-list', '--name').split()), ['keep', 'transient'])
    equal(d.run('net-dumpxml', 'keep'), live)
    has(d.run('net-port-list', 'keep', '--uuid'), UUID % 0xa2)
    has(d.run('net-info', 'transient'), 'Persistent:     no')
    time.sleep(0.3)
    equal((dnsmasq_pids(), traces()['rules']), (pids, rules))
    # what went while no daemon looked comes back
    d.kill()
    sh('ip link del tb63; nft flush ruleset')
    os.kill(pids['keep'], signal.SIGKILL)
    os.kill(pids['transient'], signal.SIGKILL)
    d.start()
    wait_for(lambda: len(dnsmasq_pids()) == 2, 'both servers')
    has(sh('ip -4 addr show tb63'), '10.63.0.1/24')
    wait_for(lambda: len(traces()['rules']) >= len(rules), 'the rules')
    equal(traces()['rules'], rules)
    c = Client('tb63')
    has(c.lease()['ip'], '10.63.0.')
    c.close()
    forget_all(d)
    equal(dnsmasq_pids(), {})


@vireo_only
@test
def a_subnet_that_is_in_use_is_left_for_the_next_free_one():
    d = daemon()
    sh('ip link add lan type bridge && ip link set lan up && ip addr add 10.65.0.254/24 dev lan && ip addr add 10.65.1.254/24 dev lan')
    try:
        host = "<range start='10.65.0.10' end='10.65.0.99'/><host mac='52:54:00:00:00:01' ip='10.65.0.7'/>"
        d.run('net-define', write('moved.xml', net_xml('moved', 65, dhcp=host)))
        d.run('net-start', 'moved')
        live = d.run('net-dumpxml', 'moved')
        for part in ("ip address='10.65.2.1'", "start='10.65.2.10' end='10.65.2.99'", "ip='10.65.2.7'"):
            has(live, part)
        has(d.run('net-dumpxml', 'moved', '--inactive'), "ip address='10.65.0.1'")
        has(d.log_tail(), 'instead until it is stopped')
        c = Client('tb65')
        has(c.lease()['ip'], '10.65.2.')
        c.close()
        d.run('net-destroy', 'moved')
        sh('ip link del lan')
        d.run('net-start', 'moved')
        has(d.run('net-dumpxml', 'moved'), "ip address='10.65.0.1'")
    finally:
        sh('ip link del lan', ok=False)
        forget_all(d)


@vireo_only
@test
def the_default_network_is_there_after_installation():
    d = daemon()
    d.stop()
    source = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'dist', 'default.xml')
    sh('rm -rf %s %s; mkdir -p %s/autostart; cp %s %s/default.xml; ln -s ../default.xml %s/autostart/default.xml'
       % (CONFIG, STATE, CONFIG, source, CONFIG, CONFIG))
    d.start()
    try:
        wait_for(lambda: 'default' in d.run('net-list', '--name'), 'the autostart')
        info = d.run('net-info', 'default')
        for part in ('Active:         yes', 'Persistent:     yes', 'Autostart:      yes', 'Bridge:         virbr0'):
            has(info, part)
        xml = d.run('net-dumpxml', 'default', '--inactive')
        has(xml, '<uuid>')
        d.restart()
        equal(d.run('net-dumpxml', 'default', '--inactive'), xml)  # uuid and MAC address are made once
        d.run('net-destroy', 'default')
        d.restart()
        time.sleep(0.3)
        equal(d.run('net-list', '--name').strip(), '')  # once per boot
    finally:
        forget_all(d)


@test
def a_reload_reads_definitions_that_came():
    d = daemon()
    d.run('net-define', write('one.xml', net_xml('one', 66)))
    with open(CONFIG + '/one.xml') as f:
        text = f.read()
    with open(CONFIG + '/two.xml', 'w') as f:
        f.write(text.replace('>one<', '>two<').replace(UUID % 66, UUID % 67).replace('tb66', 'tb67').replace('10.66.', '10.67.'))
    d.process.send_signal(signal.SIGHUP)
    wait_for(lambda: 'two' in d.run('net-list', '--all', '--name'), 'the reload')
    d.run('net-start', 'two')
    forget_all(d)


@test
def events_tell_of_a_networks_life():
    d = daemon()
    import libvirt
    libvirt.virEventRegisterDefaultImpl()
    stop = []

    def loop():
        while not stop:
            libvirt.virEventRunDefaultImpl()
    conn = d.connect()
    seen = []
    number = conn.networkEventRegisterAny(None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE,
                                          lambda c, n, event, detail, opaque: seen.append((n.name(), event, detail)), None)
    timer = libvirt.virEventAddTimeout(50, lambda *a: None, None)
    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    n = conn.networkDefineXML(net_xml('ev', 68))
    n.create()
    n.destroy()
    n.undefine()
    wait_for(lambda: len(seen) >= 4, 'the events')
    equal(seen, [('ev', libvirt.VIR_NETWORK_EVENT_DEFINED, 0), ('ev', libvirt.VIR_NETWORK_EVENT_STARTED, 0),
                 ('ev', libvirt.VIR_NETWORK_EVENT_STOPPED, 0), ('ev', libvirt.VIR_NETWORK_EVENT_UNDEFINED, 0)])
    conn.networkEventDeregisterAny(number)
    stop.append(True)
    thread.join(5)
    libvirt.virEventRemoveTimeout(timer)
    conn.close()


@test
def scripts_are_run_where_stock_runs_them():
    d = daemon()
    log = os.path.join(sandbox.WORK, 'network-hook.log')
    os.makedirs('/etc/libvirt/hooks', exist_ok=True)
    hook = '/etc/libvirt/hooks/network'
    with open(hook, 'w') as f:
        f.write('#!/bin/sh\necho "$* $(grep -c "<hookData>\\|<network>\\|<network \\|<networkport>")" >> %s\n' % log)
    os.chmod(hook, 0o755)
    d.restart()
    try:
        d.run('net-define', write('h.xml', net_xml('hk', 69)))
        d.run('net-start', 'hk')
        d.run('net-port-create', 'hk', write('p.xml', PORT % (UUID % 0xa3, UUID % 0xb3, '')))
        d.run('net-update', 'hk', 'add', 'ip-dhcp-host', "<host mac='52:54:00:00:00:01' name='n' ip='10.69.0.5'/>", '--live')
        d.run('net-port-delete', 'hk', UUID % 0xa3)
        d.run('net-destroy', 'hk')
        with open(log) as f:
            equal(f.read().splitlines(), ['hk start begin - 2', 'hk started begin - 2', 'hk port-created begin - 3',
                                          'hk updated begin - 2', 'hk port-deleted begin - 3', 'hk stopped end - 2'])
        with open(hook, 'w') as f:
            f.write('#!/bin/sh\n[ $2 != start ]\n')
        has(d.run('net-start', 'hk', ok=False).err, 'Hook script execution failed')
        equal(d.run('net-list', '--name').strip(), '')
        equal(os.path.exists('/sys/class/net/tb69'), False)
    finally:
        os.unlink(hook)
        d.restart()
        forget_all(d)


# ---- faults ------------------------------------------------------------------------------------------------------------

def settle(d, name, before, what, stuck=False):
    """A network is there as a whole or not at all; without it nothing of it is. stuck: a file could not be removed, once."""
    d.quiet()
    if not d.alive():
        raise AssertionError('%s: the daemon ended with %s' % (what, d.process.returncode))
    conn = d.connect()
    nets = {n.name(): n for n in conn.listAllNetworks()}
    if name in nets and nets[name].isActive():
        bridge = nets[name].bridgeName()
        equal((os.path.exists('/sys/class/net/' + bridge), os.path.exists('%s/%s.xml' % (STATE, name)), name in dnsmasq_pids()),
              (True, True, True), what)
        nets[name].destroy()
    for n in conn.listAllNetworks():
        n.undefine()
    conn.close()
    if stuck:
        sh('rm -rf %s/%s %s/*.new %s/*.new' % (STATE, name, STATE, CONFIG))
    after = traces()
    for k in before:
        equal(after[k], before[k], '%s: %s' % (what, k))
    for d_name in (CONFIG, STATE):
        equal([f for f in os.listdir(d_name) if f.endswith(('.xml', '.new'))], [], what)


def through_faults(side_name, kinds, scopes, most):
    import libvirt
    from faults import COUNT, SHIM, FaultyDaemon
    if not os.path.exists(SHIM):
        raise Skip('built without test hooks')
    daemon().stop()
    d = FaultyDaemon(log='/run/work/faulty.log').start()
    side = getattr(d, side_name)
    port = PORT % (UUID % 0xa7, UUID % 0xb7, '')

    def nothing(conn):
        pass

    def running(conn):
        conn.networkCreateXML(net_xml('f', 70, forward="<forward mode='nat'/>"))

    def plugged(conn):
        running(conn)
        conn.networkLookupByName('f').portCreateXML(port)

    story = (('create', nothing, running),
             ('destroy', plugged, lambda c: c.networkLookupByName('f').destroy()),
             ('define', nothing, lambda c: c.networkDefineXML(net_xml('f', 70)).setAutostart(1)),
             ('plug', running, lambda c: c.networkLookupByName('f').portCreateXML(port)),
             ('unplug', plugged, lambda c: c.networkLookupByName('f').portLookupByUUIDString(UUID % 0xa7).delete(0)),
             ('update', running, lambda c: c.networkLookupByName('f').update(3, 5, -1, "<range start='10.70.0.100' end='10.70.0.110'/>", 1)))
    conn = d.connect()
    conn.listAllNetworks()
    before = traces()
    faults = 0
    for name, prepare, act in story:
        for scope in scopes:
            prepare(conn)
            side.ask(COUNT, scope=scope)
            act(conn)
            count = side.stop()
            settle(d, 'f', before, name)
            step = max(1, count // most)
            for kind, number in kinds:
                for at in range(1, count + 1, step):
                    prepare(conn)
                    side.ask(kind, at, number, scope)
                    try:
                        act(conn)
                    except libvirt.libvirtError:
                        pass
                    faults += 1
                    settle(d, 'f', before, '%s: %s %d at %s %d (%s)' % (name, side_name, number, scope, at, side.hit),
                           side.hit in ('rmdir', 'unlink'))
    conn.close()
    d.stop()
    print('     %d faults' % faults)


@vireo_only
@test
def waits_that_fail_leave_a_network_whole_or_none():
    from faults import CANCEL, FAIL
    through_faults('waits', ((FAIL, 0), (CANCEL, 0)), ('vir',), 12)


@vireo_only
@test
@long
def all_waits_that_fail_leave_a_network_whole_or_none():
    from faults import CANCEL, FAIL
    through_faults('waits', ((FAIL, 0), (CANCEL, 0)), ('vir', 'network rules'), 1000)


@vireo_only
@test
@long
def system_calls_that_fail_leave_a_network_whole_or_none():
    from faults import FAIL
    through_faults('calls', ((FAIL, errno.EIO), (FAIL, errno.ENOSPC)), ('',), 1000)


# ---- many -----------------------------------------------------------------------------------------------------------------

def many(d, defined, active):
    import libvirt
    conn = d.connect()
    for n in range(defined + active):
        dhcp = "<dhcp><range start='10.200.%d.2' end='10.200.%d.9'/></dhcp>" % (n, n)
        # A user may have 128 inotify instances on an ordinary host, and each dnsmasq takes one.
        dns, dhcp = ("<dns enable='no'/>", '') if n >= 100 else ('', dhcp)
        net = conn.networkDefineXML("<network><name>many%d</name><bridge name='mb%d'/><forward mode='route'/>%s"
                                    "<ip address='10.200.%d.1' prefix='24'>%s</ip></network>" % (n, n, dns, n, dhcp))
        if n < active:
            net.create()
    equal(len(conn.listAllNetworks(libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE)), active)
    conn.close()
    before = dnsmasq_pids()
    d.kill()
    start = time.monotonic()
    d.start()
    ready = time.monotonic() - start
    conn = d.connect()
    equal((len(conn.listAllNetworks(libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE)), len(conn.listAllNetworks())), (active, active + defined))
    conn.close()
    time.sleep(0.5)
    equal(dnsmasq_pids(), before)
    # every second bridge goes with the daemon: all are back
    d.kill()
    for n in range(0, active, 2):
        sh('ip link del mb%d' % n)
    start = time.monotonic()
    d.start()
    wait_for(lambda: sum(os.path.exists('/sys/class/net/mb%d' % n) for n in range(active)) == active, 'all bridges', 60)
    repaired = time.monotonic() - start
    print('     %d networks, %d of them active: ready %.0f ms after a crash; %d bridges made again in %.2f s'
          % (defined + active, active, ready * 1000, (active + 1) // 2, repaired))
    forget_all(d)
    equal(dnsmasq_pids(), {})


@vireo_only
@test
def two_hundred_networks_are_found_after_a_crash():
    many(daemon(), 180, 20)


@vireo_only
@test
@long
def two_hundred_active_networks_are_found_after_a_crash():
    many(daemon(), 0, 200)


@vireo_only
@test
def the_script_keeps_leases_as_stocks_does():
    helper = os.path.join(BUILD, 'bin', 'libvirt_leaseshelper')
    env = {'VIR_BRIDGE_NAME': 'brx', 'DNSMASQ_LEASE_EXPIRES': '4000000000', 'PATH': os.environ['PATH']}
    os.makedirs(DNSMASQ, exist_ok=True)
    results = {}
    stock = '/usr/lib/libvirt/libvirt_leaseshelper'
    for program in (helper, stock if os.path.exists(stock) else helper):
        out = []
        for extra, args in (({'DNSMASQ_CLIENT_ID': '01:52'}, ('add', '52:54:00:11:22:33', '10.0.0.5', 'guest')),
                            ({}, ('add', '52:54:00:11:22:34', '10.0.0.6')),
                            ({'DNSMASQ_OLD_HOSTNAME': 'old'}, ('old', '52:54:00:11:22:34', '10.0.0.6')),
                            ({'DNSMASQ_IAID': '55', 'DNSMASQ_CLIENT_ID': '00:01', 'DNSMASQ_MAC': '52:54:00:99:99:99',
                              'DNSMASQ_SERVER_DUID': '00:ff'}, ('add', '00:01', 'fd00::5', 'six')),
                            ({}, ('init',)), ({}, ('del', '52:54:00:11:22:33', '10.0.0.5')), ({}, ('nonsense',))):
            p = subprocess.run((program,) + args, env=dict(env, **extra), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               check=False)
            with open(DNSMASQ + '/brx.status') as f:
                out.append((args, p.returncode, p.stdout, json.load(f)))
        results[program] = out
        os.unlink(DNSMASQ + '/brx.status')
    equal(results[helper], results.get(stock, results[helper]))
    with open(DNSMASQ + '/brx.status', 'w') as f:
        f.write('no json')
    equal(subprocess.run((helper, 'add', '52:54:00:11:22:33', '10.0.0.5'), env=env, stderr=subprocess.DEVNULL, check=False).returncode, 1)
    os.unlink(DNSMASQ + '/brx.status')


main()
