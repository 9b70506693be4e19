#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./demo --replace and --back: this build takes the place of the machine's own libvirtd, and gives it back. As root.

Guests run on through both: either daemon finds what the other started. Where systemd runs, drop-ins below /run/systemd name
this build's program, so that a boot of the machine undoes it all; elsewhere the daemon is ended and this one started. What was
there is written to .demo/replaced, from which --back restores it.
"""
import json
import os
import signal
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STATE = os.path.join(TOP, '.demo', 'replaced')
OURS = os.path.join(TOP, 'build', 'bin', 'libvirtd')
LOG = os.path.join(TOP, '.demo', 'replace.log')
PID = '/run/libvirtd.pid'
SOCKET = '/run/libvirt/libvirt-sock'
DROPINS = '/run/systemd/system'
# Stock's sockets let everybody in, since polkit asks who it is; here the group does that.
SOCKET_UNIT = '[Socket]\nSocketMode=0660\nSocketGroup=libvirt\n'
SERVICE_UNIT = '[Service]\nExecStart=\nExecStart=%s $LIBVIRTD_ARGS\n'


def fail(step, why):
    print('demo: step "%s" failed: %s' % (step, why), file=sys.stderr)
    if os.path.exists(LOG):
        with open(LOG, errors='replace') as f:
            for line in f.readlines()[-8:]:
                print('    ' + line.rstrip(), file=sys.stderr)
    sys.exit(1)


def say(text):
    print(text, flush=True)


def run(*cmd):
    p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout.strip()


def guests():
    """name -> state of the running guests, as the daemon in place tells; None when it does not answer."""
    rc, text = run('virsh', '-q', '-c', 'qemu:///system', 'list', '--name')
    if rc:
        return None
    found = {}
    for name in text.split('\n'):
        if name.strip():
            found[name.strip()] = run('virsh', '-q', '-c', 'qemu:///system', 'domstate', name.strip())[1]
    return found


def daemon():
    """(pid, program, arguments) of the libvirtd that holds the machine's pid file, or None."""
    try:
        with open(PID) as f:
            pid = int(f.read())
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            args = f.read().decode(errors='replace').split('\0')[:-1]
        program = os.readlink('/proc/%d/exe' % pid).replace(' (deleted)', '')
        return (pid, program, args[1:]) if os.path.basename(program) == 'libvirtd' else None
    except (OSError, ValueError, IndexError):
        return None


def systemd():
    return os.path.isdir('/run/systemd/system') and os.path.exists('/lib/systemd/system/libvirtd.service')


def end(pid):
    os.kill(pid, signal.SIGTERM)
    stop = time.time() + 30
    while os.path.exists('/proc/%d' % pid):
        if time.time() > stop:
            fail('stop', 'the daemon with pid %d does not end; nothing was changed' % pid)
        try: # a child of ours, in tests
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        with open('/proc/%d/stat' % pid) if os.path.exists('/proc/%d' % pid) else open(os.devnull) as f:
            if ') Z' in f.read():
                break
        time.sleep(0.02)


def start(program, args):
    args = [a for a in args if a not in ('-d', '--daemon')]
    with open(LOG, 'ab') as log:
        p = subprocess.Popen([program] + args, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/', start_new_session=True)
    stop = time.time() + 30
    while guests() is None:
        if p.poll() is not None:
            return 'it ended with exit code %d' % p.returncode
        if time.time() > stop:
            return 'it does not answer on ' + SOCKET
        time.sleep(0.1)
    return None


def same_guests(before, step):
    """They all run, as they did. Waits a little: a daemon that has just started is still finding them."""
    stop = time.time() + 30
    while guests() != before:
        if time.time() > stop:
            fail(step, 'before there ran %s, now %s' % (before, guests()))
        time.sleep(0.1)


def show():
    for args in (('list', '--all'), ('version',)):
        say('\n$ virsh -c qemu:///system ' + ' '.join(args))
        for line in run('virsh', '-c', 'qemu:///system', *args)[1].split('\n'):
            if line.strip():
                say('  ' + line)


# ---- with systemd
UNITS = ('libvirtd.service', 'libvirtd.socket', 'libvirtd-ro.socket', 'libvirtd-admin.socket')


def dropin(unit):
    return os.path.join(DROPINS, unit + '.d', 'vireo.conf')


def restart_units():
    for step in (('systemctl', 'daemon-reload'), ('systemctl', 'stop') + UNITS, ('systemctl', 'start') + UNITS[1:] + UNITS[:1]):
        rc, text = run(*step)
        if rc:
            return '%s: %s' % (' '.join(step), text)
    return None


def write_dropins():
    for unit, text in (('libvirtd.service', SERVICE_UNIT % OURS), ('libvirtd.socket', SOCKET_UNIT)):
        os.makedirs(os.path.dirname(dropin(unit)), exist_ok=True)
        with open(dropin(unit), 'w') as f:
            f.write('# Written by %s/demo --replace; ./demo --back removes it.\n%s' % (TOP, text))


def remove_dropins():
    for unit in UNITS:
        if os.path.exists(dropin(unit)):
            os.unlink(dropin(unit))


# ---- the two commands
def replace():
    if not os.path.exists(OURS):
        fail('build', 'no %s' % OURS)
    if os.path.exists(STATE):
        fail('replace', 'it was done already; ./demo --back undoes it')
    there = daemon()
    if not there and not systemd():
        fail('replace', 'no libvirtd runs on this machine (%s); ./demo without options shows one that is all its own' % PID)
    if there and there[1] == OURS:
        fail('replace', 'the daemon in place is this build already')
    rc, text = run(OURS, '--version')
    if rc:
        fail('replace', 'this build does not start: %s' % text)
    before = guests()
    if before is None:
        fail('replace', 'the libvirtd in place does not answer on %s' % SOCKET)
    say('in place: %s, guests running: %s' % (there[1] if there else 'the service libvirtd', ', '.join(sorted(before)) or 'none'))
    os.makedirs(os.path.dirname(STATE), exist_ok=True)
    with open(STATE, 'w') as f:
        json.dump({'program': there[1] if there else None, 'args': there[2] if there else [], 'systemd': systemd()}, f)
    if systemd():
        write_dropins()
        why = restart_units()
    else:
        end(there[0])
        why = start(OURS, there[2])
    if why:
        say('this build does not work here: %s; putting the other back' % why)
        back()
        sys.exit(1)
    same_guests(before, 'replace')
    say('in place now: %s; all guests run on' % OURS)
    show()
    say('\n./demo --back gives the place back%s.' % ('; so does a boot of this machine' if systemd() else ''))


def back():
    try:
        with open(STATE) as f:
            was = json.load(f)
    except OSError:
        fail('back', 'nothing was replaced by ./demo --replace')
    before = guests()
    if was['systemd']:
        remove_dropins()
        why = restart_units()
    else:
        there = daemon()
        if there:
            end(there[0])
        why = start(was['program'], was['args'])
    if why:
        fail('back', 'the daemon that was there, %s, does not start: %s' % (was['program'], why))
    if before is not None:
        same_guests(before, 'back')
    os.unlink(STATE)
    say('in place again: %s; all guests run on' % (was['program'] or 'the service libvirtd'))
    show()


if __name__ == '__main__':
    {'replace': replace, 'back': back}[sys.argv[1]]()
