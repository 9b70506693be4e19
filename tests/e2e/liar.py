#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
A QEMU that is slow, silent, splits or repeats its replies, floods events, answers nonsense or a hundred megabytes: the
daemon's memory and other guests do not notice, calls on it end with an error, and it can be destroyed.
"""
import os
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import Failed, clean_up, daemon, domain_xml, long, main, test, vireo_only, wait_for, write  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BETWEEN = '/run/work/qemu-between'
MEMORY_KIB = 24 << 10   # a message of the largest size that is read, and some


def say(mode):
    with open(BETWEEN + '.mode', 'w') as f:
        f.write(mode)


def two_guests():
    """`well` is an ordinary guest; between the daemon and the QEMU of `sick` somebody stands."""
    d = daemon()
    clean_up(d)
    shutil.copy(os.path.join(HERE, '..', 'fault', 'qemu_between.py'), BETWEEN)
    os.chmod(BETWEEN, 0o755)
    os.chmod('/run/work', 0o755)
    say('')
    d.run('create', write('well.xml', domain_xml('well')))
    sick = domain_xml('sick').replace('<devices>', '<devices><emulator>%s</emulator>' % BETWEEN)
    d.run('create', write('sick.xml', sick))
    return d


def others_are_well(c, seconds):
    """The other guest obeys all that time, each call within a second. Returns the longest."""
    worst = 0
    end = time.monotonic() + seconds
    well = c.lookupByName('well')
    while time.monotonic() < end:
        t = time.monotonic()
        well.suspend()
        well.resume()
        c.listAllDomains()
        worst = max(worst, time.monotonic() - t)
        time.sleep(0.01)
    if worst > 1:
        raise Failed('a call about the other guest took %.1f s' % worst)


def misbehaves(mode, seconds=1.0, obeys=False, ends=False):
    """obeys: calls on the guest succeed all the same. ends: it is taken for one that is on its way out."""
    import libvirt
    d = two_guests()
    c = d.connect()
    before = d.private_kib()
    outcome = []

    def call():
        own = d.connect()
        sick = own.lookupByName('sick')
        try:
            sick.suspend()
            sick.resume()
            outcome.append('done')
        except libvirt.libvirtError as e:
            outcome.append(str(e))
        own.close()

    say(mode)
    caller = threading.Thread(target=call, daemon=True)
    caller.start()
    others_are_well(c, seconds)
    grown = d.private_kib() - before
    if grown > MEMORY_KIB:
        raise Failed('%s: the daemon grew by %d KiB' % (mode, grown))
    if obeys:
        caller.join(20)
        if outcome != ['done']:
            raise Failed('%s: the call ended with %s' % (mode, outcome))
    stats = c.getAllDomainStats(0, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)
    if len(stats) != 2 - ends:
        raise Failed('%s: statistics tell of %d guests' % (mode, len(stats)))
    t = time.monotonic()
    if not ends:
        c.lookupByName('sick').destroy()
    if time.monotonic() - t > 3:
        raise Failed('%s: destroy took %.1f s' % (mode, time.monotonic() - t))
    caller.join(5)
    if caller.is_alive():
        raise Failed('%s: the call is still waiting after the guest is gone' % mode)
    say('')
    wait_for(lambda: d.private_kib() - before < MEMORY_KIB / 2, 'the memory to be given back')
    d.run('create', '/run/work/sick.xml')
    c.lookupByName('sick').suspend()
    c.close()


@test
@vireo_only
def one_that_splits_repeats_or_dawdles_is_understood():
    misbehaves('split', obeys=True)
    misbehaves('slow', obeys=True)
    misbehaves('twice', obeys=True)
    misbehaves('flood', 2)


@test
@vireo_only
def one_that_says_nothing_holds_up_nobody():
    misbehaves('silent')
    misbehaves('wrong id')
    misbehaves('closed', ends=True)


@test
@vireo_only
def one_that_talks_nonsense_costs_nothing():
    misbehaves('garbage')
    misbehaves('deep')
    misbehaves('wrong types')


@test
@vireo_only
def one_that_answers_without_end_takes_no_memory():
    misbehaves('huge', 2)
    misbehaves('endless', 2)


@test
@vireo_only
def a_start_that_meets_such_a_qemu_fails_and_leaves_nothing():
    d = two_guests()
    d.run('destroy', 'sick')
    before = set(os.listdir('/run/libvirt/qemu'))
    for mode in ('garbage', 'closed', 'wrong types', 'deep'):
        say(mode)
        d.run('create', '/run/work/sick.xml', ok=None, timeout=90)
        d.run('destroy', 'sick', ok=None)
        wait_for(lambda: set(os.listdir('/run/libvirt/qemu')) == before,
                 '%s: all of it to be gone; left are %s' % (mode, set(os.listdir('/run/libvirt/qemu')) - before))
        d.run('domstate', 'well')
    say('')


@test
@long
@vireo_only
def a_reply_that_comes_after_the_deadline_is_taken_in():
    import libvirt
    d = two_guests()
    c = d.connect()
    sick = c.lookupByName('sick')
    say('held')
    try:
        sick.suspend()
        raise Failed('suspend came back without an answer')
    except libvirt.libvirtError as e:
        if 'stop' not in str(e):
            raise
    say('')
    wait_for(lambda: sick.state()[0] == libvirt.VIR_DOMAIN_PAUSED, 'the state QEMU is really in', 30)
    sick.resume()
    c.close()


main()
