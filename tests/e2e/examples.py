#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs of examples/: they compile against our headers, run on our library, and say what they should."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from client import OURS  # noqa: E402
from daemon import BUILD, Daemon  # noqa: E402
from suite import Failed, daemon, domain_xml, equal, has, main, test, write  # noqa: E402

EXAMPLES = os.path.join(HERE, '..', '..', 'examples')
NAMES = ('hosts', 'guests', 'lifecycle', 'stats')


def commands(name):
    """The C program, compiled, and the Python one."""
    program = '/run/work/' + name
    if not os.path.exists(program):
        p = subprocess.run(['cc', '-Wall', '-Wextra', '-Wno-cast-function-type', '-Werror', '-o', program, os.path.join(EXAMPLES, 'c', name + '.c'),
                            '-I' + os.path.join(BUILD, 'include'), '-L' + OURS, '-lvirt'], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        if p.returncode:
            raise Failed(p.stdout)
    return [program], ['/usr/bin/python3', os.path.join(EXAMPLES, 'python', name + '.py')]


def run(command, *args, rc=0):
    p = subprocess.run(list(command) + list(args), env=dict(os.environ, LD_LIBRARY_PATH=OURS, LC_ALL='C'), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=60)
    equal(p.returncode, rc, '%s%s' % (p.stdout, p.stderr))
    return p.stdout + p.stderr


@test
def each_example_is_there_in_both_languages():
    equal(sorted(f[:-2] for f in os.listdir(EXAMPLES + '/c')), sorted(NAMES))
    equal(sorted(f[:-3] for f in os.listdir(EXAMPLES + '/python') if f.endswith('.py')), sorted(NAMES))


@test
def hosts_are_shown_here_and_elsewhere():
    for d in Daemon.started:
        d.stop()
    with Daemon(args=['--listen'], libvirtd={'listen_tls': 0, 'listen_tcp': 1, 'auth_tcp': 'none', 'tcp_port': '16588'}) as d:
        said = [run(c, d.uri(), 'qemu+tcp://127.0.0.1:16588/system', 'test:///default') for c in commands('hosts')]
        equal(said[0], said[1])
        equal(len(said[0].splitlines()), 12)
        has(said[0], '(qemu+tcp://127.0.0.1:16588/system)')
        for c in commands('hosts'):
            has(run(c, 'qemu+tcp://127.0.0.1:1/system', rc=1), 'Connection refused')


@test
def a_guest_goes_through_its_life_and_its_events_are_told():
    d = daemon()
    path = write('example.xml', domain_xml('example'))
    for c in commands('lifecycle'):
        said = run(c, d.uri(), path)
        events = re.findall(r'event: example (\w+)', said)
        equal([e for e in events if e not in ('resumed', 'shutdown')], ['defined', 'started', 'suspended', 'stopped', 'undefined'], said)
        has(said, 'running with id ')


@test
def guests_and_their_statistics_are_listed():
    d = daemon()
    d.run('define', write('example.xml', domain_xml('still')))
    d.run('create', write('example2.xml', domain_xml('busy')))
    guests = [run(c, d.uri()) for c in commands('guests')]
    equal(guests[0], guests[1])
    has(guests[0], 'busy                 running          64 MiB  1 CPUs')
    has(guests[0], 'still                shut off')
    for c in commands('stats'):
        if not re.fullmatch(r'busy: \d+\.\d\d s of CPU, 64 MiB\n', run(c, d.uri())):
            raise Failed(run(c, d.uri()))
    d.run('destroy', 'busy')


main()
