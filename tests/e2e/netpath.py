#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packets of real guests: leases, names, the way out and back, what must not pass, limits, and what is left afterwards.

The host is the sandbox; a second network namespace "outside" stands for the rest of the world, behind the link up0.
"""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD  # noqa: E402
from netguest import Guest, on, rate  # noqa: E402
from suite import (  # noqa: E402
    long, Console, Failed, Skip, clean_up, daemon, equal, guest_image, has, main, sandbox, test, vireo_only, wait_for, write)

OUT = '10.200.0.2'
SERVER = '''
import socket, sys, threading
def serve(port, act):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('', port)); s.listen(9)
    def loop():
        while True:
            c, a = s.accept()
            threading.Thread(target=act, args=(c, a), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
def who(c, a):
    c.sendall(('you are %s\\n' % a[0]).encode()); c.close()
def source(c, a):
    try:
        for _ in range(4096): c.sendall(b'x' * 16384)
    except OSError: pass
    c.close()
def sink(c, a):
    n = 0
    while True:
        d = c.recv(65536)
        if not d: break
        n += len(d)
    c.close()
serve(7, who); serve(19, source); serve(9, sink)
threading.Event().wait()
'''
_world = {}


def sh(command, ok=True):
    p = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ok and p.returncode:
        raise Failed('%s: exit code %d\n%s' % (command, p.returncode, p.stdout))
    return p.stdout


def outside(command, ok=True):
    return sh('ip netns exec outside ' + command, ok)


def world():
    """The link to outside, and a server there that tells each caller its address. Once."""
    if _world:
        return
    for program in ('ip', 'nft', 'dnsmasq'):
        if subprocess.run(['which', program], stdout=subprocess.DEVNULL).returncode:
            raise Skip('no program %s here' % program)
    sh('ip netns add outside')
    sh('ip link add up0 type veth peer name out0 netns outside')
    sh('ip addr add 10.200.0.1/24 dev up0; ip link set up0 up; ip route add default via %s' % OUT)
    outside('ip addr add %s/24 dev out0' % OUT)
    outside('ip addr add 10.200.0.3/24 dev out0')
    outside('ip link set out0 up')
    outside('ip link set lo up')
    _world['server'] = subprocess.Popen(['ip', 'netns', 'exec', 'outside', '/usr/bin/python3', '-c', SERVER])
    wait_for(lambda: ':7 ' in outside('ss -ltn'), 'the server outside')


def network(name, body, start=True):
    d = daemon()
    d.run('net-destroy', name, ok=None)
    d.run('net-undefine', name, ok=None)
    d.run('net-define', write('net.xml', '<network><name>%s</name>%s</network>' % (name, body)))
    if start:
        d.run('net-start', name)
    return d


def ip_part(n, more=''):
    return ("<ip address='192.168.%d.1' netmask='255.255.255.0'><dhcp><range start='192.168.%d.50' end='192.168.%d.99'/>%s"
            "</dhcp></ip>" % (n, n, n, more))


NAT = "<forward mode='nat'/><bridge name='vnat0' delay='0' stp='off'/>"
DNS = "<dns><host ip='192.168.150.1'><hostname>gateway.test</hostname></host></dns>"


def nat(more=''):
    return network('natnet', NAT + DNS + more + ip_part(150))


@test
def a_guest_gets_its_lease_resolves_a_name_and_reaches_a_host_behind_nat():
    world()
    d = nat()
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        has(g.sh('ip addr show eth0'), '192.168.150.')
        has(g.sh('nslookup gateway.test'), '192.168.150.1')
        has(g.sh('ping -c 2 -W 2 192.168.150.1'), ' 0% packet loss')
        # Outside knows no way to 192.168.150.0/24: the answer proves the translation, and the address it was given.
        has(g.sh('nc %s 7' % OUT), 'you are 10.200.0.1')
        has(g.sh('ping -c 2 -W 2 %s' % OUT), ' 0% packet loss')
        lease = d.run('domifaddr', 'g1')
        has(lease, '192.168.150.')
        has(lease, g.mac)
        has(d.run('net-dhcp-leases', 'natnet'), g.mac)
        has(d.run('domiflist', 'g1'), 'natnet')
        stats = dict(line.split()[1:] for line in d.run('domifstat', 'g1', g.device()).split('\n'))
        if int(stats['rx_bytes']) < 500 or int(stats['tx_bytes']) < 500:
            raise Failed('counters: %r' % stats)


@test
@vireo_only
@long
def the_neighbour_table_tells_addresses_too():
    world()
    d = nat()
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        g.sh('ping -c 1 -W 2 192.168.150.1')
        has(d.run('domifaddr', 'g1', '--source', 'arp'), '192.168.150.')
        r = d.run('domifaddr', 'g1', '--source', 'agent', ok=False)
        has(r.err, 'agent')


@test
def an_isolated_network_stays_isolated():
    world()
    network('lab', "<bridge name='vlab0' delay='0' stp='off'/>" + ip_part(151))
    nat()
    outside('nft -f ' + write('count.nft', 'table inet t {\n chain c {\n type filter hook prerouting priority 0;\n'
                              'ip saddr 192.168.0.0/16 counter\nip saddr 10.200.0.1 counter\n}\n}\n'))
    a = Guest('l1', "<source network='lab'/>", '52:54:00:aa:01:01')
    b = Guest('l2', "<source network='lab'/>", '52:54:00:aa:01:02')
    c = Guest('n1', "<source network='natnet'/>", '52:54:00:aa:01:03')
    with on(a, b, c):
        def address(g):
            return re.search(r'192\.168\.\d+\.\d+', g.sh('ip -4 addr show eth0').split('inet ')[1]).group(0)
        to_b, to_c, from_a = address(b), address(c), address(a)
        has(a.sh('ping -c 2 -W 2 ' + to_b), ' 0% packet loss')
        has(a.sh('ping -c 2 -W 2 192.168.151.1'), ' 0% packet loss')
        # A default route by hand: the network gives none out, and must not depend on that.
        a.sh('ip route add default via 192.168.151.1')
        for target in (OUT, to_c):
            text = a.sh('ping -c 3 -W 1 ' + target)
            has(text, '100% packet loss')
        has(c.sh('ping -c 3 -W 1 ' + from_a), '100% packet loss')
        counters = outside('nft list chain inet t c')
        equal(re.findall(r'packets (\d+)', counters), ['0', '0'])
        outside('nft delete table inet t')


@test
@long
def a_routed_network_keeps_its_addresses_both_ways():
    world()
    network('routed', "<forward mode='route'/><bridge name='vrt0' delay='0' stp='off'/>" + ip_part(152))
    outside('ip route add 192.168.152.0/24 via 10.200.0.1')
    with on(Guest('r1', "<source network='routed'/>")) as g:
        has(g.sh('nc %s 7' % OUT), 'you are 192.168.152.')
        mine = re.search(r'192\.168\.152\.\d+', g.sh('ip -4 addr show eth0').split('inet ')[1]).group(0)
        has(outside('busybox ping -c 2 -W 2 ' + mine), ' 0% packet loss')
    outside('ip route del 192.168.152.0/24')


@test
@long
def a_nat_network_lets_nobody_in_who_was_not_asked():
    world()
    nat()
    outside('ip route add 192.168.150.0/24 via 10.200.0.1')
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        mine = re.search(r'192\.168\.150\.\d+', g.sh('ip -4 addr show eth0').split('inet ')[1]).group(0)
        has(outside('busybox ping -c 2 -W 1 ' + mine, ok=False), '100% packet loss')
        has(g.sh('nc %s 7' % OUT), 'you are 10.200.0.1')
    outside('ip route del 192.168.150.0/24')


@test
@long
def isolated_ports_of_one_network_do_not_see_each_other():
    world()
    nat("<port isolated='yes'/>")
    with on(Guest('p1', "<source network='natnet'/>", '52:54:00:aa:02:01'),
            Guest('p2', "<source network='natnet'/>", '52:54:00:aa:02:02')) as (a, b):
        other = re.search(r'192\.168\.150\.\d+', b.sh('ip -4 addr show eth0').split('inet ')[1]).group(0)
        has(a.sh('ping -c 2 -W 1 ' + other), '100% packet loss')
        has(a.sh('nc %s 7' % OUT), 'you are 10.200.0.1')
        has(sh('bridge -d link show dev %s' % a.device()), 'isolated on')


@test
@vireo_only
@long
def bandwidth_limits_hold_in_both_directions():
    world()
    d = nat()
    limits = "<source network='natnet'/><bandwidth><inbound average='300' burst='64'/><outbound average='200' burst='64'/></bandwidth>"
    with on(Guest('b1', limits)) as g:
        down = rate(g, 'nc %s 19' % OUT)
        if not 200 < down < 375:
            raise Failed('%d kB/s came in, 300 are allowed' % down)
        up = rate(g, 'dd if=/dev/zero bs=16384 | nc %s 9' % OUT)
        if up > 450: # what is dropped is counted here too
            raise Failed('%d kB/s went out, 200 are allowed' % up)
        before = int(outside('cat /sys/class/net/out0/statistics/rx_bytes'))
        g.sh('dd if=/dev/zero bs=16384 2>/dev/null | nc %s 9 >/dev/null 2>&1 &' % OUT)
        time.sleep(5)
        passed = (int(outside('cat /sys/class/net/out0/statistics/rx_bytes')) - before) / 5000
        g.sh('kill $!')
        if not 30 < passed < 260:
            raise Failed('%d kB/s arrived outside, 200 are allowed' % passed)
        # Faster while it runs, and none at all.
        d.run('domiftune', 'b1', g.device(), '--inbound', '1200', '--live')
        has(d.run('domiftune', 'b1', g.device()), 'inbound.average: 1200')
        faster = rate(g, 'nc %s 19' % OUT)
        if not 700 < faster < 1450:
            raise Failed('%d kB/s came in after the change, 1200 are allowed' % faster)
        d.run('domiftune', 'b1', g.device(), '--inbound', '0', '--outbound', '0', '--live')
        equal('htb' in sh('tc qdisc show dev ' + g.device()), False)


@test
@long
def a_link_that_is_down_carries_nothing():
    world()
    d = nat()
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        d.run('domif-setlink', 'g1', g.device(), 'down')
        has(d.run('domif-getlink', 'g1', g.device()), 'down')
        has(g.sh('ping -c 2 -W 1 192.168.150.1'), '100% packet loss')
        d.run('domif-setlink', 'g1', g.device(), 'up')
        has(g.sh('ping -c 4 -W 2 192.168.150.1'), '64 bytes from')


@test
@long
def dhcp_and_dns_answer_on_the_virtual_bridge_only():
    world()
    nat()
    probe = write('probe.py', '''
import os, socket, struct, sys
kind = sys.argv[1]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
if kind == 'dns':
    s.sendto(b'\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x07gateway\\x04test\\x00\\x00\\x01\\x00\\x01', (sys.argv[2], 53))
else:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, 25, b'out0\\0')
    s.bind(('', 68))
    s.sendto(b'\\x01\\x01\\x06\\x00' + b'abcd' + b'\\0\\0\\x80\\0' + b'\\0' * 16 + bytes.fromhex('525400aa0f0f') + b'\\0' * 202 +
             b'\\x63\\x82\\x53\\x63\\x35\\x01\\x01\\xff', ('255.255.255.255', 67))
try:
    print('answer of %d bytes from %s' % (len(s.recvfrom(2000)[0]), kind))
except OSError:
    print('silence')
''')
    equal(outside('/usr/bin/python3 %s dns 10.200.0.1' % probe).strip(), 'silence')
    outside('ip route add 192.168.150.0/24 via 10.200.0.1')
    equal(outside('/usr/bin/python3 %s dns 192.168.150.1' % probe).strip(), 'silence')
    outside('ip route del 192.168.150.0/24')
    equal(outside('/usr/bin/python3 %s dhcp' % probe).strip(), 'silence')
    # The same questions from the bridge's side are answered: the probe is able to ask.
    has(sh('/usr/bin/python3 %s dns 192.168.150.1' % probe), 'answer of')


def snapshot():
    return {'links': sandbox.links(), 'rules': sh('nft list ruleset'), 'files': sandbox.files('/run/libvirt', '/var/lib/libvirt/dnsmasq'),
            'processes': sorted(sandbox.processes('dnsmasq').values()) + sorted(sandbox.processes('passt').values()),
            'routes': sh('ip route; ip -6 route')}


def without(snap, *words):
    snap['files'] = [f for f in snap['files'] if not any(w in f for w in words)]
    return snap


@test
@vireo_only
def nothing_is_left_after_destroy():
    world()
    d = daemon()
    clean_up(d)
    for name in d.run('net-list', '--name').split():
        d.run('net-destroy', name)
    nat()
    d.run('net-destroy', 'natnet') # what is made once and stays: directories, an empty lease file
    before = without(snapshot(), '/qemu/')
    d.run('net-start', 'natnet')
    with on(Guest('g1', "<source network='natnet'/><bandwidth><outbound average='2000'/></bandwidth>")):
        equal(snapshot()['links'] == before['links'], False)
    d.run('net-destroy', 'natnet')
    after = without(snapshot(), '/qemu/')
    for what in before:
        equal('%s: %s' % (what, after[what]), '%s: %s' % (what, before[what]))


@test
@vireo_only
def a_guest_keeps_its_network_when_the_rule_set_is_flushed():
    world()
    nat()
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        for _ in range(5):
            sh('nft flush ruleset')
            time.sleep(1)
            has(sh('nft list table inet vireo_network'), 'masquerade')
            has(g.sh('nc %s 7' % OUT), 'you are 10.200.0.1')


@test
@vireo_only
@long
def dockers_policy_of_drop_lets_guests_pass():
    world()
    nat()
    sh('nft -f ' + write('docker.nft', 'table ip filter {\n chain DOCKER-USER {\n counter return\n}\n chain FORWARD {\n'
                         'type filter hook forward priority 0; policy drop;\n jump DOCKER-USER\n}\n}\n'))
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        has(g.sh('nc %s 7' % OUT), 'you are 10.200.0.1')
    has(sh('nft list chain ip filter DOCKER-USER'), 'vireo:vnat0')
    daemon().run('net-destroy', 'natnet')
    equal('vireo' in sh('nft list ruleset'), False)
    sh('nft delete table ip filter')


@test
@vireo_only
def a_killed_daemon_finds_its_networks_and_mends_what_is_missing():
    world()
    d = nat()
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        device = g.device()
        d.kill()
        sh('nft flush ruleset; ip link set %s nomaster; ip addr flush dev vnat0; ip link set vnat0 down' % device)
        g.console.close()
        d.start()
        wait_for(lambda: 'vnat0' in sh('ip link show ' + device) and 'masquerade' in sh('nft list ruleset'), 'the repair', 15)
        g.conn = d.connect()
        g.dom = g.conn.lookupByName('g1')
        g.console = Console(g.conn, g.dom)
        g.console.send('\n')
        g.console.read_until(guest_image.PROMPT)
        wait_for(lambda: 'you are 10.200.0.1' in g.sh('nc -w 3 %s 7' % OUT), 'the way out')
        equal(len(d.run('net-port-list', 'natnet').split()), 1)
        has(d.run('dumpxml', 'g1'), "bridge='vnat0'")


@test
@vireo_only
def the_port_of_a_guest_that_ended_with_no_daemon_there_is_given_back():
    world()
    d = nat()
    g = Guest('g1', "<source network='natnet'/>", lease=False)
    equal(len(d.run('net-port-list', 'natnet').split()), 1)
    d.kill()
    for pid in sandbox.processes('guest=g1'):
        os.kill(pid, 9)
    g.console.close()
    d.start()
    wait_for(lambda: not d.run('net-port-list', 'natnet').split(), 'the port to be given back')
    equal(d.run('list', '--name').split(), [])


@test
@vireo_only
@long
def a_network_that_starts_anew_has_its_guests_again():
    world()
    d = nat()
    with on(Guest('g1', "<source network='natnet'/>")) as g:
        d.run('net-destroy', 'natnet')
        d.run('net-start', 'natnet')
        wait_for(lambda: 'vnat0' in sh('ip link show ' + g.device()), 'the tap to be plugged in')
        wait_for(lambda: 'you are 10.200.0.1' in g.sh('nc -w 3 %s 7' % OUT), 'the way out')


def net_check(name, good=True):
    p = subprocess.run([os.path.join(BUILD, 'bin', 'virsh'), '-c', daemon().uri(), 'net-check', name], text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, LD_LIBRARY_PATH=BUILD + '/lib'))
    equal((p.returncode == 0, p.stdout[-14:].strip().endswith('good')), (good, good))
    return p.stdout


@test
@vireo_only
@long
def firewalld_has_the_bridge_in_its_zone_also_after_a_reload():
    world()
    if not os.path.exists('/usr/sbin/firewalld') or not os.path.exists('/usr/bin/dbus-daemon'):
        raise Skip('no firewalld here')
    d = network('zoned', "<bridge name='vz0' zone='nosuch'/>" + ip_part(153), start=False)
    r = d.run('net-start', 'zoned', ok=False)
    has(r.err, 'zone nosuch requested for network zoned but firewalld is not active')
    sandbox.cover('/etc/firewalld', 77)
    os.makedirs('/etc/firewalld/zones')
    here = os.path.dirname(os.path.abspath(__file__))
    sh('cp %s/../../dist/firewalld/*.xml /etc/firewalld/zones' % here)
    os.makedirs('/run/dbus', exist_ok=True)
    sh('dbus-daemon --system --fork --nopidfile')
    firewalld = subprocess.Popen(['/usr/sbin/firewalld', '--nofork', '--nopid'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: 'running' == sh('firewall-cmd --state 2>/dev/null', ok=False).strip(), 'firewalld', 30)
        nat()
        equal(sh('firewall-cmd --get-zone-of-interface=vnat0').strip(), 'libvirt')
        with on(Guest('g1', "<source network='natnet'/>")) as g:
            has(g.sh('nc -w 5 %s 7' % OUT), 'you are 10.200.0.1')
            has(g.sh('nslookup gateway.test'), '192.168.150.1')
            for _ in range(3):
                sh('firewall-cmd --reload')
                wait_for(lambda: 'libvirt' == sh('firewall-cmd --get-zone-of-interface=vnat0', ok=False).strip(), 'the zone')
                has(g.sh('nc -w 5 %s 7' % OUT), 'you are 10.200.0.1')
            has(net_check('natnet'), 'passes, leaves by up0')
        d.run('net-destroy', 'natnet')
        equal('libvirt' in sh('firewall-cmd --get-zone-of-interface=vnat0 2>&1', ok=False), False)
    finally:
        firewalld.terminate()
        firewalld.wait()


@test
@vireo_only
def net_check_says_which_table_and_chain_drops_a_packet():
    world()
    nat()
    before = sh('nft list ruleset'), sandbox.links()
    text = net_check('natnet')
    has(text, 'rules: in place')
    has(text, 'to the outside (192.0.2.1): passes, leaves by up0')
    has(text, '192.168.150.1, DNS: passes')
    has(text, '192.168.150.1, DHCP: passes')
    equal((sh('nft list ruleset'), sandbox.links()), before)
    # A chain that drops by its policy, and a rule that does.
    sh('nft -f ' + write('bad.nft', 'table inet others {\n chain fw {\n type filter hook forward priority 10; policy drop;\n}\n}\n'))
    text = net_check('natnet', False)
    has(text, "dropped in table inet others, chain fw, by the chain's policy")
    wait_for(lambda: 'chain fw in table inet others' in daemon().log_tail(50), "the network's warning in the log")
    sh('nft -f ' + write('bad.nft', 'flush table inet others\ndelete table inet others\ntable ip mine {\n chain first {\n'
                         'type filter hook input priority -5;\n udp dport 53 drop\n}\n}\n'))
    text = net_check('natnet', False)
    has(text, 'DNS: dropped in table ip mine, chain first, by the rule "udp dport 53 drop"')
    sh('nft delete table ip mine')
    sh('ip route del default')
    has(net_check('natnet', False), 'is lost between two chains')
    sh('ip route add default via %s' % OUT)
    network('lab', "<bridge name='vlab0' delay='0' stp='off'/>" + ip_part(151))
    text = net_check('lab')
    has(text, "dropped in table inet vireo_network, chain out_vlab0")
    has(text, "(the network's own rules)")


@test
@vireo_only
@long
def user_networking_by_passt_forwards_a_port_and_ends_with_its_guest():
    world()
    if not os.path.exists('/usr/bin/passt'):
        raise Skip('no passt here')
    d = daemon()
    card = """<interface type='user'><backend type='passt' logFile='/run/passt-test.log'/>
        <portForward proto='tcp'><range start='2022' to='22'/></portForward></interface>"""
    g = Guest('p1', card)
    # The gateway's own address stands for the host in there.
    has(g.sh('nc -w 5 10.200.0.3 7'), 'you are 10.200.0.1')
    g.sh("(echo 'from the guest'; sleep 1) | nc -l -p 22 >/dev/null 2>&1 &")
    time.sleep(1)
    has(sh('busybox nc -w 5 127.0.0.1 2022 </dev/null', ok=False), 'from the guest')
    files = sandbox.files('/run/libvirt/qemu/passt')
    equal(len(files), 2)
    equal(len(sandbox.processes('/usr/bin/passt')), 1)
    g.close()
    equal(sandbox.files('/run/libvirt/qemu/passt'), [])
    wait_for(lambda: not sandbox.processes('/usr/bin/passt'), 'the end of passt')
    equal(d.run('list', '--name').split(), [])


main()
