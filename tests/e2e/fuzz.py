#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each fuzz target of the tree for a million executions or five minutes, from its corpus, with sanitizers. All long."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import Failed, Skip, long, main, test, vireo_only  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, 'build-fuzz')
ALL = os.environ.get('VIREO_LONG') == '1'
SECONDS = 300 if ALL else 20 # a rotating part has less time
RUNS = 1000000
OPTIONS = ['-Dbuildtype=debugoptimized', '-Db_sanitize=address,undefined', '-Db_lundef=false', '-Dwerror=false',
           '-Dc_args=-fsanitize=fuzzer-no-link -Wframe-larger-than=65536']


def meson_files():
    """(directory, text) of the build files below src/."""
    for where, _, files in os.walk(os.path.join(TOP, 'src')):
        if 'meson.build' in files:
            with open(os.path.join(where, 'meson.build'), encoding='utf-8') as f:
                yield os.path.relpath(where, TOP), f.read()


def targets():
    """name -> directory of each target whose executable is made in src/."""
    found = {}
    for where, text in meson_files():
        for name in re.findall(r"executable\('(\w+_fuzz)'", text):
            found[name] = where
        if "'_fuzz'" in text: # made in a loop over their names
            for name in re.findall(r"\['(\w+)', dep_\w+\]", text):
                found[name + '_fuzz'] = where
    return found


def run(*cmd, timeout=1500):
    p = subprocess.run(cmd, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       errors='replace', timeout=timeout, env=dict(os.environ, CC='clang'))
    if p.returncode:
        raise Failed('%s: exit code %d\n%s' % (' '.join(cmd)[:200], p.returncode, p.stdout[-3000:]))
    return p.stdout


def fuzz(name, where):
    if not shutil.which('clang'):
        raise Skip('no clang here (packages clang, libclang-rt-14-dev)')
    if not os.path.exists(os.path.join(BUILD, 'build.ninja')):
        run('meson', 'setup', BUILD, *OPTIONS)
    program = '%s/%s' % (where, name)
    run('ninja', '-C', BUILD, program)
    corpus = '/run/work/corpus-' + name
    os.makedirs(corpus)
    seeds = program + '_corpus'
    if ' %s:' % seeds in '\n' + run('ninja', '-C', BUILD, '-t', 'targets', 'all').replace('\n', '\n '):
        run('ninja', '-C', BUILD, seeds)
        run(os.path.join(BUILD, seeds), '--write', corpus)
    out = run(os.path.join(BUILD, program), '-runs=%d' % RUNS, '-max_total_time=%d' % SECONDS, '-timeout=20', '-rss_limit_mb=4096',
              '-print_final_stats=1', '-artifact_prefix=%s/find-%s-' % (os.path.join(TOP, 'build-logs'), name), corpus,
              timeout=SECONDS + 200)
    runs = re.search(r'number_of_executed_units: (\d+)', out)
    if not runs or int(runs.group(1)) < 100:
        raise Failed('it hardly ran\n' + out[-2000:])
    print('%s: %s executions' % (name, runs.group(1)), flush=True)


for _name, _where in sorted(targets().items()):
    def _one(name=_name, where=_where):
        fuzz(name, where)
    _one.__name__ = 'no_input_of_%s_is_a_find' % _name
    test(long(vireo_only(_one)))

main()
