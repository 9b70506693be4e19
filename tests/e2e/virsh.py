#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our virsh beside Debian's, each on its own library: what they print and how they end, on the mock and on a daemon."""
import json
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
import virsh_cases as cases  # noqa: E402
from daemon import BUILD, STOCK, Daemon  # noqa: E402
from suite import Failed, Skip, clean_up, daemon, domain_xml, equal, has, long, main, test, with_sizes, write  # noqa: E402

OURS = os.path.join(BUILD, 'bin', 'virsh')
THEIRS = '/usr/bin/virsh'
MOCK = 'test:///default'
# A lost connection and the like are looked for in these; both run the same way.
ENV = dict(os.environ, LC_ALL='C.UTF-8', HOME='/run/work', EDITOR='true')
ENV.pop('LD_LIBRARY_PATH', None)

# An input that never says anything: Debian's virsh forgets its own thread when input has ended.
SILENT = os.pipe()[0]
DEVICES = '''
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/run/work/a.img'/>
      <target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
    <graphics type='vnc' port='5907' autoport='no'/>
    <video><model type='vga'/></video>'''
UUIDS = {'a': 'c7a5fdbd-edaf-9455-926a-d65c16db1801', 'b': 'c7a5fdbd-edaf-9455-926a-d65c16db1802'}


def without_chance(text):
    """What changes from one run to the next by itself."""
    text = re.sub(r'\d{4}-\d\d-\d\d[ -]\d\d:\d\d:\d\d', 'DATE', text)
    text = re.sub(r'CPU time: +[\d.]+s', 'CPU time: Ns', text)
    text = re.sub(r'^CPU: +\d+$', 'CPU: N', text, flags=re.M)
    text = re.sub(r'((?:time|delay|wait|halted|\.exits|_user|_system|fixed|rss|last-update)(?:\.\w+)?)=\d+', r'\1=N', text)
    text = re.sub(r'\d+\.\d{9} seconds', 'N seconds', text)
    text = re.sub(r'((?:rd|wr)_\w+|flush_\w+|[rt]x_\w+|number of .*:|total duration .*:|rss|last_update|unused|available) +\d+',
                  r'\1 N', text)
    text = re.sub(r'(/dev/pts/|domain-)\d+', r'\1N', text)
    text = re.sub(r'(\d+)(?= +a +)', 'N', text)
    text = re.sub(r'^Id: +\d+$', 'Id: N', text, flags=re.M)
    text = re.sub(r'(Time: )\d+', r'\1N', text)
    text = re.sub(r' \(tried .*\)', '', text)  # what our library adds
    return re.sub(r' +$', '', text, flags=re.M)


def at_prompt(program, lines, uri=MOCK):
    """What each line printed, typed at one prompt without a terminal."""
    p = subprocess.run([program, '-c', uri], input='\n'.join(lines) + '\n', stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, errors='replace', timeout=60, env=ENV, cwd='/')
    # Debian's line editor shows long lines in two.
    p.stdout = re.sub(r' [\r\n]*\x1b\[A(\x1b\[C)+\x1b\[K.', ' ', p.stdout)
    parts = re.split(r'^virsh [#>] ', p.stdout, flags=re.M)[1:]
    if len(parts) != len([x for x in lines if x]) + 1:
        raise Failed('%s: %d answers to %d lines; the last: %s' % (program, len(parts), len(lines), parts[-1][-300:]))
    return parts


def alone(program, line, uri=MOCK, words=None, timeout=20):
    """stdout, stderr and exit code of one line as the words of a command."""
    p = subprocess.run([program, '-c', uri] + (words or line.split(' ')), stdin=SILENT, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, errors='replace', timeout=timeout, env=ENV, cwd='/')
    return p.stdout, p.stderr, p.returncode


def masked(line, answer):
    out, err, code = answer
    return 'N\n\n' if line == 'domid a' and code == 0 else without_chance(out), without_chance(err), code


def allowed(line):
    return any(re.match(pattern, line) for pattern, _ in cases.DIFFERENT)


def report(differences, most=25):
    if differences:
        raise Failed('%d differ:\n%s' % (len(differences), '\n'.join(differences[:most])))


def both_at_prompt(lines):
    """Differences of the answers."""
    ours, theirs = (at_prompt(p, lines) for p in (OURS, THEIRS))
    out = []
    for line, a, b in zip([x for x in lines if x], ours, theirs):
        if without_chance(a) != without_chance(b) and not allowed(line):
            out.append('Debian: %s\n  ours: %s' % (b.strip(), '\n'.join(a.strip().split('\n')[1:])))
    return out


@test
def a_long_talk_with_the_mock_is_the_same_on_both():
    report(both_at_prompt(cases.MOCK))


@test
@long
def calls_on_a_thread_end_the_same_on_both():
    out, hung = [], 0
    for line in cases.ALONE:
        ours = masked(line, alone(OURS, line))
        try:
            theirs = masked(line, alone(THEIRS, line, timeout=2))
        except subprocess.TimeoutExpired:  # Debian's virsh sometimes waits for a thread that has ended
            hung += 1
            continue
        if ours != theirs and not allowed(line):
            out.append('%s\nDebian: %s\n  ours: %s' % (line, theirs, ours))
    report(out)
    if hung > len(cases.ALONE) // 2:
        raise Failed('%d of %d hung in Debian\'s virsh: too few compared' % (hung, len(cases.ALONE)))


# ---- names and usage of every command


def commands(program):
    """group keyword -> names, from help."""
    groups, at = {}, None
    for line in subprocess.run([program, '-c', MOCK, 'help'], stdout=subprocess.PIPE, text=True, env=ENV).stdout.split('\n'):
        head = re.match(r" (.*) \(help keyword '(\w+)'\):", line)
        if head:
            at = groups.setdefault((head.group(1), head.group(2)), [])
        elif line.startswith('    ') and at is not None:
            at.append(line.split()[0])
    return groups


def helps(program, names):
    """Name -> (synopsis, options without their prose)."""
    found = {}
    for name, text in zip(names, at_prompt(program, ['help ' + n for n in names])):
        synopsis = re.search(r'SYNOPSIS\n +(.*)', text)
        options = re.findall(r'^    (?:\[?--[\w-]+\]?(?: <\w+>)?|<\w+>)(?=  )', text, re.M)
        found[name] = (synopsis and synopsis.group(1).replace(' [--json]', ''), [o.strip() for o in options if o.strip() != '--json'])
    return found


@test
def every_command_has_debians_name_group_and_options():
    ours, theirs = commands(OURS), commands(THEIRS)
    mine = [n for names in ours.values() for n in names]
    shared = [n for names in theirs.values() for n in names if n in mine]
    missing = [n for names in theirs.values() for n in names if n not in mine]
    if missing and len(mine) > 250:
        raise Failed('missing: %s' % ' '.join(missing))
    for group, names in theirs.items():
        if group in ours:
            equal([n for n in ours[group] if n in names], names, group[0])
    a, b = helps(OURS, shared), helps(THEIRS, shared)
    report(['%s\nDebian: %s\n  ours: %s' % (n, b[n], a[n]) for n in shared if a[n] != b[n]])


def usage_lines(name, synopsis, options):
    """Wrong ways to use a command; all are refused before anything is sent."""
    required = re.findall(r'^%s((?: <[\w-]+>)*)' % re.escape(name), synopsis)[0].split()
    kinds = dict(re.match(r'\[?--([\w-]+)\]?(?: <(\w+)>)?', o).groups() for o in options if o.startswith(('--', '[--')))
    filled = ['--%s %s' % (r[1:-1], '1' if kinds.get(r[1:-1]) == 'number' else 'x') for r in required]
    lines = [name + ' --nosuch', name + ' --nosuch=1']
    if required:
        lines.append(name)
        lines += [' '.join([name] + filled[:i] + filled[i + 1:]) for i in range(len(filled))]
    for option, kind in kinds.items():
        mine = [f for f in filled if not f.startswith('--%s ' % option)]
        if kind is None:
            lines.append(' '.join([name] + mine + ['--%s=1' % option]))
            lines.append(' '.join([name] + mine + ['--%s --%s' % (option, option)]))
        elif not re.search(r'\[--%s\] <string>\}?\]?\.\.\.' % re.escape(option), synopsis):
            lines.append(' '.join([name] + mine + ['--%s 1 --%s 1' % (option, option)]))
            lines.append(' '.join([name] + mine + ['--' + option]))
    if '...' not in synopsis and not any(k for o, k in kinds.items() if '<%s>' % o not in required):
        lines.append(' '.join([name] + filled + ['toomuch']))
    return lines


@test
def wrong_usage_of_every_command_is_one_line_and_the_same_on_both():
    ours = [n for names in commands(OURS).values() for n in names]
    names = [n for names in commands(THEIRS).values() for n in names if n in ours]
    texts = helps(THEIRS, names)
    lines = [x for n in names for x in usage_lines(n, *texts[n])]
    if len(lines) < 1500:
        raise Failed('only %d wrong lines' % len(lines))
    out = both_at_prompt(lines)
    for line, text in zip(lines, at_prompt(OURS, lines)):
        said = text.strip().split('\n')[1:]
        if not said or any(not x.startswith('error: ') for x in said):
            out.append('%s says %s' % (line, said))
    report(out)
    for line in lines[::97]:
        equal(alone(OURS, line)[2], 1, line)


@test
def numbers_that_are_none_are_refused_alike():
    ours = [n for names in commands(OURS).values() for n in names]
    names = [n for names in commands(THEIRS).values() for n in names if n in ours and n not in ('migrate', 'nodesuspend')]
    lines = []
    for n, (synopsis, options) in helps(THEIRS, names).items():
        required = re.findall(r'^%s((?: <[\w-]+>)*)' % re.escape(n), synopsis)[0].split()
        for o in re.findall(r'--([\w-]+)\]? <number>', '\n'.join(options)):
            rest = ['--%s %s' % (r[1:-1], 'test' if r == '<domain>' else '1') for r in required if r != '<%s>' % o]
            lines.append(' '.join([n] + rest + ['--%s 1x!' % o]))
    if len(lines) < 60:
        raise Failed('only %d numbers' % len(lines))
    report(both_at_prompt(lines))


# ---- the program's own options


@test
def options_of_the_program_are_the_same_on_both():
    rows = (['-v'], ['--version'], ['--version=short'], ['-d'], ['-d', 'x'], ['-d', '9', 'list'], ['-e', 'abc', 'list'], ['-e', '^', 'list'],
            ['-e', '^a', 'list'], ['-k', '-1', 'list'], ['-k', 'x', 'list'], ['-K'], ['--keepalive-interval'], ['-Z'], ['--foo'],
            ['--connect'], ['-r', 'list'], ['-q', 'list'], ['-q', 'list', '--all'], ['list;list'], ['list', ';'], ['list;nosuch'], [''],
            [' '], ['echo a;echo b'], ['-q', 'echo a;echo b'], ['dominfo nosuch;echo b'], ['echo b;dominfo nosuch'], ['quit;list'],
            ['exit'], ['# list'], ['list # x'], ['list', '# x'], ['"list"'], ['echo "a'], ["echo 'a"], ['echo a\\'], ['--', 'list'],
            ['-l', '/nonexistent/x', 'list'], ['help', 'nosuch'], ['-c', 'foo:///bar', 'echo hi'], ['-c', 'foo:///bar', 'nosuch'],
            ['connect foo:///x;list'], ['-r', 'suspend', 'test'], ['cd', '/'], ['pwd'], ['complete', '--', 'dominf'],
            ['complete', '--', 'list', '--in'], ['complete', '--', 'reboot', 'test', '--mode', ''], ['complete', '--', 'nosuch='],
            ['complete', '--', 'dominfo', 'te'], ['-d', '0', 'vcpupin', 'test', '0', '--config'], ['self-test'])
    out = []
    for words in rows:
        got = []
        for program in (OURS, THEIRS):
            p = subprocess.run([program, '-c', MOCK] + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, timeout=30, env=ENV, cwd='/')
            got.append((p.returncode, without_chance(p.stdout), without_chance(p.stderr)))
        if got[0] != got[1]:
            out.append('%s\nDebian: %s\n  ours: %s' % (words, got[1], got[0]))
    report(out)


@test
def without_a_uri_only_commands_that_need_a_daemon_fail():
    if daemon().alive():
        daemon().stop()
    for words in (['echo', 'hi'], ['list'], ['echo a;list;echo b'], ['help', 'nosuch'], ['pwd']):
        got = []
        for program in (OURS, THEIRS):
            p = subprocess.run([program] + words, stdin=SILENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30,
                               env=ENV, cwd='/')
            got.append((p.returncode, p.stdout, without_chance(p.stderr)))
        equal(got[0], got[1], ' '.join(words))


@test
def log_file_and_timing_have_debians_form():
    for program in (OURS, THEIRS):
        log = '/run/work/virsh.log'
        if os.path.exists(log):
            os.unlink(log)
        p = subprocess.run([program, '-t', '-l', log, '-c', MOCK, 'start', 'test'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env=ENV)
        equal(p.stderr, 'error: Domain is already active\n')
        if not re.fullmatch(r'\n\(Time: \d+\.\d{3} ms\)\n\n', p.stdout):
            raise Failed('timing: %r' % p.stdout)
        with open(log) as f:
            if not re.fullmatch(r'\[[\d.]{10} [\d:]{8} virsh \d+\] ERROR Domain is already active\n', f.read()):
                raise Failed('the log has another form')


@test
def json_is_an_array_or_object_with_the_tables_values():
    rows = json.loads(alone(OURS, 'list --all --json')[0])
    equal(rows, [{'id': 1, 'name': 'test', 'state': 'running'}])
    info = json.loads(alone(OURS, 'dominfo test --json')[0])
    equal((info['name'], info['max_memory_kib'], info['autostart']), ('test', 8388608, False))
    stats = json.loads(alone(OURS, 'domstats --state --json')[0])
    equal(stats['domains'][0]['stats'][0]['state_state'], 1)
    for line in ('domblklist test', 'domblkinfo test --all', 'domiflist test', 'vcpuinfo test', 'vcpupin test', 'domfsinfo test', 'domstate test',
                 'domblkstat test vda', 'domifstat test testnet0', 'memtune test', 'schedinfo test', 'vcpucount test', 'dumpxml test',
                 'cpu-stats test', 'domuuid test', 'perf test', 'blkdeviotune test vda'):
        out, err, code = alone(OURS, line + ' --json')
        if code != 0 or not json.loads(out):
            raise Failed('%s: %d %s %s' % (line, code, out, err))


# ---- on daemons


def prepare(d):
    """Guests a and b, defined."""
    clean_up(d)
    with_sizes('a.img')
    with_sizes('extra.img')
    for name, devices in (('a', DEVICES), ('b', '')):
        xml = domain_xml(name, devices=devices).replace('<memory', '<uuid>%s</uuid><memory' % UUIDS[name], 1)
        d.run('define', write(name + '.xml', xml))


def both_on(d):
    got = []
    for program in (THEIRS, OURS):
        prepare(d)
        got.append([masked(line, alone(program, line, d.uri())) for line in cases.DAEMON])
    out = []
    for line, theirs, ours in zip(cases.DAEMON, *got):
        if theirs != ours and not allowed(line):
            out.append('%s\nDebian: %s\n  ours: %s' % (line, theirs, ours))
    report(out)


@test
def on_our_daemon_both_print_the_same():
    both_on(daemon())


@test
def on_debians_daemon_both_print_the_same():
    if not os.path.exists(STOCK):
        raise Skip('no %s here (package libvirt-daemon-system)' % STOCK)
    daemon().stop()
    d = Daemon('stock')
    try:
        both_on(d.start())
        clean_up(d)
    finally:
        d.stop()


@test
def a_daemon_that_dies_in_the_middle_is_one_clear_line():
    d = daemon()
    prepare(d)
    d.run('start', 'a')
    with open('/run/libvirt/qemu/a.pid') as f:
        qemu = int(f.read())
    os.kill(qemu, signal.SIGSTOP)  # calls about it wait
    try:
        for line in ('qemu-monitor-command a query-status', 'event --event reboot', 'inject-nmi a'):
            d = daemon()
            p = subprocess.Popen([OURS, '-c', d.uri()] + line.split(), stdin=SILENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, env=ENV)
            time.sleep(0.5)
            equal(p.poll(), None, line)
            d.stop(signal.SIGKILL)
            out, err = p.communicate(timeout=20)
            equal(p.returncode, 1, line)
            lines = [x for x in err.split('\n') if x]
            equal(len(lines), 1, line + ': ' + err)
            has(lines[0], 'error: ')
    finally:
        try:
            os.kill(qemu, signal.SIGKILL)
        except ProcessLookupError:
            pass


a_daemon_that_dies_in_the_middle_is_one_clear_line.ends_daemon = True


if __name__ == '__main__':
    main()
