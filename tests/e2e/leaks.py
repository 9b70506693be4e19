#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls of every kind, many times, under valgrind: the client library loses no memory and touches none that is not its own."""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from client import OURS  # noqa: E402
from daemon import BUILD  # noqa: E402
from suite import Failed, Skip, clean_up, daemon, domain_xml, equal, long, main, test, vireo_only, write  # noqa: E402

BENCH = os.path.join(HERE, '..', '..', 'bench')


def many_calls(count, timeout):
    if not shutil.which('valgrind'):
        raise Skip('valgrind is not installed')
    program = '/run/work/client_calls'
    subprocess.run(['cc', '-O1', '-g', '-o', program, os.path.join(BENCH, 'client_calls.c'), '-I' + os.path.join(BUILD, 'include'),
                    '-L' + OURS, '-lvirt', '-lpthread'], check=True)
    d = daemon()
    for i in range(3):
        d.run('define', write('bench.xml', domain_xml('bench%d' % i)))
    p = subprocess.run(['valgrind', '-q', '--leak-check=full', '--show-leak-kinds=definite,indirect', '--errors-for-leak-kinds=definite,indirect',
                        '--error-exitcode=99', program, d.uri(), str(count), 'each'], env=dict(os.environ, LD_LIBRARY_PATH=OURS, LC_ALL='C'),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    clean_up(d)
    if p.returncode:
        raise Failed('exit code %d\n%s' % (p.returncode, p.stderr[-3000:]))
    equal(len(p.stdout.splitlines()), 10)
    if re.search(r'lost|Invalid|uninitialised', p.stderr):
        raise Failed(p.stderr[-3000:])


@test
@vireo_only
def hundreds_of_calls_of_each_kind_lose_nothing():
    many_calls(300, 120)


@test
@vireo_only
@long
def a_hundred_thousand_calls_of_each_kind_lose_nothing():
    many_calls(100000, 2900)


main()
