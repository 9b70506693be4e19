#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Interfaces on Open vSwitch: a real switch in this sandbox, in user space (datapath netdev), beside stock's libvirtd on another."""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from netguest import Guest, on, rate  # noqa: E402
from suite import (  # noqa: E402
    STOCK, Daemon, Failed, Skip, daemon, domain_xml, equal, has, long, main, sandbox, test, vireo_only, wait_for, write)

SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'
ID = '09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'
OVS = "<virtualport type='openvswitch'>%s</virtualport>"
NETWORK = '''<network><name>ovs</name><forward mode='bridge'/><bridge name='ovsbr0'/>
<virtualport type='openvswitch'><parameters interfaceid='%s'/></virtualport>
<vlan trunk='yes'><tag id='42'/><tag id='47' nativeMode='untagged'/></vlan>
<portgroup name='access'><vlan><tag id='11'/></vlan><bandwidth><inbound average='1000' peak='5000' burst='512'/>
<outbound average='2000' peak='3000' burst='600'/></bandwidth></portgroup>
<portgroup name='other'><vlan><tag id='12'/></vlan></portgroup>
<portgroup name='trunk'><vlan trunk='yes'><tag id='11'/><tag id='12'/></vlan>
<virtualport type='openvswitch'><parameters profileid='gold plan'/></virtualport></portgroup>
<portgroup name='tagged'><vlan trunk='yes'><tag id='21' nativeMode='tagged'/><tag id='22'/></vlan></portgroup>
</network>''' % ID
LIMITS = "<bandwidth><inbound average='1000' peak='5000' burst='512'/><outbound average='2000' peak='3000' burst='600'/></bandwidth>"


def net_card(group=''):
    return "<interface type='network'><source network='ovs'%s/>%%s</interface>" % (group and " portgroup='%s'" % group)


def bridge_card(parameters='', more=''):
    return "<interface type='bridge'><source bridge='ovsbr0'/>%s%s%%s</interface>" % (OVS % parameters, more)


CARDS = {
    'the network\'s trunk with a native tag': net_card(),
    'an access port with limits': net_card('access'),
    'a trunk with a profile': net_card('trunk'),
    'a tagged native one': net_card('tagged'),
    'on the bridge': bridge_card("<parameters interfaceid='%s' profileid='p'/>" % ID, "<vlan><tag id='5'/></vlan><target dev='mytap'/>"),
    'on the bridge with limits': bridge_card("<parameters interfaceid='%s'/>" % ID, LIMITS),
    'with an MTU': bridge_card("<parameters interfaceid='%s'/>" % ID, "<mtu size='1400'/>"),
}


def sh(command, ok=True):
    p = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ok and p.returncode:
        raise Failed('%s: exit code %d\n%s' % (command, p.returncode, p.stdout))
    return p.stdout


def switch():
    """Starts the switch once, with a bridge. Skips where it is not installed."""
    if os.path.exists('/run/openvswitch/db.sock'):
        return
    for path in (SCHEMA, '/usr/bin/ovs-vsctl', '/usr/sbin/ovsdb-server', '/usr/sbin/ovs-vswitchd'):
        if not os.path.exists(path):
            raise Skip('no %s here (package openvswitch-switch)' % path)
    os.makedirs('/run/openvswitch', exist_ok=True)
    sh('ovsdb-tool create /run/work/conf.db ' + SCHEMA)
    quiet = '--pidfile --detach --log-file=/run/work/%s.log -vconsole:off'
    sh('ovsdb-server /run/work/conf.db --remote=punix:/run/openvswitch/db.sock ' + quiet % 'ovsdb')
    sh('ovs-vsctl --no-wait init')
    sh('ovs-vswitchd ' + quiet % 'vswitchd')
    sh('ovs-vsctl --timeout=10 add-br ovsbr0 -- set bridge ovsbr0 datapath_type=netdev')
    sh('ip link set ovsbr0 up')


def row(table, name, columns):
    text = sh('ovs-vsctl --columns=%s list %s %s' % (columns, table, name))
    return re.sub(r'\bvnet\d+', 'vnetN', text)


def rows(table):
    return sh('ovs-vsctl --columns=_uuid find %s' % table).split()


def ports():
    return [p for p in sh('ovs-vsctl list-ports ovsbr0').split() if p]


def define(d, name, card, mac='52:54:00:00:00:01', uuid=None):
    xml = domain_xml(name, devices=card % ("<mac address='%s'/><model type='virtio'/>" % mac))
    if uuid:
        xml = xml.replace('</name>', '</name><uuid>%s</uuid>' % uuid)
    d.run('define', write('d.xml', xml))


def device(d, name):
    return d.run('domiflist', name).split()[0]


def with_network(d):
    d.run('net-destroy', 'ovs', ok=None)
    d.run('net-undefine', 'ovs', ok=None)
    d.run('net-define', write('ovs.xml', NETWORK))
    d.run('net-start', 'ovs')
    return d


def what_the_switch_knows(d):
    """For each card, the switch's own records of the port while the guest runs."""
    with_network(d)
    found = {}
    for what, card in CARDS.items():
        define(d, 'vm', card, uuid='00000000-1111-2222-3333-444444444444')
        d.run('start', 'vm')
        port = device(d, 'vm')
        found[what] = row('Port', port, 'name,tag,trunks,vlan_mode,other_config,external_ids') + row(
            'Interface', port, 'name,external_ids,ingress_policing_rate,ingress_policing_burst,mtu_request')
        found[what] += ''.join(re.sub(r'\bvnet\d+', 'vnetN', sh('ovs-vsctl --columns=type,other_config,external_ids list qos; '
                                                               'ovs-vsctl --columns=other_config,external_ids list queue')))
        d.run('destroy', 'vm')
        equal(ports(), [], what)
        sh('ovs-vsctl --all destroy qos -- --all destroy queue')  # stock leaves them
        d.run('undefine', 'vm')
    d.run('net-destroy', 'ovs')
    d.run('net-undefine', 'ovs')
    return found


@vireo_only
@test
def the_switch_knows_of_a_port_what_it_knows_from_stock():
    switch()
    if not os.path.exists(STOCK):
        raise Skip('stock libvirtd is not installed')
    daemon().stop()
    stock = Daemon('stock').start()
    theirs = what_the_switch_knows(stock)
    stock.stop()
    ours = what_the_switch_knows(daemon())
    for what, text in theirs.items():
        equal(ours[what], text, what)


@vireo_only
@test
def limits_are_the_switchs_and_nothing_of_a_port_is_left():
    switch()
    d = with_network(daemon())
    define(d, 'vm', net_card('access'))
    d.run('start', 'vm')
    port = device(d, 'vm')
    has(sh('tc class show dev ' + port), 'rate 8Mbit ceil 40Mbit')
    d.run('domiftune', 'vm', port, '--inbound', '300', '--outbound', '0', '--live')
    equal((len(rows('qos')), len(rows('queue'))), (3, 3))  # "_uuid : X"
    has(sh('tc class show dev ' + port), 'rate 2400Kbit')
    equal(row('Interface', port, 'ingress_policing_rate').split()[-1], '0')
    d.run('domiftune', 'vm', port, '--inbound', '0', '--live')
    equal((rows('qos'), rows('queue')), ([], []))
    d.run('domiftune', 'vm', port, '--inbound', '500,900,100', '--outbound', '100', '--live')
    d.kill()
    d.start()
    equal(ports(), [port])
    has(d.run('domiftune', 'vm', port), 'inbound.peak   : 900')
    d.run('destroy', 'vm')
    equal((ports(), rows('qos'), rows('queue')), ([], [], []))
    # A port that a host's crash left, with what it had.
    sh('ovs-vsctl add-port ovsbr0 left0 tag=99 -- set Interface left0 external-ids:old=1', ok=False)
    define(d, 'vm2', bridge_card('', "<target dev='left0'/>"))
    d.run('start', 'vm2')
    equal(row('Port', 'left0', 'tag').split()[-1], '[]')
    equal('old' in row('Interface', 'left0', 'external_ids'), False)
    d.run('destroy', 'vm2')
    equal((ports(), [n for n in sandbox.links() if n.startswith(('vnet', 'left'))]), ([], []))


@test
@vireo_only
def a_port_that_cannot_be_is_told_and_leaves_nothing():
    switch()
    d = daemon()
    define(d, 'odd', bridge_card("<parameters profileid='a\"b\\\\c'/>"))
    d.run('start', 'odd')
    has(row('Interface', device(d, 'odd'), 'external_ids'), r'port-profile="a\"b\\\\c"')
    d.run('destroy', 'odd')
    define(d, 'lost', "<interface type='bridge'><source bridge='nope'/>%s%%s</interface>" % (OVS % ''))
    r = d.run('start', 'lost', ok=False)
    has(r.err, 'to OVS bridge nope: ')
    has(r.err, 'no bridge named nope')
    equal((ports(), [n for n in sandbox.links() if n.startswith('vnet')]), ([], []))


@test
@vireo_only
def a_port_of_midonet_is_bound_by_its_program():
    d = daemon()
    sandbox.mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/usr/local/bin')
    card = "<interface type='bridge'><source bridge='any'/><virtualport type='midonet'><parameters interfaceid='%s'/></virtualport>%%s</interface>" % ID
    define(d, 'mido', card)
    r = d.run('start', 'mido', ok=False)
    has(r.err, 'Unable to bind port vnet')
    has(r.err, 'mm-ctl is not installed')
    with open('/usr/local/bin/mm-ctl', 'w') as f:
        f.write('#!/bin/sh\necho "$@" >> /run/work/mm.log\n')
    os.chmod('/usr/local/bin/mm-ctl', 0o755)
    d.run('start', 'mido')
    port = device(d, 'mido')
    equal(os.path.exists('/sys/class/net/%s/master' % port), False)
    d.run('destroy', 'mido')
    with open('/run/work/mm.log') as f:
        equal(f.read().splitlines(), ['--bind-port %s %s' % (ID, port), '--unbind-port ' + ID])


# A switch in user space passes on frames whose checksum was left to the card, and the other guest drops them.
WHOLE = "<driver><host csum='off' gso='off' tso4='off' tso6='off'/><guest csum='off' tso4='off' tso6='off'/></driver>"


def on_vlan(name, group, n):
    return Guest(name, "<source network='ovs' portgroup='%s'/>%s" % (group, WHOLE), '52:54:00:aa:01:%02x' % n, lease=False)


def ping(g, address):
    return '3 packets received' in g.sh('ping -c 3 -W 1 -w 6 ' + address)


@test
@vireo_only
@long
def guests_meet_only_in_their_vlan_and_within_their_limits():
    switch()
    d = with_network(daemon())
    a, b = on_vlan('a', 'access', 1), on_vlan('b', 'access', 2)
    c, t = on_vlan('c', 'other', 3), on_vlan('t', 'trunk', 4)
    with on(a, b, c, t):
        for n, g in enumerate((a, b, c)):
            g.sh('ip addr add 10.9.0.%d/24 dev eth0; ip link set eth0 up' % (n + 1))
        t.sh('ip link set eth0 up; ip addr add 10.9.0.4/24 dev eth0')
        equal((ping(a, '10.9.0.2'), ping(b, '10.9.0.1')), (True, True))
        before = int(open('/sys/class/net/%s/statistics/tx_packets' % c.device()).read())
        equal((ping(a, '10.9.0.3'), ping(c, '10.9.0.1'), ping(t, '10.9.0.1')), (False, False, False))
        after = int(open('/sys/class/net/%s/statistics/tx_packets' % c.device()).read())
        # what goes to c: nothing of a's ARP, only its own neighbours' chatter (IPv6), which is none in VLAN 12 but t's
        equal(after - before < 6, True, '%d packets reached VLAN 12' % (after - before))
        b.sh('(while true; do dd if=/dev/zero bs=16384 count=4096 2>/dev/null | nc -l -p 19; done) >/dev/null 2>&1 &')
        d.run('domiftune', 'a', a.device(), '--inbound', '300', '--live')
        time.sleep(0.5)
        down = rate(a, 'nc 10.9.0.2 19')
        if not 150 < down < 400:
            raise Failed('%d kB/s came in, 300 are allowed' % down)
        d.run('domiftune', 'a', a.device(), '--inbound', '0', '--live')
        free = rate(a, 'nc 10.9.0.2 19')
        if free < 500:
            raise Failed('%d kB/s came in without a limit' % free)
    wait_for(lambda: ports() == [], 'the end of all ports')


main()
