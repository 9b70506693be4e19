#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-host-validate and virt-pki-query-dn beside the system's own, on hosts made of a few files: same lines, same exit code."""
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD  # noqa: E402
from suite import Failed, Skip, equal, has, main, test  # noqa: E402

CLONE_NEWNS, MS_REC_PRIVATE = 0x20000, 0x44000
INTEL, AMD = 'flags\t\t: fpu vmx\n', 'flags\t\t: fpu svm sev\n'
V1 = 'cgroup /sys/fs/cgroup/%s cgroup rw,relatime,%s 0 0\n'
V2 = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n'
LIST = '/sys/fs/cgroup/cgroup.controllers'
SEV = '/sys/module/kvm_amd/parameters/sev'
DMAR, IVRS = '/sys/firmware/acpi/tables/DMAR', '/sys/firmware/acpi/tables/IVRS'
# A host with nothing special; scenarios change files. None: no such file; a name ending in / is a directory.
HOST = {'/proc/cpuinfo': 'flags\t\t: fpu\n', '/proc/cmdline': 'x\n', '/proc/mounts': V2, '/proc/cgroups': '#\n',
        '/proc/self/cgroup': '0::/\n', LIST: 'cpuset cpu io memory hugetlb pids\n', '/proc/self/status': 'Name:\tx\n',
        '/dev/null': ''}
HOST.update(('/proc/self/ns/' + n, '') for n in ('ipc', 'mnt', 'pid', 'uts', 'net', 'user'))


def both(program):
    ours, stock = os.path.join(BUILD, 'bin', program), shutil.which(program, path='/usr/bin')
    for p in (ours, stock):
        if not p or not os.path.exists(p):
            raise Skip('no %s here' % (p or program))
    return ours, stock


def on_host(program, files, args):
    """(exit code, output, errors) of a program that sees only `files` in /proc, /sys and /dev."""
    with tempfile.TemporaryFile('w+') as out, tempfile.TemporaryFile('w+') as err:
        child = os.fork()
        if child == 0:
            try:
                libc = ctypes.CDLL(None, use_errno=True)
                assert libc.unshare(CLONE_NEWNS) == 0
                libc.mount(None, b'/', None, MS_REC_PRIVATE, None)
                for d in (b'/proc', b'/sys', b'/dev'):
                    assert libc.mount(b'tmpfs', d, b'tmpfs', 0, None) == 0
                for path, text in dict(HOST, **files).items():
                    if text is None:
                        continue
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    if not path.endswith('/'):
                        with open(path, 'w') as f:
                            f.write(text)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                os.execve(program, [os.path.basename(program)] + list(args), {'LC_ALL': 'C', 'PATH': '/usr/bin:/bin'})
            finally:
                os._exit(120)
        rc = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        # Log lines of stock's own about odd mounts are not the program's output.
        return rc, out.read(), ''.join(x for x in err if not x[:4].isdigit())


def host_validate():
    """Both; a sanitizer's run time does not work in a /proc of a few files."""
    ours, stock = both('virt-host-validate')
    with open(ours, 'rb') as f:
        if b'__asan_init' in f.read():
            raise Skip('a sanitizer needs the real /proc')
    return ours, stock


def same(files, *args):
    ours, stock = host_validate()
    a, b = on_host(ours, files, args), on_host(stock, files, args)
    if a != b:
        raise Failed('%r %r\nours:  %s\nstock: %s' % (files, args, a, b))
    return a


@test
def processors_and_kvm_are_judged_as_stock_does():
    for files in ({}, {'/proc/cpuinfo': INTEL}, {'/proc/cpuinfo': AMD}, {'/proc/cpuinfo': 'flags\t\t: fpu svm\n'},
                  {'/proc/cpuinfo': 'flags\t\t: sev\n'}, {'/proc/cpuinfo': 'flags\t\t: vmxx asvm\n'},
                  {'/proc/cpuinfo': INTEL, '/dev/kvm': ''}, {'/proc/cpuinfo': INTEL, '/dev/kvm': '', '/dev/net/tun': '',
                                                           '/dev/vhost-net': ''}):
        same(files, 'qemu')
        same(files)
        same(files, '-q')


@test
def a_fit_host_ends_with_zero():
    rc, out, err = same({'/proc/cpuinfo': INTEL, '/dev/kvm': '', '/dev/net/tun': '', '/dev/vhost-net': ''}, 'qemu')
    equal((rc, err), (0, ''))
    has(out, 'Checking for hardware virtualization                                 : PASS')


@test
def device_assignment_is_judged_as_stock_does():
    for cpu in (INTEL, AMD):
        for tables in ({}, {DMAR: ''}, {IVRS: ''}, {DMAR: '', IVRS: ''}):
            for more in ({}, {'/sys/kernel/iommu_groups/': ''}, {'/sys/kernel/iommu_groups/0/': ''},
                         {'/sys/bus/pci/devices/0000:00:00.0/': ''}):
                same({'/proc/cpuinfo': cpu, **tables, **more}, 'qemu')


@test
def secure_guests_are_judged_as_stock_does():
    for value in (None, '', '0\n', '1\n', 'N\n', 'Y\n', 'y', 'n'):
        for device in (None, ''):
            same({'/proc/cpuinfo': AMD, SEV: value, '/dev/sev': device}, 'qemu')


@test
def control_groups_are_judged_as_stock_does():
    both_versions = V1 % ('a', 'cpu') + V1 % ('b', 'devices') + V1 % ('c', 'blkio') + 'cgroup2 /u cgroup2 rw 0 0\n'
    places = '1:cpu:/x\n2:devices:/\n3:blkio:/\n0::/\n'
    for files in ({LIST: 'cpu'}, {LIST: 'io'}, {LIST: ''}, {LIST: None}, {'/proc/self/cgroup': '0::/a/b\n'},
                  {'/proc/mounts': ''}, {'/proc/mounts': None}, {'/proc/self/cgroup': None}, {'/proc/cgroups': None},
                  {'/proc/mounts': V1 % ('cpu', 'cpu'), '/proc/self/cgroup': '1:cpu:/x\n'},
                  {'/proc/mounts': V1 % ('cpu', 'cpu'), '/proc/self/cgroup': '1:cpu:/x\n', '/proc/cgroups': None},
                  {'/proc/mounts': V1 % ('cpu', 'xcpu')},
                  {'/proc/mounts': V1 % ('freezer', 'freezer') + V1 % ('memory', 'memory'),
                   '/proc/self/cgroup': '1:freezer:/\n2:memory:/\n'},
                  {'/proc/mounts': both_versions, '/proc/self/cgroup': places, '/u/cgroup.controllers': 'cpuset memory io'},
                  {'/proc/mounts': both_versions, '/proc/self/cgroup': places, '/u/cgroup.controllers': ''}):
        files = {p.replace('/u/', '/sys/u/'): t and t.replace('cgroup2 /u ', 'cgroup2 /sys/u ') for p, t in files.items()}
        same(files, 'qemu')
        same(files, 'lxc')


@test
def containers_are_judged_as_stock_does():
    for name in ('ipc', 'mnt', 'pid', 'uts', 'net', 'user'):
        same({'/proc/self/ns/' + name: None}, 'lxc')
    same({'/sys/fs/fuse/connections/': ''}, 'lxc')
    same({'/sys/fs/fuse/connections/': '', '/proc/mounts': ''.join(V1 % (c, c) for c in (
        'cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio')), '/proc/self/cgroup': '1:cpu:/\n'}, 'lxc')


@test
def a_host_without_cpuinfo_is_told():
    rc, _, err = on_host(host_validate()[0], {'/proc/cpuinfo': None}, ['qemu'])
    equal((rc, err), (1, "Unable to open '/proc/cpuinfo': No such file or directory\n"))


@test
def wrong_use_ends_with_one():
    for args in (('xen',), ('',), ('LXC',), ('-v',), ('--version', 'x')):
        same({}, *args)
    for args in (('qemu', 'lxc'), ('--bogus',)):
        rc, out, err = on_host(host_validate()[0], {}, args)
        equal((rc, out), (1, ''), args)
        has(err, 'syntax: virt-host-validate')


@test
def a_verdict_is_coloured_on_a_terminal_only():
    ours, stock = both('virt-host-validate')
    shown = [subprocess.run(['script', '-qec', p + ' lxc', '/dev/null'], stdin=subprocess.DEVNULL, capture_output=True).stdout
             for p in (ours, stock)]
    equal(shown[0], shown[1])
    has(shown[0], b'\033[32mPASS\033[0m')


@test
def a_certificate_s_name_is_printed_as_stock_does():
    ours, stock = both('virt-pki-query-dn')
    if not shutil.which('openssl'):
        raise Skip('no openssl here')
    d = '/run/work/dn'
    os.makedirs(d)
    names = ('/C=DE/O=Exa, mple/CN=host.example.com', '/CN=a\\+b\\"c<d>;e', '/O=# first/OU= blank /CN=x', '/CN=Ünï/L=x=y')
    for i, name in enumerate(names):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', d + '/key', '-out', '%s/%d' % (d, i),
                        '-days', '30', '-utf8', '-subj', name], check=True, stderr=subprocess.DEVNULL)
    with open(d + '/empty', 'w'), open(d + '/junk', 'w') as junk, open(d + '/two', 'w') as two:
        junk.write('junk\n')
        for i in (1, 0):
            two.write(open('%s/%d' % (d, i)).read())
    for args in [['%s/%d' % (d, i)] for i in range(len(names))] + [[d + '/key'], [d + '/empty'], [d + '/junk'], [d + '/two'],
                                                                  [d + '/nosuch'], [d], ['-v'], ['--version', 'x'], ['']]:
        r = [subprocess.run([os.path.basename(p)] + args, executable=p, capture_output=True, text=True,
                            env={'LC_ALL': 'C.UTF-8'}) for p in (ours, stock)]
        equal((r[0].returncode, r[0].stdout, r[0].stderr), (r[1].returncode, r[1].stdout, r[1].stderr), args)
    for args in ([], ['a', 'b'], ['-x']):
        r = [subprocess.run([p] + args, capture_output=True, text=True) for p in (ours, stock)]
        equal((r[0].returncode, bool(r[0].stdout), bool(r[0].stderr)), (r[1].returncode, bool(r[1].stdout), bool(r[1].stderr)), args)


@test
def a_file_that_is_no_certificate_does_not_fill_memory():
    ours, _ = both('virt-pki-query-dn')
    r = subprocess.run([ours, '/dev/zero'], capture_output=True, text=True, timeout=20)
    equal(r.returncode, 1)
    has(r.stderr, 'too large for a certificate')


main()
