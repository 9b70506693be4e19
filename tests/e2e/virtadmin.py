#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-admin beside Debian's on Debian's library: the same output, errors and exit code, against our daemon and a stock one."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD, STOCK, Daemon  # noqa: E402
from suite import Failed, Skip, equal, has, main, test, wait_for  # noqa: E402

OURS, THEIRS = os.path.join(BUILD, 'bin', 'virt-admin'), '/usr/bin/virt-admin'
_held = []


def run(program, args, given='', env=None):
    r = subprocess.run([program] + list(args), input=given, capture_output=True, text=True, timeout=60, cwd='/',
                       env=dict({'LC_ALL': 'C.UTF-8', 'PATH': '/usr/bin:/bin', 'HOME': '/run/work'}, **(env or {})))
    # When a client connected may change between the two runs only for those the runs themselves make.
    return r.returncode, r.stdout, r.stderr


def same(*args, **more):
    for p in (OURS, THEIRS):
        if not os.path.exists(p):
            raise Skip('no %s here' % p)
    a, b = run(OURS, args, **more), run(THEIRS, args, **more)
    if a != b:
        raise Failed('%r\n  ours   %r\n  Debian %r' % (args, a, b))
    return a


def each_daemon(f):
    """The test, against a stock daemon and then ours, each with a client of known identity."""
    def both():
        for kind in ('stock', 'vireo'):
            if kind == 'stock' and not os.path.exists(STOCK):
                continue
            with Daemon(kind) as d:
                held = [subprocess.Popen(['/usr/bin/virsh', '-r', '-c', 'qemu:///system'], stdin=subprocess.PIPE,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
                try:
                    wait_for(lambda: len(clients()) == 2, 'two clients of the %s daemon' % kind)
                    f()
                finally:
                    for p in held:
                        p.kill()
                        p.wait()
                equal(d.alive(), True)
    both.__name__ = f.__name__
    return both


def clients():
    return re.findall(r'^ (\d+) +\w+ +\S+ \S+$', run(THEIRS, ['client-list', 'libvirtd'])[1], re.M)


@test
@each_daemon
def what_is_shown_is_the_same():
    for args in (['uri'], ['version'], ['server-list'], ['srv-list'], ['-q', 'server-list'], ['server-threadpool-info', 'libvirtd'],
                 ['srv-threadpool-info', 'admin'], ['server-clients-info', 'libvirtd'], ['srv-clients-info', '--server', 'admin'],
                 ['client-list', 'libvirtd'], ['srv-clients-list', 'libvirtd'], ['daemon-log-filters'], ['daemon-log-outputs'],
                 ['connect'], ['connect', 'libvirtd:///system'], ['uri; server-list; pwd'], ['-d', '0', 'uri'], ['echo', 'a', 'b'],
                 ['client-info', 'libvirtd', clients()[0]], ['client-info', '--client', clients()[1], '--server', 'libvirtd']):
        equal(same(*args)[0], 0, args)


@test
@each_daemon
def what_is_changed_and_said_is_the_same():
    # Each twice, once by each program: what the first changes the second finds.
    for args in (['daemon-log-filters', '1:qemu 3:rpc'], ['daemon-log-filters'], ['daemon-log-filters', ''],
                 ['daemon-log-outputs', '1:file:/run/work/out.log'], ['daemon-log-outputs'], ['daemon-log-outputs', ''],
                 ['server-clients-set', 'libvirtd', '--max-clients', '100'], ['server-clients-set', 'libvirtd', '50', '10'],
                 ['server-clients-info', 'libvirtd'],
                 ['srv-clients-set', 'libvirtd', '--max-clients', '5000', '--max-unauth-clients', '20'],
                 ['daemon-timeout', '--timeout', '1000'], ['daemon-timeout', '--timeout', '0']):
        equal(same(*args)[0], 0, args)
    same('server-threadpool-set', 'libvirtd', '--min-workers', '3')
    same('server-threadpool-set', 'libvirtd', '--max-workers', '30')
    same('server-threadpool-set', 'libvirtd', '--priority-workers', '4')


@test
@each_daemon
def failures_are_the_same():
    for args in (['server-threadpool-info', 'nosuch'], ['client-list', 'nosuch'], ['client-info', 'libvirtd', '9999'],
                 ['client-info', 'libvirtd', 'abc'], ['client-info', 'libvirtd', '-1'], ['client-info', 'nosuch', '1'],
                 ['server-clients-info', 'nosuch'], ['server-threadpool-set', 'libvirtd'], ['server-threadpool-set', 'nosuch', '1'],
                 ['server-threadpool-set', 'libvirtd', '--min-workers', '30', '--max-workers', '3'],
                 ['server-threadpool-set', 'libvirtd', '--max-workers', 'abc'], ['server-threadpool-set', 'libvirtd', '--max-workers', '-1'],
                 ['server-clients-set', 'libvirtd'], ['server-clients-set', 'libvirtd', 'abc'], ['server-clients-set', 'nosuch', '5'],
                 ['server-clients-set', 'libvirtd', '--max-clients', '10', '--max-unauth-clients', '20'],
                 ['server-clients-set', 'libvirtd', '--max-unauth-clients', '6000'],
                 ['client-disconnect', 'libvirtd', '9999'], ['client-disconnect', 'libvirtd', 'abc'], ['client-disconnect', 'nosuch', '1'],
                 ['server-update-tls', 'libvirtd'], ['server-update-tls', 'nosuch'], ['daemon-log-filters', '9:x'],
                 ['daemon-log-outputs', 'bad'], ['daemon-log-outputs', '1:file:/nosuch/x'], ['daemon-timeout', '--timeout', 'abc'],
                 ['daemon-timeout', '--timeout', '-1'], ['connect', 'nosuch:///'], ['connect', ''], ['cd', '/'],
                 ['help', 'nosuch'], ['uri; client-list nosuch; uri; client-list nosuch']):
        equal(same(*args)[0], 1, args)


@test
@each_daemon
def a_client_is_disconnected():
    for program in (OURS, THEIRS):
        victim = clients()[0]
        equal(run(program, ['client-disconnect', 'libvirtd', victim]), (0, "Client '%s' disconnected\n" % victim, ''))
        wait_for(lambda: victim not in clients(), 'the end of client %s' % victim)


@test
def uris_are_understood_as_debian_does():
    for uri in ('libvirtd:///foo', 'libvirtd:///', 'libvirtd://', 'libvirtd:///session', 'libvirtd:///system?x=y', 'nosuch', '',
                'libvirtd://h/system', 'libvirtd+unix:///system', 'qemu:///system', 'virtqemud:///system', 'virtlogd:///system'):
        same('-c', uri, 'uri')
        same('uri', env={'LIBVIRT_ADMIN_DEFAULT_URI': uri})
    with open('/etc/libvirt/libvirt-admin.conf', 'w') as f:
        f.write('uri_default = "virtlogd:///system"\nuri_aliases = [ "here=libvirtd:///system", "lock=virtlockd:///system" ]\n')
    for args in (['uri'], ['-c', 'here', 'uri'], ['-c', 'lock', 'uri'], ['-c', 'other', 'uri']):
        same(*args)
    os.unlink('/etc/libvirt/libvirt-admin.conf')


@test
def wrong_use_of_every_command_is_one_line_and_exit_code_1():
    facts = run(OURS, ['help'])[1]
    commands = re.findall(r'^    (\S+)', facts, re.M) + ['srv-list', 'srv-threadpool-set']
    equal(len(commands) >= 20, True)
    for c in commands:
        if c not in ('echo', 'help'): # those take every word
            rc, _, err = same(c, '--nosuch')
            equal((rc, err.count('\n')), (1, 1), c)
        if c in ('echo', 'help', 'cd', 'connect', 'quit', 'exit', 'pwd'):
            continue
        with_server = ['libvirtd'] if '[--server]' in run(OURS, ['help', c])[1] else []
        rc, _, err = same(c, *with_server, *(['1', '2', '3', '4', '5', '6']))
        equal((rc, err.count('\n')), (1, 1), c)
        if with_server:
            for args in ([], ['--server'], ['--server', 'a', '--server', 'b']):
                rc, _, err = same(c, *args)
                equal((rc, err.count('\n') in (1, 2)), (1, True), '%s %s' % (c, args))


@test
def program_options_are_the_same():
    for args in (['-v'], ['--version'], ['--version=short'], ['-V'], ['--version=long'], ['-x'], ['--bogus'], ['-r', 'uri'], ['-d', 'x', 'uri'],
                 ['-d'], ['--connect'], ['-k', '5', 'uri'], ['bogus'], ['uri; bogus'], [''], [';'], ['uri', ';', 'uri']):
        same(*args)
    rc, out, err = run(OURS, ['--help'])
    theirs = run(THEIRS, ['--help'])[1]
    equal((rc, err), (0, ''))
    names = [re.findall(r'^    (-\w|\w\S+)', t, re.M) for t in (out, theirs)]
    equal(names[0], names[1])


@test
def json_is_printed_from_the_same_rows():
    with Daemon('vireo'):
        equal(sorted(s['name'] for s in json.loads(run(OURS, ['server-list', '--json'])[1])), ['admin', 'libvirtd'])
        equal(json.loads(run(OURS, ['server-clients-info', 'libvirtd', '--json'])[1])['nclients_max'], 5000)
        equal(json.loads(run(OURS, ['uri', '--json'])[1]), {'uri': 'libvirtd:///system'})


@test
def a_daemon_that_ends_meanwhile_is_one_clear_line():
    with Daemon('vireo') as d:
        p = subprocess.Popen([OURS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=0)
        p.stdin.write('uri\n')
        wait_for(lambda: b'system' in os.read(p.stdout.fileno(), 4096), 'the first answer')
        d.kill()
        out, err = p.communicate('server-list\n', timeout=20)
        lines = [x for x in err.splitlines() if x]
        has(lines[-1], 'error: ')
        equal(len(lines) <= 3, True, lines)


main()
