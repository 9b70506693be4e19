#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What <cputune>, <memtune>, <blkiotune> and the device list say is read back from the control groups of a running guest."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import Daemon  # noqa: E402
from suite import Skip, clean_up, domain_xml, equal, has, main, sandbox, test, vireo_only, write  # noqa: E402

CONTROLLERS = ('cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio')
OWN = 'vireo-test-%d' % os.getpid()
_tops = []


def hierarchies():
    """A group of the test's own in each v1 hierarchy, mounted as if it were the whole: what a daemon makes is below it."""
    real = sandbox.WORK + '/.cgroup'
    os.makedirs(real, exist_ok=True)
    for c in CONTROLLERS:
        shown, top = '/sys/fs/cgroup/' + c, '%s/%s' % (real, OWN)
        os.makedirs(shown, exist_ok=True)
        try:
            sandbox.mount('-t', 'cgroup', '-o', c, 'cgroup', real)
        except subprocess.CalledProcessError as e:
            raise Skip('this kernel has no v1 hierarchy of %s to be mounted' % c) from e
        os.makedirs(top)
        _tops.append(os.open(real, os.O_RDONLY | os.O_DIRECTORY))
        if c == 'cpuset':
            for f in ('cpuset.cpus', 'cpuset.mems'):
                with open('%s/%s' % (real, f)) as source, open('%s/%s' % (top, f), 'w') as target:
                    target.write(source.read())
        sandbox.mount('--bind', top, shown)
        subprocess.run(['umount', '--lazy', real], check=True) # a daemon takes the first mount of a hierarchy


def away():
    """Groups outlive the namespaces they were seen in: they must go."""
    for c in CONTROLLERS[:len(_tops)]:
        for path, _, _ in os.walk('/sys/fs/cgroup/' + c, topdown=False):
            if path != '/sys/fs/cgroup/' + c:
                os.rmdir(path)
        subprocess.run(['umount', '/sys/fs/cgroup/' + c], check=True)
    for top in _tops:
        os.rmdir(OWN, dir_fd=top)
        os.close(top)
    _tops.clear()


def group_of(name, controller, sub=''):
    """The guest's directory in a hierarchy."""
    top = '/sys/fs/cgroup/%s/machine' % controller
    mine, = [g for g in os.listdir(top) if name in g]
    return os.path.join(top, mine, sub)


def value(name, controller, file, sub=''):
    with open(os.path.join(group_of(name, controller, sub), file)) as f:
        return f.read().strip()


@test
@vireo_only
def limits_are_in_the_groups_before_the_guest_runs():
    hierarchies()
    d = Daemon(qemu={'cgroup_controllers': list(CONTROLLERS)})
    d.start()
    try:
        tune = ("<iothreads>1</iothreads><cputune><shares>333</shares><period>50000</period><quota>20000</quota>"
                "<emulator_period>60000</emulator_period><emulator_quota>30000</emulator_quota>"
                "<iothread_period>70000</iothread_period><iothread_quota>40000</iothread_quota>"
                "<global_period>100000</global_period><global_quota>90000</global_quota>"
                "<vcpupin vcpu='0' cpuset='0'/></cputune><memtune>"
                "<soft_limit unit='MiB'>512</soft_limit></memtune>")
        d.run('create', write('c.xml', domain_xml('limits', vcpus=2, head=tune)))
        n = 'limits'
        equal(value(n, 'cpu', 'cpu.shares'), '333')
        equal((value(n, 'cpu', 'cpu.cfs_period_us'), value(n, 'cpu', 'cpu.cfs_quota_us')), ('100000', '90000'))
        equal(value(n, 'cpu', 'cpu.cfs_quota_us', 'emulator'), '30000')
        equal(value(n, 'cpu', 'cpu.cfs_period_us', 'vcpu1'), '50000')
        equal(value(n, 'cpu', 'cpu.cfs_quota_us', 'vcpu0'), '20000')
        equal(value(n, 'cpu', 'cpu.cfs_quota_us', 'iothread1'), '40000')
        equal(value(n, 'cpuset', 'cpuset.cpus', 'vcpu0'), '0')
        equal(value(n, 'memory', 'memory.soft_limit_in_bytes'), str(512 << 20))
        pid, = sandbox.processes('guest=limits,')
        tids = {t: open('/proc/%d/task/%s/comm' % (pid, t)).read().strip() for t in os.listdir('/proc/%d/task' % pid)}
        for sub, comm in (('vcpu0', 'CPU 0/TCG'), ('vcpu1', 'CPU 1/TCG'), ('iothread1', 'IO iothread1')):
            equal(sorted(tids[t] for t in value(n, 'cpu', 'tasks', sub).split() if t in tids), [comm])
        equal(value(n, 'memory', 'cgroup.procs').split(), [str(pid)])
        d.run('destroy', n)
        equal([g for g in os.listdir('/sys/fs/cgroup/cpu/machine') if n in g], [])
    finally:
        clean_up(d)
        d.stop()
        away()


@test
@vireo_only
def only_listed_devices_may_be_opened():
    hierarchies()
    d = Daemon(qemu={'cgroup_controllers': list(CONTROLLERS)})
    d.start()
    try:
        rng = "<rng model='virtio'><backend model='random'>/dev/zero</backend></rng>"
        d.run('create', write('d.xml', domain_xml('nodes', devices=rng)))
        allowed = value('nodes', 'devices', 'devices.list').splitlines()
        has(allowed, 'c 1:5 rw')     # /dev/zero, by the list every guest has
        has(allowed, 'c 136:* rw')   # ptys
        equal('a *:* rwm' in allowed, False)
        equal([a for a in allowed if a.startswith('c 1:1 ')], [], '/dev/mem')
    finally:
        clean_up(d)
        d.stop()
        away()


main()
