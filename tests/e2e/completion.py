#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completion in bash: commands, options, names of objects, values, the program's own options."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD  # noqa: E402
from suite import Skip, equal, main, test  # noqa: E402

# What bash does when the tabulator key is pressed at the end of a line.
HARNESS = r'''
. "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$' \t\n"'"'"'><=;|&(:'
read -ra COMP_WORDS <<<"$2"
_vireo_complete_$3 "$4"
printf '%s\n' "${COMPREPLY[@]}"
'''


def complete(line, program='virsh'):
    script, binary = os.path.join(BUILD, 'dist', program + '.completion'), os.path.join(BUILD, 'bin', program)
    for p in (script, binary):
        if not os.path.exists(p):
            raise Skip('no %s here' % p)
    r = subprocess.run(['bash', '-c', HARNESS, 'x', script, line, program.replace('-', '_'), binary], capture_output=True, text=True,
                       timeout=30, cwd='/run/work')
    equal(r.stderr, '', line)
    return [x for x in r.stdout.split('\n') if x]


T = 'virsh -c test:///default '


@test
def commands_are_completed():
    equal(complete(T + 'net-in'), ['net-info'])
    equal(complete('virsh pool-cr'), ['pool-create-as', 'pool-create'])
    equal(len(complete('virsh ')) > 250, True)
    equal(complete('virsh nosuchcommand'), [])
    equal(complete('virt-admin client-', 'virt-admin'), ['client-list', 'client-info', 'client-disconnect'])


@test
def options_and_names_are_completed():
    equal(complete(T + 'net-list --per'), ['--persistent'])
    equal(complete(T + 'net-info de'), ['default'])
    equal(complete(T + 'vol-list --pool '), ['default-pool'])
    equal(complete(T + 'start '), [x for x in complete(T + 'start ') if x != 'test'])
    equal('test' in complete(T + 'shutdown '), True)
    equal(complete(T + 'net-update default '), ['modify', 'delete', 'add-last', 'add-first', 'add'] +
          [x for x in complete(T + 'net-update default ') if x.startswith('--')])


@test
def values_behind_an_equal_sign_are_completed_from_there():
    equal(complete(T + 'net-info --network=de'), ['default'])


@test
def files_are_completed():
    os.makedirs('/run/work/a dir', exist_ok=True)
    open('/run/work/afile.xml', 'w').close()
    equal(complete(T + 'net-define afi'), ['afile.xml'])


@test
def the_program_s_own_options_are_completed():
    equal(complete('virsh --conn'), ['--connect'])
    equal(complete('virsh --keepalive-'), ['--keepalive-interval', '--keepalive-count'])
    equal(complete('virsh -c '), [])
    equal(complete('virsh -r -c test:///default net-in'), ['net-info'])
    equal(complete('virsh -l /run/work/afi'), ['/run/work/afile.xml'] if os.path.exists('/run/work/afile.xml') else [])


@test
def without_a_daemon_only_names_of_objects_are_missing():
    equal(complete('virsh net-info --net'), ['--network'])
    equal(complete('virsh -c qemu:///nosuch net-in'), ['net-info'])


main()
