# SPDX-License-Identifier: LGPL-2.1-or-later
"""Python programs run on our client library or on the system's, for comparison."""
import os
import subprocess

from daemon import BUILD, Failed

OURS = os.path.join(BUILD, 'lib')


def python(program, *args, ours=True, timeout=100, env=None, during=None):
    """Output of a Python program with our library, or with the system's. during: called once it printed its first line; it may
    wait for a line of input to be told that this is done."""
    env = dict(os.environ, LC_ALL='C', **(env or {}))
    env.pop('LD_LIBRARY_PATH', None)
    if ours:
        env['LD_LIBRARY_PATH'] = OURS
    how = [program] if os.path.exists(program) else ['-c', PRELUDE + program]
    p = subprocess.Popen(['/usr/bin/python3'] + how + list(args), env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    try:
        first = ''
        if during:
            first = p.stdout.readline()
            during()
        out, err = p.communicate('\n', timeout)
    finally:
        if p.poll() is None:
            p.kill()
            p.wait()
    if p.returncode:
        raise Failed('python: %d\n%s%s' % (p.returncode, (first + out)[-1500:], err[-2500:]))
    return first + out


PRELUDE = '''import libvirt, os, sys, threading, time
libvirt.registerErrorHandler(lambda data, error: None, None)
def loop():
    while True:
        libvirt.virEventRunDefaultImpl()
def start_loop():
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=loop, daemon=True).start()
def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()
'''
