#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One QEMU is stopped by SIGSTOP: others do not notice, calls on it end by their deadline, and afterwards all is true again."""
import os
import re
import signal
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import (  # noqa: E402
    Failed, clean_up, daemon, domain_xml, equal, has, main, sandbox, test, vireo_only, wait_for, write)


def two_guests():
    d = daemon()
    clean_up(d)
    for name in ('well', 'sick'):
        d.run('create', write(name + '.xml', domain_xml(name)))
    pids = list(sandbox.processes('guest=sick'))
    equal(len(pids), 1)
    return d, pids[0]


def pace(conn, n=200):
    """Median and worst seconds of a query that asks QEMU of the healthy guest."""
    import libvirt
    import libvirt_qemu
    dom = conn.lookupByName('well')
    times = []
    for _ in range(n):
        t = time.monotonic()
        libvirt_qemu.qemuMonitorCommand(dom, '{"execute":"query-status"}', 0)
        dom.state()
        conn.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
        times.append(time.monotonic() - t)
    return statistics.median(times), max(times)


@test
@vireo_only
def a_stopped_qemu_delays_no_other_guest():
    import libvirt
    d, pid = two_guests()
    conn = d.connect()
    usual, _ = pace(conn)
    os.kill(pid, signal.SIGSTOP)
    ends = []

    def ask():
        c = d.connect()
        dom = c.lookupByName('sick')
        t = time.monotonic()
        try:
            dom.suspend()
            ends.append((time.monotonic() - t, None))
        except libvirt.libvirtError as e:
            ends.append((time.monotonic() - t, e))
        c.close()
    # As many callers as stock has workers, and more.
    threads = [threading.Thread(target=ask, daemon=True) for _ in range(30)]
    for t in threads:
        t.start()
    time.sleep(0.2)
    median, worst = pace(conn)
    if median > usual * 2 + 0.002 or worst > 0.5:
        raise Failed('median %.2f ms (before: %.2f ms), worst %.0f ms' % (median * 1e3, usual * 1e3, worst * 1e3))
    os.kill(pid, signal.SIGCONT)
    for t in threads:
        t.join(60)
    equal(len(ends), 30, 'calls that ended')
    wait_for(lambda: d.run('domstate', 'sick').strip() == 'paused', 'truth')
    has(d.run('qemu-monitor-command', 'sick', '{"execute":"query-status"}'), '"status":"paused"')
    conn.close()


@test
@vireo_only
def a_query_of_a_stopped_qemu_ends_by_its_deadline_and_names_the_command():
    d, pid = two_guests()
    os.kill(pid, signal.SIGSTOP)
    start = time.monotonic()
    r = d.run('qemu-monitor-command', 'sick', '{"execute":"query-status"}', ok=False, timeout=150)
    took = time.monotonic() - start
    os.kill(pid, signal.SIGCONT)
    has(r.err, 'query-status')
    if took > 130:
        raise Failed('it took %.0f s' % took)
    wait_for(lambda: d.run('qemu-monitor-command', 'sick', '{"execute":"query-status"}', ok=None).rc == 0, 'recovery', 20)
    equal(d.run('domstate', 'sick').strip(), 'running')


@test
@vireo_only
def bulk_statistics_wait_for_a_stopped_qemu_once_and_briefly():
    d, pid = two_guests()
    os.kill(pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        out = d.run('domstats', '--nowait')
        nowait = time.monotonic() - start
        has(out, "Domain: 'well'")
        has(out, "Domain: 'sick'")
        if nowait > 1:
            raise Failed('--nowait took %.1f s' % nowait)
        start = time.monotonic()
        out = d.run('domstats')
        took = time.monotonic() - start
        if took > 5:
            raise Failed('domstats took %.1f s' % took)
        equal(len(re.findall(r'^Domain:', out, re.M)), 2)
    finally:
        os.kill(pid, signal.SIGCONT)


@test
@vireo_only
def a_stopped_qemu_can_be_destroyed_at_once():
    d, pid = two_guests()
    os.kill(pid, signal.SIGSTOP)
    start = time.monotonic()
    d.run('destroy', 'sick')
    took = time.monotonic() - start
    if took > 6:
        raise Failed('destroy took %.1f s' % took)
    equal(sandbox.processes('guest=sick'), {})
    equal(d.run('list', '--name').split(), ['well'])


@test
@vireo_only
def the_daemon_stops_and_starts_beside_a_stopped_qemu():
    d, pid = two_guests()
    os.kill(pid, signal.SIGSTOP)
    try:
        d.restart()
        start = time.monotonic()
        wait_for(lambda: d.run('domstate', 'well', ok=None).strip() == 'running', 'finding the other guest again')
        if time.monotonic() - start > 3:
            raise Failed('the healthy guest was known only after %.1f s' % (time.monotonic() - start))
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: d.run('domstate', 'sick', ok=None).strip() == 'running', 'finding the sick guest again', 30)
    equal(sorted(d.run('list', '--name').split()), ['sick', 'well'])


main()
