#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a call costs the client: libvirt's own library and ours, in turn in one run, on the same daemon.

usage: bench/client.py [--quick] [--stock-daemon]

CPU time of the calling process per call; medians with the best in brackets, and ours to libvirt's: below 1 we cost less.
"""
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'tests', 'lib'))
import sandbox  # noqa: E402

GUEST = """<domain type='qemu'><name>bench%d</name><memory>65536</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator><disk type='file'><source file='/run/work/d%d'/><target dev='vda' bus='virtio'/></disk>
<serial type='pty'/></devices></domain>"""


def main(argv):
    sandbox.enter()
    from daemon import BUILD, Daemon
    quick = '--quick' in argv
    rounds, count = (3, 2000) if quick else (11, 8000)
    program = '/run/work/client_calls'
    subprocess.run(['cc', '-O2', '-o', program, os.path.join(HERE, 'client_calls.c'), '-I' + os.path.join(BUILD, 'include'),
                    '-L' + os.path.join(BUILD, 'lib'), '-lvirt', '-lpthread'], check=True)
    d = Daemon(kind='stock' if '--stock-daemon' in argv else 'vireo')
    d.start()
    for i in range(50):
        path = '/run/work/g%d.xml' % i
        with open(path, 'w') as f:
            f.write(GUEST % (i, i))
        d.run('define', path)
    found = {}
    for _ in range(rounds):
        for which in ('libvirt', 'ours'):
            env = {k: v for k, v in os.environ.items() if k != 'LD_LIBRARY_PATH'}
            if which == 'ours':
                env['LD_LIBRARY_PATH'] = os.path.join(BUILD, 'lib')
            out = subprocess.run([program, d.uri(), str(count)], env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
            for line in out.splitlines():
                name, ns = line.split('\t')
                found.setdefault(name, {}).setdefault(which, []).append(float(ns) / 1000)
    d.stop()
    print('%-18s %22s %22s %14s' % ('CPU per call, us', "libvirt's library", 'ours', 'ratio (best)'))
    for name, v in found.items():
        a, b = v['libvirt'], v['ours']
        print('%-18s %12.1f (%7.1f) %12.1f (%7.1f) %6.2f (%5.2f)' % (
            name, statistics.median(a), min(a), statistics.median(b), min(b), statistics.median(b) / statistics.median(a), min(b) / min(a)))


main(sys.argv[1:])
