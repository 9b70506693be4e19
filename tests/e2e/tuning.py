#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shares, limits, pins and lifecycle actions, asked and set by stock's virsh: what it prints is what it prints with stock's daemon."""
import os
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import protocol  # noqa: E402
from daemon import STOCK  # noqa: E402
from suite import (  # noqa: E402
    Daemon, Failed, Skip, clean_up, daemon, domain_xml, equal, main, sandbox, test, vireo_only, write)

HEAD = '<uuid>00000000-1111-4222-8333-555555555555</uuid><iothreads>1</iothreads>'
OFF = '''
schedinfo m; schedinfo m --set cpu_shares=2048; schedinfo m --set vcpu_quota=5; schedinfo m --set vcpu_quota=-1
schedinfo m --set vcpu_period=50000 emulator_quota=3000 global_period=20000; schedinfo m --set emulator_quota=2000000000000000
schedinfo m --set iothread_period=70000; schedinfo m --set x=3; schedinfo m --set cpu_shares=1; schedinfo m
memtune m; memtune m --hard-limit 200000; memtune m --soft-limit 300000; memtune m --swap-hard-limit 100
memtune m --swap-hard-limit 400000; memtune m --hard-limit 500000; memtune m; memtune m --hard-limit -1; memtune m
memtune m --live; blkiotune m --weight 500; blkiotune m --device-weights /dev/vda,600,/dev/null,700
blkiotune m --device-read-bytes-sec /dev/null,7000; blkiotune m --device-weights /dev/vda,0; blkiotune m
numatune m; numatune m --mode preferred --nodeset 0; numatune m --nodeset 9; numatune m --mode foo; numatune m
vcpupin m; vcpupin m 0 0 --config; vcpupin m 0 0; vcpupin m 1 0-1 --config; vcpupin m 7 0 --config; vcpupin m
emulatorpin m 0 --config; emulatorpin m; iothreadpin m 1 0 --config; iothreadpin m 7 0 --config; iothreadinfo m
set-lifecycle-action m poweroff restart --config; set-lifecycle-action m poweroff preserve --config
set-lifecycle-action m poweroff rename-restart --config; set-lifecycle-action m poweroff coredump-destroy --config
set-lifecycle-action m reboot destroy --config; set-lifecycle-action m crash coredump-restart --config; dumpxml m'''
RUNNING = '''
memtune m; memtune m --config; memtune m --hard-limit 100000; blkiotune m; blkiotune m --weight 200; schedinfo m
schedinfo m --config; numatune m; numatune m --mode strict --nodeset 0; vcpupin m 0 0; vcpupin m 1 0-1; vcpupin m 9 0
vcpupin m; emulatorpin m 0; emulatorpin m; iothreadpin m 1 0; iothreadpin m 3 0; iothreadinfo m
set-lifecycle-action m reboot destroy; set-lifecycle-action m reboot restart; set-lifecycle-action m poweroff restart
set-lifecycle-action m crash rename-restart; set-lifecycle-action m crash coredump-destroy'''


def commands(text):
    return [c.strip() for line in text.splitlines() for c in line.split(';') if c.strip()]


def transcript(d):
    """[(command, exit code, output, errors)]"""
    out = []
    d.run('define', write('m.xml', domain_xml('m', vcpus=2, head=HEAD)))
    for text, start in ((OFF, False), (RUNNING, True)):
        if start:
            d.run('undefine', 'm')
            d.run('define', '/run/work/m.xml')
            d.run('start', 'm')
        for c in commands(text):
            r = d.run(*shlex.split(c), ok=None)
            out.append((c, r.rc, str(r), r.err))
    tail = ' '.join(threads(d))
    d.run('destroy', 'm')
    d.run('undefine', 'm')
    return out, tail


def threads(d):
    """Where each thread of the guest that has a name of ours may run."""
    pid, = sandbox.processes('guest=m')
    found = []
    for t in sorted(os.listdir('/proc/%d/task' % pid), key=int):
        with open('/proc/%d/task/%s/status' % (pid, t)) as f:
            status = dict(line.split(':', 1) for line in f if ':' in line)
        name = status['Name'].strip()
        if name.startswith(('CPU ', 'IO iothread')):
            found.append('%s=%s' % (name, status['Cpus_allowed_list'].strip()))
    return found


@test
@vireo_only
def what_is_told_and_set_is_as_with_stock():
    if not os.path.exists(STOCK):
        raise Skip('no %s here (package libvirt-daemon-system)' % STOCK)
    d = daemon()
    clean_up(d)
    ours = transcript(d)
    d.stop()
    with Daemon('stock', log='/run/work/other.log') as other:
        theirs = transcript(other)
    for mine, stocks in zip(ours[0], theirs[0]):
        if mine != stocks:
            raise Failed('virsh %s\nours  %s\nstock %s' % (mine[0], mine[1:], stocks[1:]))
    equal(ours[1], theirs[1], 'where the threads may run')
    if 'CPU 0' not in ours[1]:
        raise Failed('no thread was looked at: %s' % ours[1])


@test
@vireo_only
def a_pin_that_the_machine_cannot_do_changes_nothing():
    d = daemon()
    clean_up(d)
    c = d.connect()
    dom = c.createXML(domain_xml('m', vcpus=2))
    before = dom.XMLDesc()

    class Far(protocol.Minimal):
        """Processor 4000, which stock's client would not even ask for."""

        def uuid(self):
            return dom.UUID()

        def data(self, limit):
            return b'\0' * 500 + b'\1'

    with protocol.Client(d.socket).open() as client:
        r = client.call('domain_pin_vcpu_flags', Far({'name': 'm', 'flags': 1}))
        if r.code is None or 'affinity' not in r.message:
            raise Failed('pinned to a processor that is not there: %r' % r)
    equal(dom.XMLDesc(), before)
    dom.destroy()
    c.close()


main()
