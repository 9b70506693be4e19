#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: commands_test.py VIRSH VIRT_ADMIN PAGE...: every command and option of a program stands in its page; groff reads it."""
import os
import re
import shutil
import subprocess
import sys


def ask(program, text):
    return subprocess.run([program, '-q', text], check=True, capture_output=True, text=True,
                          env={'LC_ALL': 'C', 'PATH': '/usr/bin:/bin', 'ASAN_OPTIONS': 'detect_leaks=0'}).stdout


def main():
    virsh, virt_admin, *pages = sys.argv[1:]
    bad = 0
    for path in pages:
        program = virsh if os.path.basename(path) == 'virsh.1' else virt_admin
        with open(path) as f:
            page = f.read()
        parts = dict(re.findall(r'^\.SS (\S+)\n(.*?)(?=^\.S[SH] |\Z)', page.replace('\\-', '-'), re.M | re.S))
        names = re.findall(r'^    (\S+)', ask(program, 'help'), re.M)
        for name in names:
            options = re.findall(r'^    \[?--([\w-]+)', ask(program, 'help ' + name), re.M)
            missing = ['--' + o for o in options if '--' + o not in parts.get(name, '') and 'Another name' not in parts.get(name, '')]
            if name not in parts or missing:
                print('%s: %s %s' % (path, name, missing))
                bad += 1
        if len(names) < 20:
            print('%s: only %d commands' % (program, len(names)))
            bad += 1
        if shutil.which('groff'):
            said = subprocess.run(['groff', '-man', '-t', '-Tutf8', '-wall', '-z', path], capture_output=True, text=True).stderr
            if said:
                print(said)
                bad += 1
    return 1 if bad else 0


sys.exit(main())
