#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `virsh list --all` costs from start to exit: Debian's virsh and ours, each on its own library, on our daemon.

usage: bench/virsh.py [--guests N] [--rounds N] [--build DIR]

With no guest defined, then with N (10,000). The two take turns; medians of the wall time and the largest resident memory.
"""
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'tests', 'lib'))


def option(name, value):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else value


if '--build' in sys.argv:
    os.environ['VIREO_BUILD'] = os.path.abspath(option('--build', ''))
import sandbox  # noqa: E402

DEBIANS = '/usr/bin/virsh'


def seconds_of(words):
    with open(os.devnull, 'w') as null:
        start = time.monotonic()
        subprocess.run(words, stdin=subprocess.DEVNULL, stdout=null, check=True)
        return time.monotonic() - start


def kib_of(words):
    """
    Largest resident memory. A process that Python starts begins with Python's own memory on its account: so a shell starts
    it, goes away, and leaves it to us.
    """
    with open(os.devnull, 'w') as null:
        shell = subprocess.Popen(['/bin/sh', '-c', '"$@" </dev/null & :', 'sh'] + words, stdout=null)
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid == shell.pid:
            shell.returncode = status
        elif status:
            sys.exit('%s: status %d' % (words, status))
        else:
            return usage.ru_maxrss


def measure(programs, uri, rounds, title):
    figures = {p: [] for p in programs}
    for _ in range(rounds + 1):
        for p in programs:
            words = [p, '-c', uri, 'list', '--all']
            figures[p].append((seconds_of(words), kib_of(words)))
    medians = []
    for p, seen in figures.items():
        medians.append((statistics.median(s for s, _ in seen[1:]) * 1000, statistics.median(k for _, k in seen[1:])))
    (ms, kib), (our_ms, our_kib) = medians
    print('%-18s Debian %8.2f ms %7d KiB   ours %8.2f ms %7d KiB   ratio %.3f %.3f' % (
        title, ms, kib, our_ms, our_kib, our_ms / ms, our_kib / kib), flush=True)


def main():
    guests, rounds = int(option('--guests', 10000)), int(option('--rounds', 11))
    sandbox.enter()
    from daemon import BUILD, Daemon
    from suite import domain_xml
    if not os.path.exists(DEBIANS):
        sys.exit('no %s here (package libvirt-clients)' % DEBIANS)
    programs = (DEBIANS, os.path.join(BUILD, 'bin', 'virsh'))
    os.environ['LC_ALL'] = 'C'
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans are ours to wait for
    d = Daemon('vireo').start()
    measure(programs, d.uri(), rounds, 'no guest')
    d.stop()
    where = '/etc/libvirt/qemu'
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where)
    for i in range(guests):
        xml = domain_xml('guest%05d' % i).replace('<memory', '<uuid>%032x</uuid><memory' % (0xc7a5fdbdedaf4455926a000000000000 + i), 1)
        with open('%s/guest%05d.xml' % (where, i), 'w') as f:
            f.write(xml)
    d.start()
    measure(programs, d.uri(), max(3, rounds // 3), '%d guests' % guests)
    d.stop()


if __name__ == '__main__':
    main()
