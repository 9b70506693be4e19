#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `virsh list --all` costs from start to exit: Debian's virsh and ours, each on its own library, on our daemon.

usage: bench/virsh.py [--guests N] [--rounds N] [--build DIR]

With no guest defined, then with N (10,000). The two take turns; medians of the wall time and the largest resident memory.
"""
import os
import shutil
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'tests', 'lib'))


def option(name, value):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else value


if '--build' in sys.argv:
    os.environ['VIREO_BUILD'] = os.path.abspath(option('--build', ''))
import sandbox  # noqa: E402

PROGRAMS = ('/usr/bin/virsh', '')


def once(program, uri):
    """Seconds and KiB of one run."""
    null = os.open(os.devnull, os.O_RDWR)
    start = time.monotonic()
    pid = os.posix_spawn(program, [program, '-c', uri, 'list', '--all'], dict(os.environ, LC_ALL='C'),
                         file_actions=[(os.POSIX_SPAWN_DUP2, null, n) for n in (0, 1)])
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - start
    os.close(null)
    if status:
        sys.exit('%s: status %d' % (program, status))
    return seconds, usage.ru_maxrss


def measure(programs, uri, rounds, title):
    figures = {p: [] for p in programs}
    for _ in range(rounds + 1):
        for p in programs:
            figures[p].append(once(p, uri))
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
    if not os.path.exists(PROGRAMS[0]):
        sys.exit('no %s here (package libvirt-clients)' % PROGRAMS[0])
    programs = (PROGRAMS[0], os.path.join(BUILD, 'bin', 'virsh'))
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
