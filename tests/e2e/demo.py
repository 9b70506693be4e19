#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./demo itself: it boots a guest, a second run is quick, and --stop leaves nothing."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import BUILD, Failed, Skip, equal, has, main, sandbox, test, vireo_only  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = os.path.join(TOP, '.demo')


def demo(*args):
    """Runs the half of ./demo that needs no packages and no compiler. Returns (exit code, output, seconds)."""
    if BUILD != os.path.join(TOP, 'build'):
        raise Skip('the demo runs what is in build/, this run tests %s' % BUILD)
    start = time.monotonic()
    p = subprocess.run(['/usr/bin/python3', os.path.join(TOP, 'tools', 'demo.py')] + list(args), stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', timeout=400)
    return p.returncode, p.stdout, time.monotonic() - start


def private_demo():
    """A .demo of the test's own: an empty file system over the one that may be in use outside."""
    os.makedirs(DEMO, exist_ok=True)
    sandbox.mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', DEMO)


@test
@vireo_only
def it_boots_a_guest_and_a_second_run_is_quick():
    was_there = os.path.isdir(DEMO)
    private_demo()
    try:
        before = sandbox.mounts()
        rc, out, _ = demo('run')
        if rc:
            raise Failed(out[-3000:])
        for part in ('software emulation', '| Linux 6', '| guest#', 'CPU(s):', 'vcpu.current=1', './demo --stop'):
            has(out, part)
        rc, out, took = demo('run')
        if rc:
            raise Failed(out[-3000:])
        has(out, 'daemon: already running')
        if took > 15:
            raise Failed('the second run took %.1f s' % took)
        rc, out, _ = demo('stop')
        # The mount point of the test's own file system cannot be removed; all below it is gone.
        equal(os.listdir(DEMO), [], out)
        equal(sandbox.processes(DEMO), {})
        equal(sandbox.mounts(), before)
    finally:
        subprocess.run(['umount', DEMO], check=False)
        if not was_there:
            os.rmdir(DEMO)


@test
@vireo_only
def a_daemon_that_cannot_start_is_reported_with_its_log():
    was_there = os.path.isdir(DEMO)
    private_demo()
    try:
        os.makedirs(os.path.join(DEMO, 'root/run/libvirt/libvirt-sock'))
        rc, out, _ = demo('run')
        equal(rc, 1)
        has(out, 'demo: step "daemon" failed')
        has(out, 'libvirtd.log ends with')
    finally:
        demo('stop')
        subprocess.run(['umount', DEMO], check=False)
        if not was_there:
            os.rmdir(DEMO)


main()
