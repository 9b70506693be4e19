#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The units as systemd reads them: no unknown key, no bad value. usage: units_test.py LIBVIRTD UNIT..."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def main():
    program, units = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if not shutil.which('systemd-analyze'):
        print('systemd-analyze is not installed')
        return SKIPPED
    with tempfile.TemporaryDirectory() as where:
        names = []
        for unit in units:
            with open(unit) as f:
                # systemd looks whether the program is there, so it gets the one that was built.
                text = re.sub(r'^ExecStart=\S+', 'ExecStart=' + program, f.read(), flags=re.M)
            # The manual page is not installed while testing.
            text = re.sub(r'^Documentation=.*\n', '', text, flags=re.M)
            names.append(os.path.join(where, os.path.basename(unit)))
            with open(names[-1], 'w') as f:
                f.write(text)
        out = subprocess.run(['systemd-analyze', 'verify', '--man=no', *names], capture_output=True, text=True,
                             env=dict(os.environ, SYSTEMD_UNIT_PATH=where + ':'))
        said = [line for line in out.stderr.splitlines() if any(os.path.basename(n) in line for n in names)]
        print(out.stderr)
        return 1 if out.returncode or said else 0


sys.exit(main())
