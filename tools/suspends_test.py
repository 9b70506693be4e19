#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""suspends.py finds what it is there to find, and nothing in code that keeps the rules."""
import json
import os
import subprocess
import sys
import tempfile

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'suspends.py')
HEADER = """
#define VR_SUSPENDS
VR_SUSPENDS int wait_here(int n);
void vr_fiber_start(void (*fn)(void *));
void vr_timer_new(void (*fn)(void *));
struct ops { VR_SUSPENDS int (*slow)(int n); int (*fast)(int n); };
"""
GOOD = """
#include "h.h"
VR_SUSPENDS int wait_here(int n) { return n; }
VR_SUSPENDS static int twice(int n) { return wait_here(n) + wait_here(n); }
static int plain(int n) { return n; }
static const struct ops table = { .slow = twice, .fast = plain };
VR_SUSPENDS static void body(void *p) { table.slow(table.fast(1)); }
void begin(void) { vr_fiber_start(body); }
"""
# name, what replaces what in GOOD, what the report must say
CASES = (
    ('a missing mark', ('VR_SUSPENDS static int twice', 'static int twice'),
     "'twice' calls 'wait_here', which suspends"),
    ('a call through a marked pointer', ('VR_SUSPENDS static void body', 'static void body'),
     "'body' calls the suspending pointer 'slow'"),
    ('a suspending function in an unmarked pointer', ('.fast = plain', '.fast = twice'),
     "'twice', which suspends, is stored in 'fast'"),
    ('a suspending function as a timer', ('vr_fiber_start(body)', 'vr_timer_new(body)'),
     "'body', which suspends, is handed to 'vr_timer_new'"),
    ('a large frame', ('{ return wait_here(n) + wait_here(n); }',
                       '{ volatile char big[300000]; big[n] = 1; return wait_here(big[1]); }'),
     'the stack of a fiber is too small'),
    ('unbounded recursion', ('{ return wait_here(n) + wait_here(n); }', '{ return n ? twice(n - 1) : wait_here(n); }'),
     'recursion without a stated depth'),
    ('a frame of unknown size', ('{ return wait_here(n) + wait_here(n); }',
                                 '{ volatile char v[n]; v[0] = 1; return wait_here(v[0]); }'),
     'has a frame without a bound'),
)


def run(text):
    with tempfile.TemporaryDirectory() as d:
        os.makedirs(d + '/src')
        for name, content in (('h.h', HEADER), ('a.c', text)):
            with open('%s/src/%s' % (d, name), 'w') as f:
                f.write(content)
        with open(d + '/compile_commands.json', 'w') as f:
            json.dump([{'directory': d, 'file': 'src/a.c', 'command': 'ccache gcc -O2 -Isrc -c src/a.c -o a.o'}], f)
        p = subprocess.run([sys.executable, TOOL, d], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           env=dict(os.environ, SUSPENDS_TOP=d))
        return p.returncode, p.stdout


def main():
    code, out = run(GOOD)
    if code == 77:
        print(out)
        return 77
    failed = 0
    if code:
        print('correct code is refused:\n' + out)
        failed += 1
    for name, (old, new), wanted in CASES:
        assert old in GOOD
        code, out = run(GOOD.replace(old, new))
        if code != 1 or wanted not in out:
            print('%s is not found:\n%s' % (name, out))
            failed += 1
    print('%d cases, %d failed' % (len(CASES) + 1, failed))
    return 1 if failed else 0


sys.exit(main())
