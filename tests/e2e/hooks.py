#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The administrator's scripts are run where stock runs them, and a failing one ends a start."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import clean_up, daemon, domain_xml, equal, has, main, sandbox, test, vireo_only, wait_for, write  # noqa: E402

HOOKS = '/etc/libvirt/hooks'


def script(path, body):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as f:
        f.write('#!/bin/sh\n' + body)
    os.chmod(path, 0o755)


def log_lines():
    try:
        with open(os.path.join(sandbox.WORK, 'hooks.log')) as f:
            return f.read().splitlines()
    except OSError:
        return []


def with_hooks(extra=''):
    """A daemon that has seen a script which logs what it is called with."""
    d = daemon()
    d.stop()
    log = os.path.join(sandbox.WORK, 'hooks.log')
    if os.path.exists(log):
        os.unlink(log)
    script(HOOKS + '/qemu', 'in=$(cat)\necho "$* $(echo "$in" | grep -c "<name>$1</name>")" >> %s\n%s' % (log, extra))
    d.start()
    return d


@test
def a_guests_life_is_told_to_the_script():
    d = with_hooks()
    d.run('define', write('h.xml', domain_xml('h')))
    d.run('start', 'h')
    equal(log_lines(), ['h prepare begin - 1', 'h start begin - 1', 'h started begin - 1'])
    d.run('destroy', 'h')
    wait_for(lambda: len(log_lines()) == 5, 'the end is told')
    equal(log_lines()[3:], ['h stopped end - 1', 'h release end - 1'])
    clean_up(d)


@test
def a_guest_found_again_is_told():
    d = with_hooks()
    d.run('create', write('r.xml', domain_xml('r')))
    d.restart()
    wait_for(lambda: 'r reconnect begin - 1' in log_lines(), 'the reconnect is told')
    equal(d.run('domstate', 'r').strip(), 'running')
    clean_up(d)


@test
def a_script_that_fails_ends_the_start():
    for operation in ('prepare', 'start', 'started'):
        d = with_hooks('test "$2" != %s || { echo no $2 today >&2; exit 1; }\n' % operation)
        d.run('define', write('f.xml', domain_xml('f')))
        r = d.run('start', 'f', ok=None)
        equal(r.rc, 1)
        has(r.err, 'Hook script execution failed: internal error: Child process')
        has(r.err, 'no %s today' % operation)
        equal(d.run('domstate', 'f').strip(), 'shut off')
        equal(sandbox.processes('qemu-system'), {})
        clean_up(d)


@test
@vireo_only
def a_script_may_ask_the_daemon():
    d = with_hooks('test "$2" != started || virsh -q -c qemu:///system domstate "$1" >> %s/hooks.log\n' % sandbox.WORK)
    d.run('define', write('q.xml', domain_xml('q')))
    d.run('start', 'q')
    has(log_lines(), 'running')
    clean_up(d)


@test
@vireo_only
def a_script_that_hangs_delays_its_own_guest_only():
    d = with_hooks('test "$1$2" != slowprepare || sleep 5\n')
    d.run('define', write('slow.xml', domain_xml('slow')))
    d.run('define', write('other.xml', domain_xml('other')))
    starter = subprocess.Popen(['virsh', '-q', '-c', d.uri(), 'start', 'slow'], stdout=subprocess.DEVNULL)
    wait_for(lambda: 'slow prepare begin - 1' in log_lines(), 'the script runs')
    began = time.monotonic()
    d.run('start', 'other')
    d.run('list')
    assert time.monotonic() - began < 3
    equal(starter.wait(30), 0)
    clean_up(d)


main()
