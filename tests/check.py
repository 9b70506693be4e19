#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds everything and runs every test.

usage: ./check [--all | --part=K/N] [--no-install] [--list] [--release-only] [NAME...]

  NAME            only suites whose name contains one of these (house, unit/base, e2e/console, ...)
  --all           long tests too
  --part=K/N      of the long tests, the K-th of N parts (K may exceed N: a day number rotates through them)
  --release-only  no sanitizer build
  --no-install    do not look for missing Debian packages
  --list          print the names of the suites

One line per suite, then what failed and why, then what was skipped and why, and one last line
"N passed, N failed, N skipped". The exit code is 0 only when nothing failed.
CHECK_PREFIX may hold a command put before each build and test command (nice, for example); CHECK_JOBS the
number of end-to-end suites run side by side (2).
"""
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOGS = os.path.join(TOP, 'build-logs')
PREFIX = shlex.split(os.environ.get('CHECK_PREFIX', ''))
# Frames grow in a sanitizer build, so only the ordinary one bounds them.
BUILDS = {
    'release': ('build', ['-Dbuildtype=debugoptimized']),
    'asan': ('build-asan', ['-Dbuildtype=debug', '-Db_sanitize=address,undefined', '-Db_lundef=false',
                            '-Dc_args=-fno-omit-frame-pointer -fno-sanitize-recover=undefined -Wframe-larger-than=65536']),
}
SANITIZER_ENV = {
    'ASAN_OPTIONS': 'detect_leaks=1:detect_stack_use_after_return=0:abort_on_error=1',
    'UBSAN_OPTIONS': 'print_stacktrace=1:halt_on_error=1',
    'LSAN_OPTIONS': 'print_suppressions=0',
}
# A sanitizer run of an end-to-end suite costs two to three times the plain one; these have the most native code in play.
E2E_ASAN = ('basic', 'hostile')
PASS, FAIL, SKIP = 'pass', 'fail', 'skip'


class Tally:
    """Results of all suites; prints a line for each as it ends."""

    def __init__(self):
        self.lock = threading.Lock()
        self.results = []

    def suite(self, name, results, seconds):
        """results: list of (test, PASS|FAIL|SKIP, text)."""
        n = {k: sum(1 for r in results if r[1] == k) for k in (PASS, FAIL, SKIP)}
        with self.lock:
            self.results += [(name,) + tuple(r) for r in results]
            line = '%-34s %4d passed' % (name, n[PASS])
            if n[FAIL]:
                line += ', %d FAILED' % n[FAIL]
            if n[SKIP]:
                line += ', %d skipped' % n[SKIP]
            print('%-66s %6.1f s' % (line, seconds), flush=True)

    def finish(self):
        bad = [r for r in self.results if r[2] == FAIL]
        skipped = [r for r in self.results if r[2] == SKIP]
        if skipped:
            print('\nskipped:')
            why = {}
            for suite, test, _, text in skipped:
                why.setdefault((suite, text or 'no reason given'), []).append(test)
            for (suite, text), tests in why.items():
                print('  %s: %s: %s' % (suite, tests[0] if len(tests) == 1 else '%d tests' % len(tests), text))
        if bad:
            print('\nfailed:')
            for suite, test, _, text in bad:
                print('  %s: %s' % (suite, test))
                for line in (text or '').rstrip().splitlines()[-25:]:
                    print('      ' + line)
        passed = len(self.results) - len(bad) - len(skipped)
        print('\n%d passed, %d failed, %d skipped' % (passed, len(bad), len(skipped)))
        return 1 if bad or not passed else 0


def run(cmd, log, timeout, env=None):
    """Runs a command into a log file. Returns its exit code, or 'timeout'."""
    with open(log, 'ab') as f:
        p = subprocess.Popen(PREFIX + cmd, cwd=TOP, stdout=f, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                             env=dict(os.environ, **(env or {})), start_new_session=True)
        try:
            return p.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, 9)
            p.wait()
            return 'timeout'


def tail(path, n=25):
    try:
        with open(path, errors='replace') as f:
            return ''.join(f.readlines()[-n:])
    except OSError as e:
        return str(e)


def has_check(where):
    p = subprocess.run(['meson', 'introspect', '--dependencies', where], cwd=TOP, stdout=subprocess.PIPE, text=True)
    return p.returncode != 0 or any(d['name'] == 'check' for d in json.loads(p.stdout))


def build(kind, tally):
    """Configures and compiles one build directory. Returns True when it is usable."""
    where, options = BUILDS[kind]
    log = os.path.join(LOGS, 'build-%s.log' % kind)
    open(log, 'w').close()
    start = time.time()
    rc = 0
    stamp = os.path.join(TOP, where, '.check-options')
    fresh = not os.path.exists(os.path.join(TOP, where, 'build.ninja'))
    if fresh:
        shutil.rmtree(os.path.join(TOP, where), ignore_errors=True)
        rc = run(['meson', 'setup', where] + options, log, 300)
    elif not has_check(where):
        # Configured when the package "check" was not installed (by ./demo, say): without the tests beside the code.
        rc = run(['meson', 'configure', '--clearcache', where], log, 300) or run(['meson', 'setup', '--reconfigure', where], log, 300)
    elif os.path.exists(stamp) and open(stamp).read() != '\n'.join(options):
        rc = run(['meson', 'configure', where] + options, log, 300)
    # A directory made by hand has no stamp and keeps its own options.
    if rc == 0 and (fresh or os.path.exists(stamp)):
        with open(stamp, 'w') as f:
            f.write('\n'.join(options))
    if rc == 0:
        rc = run(['meson', 'compile', '-C', where], log, 1500)
    result = (kind, PASS, '') if rc == 0 else (kind, FAIL, 'exit code %s; %s ends with\n%s' % (rc, log, tail(log)))
    tally.suite('build/' + kind, [result], time.time() - start)
    return rc == 0


CHECK_SUMMARY = re.compile(r'^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)', re.M)


def unit_results(record):
    """One meson test becomes the tests it counted itself: Check's summary, or lines "N passed, N failed, N skipped"."""
    name = record['name'].split(' / ')[-1]
    out = (record.get('stdout') or '') + (record.get('stderr') or '')
    result = record['result']
    m = CHECK_SUMMARY.search(out)
    skips = [(name + ': ' + t.strip(), SKIP, why.strip())
             for t, why in re.findall(r'^SKIP[: ]+([^:\n]+):? *(.*)$', out, re.M)]
    if result == 'SKIP':
        why = skips[0][2] if skips and skips[0][2] else out.strip().splitlines()[-1:] or ['no reason given']
        return [(name, SKIP, why if isinstance(why, str) else why[0])]
    if m:
        total, failures, errors = map(int, m.groups())
        bad = failures + errors
        results = [('%s #%d' % (name, i), PASS, '') for i in range(total - bad - len(skips))]
        results += [(name, FAIL, out)] * bad + skips
        if result not in ('OK', 'EXPECTEDFAIL') and not bad:
            results.append((name, FAIL, '%s (exit code %s)\n%s' % (result, record.get('returncode'), out)))
        return results
    if result == 'OK':
        return [(name, PASS, '')] + skips
    return [(name, FAIL, '%s (exit code %s)\n%s' % (result, record.get('returncode'), out))]


def units(kind, wanted, tally):
    """The tests beside the code, by meson, grouped by meson suite."""
    where = BUILDS[kind][0]
    log = os.path.join(LOGS, 'unit-%s.log' % kind)
    open(log, 'w').close()
    records = os.path.join(TOP, where, 'meson-logs', 'testlog.json')
    if os.path.exists(records):
        os.unlink(records)
    names = [t for t in meson_tests(where) if not wanted or any(w in t for w in wanted)]
    if not names:
        return
    start = time.time()
    env = dict(SANITIZER_ENV) if kind == 'asan' else {}
    env['MALLOC_PERTURB_'] = '165'
    rc = run(['meson', 'test', '-C', where, '--no-rebuild', '--timeout-multiplier', '3' if kind == 'asan' else '1'] +
             [n.split('/', 1)[1] for n in names], log, 1800, env)
    by_suite = {}
    if os.path.exists(records):
        with open(records, errors='replace') as f:
            for line in f:
                r = json.loads(line)
                suite, _, _ = r['name'].rpartition(' / ')
                by_suite.setdefault(suite.rpartition(':')[2] or 'unit', []).append(r)
    if not by_suite or rc == 'timeout':
        tally.suite('unit (%s)' % kind, [('meson test', FAIL, 'exit code %s\n%s' % (rc, tail(log)))], time.time() - start)
    for suite, recs in sorted(by_suite.items()):
        results = [x for r in recs for x in unit_results(r)]
        tally.suite('%s (%s)' % (suite, kind), results, sum(r['duration'] for r in recs))


def meson_tests(where):
    """Names of the tests of a build directory, as SUITE/NAME."""
    p = subprocess.run(['meson', 'introspect', '--tests', where], cwd=TOP, stdout=subprocess.PIPE, text=True)
    if p.returncode:
        return []
    return ['%s/%s' % ((t['suite'] or ['unit'])[0].rpartition(':')[2], t['name']) for t in json.loads(p.stdout)]


def house(tally):
    """Rules of the house that need no run of ours: scripts, and what the checks under tools/ say."""
    start = time.time()
    results = []
    files = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=TOP, stdout=subprocess.PIPE,
                           text=True).stdout.split('\n')
    shell, python = [], []
    for f in files:
        path = os.path.join(TOP, f)
        if not f or not os.path.isfile(path) or f.startswith('build'):
            continue
        with open(path, 'rb') as h:
            first = h.readline(100)
        if f.endswith('.sh') or re.match(rb'#!.*\b(ba|da)?sh\b', first):
            shell.append(f)
        elif f.endswith('.py') or b'python' in first and first.startswith(b'#!'):
            python.append(f)
    for tool, args, what in (('shellcheck', ['-x'], shell), ('pyflakes3', [], python)):
        if not what:
            continue
        if not shutil.which(tool):
            results.append((tool, SKIP, tool + ' is not installed'))
            continue
        p = subprocess.run([tool] + args + what, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        results.append((tool, FAIL if p.returncode else PASS, p.stdout))
    for script, args in (('tools/house.py', []), ('tools/suspends.py', [BUILDS['release'][0]])):
        if os.path.exists(os.path.join(TOP, script)):
            p = subprocess.run(['/usr/bin/python3', script] + args, cwd=TOP, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
            result = {0: PASS, 77: SKIP}.get(p.returncode, FAIL)
            results.append((script, result, p.stdout.strip()))
    tally.suite('house', results, time.time() - start)
    rows = os.path.join(TOP, BUILDS['release'][0], 'src', 'model', 'vireo-xml')
    if os.path.exists(rows):
        p = subprocess.run([rows, '--rows'], stdout=subprocess.PIPE, text=True)
        print('places of the domain document, by where a value goes at a start: ' + p.stdout.strip())


def e2e_suites():
    where = os.path.join(TOP, 'tests', 'e2e')
    return sorted(f[:-3] for f in os.listdir(where) if f.endswith('.py') and f[0] != '_') if os.path.isdir(where) else []


def e2e(name, kind, long, tally):
    """One end-to-end suite: a python file of tests/e2e run in namespaces of its own by tests/lib/suite.py."""
    start = time.time()
    log = os.path.join(LOGS, 'e2e-%s-%s.log' % (name, kind))
    out = os.path.join(LOGS, 'e2e-%s-%s.results' % (name, kind))
    for f in (log, out):
        open(f, 'w').close()
    env = dict(SANITIZER_ENV) if kind == 'asan' else {}
    env.update(VIREO_BUILD=os.path.join(TOP, BUILDS[kind][0]), VIREO_RESULTS=out, VIREO_LONG=long)
    rc = run(['/usr/bin/python3', os.path.join('tests', 'e2e', name + '.py')], log, 3600 if long else 900, env)
    results = []
    with open(out) as f:
        for line in f:
            r = json.loads(line)
            results.append((r['test'], r['result'], r.get('text', '')))
    if rc == 'timeout' or (rc != 0 and not any(r[1] == FAIL for r in results)) or not results:
        results.append((name, FAIL, 'exit code %s; %s ends with\n%s' % (rc, log, tail(log))))
    tally.suite('e2e/%s (%s)' % (name, kind), results, time.time() - start)


def main(argv):
    if '-h' in argv or '--help' in argv:
        print(__doc__)
        return 0
    flags = {a for a in argv if a.startswith('-')}
    wanted = [a for a in argv if not a.startswith('-')]
    part = next((f[7:] for f in flags if re.fullmatch(r'--part=\d+/[1-9]\d*', f)), '')
    long = '1' if '--all' in flags else part
    unknown = flags - {'--part=' + part} - {'--all', '--no-install', '--list', '--release-only'}
    if unknown:
        print('./check: unknown option %s (see --help)' % ' '.join(sorted(unknown)), file=sys.stderr)
        return 64
    os.makedirs(LOGS, exist_ok=True)
    kinds = ['release'] if '--release-only' in flags else ['release', 'asan']
    if '--list' in flags:
        for kind in kinds:
            print('\n'.join('%s (%s)' % (t, kind) for t in meson_tests(BUILDS[kind][0])))
        print('house\n' + '\n'.join('e2e/' + s for s in e2e_suites()))
        return 0

    def want(name):
        return not wanted or any(w in name for w in wanted)
    tally = Tally()
    usable = [k for k in kinds if build(k, tally)]
    if want('house'):
        house(tally)
    for kind in usable:
        units(kind, wanted, tally)
    jobs = [(s, k) for k in usable for s in e2e_suites() if want('e2e/' + s) and (k == 'release' or s in E2E_ASAN)]
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get('CHECK_JOBS', '2'))) as pool:
        for f in [pool.submit(e2e, s, k, long, tally) for s, k in jobs]:
            f.result()
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
