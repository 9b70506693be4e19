#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a domain's document costs: libvirt's own library and ours, in turn in one run, each on its mock hypervisor.

usage: bench/document.py [--quick]

CPU time of the process to read (and define) and to write a typical definition of some ninety lines; medians with the best
in brackets, and ours to libvirt's: below 1 we cost less.
"""
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('VIREO_BUILD') or os.path.join(os.path.dirname(HERE), 'build')
GUEST = """<domain type='test'>
  <name>typical</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><title>a guest like many</title>
  <memory unit='KiB'>4194304</memory><currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu placement='static' cpuset='1-4,^3,6' current='2'>4</vcpu>
  <cputune><shares>1024</shares><vcpupin vcpu='0' cpuset='1'/><vcpupin vcpu='1' cpuset='2'/><emulatorpin cpuset='1-2'/></cputune>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/><boot dev='cdrom'/></os>
  <features><acpi/><apic/><pae/></features>
  <cpu mode='custom' match='exact'><model fallback='allow'>Haswell</model><topology sockets='1' cores='2' threads='2'/>
    <feature policy='require' name='vmx'/></cpu>
  <clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/><source file='/srv/a.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/srv/b.img'/><target dev='vdb' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
    <interface type='network'><mac address='52:54:00:12:34:56'/><source network='default'/><model type='virtio'/></interface>
    <interface type='bridge'><mac address='52:54:00:12:34:57'/><source bridge='br0'/><model type='virtio'/></interface>
    <serial type='pty'><target port='0'/></serial><console type='pty'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <input type='tablet' bus='usb'/><graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
    <sound model='ich6'/><video><model type='qxl' vram='65536' heads='1'/></video>
    <memballoon model='virtio'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
"""


def main(argv):
    rounds, count = (3, 1000) if '--quick' in argv else (11, 4000)
    found = {}
    with tempfile.TemporaryDirectory() as where:
        program, guest = where + '/document_calls', where + '/guest.xml'
        subprocess.run(['cc', '-O2', '-o', program, os.path.join(HERE, 'document_calls.c'), '-I' + os.path.join(BUILD, 'include'),
                        '-L' + os.path.join(BUILD, 'lib'), '-lvirt'], check=True)
        with open(guest, 'w') as f:
            f.write(GUEST)
        for _ in range(rounds):
            for which in ('libvirt', 'ours'):
                env = {k: v for k, v in os.environ.items() if k != 'LD_LIBRARY_PATH'}
                if which == 'ours':
                    env['LD_LIBRARY_PATH'] = os.path.join(BUILD, 'lib')
                out = subprocess.run([program, guest, str(count)], env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
                for line in out.splitlines():
                    name, ns = line.split('\t')
                    found.setdefault(name, {}).setdefault(which, []).append(float(ns) / 1000)
    print('%-18s %22s %22s %14s' % ('CPU, us', "libvirt's library", 'ours', 'ratio (best)'))
    for name, v in found.items():
        a, b = v['libvirt'], v['ours']
        print('%-18s %12.1f (%7.1f) %12.1f (%7.1f) %6.2f (%5.2f)' % (
            name, statistics.median(a), min(a), statistics.median(b), min(b), statistics.median(b) / statistics.median(a), min(b) / min(a)))


main(sys.argv[1:])
