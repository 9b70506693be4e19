#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A whole Debian guest boots, by BIOS and by UEFI, and sees the hardware its document describes."""
import json
import os
import re
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
sys.path.insert(0, os.path.join(HERE, '..', 'guest'))
import debian  # noqa: E402
from suite import LONG, Skip, clean_up, daemon, equal, has, long, main, sandbox, test, wait_for, write  # noqa: E402

CACHE = os.path.abspath(os.path.join(HERE, '..', '..', 'build-guest', 'debian'))
PLACE = '/var/lib/libvirt/debian'
GIB = 1 << 30
# Software emulation on a busy machine: minutes.
BOOT_S = 1800

# The image is made outside the sandbox, which has no network.
if LONG and os.environ.get('VIREO_INSIDE') is None and not os.environ.get('VIREO_DEBIAN_WHY'):
    try:
        debian.build(CACHE)
    except debian.Unavailable as e:
        os.environ['VIREO_DEBIAN_WHY'] = str(e)

GUEST = '''<domain type='qemu'>
  <name>%s</name>
  <uuid>6e0bb7e0-1d8f-4f5e-9d0b-5a6d0f2f8d11</uuid>
  <memory unit='MiB'>1024</memory>
  <currentMemory unit='MiB'>768</currentMemory>
  <vcpu>2</vcpu>
  <os%s<type arch='x86_64' machine='q35'>hvm</type><boot dev='cdrom'/><boot dev='hd'/><smbios mode='sysinfo'/></os>
  <sysinfo type='smbios'><system><entry name='manufacturer'>Vireo</entry><entry name='serial'>serial 42</entry></system></sysinfo>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='none'><model>qemu64</model><topology sockets='1' cores='2' threads='1'/></cpu>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='%s/boot.iso'/><target dev='sda' bus='sata'/>
      <readonly/></disk>
    <interface type='user'><mac address='52:54:00:aa:bb:cc'/><model type='virtio'/></interface>
    <serial type='file'><source path='%s'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <memballoon model='virtio'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>%s
  </devices>
</domain>
'''
TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"


def prepare():
    why = os.environ.get('VIREO_DEBIAN_WHY')
    if why or not os.path.exists(CACHE + '/disk.img'):
        raise Skip(why or 'no Debian image')
    if not os.path.ismount(PLACE):
        os.makedirs(PLACE)
        sandbox.mount('--bind', CACHE, PLACE)


def reports(log):
    """name -> text, of what the guest wrote on its serial port."""
    try:
        with open(log, errors='replace') as f:
            text = f.read().replace('\r', '')
    except OSError:
        return None
    if 'REPORTED' not in text:
        return None
    return {m[1]: m[2].strip() for m in re.finditer(r'^REPORT (\w+)\n(.*?)^END', text, re.M | re.S)}


def agent(path, command):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(path)
        s.sendall(json.dumps({'execute': command}).encode() + b'\n')
        return json.loads(s.makefile().readline())


def boots(name, os_part):
    prepare()
    d = daemon()
    clean_up(d)
    tpm = TPM if os.path.exists('/usr/bin/swtpm') else ''
    overlay, log = '%s/%s.qcow2' % (sandbox.WORK, name), '/var/log/libvirt/qemu/%s-serial.log' % name
    os.chmod(sandbox.WORK, 0o755)
    os.system('qemu-img create -q -f qcow2 -F raw -b %s/disk.img %s' % (PLACE, overlay))
    d.run('create', write(name + '.xml', GUEST % (name, os_part, overlay, PLACE, log, tpm)))
    r = wait_for(lambda: reports(log), 'the boot of Debian', BOOT_S)
    # block, network, random numbers, balloon, the agent's serial bus, and the board
    for part in ('[1af4:1042]', '[1af4:1041]', '[1af4:1044]', '[1af4:1045]', '[1af4:1043]', '82801I'):
        has(r['lspci'], part)
    has(re.sub(' +', ' ', r['lsblk']), 'vda %d disk' % (2 * GIB))
    has(r['dmidecode'], 'Manufacturer: Vireo')
    has(r['dmidecode'], 'Serial Number: serial 42')
    has(r['dmidecode'].lower(), 'uuid: 6e0bb7e0-1d8f-4f5e-9d0b-5a6d0f2f8d11')
    cpu = dict(re.findall(r'^\s*([^:\n]+):\s+(.*)$', r['lscpu'], re.M))
    equal((cpu['CPU(s)'], cpu['Core(s) per socket'], cpu['Socket(s)']), ('2', '2', '1'))
    has(r['net'], '52:54:00:aa:bb:cc')
    has(r['rng'], 'virtio_rng')
    if tpm:
        equal(r['tpm'], '2')
    path = re.search(r"<source mode='bind' path='([^']+)'", d.run('dumpxml', name))[1]
    equal(agent(path, 'guest-ping'), {'return': {}})

    def balloon():
        text = d.run('qemu-monitor-command', name, '{"execute":"query-balloon"}')
        return json.loads(text)['return']['actual'] == 768 << 20
    wait_for(balloon, "the guest's memory at its target", 120)
    d.run('destroy', name)
    return r


@test
@long
def debian_boots_by_bios():
    equal(boots('bios', '>')['firmware'], 'bios')


@test
@long
def debian_boots_by_uefi():
    if not os.path.isdir('/usr/share/qemu/firmware'):
        raise Skip('no UEFI firmware is installed')
    # the loader is nobody's that the enrolled keys would know
    os_part = " firmware='efi'><firmware><feature enabled='no' name='secure-boot'/></firmware>"
    equal(boots('uefi', os_part)['firmware'], 'uefi')


main()
