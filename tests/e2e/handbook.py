#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An administrator's handbook domain: a PC of its time with each device at a stated PCI address. Started by stock and by us
on this machine it is the same hardware: PCI slots, device tree, command line, live XML. And where the host lacks what the
definition names, the error names it and what would be valid here."""
import difflib
import json
import os
import re
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    STOCK, Daemon, Failed, Skip, clean_up, daemon, equal, has, main, sandbox, test, vireo_only, with_sizes, write)

XML = '''<domain type='%(type)s'>
  <name>handbook</name>
  <uuid>7e7bc9fe-b5a7-11ed-a581-af520e544069</uuid>
  <memory unit='KiB'>1048576</memory>
  <currentMemory unit='KiB'>1048576</currentMemory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='x86_64' machine='%(machine)s'>hvm</type>
    <boot dev='hd'/>
    <boot dev='cdrom'/>
  </os>
  <features><acpi/><apic/><pae/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>restart</on_crash>
  <devices>
    <emulator>%(emulator)s</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source file='%(disk)s'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>
    </disk>
    <controller type='usb' index='0'><address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x2'/></controller>
    <controller type='ide' index='0'><address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x1'/></controller>
    <interface type='bridge'>
      <mac address='52:54:00:e9:e0:3b'/>
      <source bridge='%(bridge)s'/>
      <model type='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
    </interface>
    <serial type='pty'><target port='0'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <input type='tablet' bus='usb'/>
    <input type='mouse' bus='ps2'/>
    <graphics type='vnc' port='-1' autoport='yes'/>
    <sound model='ich6'><address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/></sound>
    <video>
      <model type='cirrus' vram='9216' heads='1'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
    </video>
    <memballoon model='virtio'><address type='pci' domain='0x0000' bus='0x00' slot='0x06' function='0x0'/></memballoon>
  </devices>
</domain>
'''
# The slots of the definition above, by what sits there.
SLOTS = {(1, 1): '8086:7010', (1, 2): '8086:7020', (2, 0): '1013:00b8', (3, 0): '1af4:1000', (4, 0): '8086:2668',
         (5, 0): '1af4:1001', (6, 0): '1af4:1002'}
# Arguments that differ on purpose, with the reason. Both sides have these replaced before they are compared.
DIFFERENCES = (
    (r'^socket,id=charmonitor,fd=\d+,server=on,wait=off$|^socket,id=charmonitor,(path=[^,]*|fd=\d+).*$', 'MONITOR',
     'the monitor socket: both pass a listening descriptor, of a different number'),
    (r'"fd(s)?":"\d+"|\bfd=\d+|"vhostfd(s)?":"\d+"', 'FD', 'numbers of descriptors'),
    (r'domain-\d+-', 'domain-N-', "the guest's number in its private directory"),
    (r'"file":"[^"]*master-key\.aes"', '"file":"KEY"', 'path of the master key, in that directory'),
)
_cache = {}


def adapted(**kw):
    values = dict(type='qemu', machine='pc', emulator='/usr/bin/qemu-system-x86_64', bridge='br0',
                  disk=os.path.join(sandbox.WORK, 'handbook.img'))
    values.update(kw)
    return XML % values


def facts(kind):
    """What is to be seen of the running guest under a daemon of that kind."""
    if kind in _cache:
        return _cache[kind]
    if kind == 'stock' and not os.path.exists(STOCK):
        raise Skip('no %s to compare with (package libvirt-daemon-system)' % STOCK)
    if 'br0' not in sandbox.links():
        sandbox.add_bridge()
    with_sizes('handbook.img', 8)
    d = Daemon(kind, log='/run/work/handbook-%s.log' % kind)
    with d:
        d.run('define', write('handbook.xml', adapted()))
        d.run('start', 'handbook')
        pids = list(sandbox.processes('guest=handbook'))
        equal(len(pids), 1)
        with open('/proc/%d/cmdline' % pids[0], 'rb') as f:
            argv = f.read().decode().rstrip('\0').split('\0')
        out = dict(argv=argv, live=d.run('dumpxml', 'handbook'), inactive=d.run('dumpxml', 'handbook', '--inactive'),
                   qtree=d.run('qemu-monitor-command', 'handbook', '--hmp', 'info qtree'),
                   pci=json.loads(d.run('qemu-monitor-command', 'handbook', '{"execute":"query-pci"}')),
                   state=d.run('domstate', 'handbook', '--reason').strip(), tap=sorted(set(sandbox.links()) - {'lo', 'br0'}))
        d.run('destroy', 'handbook')
        d.run('undefine', 'handbook')
        equal(sorted(set(sandbox.links()) - {'lo', 'br0'}), [])
    _cache[kind] = out
    return out


def same_text(a, b, what):
    """a of stock, b of ours."""
    if a != b:
        diff = difflib.unified_diff(a.splitlines(), b.splitlines(), 'stock', 'ours', lineterm='', n=1)
        raise Failed('%s differ:\n%s' % (what, '\n'.join(list(diff)[:60])))


def this():
    return facts(os.environ.get('VIREO_DAEMON') or 'vireo')


@test
def it_starts_with_its_devices_at_the_stated_slots():
    f = this()
    equal(f['state'], 'running (booted)')
    slots = {(x['slot'], x['function']): '%04x:%04x' % (x['id']['vendor'], x['id']['device'])
             for x in f['pci']['return'][0]['devices']}
    for where, what in SLOTS.items():
        equal(slots.get(where), what, 'slot %d.%d' % where)
    equal(f['tap'], ['vnet0'])


@test
@vireo_only
def the_pci_buses_are_those_under_stock():
    ours, stock = facts('vireo'), facts('stock')
    def plain(pci):
        # Where a region is mapped depends on how far the firmware has come.
        return re.sub(r'"(address|base|limit|irq)": -?\d+', r'"\1": N', json.dumps(pci['return'], indent=1))
    same_text(plain(stock['pci']), plain(ours['pci']), 'the PCI devices')


@test
@vireo_only
def the_device_tree_is_that_under_stock():
    def plain(text):
        text = re.sub(r'0x[0-9a-f]{8,}', 'ADDRESS', text)
        # Which address the firmware has given to a USB device by now.
        text = re.sub(r'\baddr \d+\.\d+, port', 'addr N, port', text)
        return re.sub(r'\b(fds?|vhostfds?|secret) = ".*"', r'\1', text)
    ours, stock = facts('vireo'), facts('stock')
    same_text(plain(stock['qtree']), plain(ours['qtree']), 'the device trees')


def plain_argv(argv):
    out = []
    for a in argv:
        for pattern, by, _ in DIFFERENCES:
            a = re.sub(pattern, by, a)
        out.append(a)
    return '\n'.join(out)


@test
@vireo_only
def the_command_line_is_that_of_stock():
    same_text(plain_argv(facts('stock')['argv']), plain_argv(facts('vireo')['argv']), 'the command lines')


@test
@vireo_only
def the_live_xml_is_that_of_stock():
    def plain(text):
        text = re.sub(r"/dev/pts/\d+", '/dev/pts/N', text)
        return re.sub(r" id='\d+'>", " id='N'>", text, count=1)
    same_text(plain(facts('stock')['live']), plain(facts('vireo')['live']), 'the live documents')


@test
@vireo_only
def the_kept_definition_is_that_of_stock():
    same_text(facts('stock')['inactive'], facts('vireo')['inactive'], 'the definitions')


def refused(**kw):
    """The error of defining and starting the domain with a wrong value."""
    if 'br0' not in sandbox.links():
        sandbox.add_bridge()
    with_sizes('handbook.img', 8)
    d = daemon()
    clean_up(d)
    r = d.run('define', write('wrong.xml', adapted(**kw)), ok=None)
    if r.rc == 0:
        r = d.run('start', 'handbook', ok=False)
    return r.err


@test
def a_missing_emulator_is_named():
    err = refused(emulator='/usr/libexec/qemu-kvm')
    has(err, 'Cannot check QEMU binary /usr/libexec/qemu-kvm: No such file or directory')
    if daemon().kind == 'vireo':
        has(err, '/usr/bin/qemu-system-x86_64')


@test
def an_unknown_machine_type_is_named_and_near_ones_are_offered():
    err = refused(machine='rhel6.3.0')
    has(err, "unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support machine type 'rhel6.3.0'")
    if daemon().kind == 'vireo':
        has(err, 'pc')
    err = refused(machine='pc-i440fx-7.9')
    has(err, "does not support machine type 'pc-i440fx-7.9'")
    if daemon().kind == 'vireo':
        has(err, 'pc-i440fx-7.2')


@test
def a_missing_bridge_is_named():
    err = refused(bridge='br77')
    has(err, "Cannot get interface MTU on 'br77': No such device")


@test
def a_missing_disk_is_named():
    err = refused(disk='/var/lib/libvirt/images/rhel6u3-1.img')
    has(err, "Cannot access storage file '/var/lib/libvirt/images/rhel6u3-1.img'")
    has(err, 'No such file or directory')


@test
def kvm_without_its_device_is_named():
    err = refused(type='kvm')
    has(err, "unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'kvm'")


@test
def a_misspelt_element_value_is_named():
    d = daemon()
    text = adapted().replace("bus='virtio'/>", "bus='virtoi'/>")
    err = d.run('define', write('wrong.xml', text), ok=False).err
    has(err, "XML error: Invalid value for attribute 'bus' in element 'target': 'virtoi'.")
    if d.kind == 'vireo':
        line = str(1 + text[:text.index('virtoi')].count('\n'))
        has(err, line)
        has(err, "'virtio'")
    ET.fromstring(text)


main()
