#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules of the house that a compiler does not check.

usage: tools/house.py

A library that has a wrapper is included by its wrapper alone; the rooms that the client library shares have no loop;
includes name their layer; every file says its licence; lines and files keep a size a reader can hold.
"""
import os
import re
import subprocess
import sys

TOP = os.environ.get('HOUSE_TOP') or os.path.dirname(os.path.dirname(os.path.abspath(__file__))) # tests set it

# header pattern -> the files (by pattern) that may include it
WRAPPED = (
    (r'json-c/|json\.h$|json_object\.h$', r'^src/base/json\.c$'),
    (r'libxml/', r'^src/schema/xmlread\w*\.c$|^src/schema/libxml\.c$'),
    (r'systemd/sd-event\.h$', r'^src/loop/[\w-]+\.c$|^src/host/sdbus\w*\.c$'),
    (r'systemd/sd-bus\.h$', r'^src/host/\w*bus\w*\.[ch]$'),
    (r'systemd/sd-(daemon|journal|login|id128|device|messages)\.h$', r'^src/daemon/[\w-]+\.c$|^src/base/log\w*\.c$'),
    (r'gnutls/', r'^src/wire/tls\w*\.[ch]$|^src/daemon/tls\w*\.c$|^src/client/tls\w*\.c$|^src/validate/pki_query_dn\.c$|^src/host/aes\.c$'),
    (r'sasl/', r'^src/wire/sasl\w*\.c$|^src/daemon/sasl\w*\.c$|^src/client/sasl\w*\.c$'),
    (r'libmnl/', r'^src/host/netlink\w*\.c$'),
    (r'libudev\.h$', r'^src/host/udev\w*\.c$|^src/nodedev/udev\w*\.c$'),
)
NO_LOOP = ('base', 'schema', 'wire', 'api', 'model', 'testdriver', 'client', 'launch', 'virsh')
MAX_COLUMNS = 160 # the aim is 120
MAX_LINES = 800   # the aim is 600; beyond this a file holds more than one idea
# Long on purpose: tables of facts and tests of one table.
LONG = re.compile(r'_test\.c$|_names\.c$|_tables?\.c$|/constants\.')


def tracked():
    p = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=TOP, stdout=subprocess.PIPE, text=True)
    names = p.stdout.split('\n') if p.returncode == 0 and p.stdout else [
        os.path.relpath(os.path.join(d, n), TOP) for d, _, ns in os.walk(TOP) for n in ns]
    return [n for n in names if n and not n.startswith('build') and os.path.isfile(os.path.join(TOP, n))]


def check_include(path, number, header, problems):
    at = '%s:%d: ' % (path, number)
    if '../' in header:
        problems.append(at + 'include by a path upwards: ' + header)
    for pattern, allowed in WRAPPED:
        if re.search(pattern, header) and not re.search(allowed, path) and not header.startswith('base/'):
            if header == 'json.h' and path.startswith('src/base/'):
                continue # our own
            problems.append(at + '%s belongs into its wrapper only (%s)' % (header, allowed))
    layer = path.split('/')[1] if path.startswith('src/') else path.split('/')[0]
    if re.search(r'(^|/)loop\.h$|^loop/', header) and layer in NO_LOOP:
        problems.append(at + 'the room %s is shared with the client library and has no loop' % layer)


def check_c(path, text, problems):
    lines = text.split('\n')
    for number, line in enumerate(lines, 1):
        m = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if m:
            check_include(path, number, m.group(1), problems)
        if re.search(r'\bqsort\(', line) and path != 'src/base/alloc.h':
            problems.append('%s:%d: qsort() may not be given an empty array that is NULL; vr_sort() may' % (path, number))
        if len(line) > MAX_COLUMNS:
            problems.append('%s:%d: %d columns' % (path, number, len(line)))
        if '\t' in line:
            problems.append('%s:%d: a tab' % (path, number))
    if len(lines) > MAX_LINES and not LONG.search(path):
        problems.append('%s: %d lines; a file is one idea' % (path, len(lines)))


def main():
    problems, count = [], 0
    for path in tracked():
        kind = os.path.splitext(path)[1]
        if kind not in ('.c', '.h', '.py', '.sh'):
            continue
        with open(os.path.join(TOP, path), errors='replace') as f:
            text = f.read()
        count += 1
        if text.strip() and 'SPDX-License-Identifier: LGPL-2.1-or-later' not in text[:300]:
            problems.append(path + ': no licence line at the top')
        if kind in ('.c', '.h'):
            check_c(path, text, problems)
    for line in problems:
        print(line)
    print('%d files, %d problems' % (count, len(problems)))
    return 1 if problems else 0


sys.exit(main())
