#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virsh's commands about the host, networks, storage, devices, secrets, filters, snapshots: beside Debian's virsh on Debian's library.

Scripts of commands are run twice, once by each program: on test:///default, where each command finds a fresh host, and on a
daemon (a stock one, ours) that is made anew for each program. Output, errors and exit codes are compared; what differs from
run to run (uuids, times) is numbered in order of appearance. DIFFERENT says which lines differ on purpose, and why.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD, STOCK, Daemon  # noqa: E402
from suite import Failed, Skip, equal, has, long, main, test  # noqa: E402
import virsh_scripts as scripts  # noqa: E402

OURS, THEIRS = os.path.join(BUILD, 'bin', 'virsh'), '/usr/bin/virsh'
WORK = '/run/work/virsh'
STATE = ('/etc/libvirt', '/var/lib/libvirt', '/run/libvirt', '/var/cache/libvirt')

# (what the command line matches, what of it is compared, why)
DIFFERENT = (
    (r"--xpath ['\"]?(string|count|1 = 1|///)", 'nothing', 'stock prints only nodes; values are printed too, wrong expressions end with 1'),
    (r'^net-port-(dumpxml|delete) \S+ \S+$', 'nothing', 'stock ends with 0 after its own error'),
    (r'nodecpustats --percent', 'exit code', 'measured within a second; nothing spent is 0.0, not -nan'),
    (r'^vol-upload .* --length', 'exit code', 'which end of the stream is told first is a race'),
    (r'^net-event nosuch', 'nothing', 'stock waits for events of all networks after it failed to find this one'),
    (r'^secret-event (nosuch|x) ', 'nothing', 'the secret is looked for first, as by the other commands'),
)
# On the test driver alone.
MOCK_DIFFERENT = (
    (r'^cpu-baseline cpu[12]', 'nothing', 'the mock in our library has no list of processors'),
)
# Our library says more behind stock's text, at the end of a line.
MORE = re.compile(r' \(line \d+, column \d+\)$|: (tried|object|did you mean) .*$', re.M)


def programs():
    for p in (OURS, THEIRS):
        if not os.path.exists(p):
            raise Skip('no %s here' % p)
    if not os.path.isdir(WORK):
        os.makedirs(WORK)
        for name, text in scripts.FILES.items():
            with open(os.path.join(WORK, name), 'w') as f:
                f.write(text)
    return OURS, THEIRS


def run(program, uri, line, given=''):
    """(exit code, output, errors) of one command line."""
    env = {'LC_ALL': 'C.UTF-8', 'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': WORK, 'EDITOR': 'true', 'TZ': 'UTC'}
    words = shlex.split(line)
    while words and '=' in words[0] and words[0].split('=')[0].isupper():
        name, _, env_value = words.pop(0).partition('=')
        env[name] = env_value
    r = subprocess.run([program] + (['-c', uri] if uri else []) + words, input=given, capture_output=True, text=True, timeout=60,
                       cwd=WORK, env=env)
    return r.returncode, r.stdout, r.stderr


class Masked:
    """Texts with what is random numbered in the order it came."""

    def __init__(self):
        self.seen = {}

    def __call__(self, text, line):
        def number(m):
            return self.seen.setdefault(m.group(0), '<%d>' % len(self.seen))
        text = MORE.sub('', text)
        text = re.sub(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', number, text)
        text = re.sub(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( ?\+0000)?', '<time>', text)
        text = re.sub(r'(?<=[ <>/])1[7-9]\d{8}(?=[ <\n])', '<stamp>', text)
        text = re.sub(r'(?<=time>)\d+\.\d+(?=<)', '<stamp>', text)
        if line.startswith('pool-'): # what a file system has left changes
            text = re.sub(r"((Allocation|Available): +|<(allocation|available) unit='bytes'>)[\d.]+( \w+)?", r'\1<size>', text)
            text = re.sub(r'\d+\.\d\d [KMGT]?i?B *', '<size> ', text)
        text = re.sub(r'52:54:00(:[0-9a-f]{2}){3}', '<mac>', text)
        return re.sub(r'virsh\w{6}\.xml', 'virsh-.xml', text)


def shape(line, result, different):
    for pattern, what, _ in different:
        if re.search(pattern, line):
            return {'nothing': (), 'exit code': result[:1], 'errors': result[2:]}[what]
    return result


def compare(lines, transcripts, different=DIFFERENT):
    differences = []
    for line, a, b in zip(lines, *transcripts):
        if shape(line, a, different) != shape(line, b, different):
            differences.append('%s\n  ours   %r\n  Debian %r' % (line, a, b))
    if differences:
        raise Failed('%d of %d differ:\n%s' % (len(differences), len(lines), '\n'.join(differences)))


def script_lines(text):
    return [x for x in (y.strip() for y in text.splitlines()) if x and not x.startswith('#')]


def on_test_driver(text):
    lines, both = script_lines(text), []
    for program in programs():
        mask = Masked()
        both.append([(rc, mask(out, x), mask(err, x)) for x in lines for rc, out, err in [run(program, 'test:///default', x)]])
    compare(lines, both, DIFFERENT + MOCK_DIFFERENT)


def fresh():
    for top in STATE:
        for name in os.listdir(top) if os.path.isdir(top) else ():
            path = os.path.join(top, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
    os.makedirs('/var/log/libvirt/qemu', exist_ok=True)
    for name in os.listdir('/sys/class/net'):
        if name.startswith('virbr'): # a daemon that ends leaves its networks up
            subprocess.run(['ip', 'link', 'del', name], check=False)
    subprocess.run(['pkill', '-P', '1', 'dnsmasq'], check=False) # of this pid namespace
    for name in ('pool', 'out'):
        shutil.rmtree(os.path.join(WORK, name), ignore_errors=True)
    os.makedirs(os.path.join(WORK, 'pool'))
    os.makedirs(os.path.join(WORK, 'out'))


def on_daemon(kind, text):
    if kind == 'stock' and not os.path.exists(STOCK):
        raise Skip('no %s here (package libvirt-daemon-system)' % STOCK)
    lines, both = script_lines(text), []
    for program in programs():
        fresh()
        mask = Masked()
        with Daemon(kind) as d:
            uri = 'qemu:///system'
            both.append([])
            for x in lines:
                rc, out, err = run(program, uri, x)
                both[-1].append((rc, mask(out, x), mask(err, x)))
            equal(d.alive(), True, 'the daemon lives')
    compare(lines, both)


for _name, _text in scripts.TEST_DRIVER.items():
    def _run(text=_text):
        on_test_driver(text)
    _run.__name__ = _name + '_on_the_test_driver_is_as_with_debian'
    test(_run)
for _name, _text in scripts.STOCK_DAEMON.items():
    def _run(text=_text):
        on_daemon('stock', text)
    _run.__name__ = _name + '_on_a_stock_daemon_is_as_with_debian'
    test(long(_run) if _name in ('the_host', 'interfaces', 'node_devices') else _run)
for _name, _text in scripts.OUR_DAEMON.items():
    def _run(text=_text):
        on_daemon('vireo', text)
    _run.__name__ = _name + '_on_our_daemon_is_as_with_debian'
    test(_run)


def groups():
    """Commands of the groups of this file, by what `help` says."""
    out = []
    for group in ('host', 'checkpoint', 'interface', 'filter', 'network', 'nodedev', 'secret', 'snapshot', 'backup', 'pool', 'volume'):
        out += re.findall(r'^    (\S+)', run(THEIRS, None, 'help ' + group)[1], re.M)
    return out


def options_differ(command):
    both = [run(p, None, 'help ' + command)[1] for p in (OURS, THEIRS)]
    names = [re.findall(r'^    \[?--(\S+?)\]?(?: |$)', x.split('OPTIONS')[-1], re.M) if 'OPTIONS' in x else [] for x in both]
    names[0] = [n for n in names[0] if n != 'json']
    return [] if names[0] == names[1] else ['%s\n  ours   %s\n  Debian %s' % (command, *names)]


def wrong_use_differs(command):
    """Unknown, missing, repeated, ill-formed options and too many words."""
    usage = re.search(r'SYNOPSIS\n +(.*)', run(THEIRS, None, 'help ' + command)[1]).group(1)
    needed = re.findall(r'<([\w-]+)>', re.sub(r'\[\[.*|\[[^\]]*\]', '', usage)) # what may be left out, and lists, are no need
    values = ['1'] * len(needed)
    switches = re.findall(r'\[--([\w-]+)\]', usage)
    valued = re.findall(r'\[--([\w-]+) <(?:string|number)>\]', usage)
    cases = [['--nosuch'], ['--nosuch=x']]
    if values:
        cases += [[], values[:-1]]
    if switches:
        cases += [values + ['--' + switches[0] + '=x'], values + ['--' + switches[0]] * 2]
    if valued:
        cases += [values + ['--' + valued[-1]], values + ['--' + valued[0], 'a', '--' + valued[0], 'b']]
    if '...' not in usage:
        cases += [values + ['a'] * 40]
    found = []
    for words in cases:
        line = shlex.join([command] + words)
        a, b = (run(p, 'test:///default', line) for p in (OURS, THEIRS))
        if a != b or a[0] != 1 or not all(x.startswith('error: ') for x in a[2].splitlines()):
            found.append('%s\n  ours   %r\n  Debian %r' % (line, a, b))
    return found


def sweep(f, part):
    programs()
    differences = [d for i, c in enumerate(groups()) if i % 4 == 0 or part == 'all' for d in f(c)]
    if differences:
        raise Failed('\n'.join(differences))


@test
def help_of_some_commands_names_the_same_options():
    sweep(options_differ, 'some')


@test
@long
def help_of_all_commands_names_the_same_options():
    sweep(options_differ, 'all')


@test
def wrong_use_of_some_commands_is_said_as_debian_says_it():
    sweep(wrong_use_differs, 'some')


@test
@long
def wrong_use_of_each_command_is_said_as_debian_says_it():
    sweep(wrong_use_differs, 'all')


@test
def every_list_and_info_has_json_from_the_same_rows():
    programs()
    for line, check in (
            ('net-list --all --json', lambda v: v[0]['name'] == 'default' and v[0]['state'] == 'active'),
            ('net-info default --json', lambda v: v['name'] == 'default' and v['active'] is True and v['bridge'] == 'virbr0'),
            ('pool-list --json', lambda v: v[0]['name'] == 'default-pool'),
            ('pool-info default-pool --json', lambda v: v['capacity_bytes'] == 107374182400 if 'capacity_bytes' in v else
             v['capacity'] == 107374182400),
            ('vol-list default-pool --json', lambda v: v == []),
            ('iface-list --json', lambda v: v[0]['mac_address'] == 'aa:bb:cc:dd:ee:ff'),
            ('nodeinfo --json', lambda v: v['cpus'] == 16 or v['cpu_s'] == 16 if 'cpu_s' in v else 'cpu_model' in v),
            ('snapshot-list test --json', lambda v: v == []),
            ('version --json', lambda v: v['type'] == 'TEST' or v['type'] == 'Test'),
            ('hostname --json', lambda v: v['hostname'] != ''),
            ('freecell --all --json', lambda v: len(v) == 2)):
        rc, out, err = run(OURS, 'test:///default', line)
        equal((rc, err), (0, ''), line)
        if not check(json.loads(out)):
            raise Failed('%s: %s' % (line, out))


@test
def data_goes_into_a_volume_and_out_again():
    programs()
    if not os.path.exists(STOCK):
        raise Skip('no %s here' % STOCK)
    fresh()
    with Daemon('stock'):
        def ok(line):
            rc, out, err = run(OURS, 'qemu:///system', line)
            if rc:
                raise Failed('%s: %s' % (line, err))
            return out
        ok('pool-create-as p dir --target %s/pool' % WORK)
        ok('vol-create-as p v 8M')
        data = os.urandom(3 << 20)
        with open(WORK + '/in', 'wb') as f:
            f.write(data)
            f.seek(6 << 20)
            f.write(b'end')
        ok('vol-upload v in --pool p')
        ok('vol-download v out/whole --pool p')
        whole = open(WORK + '/out/whole', 'rb').read()
        equal((len(whole), whole[:3 << 20] == data, whole[6 << 20:(6 << 20) + 3]), (8 << 20, True, b'end'))
        ok('vol-download v out/part --pool p --offset 6291456 --length 3')
        equal(open(WORK + '/out/part', 'rb').read(), b'end')
        ok('vol-create-as p s 8M')
        ok('vol-upload s in --pool p --sparse')
        ok('vol-download s out/sparse --pool p --sparse')
        equal(open(WORK + '/out/sparse', 'rb').read()[:6 << 20], whole[:6 << 20])
        equal(os.stat(WORK + '/out/sparse').st_blocks * 512 < 6 << 20, True, 'holes stay holes')
        ok('vol-upload v files.txt --pool p --offset 100')
        equal(run(OURS, 'qemu:///system', 'vol-download v /nosuch/x --pool p')[0], 1)
        # A progress line on a terminal.
        r = subprocess.run(['script', '-qec', '%s -c qemu:///system vol-upload v in --pool p' % OURS, '/dev/null'], cwd=WORK,
                           stdin=subprocess.DEVNULL, capture_output=True)
        equal(r.returncode, 0)


@test
def events_are_printed_as_they_come():
    programs()
    if not os.path.exists(STOCK):
        raise Skip('no %s here' % STOCK)
    fresh()
    with Daemon('stock'):
        for wait, trigger, text in (
                ('pool-event --event lifecycle --timeout 20', 'pool-define pool.xml', "event 'lifecycle' for storage pool p1: Defined\n"),
                ('net-event --event lifecycle --timeout 20', 'net-define n.xml', "event 'lifecycle' for network n1: Defined\n"),
                ('secret-event --event lifecycle --timeout 20', 'secret-define secret.xml', ': Defined\n'),
                ('secret-event --event value-changed --timeout 20', 'secret-set-value 55806c7d-8e93-456f-829b-607d8c198367 --base64 YQ==',
                 "event 'value-changed' for secret 55806c7d-8e93-456f-829b-607d8c198367\n")):
            p = subprocess.Popen([OURS, '-c', 'qemu:///system'] + wait.split(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            # It is registered when the trigger, tried until it works, was seen.
            for _ in range(40):
                if p.poll() is not None:
                    break
                run(THEIRS, 'qemu:///system', trigger)
                try:
                    p.wait(0.2)
                except subprocess.TimeoutExpired:
                    run(THEIRS, 'qemu:///system', {'pool': 'pool-undefine p1', 'net-': 'net-undefine n1'}.get(wait[:4], 'uri'))
                    if 'lifecycle' in wait and wait.startswith('secret'):
                        run(THEIRS, 'qemu:///system', 'secret-undefine 55806c7d-8e93-456f-829b-607d8c198367')
            out, err = p.communicate(timeout=30)
            equal((p.returncode, err), (0, ''), wait)
            has(out, 'events received: 1\n')
            if text.split(':')[-1] not in out and 'Undefined' not in out:
                raise Failed('%s: %r' % (wait, out))
        rc, out, _ = run(OURS, 'qemu:///system', 'net-event --event lifecycle --timeout 1 --timestamp')
        equal((rc, out), (1, 'event loop timed out\nevents received: 0\n\n'))


@test
def a_daemon_that_ends_in_the_middle_is_one_clear_line():
    programs()
    with Daemon('vireo') as d:
        p = subprocess.Popen([OURS, '-c', 'qemu:///system', 'net-event', '--event', 'lifecycle', '--loop'], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        try:
            p.wait(1)
        except subprocess.TimeoutExpired:
            d.kill()
        out, err = p.communicate(timeout=20)
        equal(p.returncode, 1)
        lines = [x for x in err.splitlines() if x]
        equal(len(lines) <= 2 and all(x.startswith('error: ') for x in lines), True, lines)


main()
