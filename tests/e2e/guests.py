#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt-guests beside the system's own: the same lines, exit codes, list and calls of virsh, over a virsh made for this."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import sandbox  # noqa: E402
from daemon import BUILD  # noqa: E402
from suite import Failed, Skip, clean_up, daemon, domain_xml, equal, has, main, test, wait_for, write  # noqa: E402

OURS = os.path.join(BUILD, 'bin', 'libvirt-guests.sh')
STOCK = '/usr/lib/libvirt/libvirt-guests.sh'
WORK = '/run/work/guests'
LIST, LOCK = '/var/lib/libvirt/libvirt-guests', '/run/lock/libvirt-guests'
_made = []


def uuid(n):
    return '%08d-1111-2222-3333-444444444444' % n


def guest(n, name, running=True, **more):
    return dict(more, uuid=uuid(n), name=name, running=running)


TWO = {'default': [guest(1, 'a'), guest(2, 'b'), guest(3, 'c', False)]}
MIXED = {'default': [guest(1, 'a'), guest(2, 't', persistent=False)]}


def set_up():
    if not os.path.exists(OURS):
        raise Skip('no %s here' % OURS)
    if _made:
        return
    _made.append(1)
    os.makedirs(WORK + '/bin')
    os.makedirs(WORK + '/upper/default')
    os.makedirs(WORK + '/work')
    sandbox.mount('-t', 'overlay', 'overlay', '-o', 'lowerdir=/etc,upperdir=%s/upper,workdir=%s/work' % (WORK, WORK), '/etc')
    os.symlink(os.path.abspath(os.path.join(os.path.dirname(__file__), '../lib/fake_virsh.py')), WORK + '/bin/virsh')
    with open(WORK + '/bin/sleep', 'w') as f:
        f.write('#!/bin/sh\nexec /bin/sleep 0.02\n') # time passes with each question about a guest
    os.chmod(WORK + '/bin/sleep', 0o755)


def run(script, settings, guests, command, saved=None, started=False, path=WORK + '/bin'):
    with open('/etc/default/libvirt-guests', 'w') as f:
        f.write(settings + '\n')
    with open(WORK + '/state', 'w') as f:
        json.dump({'guests': guests, 'calls': []}, f)
    for p, text in ((LIST, saved), (LOCK, '' if started else None)):
        if os.path.exists(p):
            os.unlink(p)
        if text is not None:
            with open(p, 'w') as f:
                f.write(text)
    r = subprocess.run([script, command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                       env={'PATH': path + ':/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C', 'FAKE_VIRSH': WORK + '/state'})
    with open(WORK + '/state') as f:
        calls = [c for c in json.load(f)['calls'] if c[1] in ('shutdown', 'managedsave', 'start', 'domtime')]
    left = open(LIST).read() if os.path.exists(LIST) else None
    # Stock forgets to end this line, and shows virsh's complaint when a transient guest is gone.
    out = re.sub(r'Skipping\.\n*', 'Skipping.\n', r.stdout).replace(script, 'P')
    out = re.sub(r"error: failed to get domain '[0-9a-f-]*'\n+", '', out)
    # How often the progress of a save is told depends on how fast this machine is.
    lines = out.splitlines(True)
    out = ''.join(x for i, x in enumerate(lines) if not (x.startswith('Suspending ') and x.endswith(': ...\n') and x in lines[:i]))
    return {'rc': r.returncode, 'out': out, 'calls': calls, 'list': left, 'lock': os.path.exists(LOCK)}


def same(settings, guests, command, **more):
    """Runs both and compares; returns what ours did."""
    set_up()
    if not os.path.exists(STOCK):
        raise Skip('no %s here (package libvirt-daemon-system)' % STOCK)
    a, b = (run(s, settings, guests, command, **more) for s in (OURS, STOCK))
    # Guests are named to virsh by uuid; stock starts them by name.
    ids = {d['name']: d['uuid'] for ds in guests.values() for d in ds}
    b['calls'] = [[ids.get(w, w) for w in c] for c in b['calls']]
    if a != b:
        raise Failed('%r %s %r\n' % (settings, command, guests) + '\n'.join('%s\n  ours  %r\n  stock %r' % (k, a[k], b[k])
                                                                            for k in a if a[k] != b[k]))
    return a


@test
def guests_are_shut_down_as_stock_does():
    for guests in (TWO, {'default': []}, MIXED, {'default': [guest(1, 'a', refuse=1), guest(2, 'b')]}):
        same('', guests, 'stop', started=True)
    r = same('SHUTDOWN_TIMEOUT=27', {'default': [guest(1, 'a', takes=40), guest(2, 'b', takes=12)]}, 'stop')
    has(r['out'], 'Shutdown of guest a failed to complete in time.\n')
    same('SHUTDOWN_TIMEOUT=0', {'default': [guest(1, 'x y', takes=12)]}, 'stop')
    same('ON_SHUTDOWN=suspend', TWO, 'shutdown')


@test
def guests_are_saved_as_stock_does():
    for settings in ('ON_SHUTDOWN=suspend', 'ON_SHUTDOWN=suspend\nBYPASS_CACHE=1', 'ON_SHUTDOWN=bogus'):
        for guests in (TWO, {'default': []}, MIXED, {'default': [guest(1, 'a', refuse=1), guest(2, 'b')]}):
            same(settings, guests, 'stop', started=True)


@test
def several_uris_are_handled_as_stock_does():
    both = {'default': [guest(1, 'a')], 'test:///x': [guest(2, 'x y', takes=4), guest(3, 'z')], 'test:///empty': []}
    for settings in ("URIS='test:///x default test:///empty'", "URIS='test:///nosuch test:///x'", 'URIS=test:///nosuch', 'URIS='):
        same(settings, both, 'stop')
        same('ON_SHUTDOWN=suspend\n' + settings, both, 'stop')


@test
def guests_shut_down_in_parallel_as_with_stock():
    four = [guest(1, 'a'), guest(2, 'b'), guest(3, 'c', takes=4), guest(4, 'd', takes=14)]
    for settings in ('PARALLEL_SHUTDOWN=2\nSHUTDOWN_TIMEOUT=20', 'PARALLEL_SHUTDOWN=9\nSHUTDOWN_TIMEOUT=0', 'PARALLEL_SHUTDOWN=1'):
        a, b = None, None
        set_up()
        a, b = (run(s, settings, {'default': four}, 'stop') for s in (OURS, STOCK))
        # How often a guest is asked differs, so seconds left do; what is said about whom does not.
        for r in (a, b):
            r['out'] = sorted(x for x in r['out'].splitlines() if not x.startswith('Waiting'))
        equal(a, b, settings)
    r = run(OURS, 'PARALLEL_SHUTDOWN=2\nSHUTDOWN_TIMEOUT=6', {'default': [guest(1, 'a', takes=99), guest(2, 'b')]}, 'stop')
    equal(r['rc'], 1)
    has(r['out'], 'Waiting for 1 guests to shut down, 5 seconds left\nTimeout expired while shutting down domains\n')


@test
def a_guest_that_refuses_in_parallel_is_not_waited_for():
    set_up()
    r = run(OURS, 'PARALLEL_SHUTDOWN=2', {'default': [guest(1, 'a', refuse=1), guest(2, 'b')]}, 'stop')
    equal(r['rc'], 1)
    equal('Timeout' in r['out'], False)


@test
def guests_come_back_as_with_stock():
    saved = 'default %s %s\ntest:///x %s\n' % (uuid(1), uuid(3), uuid(2))
    guests = {'default': [guest(1, 'a'), guest(3, 'c', False), guest(4, 'd', False, refuse=1)], 'test:///x': [guest(2, 'x y', False)]}
    for settings in ('', 'ON_BOOT=ignore', 'ON_BOOT=start', 'ON_BOOT=bogus', 'ON_BOOT=start\nBYPASS_CACHE=1\nSYNC_TIME=1\nSTART_DELAY=2',
                     "ON_BOOT=start\nURIS='test:///x'", "ON_BOOT=start\nURIS='test:///nosuch default'"):
        same(settings, guests, 'start', saved=saved)
    same('ON_BOOT=start', guests, 'start')
    same('ON_BOOT=start', guests, 'start', saved='default %s %s\n' % (uuid(4), uuid(3)))


@test
def a_guest_that_is_gone_is_named_and_the_others_start():
    set_up()
    r = run(OURS, 'ON_BOOT=start', {'default': [guest(3, 'c', False)]}, 'start', saved='default %s %s\n' % (uuid(9), uuid(3)))
    equal((r['rc'], r['out'], r['list']), (1, '\nResuming guests on default URI...\nResuming guest %s: it is no longer defined\n'
                                              'Resuming guest c: done\n' % uuid(9), None))


@test
def the_other_commands_answer_as_stock_s():
    for command in ('status', 'restart', 'condrestart', 'reload', 'gueststatus', 'bogus', '', '--help'):
        for saved in (None, 'default %s\n' % uuid(1)):
            for started in (False, True) if command in ('status', 'condrestart') else (True,):
                same('ON_SHUTDOWN=suspend\nON_BOOT=start', TWO, command, saved=saved, started=started)


@test
def a_second_stop_keeps_the_list_of_the_first():
    r = same('', TWO, 'stop', saved='default %s\n' % uuid(7))
    equal(r['list'], 'default %s\n' % uuid(7))


@test
def transient_guests_may_be_left_alone_in_a_shutdown():
    set_up()
    r = run(OURS, 'PERSISTENT_ONLY=yes', MIXED, 'stop')
    equal(r['calls'], [['default', 'shutdown', uuid(1)]])
    has(r['out'], 'Not shutting down transient guests on URI: default: t\n')


@test
def settings_that_are_no_numbers_are_refused():
    set_up()
    for key in ('SHUTDOWN_TIMEOUT', 'PARALLEL_SHUTDOWN', 'START_DELAY'):
        for value, text in (('-1', ' must be equal or greater than 0'), ('abc', " must be a number, not 'abc'"),
                            ('1x', " must be a number, not '1x'")):
            r = run(OURS, '%s=%s' % (key, value), TWO, 'stop')
            equal((r['rc'], r['out'], r['calls'], r['list']), (6, key + text + '\n', [], None))
    same('SHUTDOWN_TIMEOUT=-1', TWO, 'stop')


@test
def real_guests_are_shut_down_and_come_back():
    set_up()
    if not os.path.exists(os.path.join(BUILD, 'bin', 'virsh')):
        raise Skip('no virsh of ours yet')
    d = daemon()
    d.run('define', write('lg.xml', domain_xml('lg')))
    d.run('start', 'lg')
    os.makedirs(WORK + '/real', exist_ok=True)
    with open(WORK + '/real/virsh', 'w') as f:
        f.write('#!/bin/sh\nexec env LIBVIRT_DEFAULT_URI="%s" %s/bin/virsh "$@"\n' % (d.uri(), BUILD))
    os.chmod(WORK + '/real/virsh', 0o755)
    # A firmware that idles does not hear the power button.
    r = run(OURS, 'SHUTDOWN_TIMEOUT=2', {}, 'stop', path=WORK + '/real')
    has(r['out'], 'Running guests on default URI: lg\nShutting down guests on default URI...\nStarting shutdown on guest: lg\n')
    has(r['out'], 'Shutdown of guest lg failed to complete in time.\n')
    saved = r['list']
    d.run('destroy', 'lg')
    r = run(OURS, 'ON_BOOT=start', {}, 'start', saved=saved, path=WORK + '/real')
    equal((r['rc'], r['out'].lstrip()), (0, 'Resuming guests on default URI...\nResuming guest lg: done\n'))
    wait_for(lambda: 'lg' in d.run('list', '--name'), 'the guest')
    clean_up(d)


main()
