#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""gdb_test.py PROGRAM HELPER: the gdb helper lists parked fibers and their frames, live and from a core."""
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM, HELPER = sys.argv[1:3]
WANTED = (
    "'keeper' of 'house': parked, waiting for a condition for ",
    '(waiting for somebody to open)',
    'wait_at_the_bell',
    "'guest' of 'house': parked, waiting for a lock of 'keeper'",
    'vr_lock_take',
    "'crash' of 'loop': running",
    'visitor = 4711',
)


def gdb(*args):
    p = subprocess.run(['gdb', '-nx', '-batch', '-iex', 'set debuginfod enabled off', *args], text=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=110)
    return p.stdout


def check(what, out):
    missing = [w for w in WANTED if w not in out]
    if missing:
        print(out)
        sys.exit('%s: missing in the output: %s' % (what, missing))
    print(what, 'ok')


def main():
    if not shutil.which('gdb'):
        print('gdb is not installed')
        sys.exit(77)
    look = ['-ex', 'source ' + HELPER, '-ex', 'vireo-fibers -bt', '-ex', 'vireo-fiber 1', '-ex', 'bt',
            '-ex', 'frame function wait_at_the_bell', '-ex', 'info args']
    with tempfile.TemporaryDirectory() as d:
        core = os.path.join(d, 'core')
        out = gdb('-ex', 'run', *look, '-ex', 'generate-core-file ' + core, PROGRAM)
        if 'ptrace' in out and 'not permitted' in out:
            print('ptrace is not permitted here')
            sys.exit(77)
        check('live', out)
        if not os.path.exists(core):
            sys.exit('no core was written:\n' + out)
        check('core', gdb(*look, PROGRAM, core))


main()
