#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virsh jobs: who waits for what, on which guest, how long."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD, STOCK, Daemon  # noqa: E402
from suite import Skip, clean_up, daemon, domain_xml, equal, has, main, test, vireo_only, wait_for, write  # noqa: E402

VIRSH = os.path.join(BUILD, 'bin', 'virsh')


def jobs(d, *args, ro=False):
    p = subprocess.run([VIRSH, '-q', '-c', d.uri(ro)] + (['-r'] if ro else []) + ['jobs'] + list(args), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=20)
    return p.returncode, p.stdout, p.stderr


@test
@vireo_only
def a_stuck_guest_shows_who_holds_it_and_who_waits():
    d = daemon()
    clean_up(d)
    d.run('create', write('a.xml', domain_xml('a')))
    equal(jobs(d), (0, '', ''))
    with open('/run/libvirt/qemu/a.pid') as f:
        qemu = int(f.read())
    os.kill(qemu, signal.SIGSTOP)
    try:
        first = subprocess.Popen([VIRSH, '-c', d.uri(), 'suspend', 'a'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: len(json.loads(jobs(d, '--json')[1])) == 1, 'a job')
        second = subprocess.Popen([VIRSH, '-c', d.uri(), 'inject-nmi', 'a'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: len(json.loads(jobs(d, '--json')[1])) == 2, 'a second job')
        time.sleep(1.1)
        rows = json.loads(jobs(d, '--json', ro=True)[1])
        equal([(r['domain'], r['state'], r['call'], r['lock']) for r in rows],
              [('a', 'runs', 'virDomainSuspend', 'monitor'), ('a', 'waits', 'virDomainInjectNMI', 'monitor')])
        if rows[0]['seconds'] < 1:
            raise AssertionError('seconds: %s' % rows)
        has(jobs(d)[1], 'virDomainInjectNMI')
        equal(len(json.loads(jobs(d, '--json', 'a')[1])), 2)
        has(jobs(d, 'nosuch')[2], "failed to get domain 'nosuch'")
    finally:
        os.kill(qemu, signal.SIGCONT)
    first.wait(20)
    second.wait(20)
    wait_for(lambda: jobs(d) == (0, '', ''), 'the end of the jobs')


@test
@vireo_only
def other_daemons_and_drivers_give_one_clear_sentence():
    p = subprocess.run([VIRSH, '-c', 'test:///default', 'jobs'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    equal((p.returncode, p.stderr), (1, "error: this daemon or driver cannot tell of jobs: it is not vireo's\n"))
    if not os.path.exists(STOCK):
        raise Skip('no %s here (package libvirt-daemon-system)' % STOCK)
    daemon().stop()
    d = Daemon('stock')
    try:
        equal(jobs(d.start()), (1, '', "error: this daemon or driver cannot tell of jobs: it is not vireo's\n"))
    finally:
        d.stop()


if __name__ == '__main__':
    main()
