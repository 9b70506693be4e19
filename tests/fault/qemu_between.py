#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Stands as a guest's emulator: the real QEMU runs below it, and its monitor passes through here, where it is made to misbehave
as the file named by the emulator's own path plus ".mode" says. Anything but a guest's start is QEMU's alone.
"""
import ctypes
import os
import random
import select
import socket
import subprocess
import sys
import time

QEMU = '/usr/bin/qemu-system-x86_64'


def mode():
    try:
        with open(sys.argv[0] + '.mode') as f:
            return f.read().strip()
    except OSError:
        return ''


def die_with_parent():
    ctypes.CDLL(None).prctl(1, 9)


def event(n):
    return b'{"timestamp": {"seconds": 1, "microseconds": %d}, "event": "RTC_CHANGE", "data": {"offset": 0, "qom-path": "/x"}}\r\n' % (n % 1000000)


def pass_on(data, to, how):
    """What QEMU said, on its way to the daemon."""
    if how == 'split':
        while data:
            n = random.randrange(1, 9)
            to.sendall(data[:n])
            data = data[n:]
            time.sleep(0.0005)
    elif how == 'silent':
        pass
    elif how == 'slow':
        for i in range(len(data)):
            to.sendall(data[i:i + 1])
            time.sleep(0.002)
    elif how == 'garbage':
        to.sendall(b'\x00\xff{{{[[[ "not json' + random.randbytes(64) + b'\r\n' + data)
    elif how == 'wrong id':
        to.sendall(data.replace(b'"id": "', b'"id": "x').replace(b'"id":"', b'"id":"x'))
    elif how == 'twice':
        to.sendall(data + data)
    elif how == 'deep':
        to.sendall(b'{"return": ' + b'[' * 100000 + b'\r\n' + data)
    elif how == 'huge':
        to.sendall(b'{"return": "' + b'a' * (100 << 20) + b'"}\r\n' + data)
    elif how == 'endless':
        to.sendall(b'{"return": "')
        while True:
            to.sendall(b'a' * 65536)
    elif how == 'flood':
        to.sendall(b''.join(event(n) for n in range(50000)) + data)
    elif how == 'wrong types':
        to.sendall(b'{"return": [1, null, {"a": {}}], "id": 7}\r\n{"event": 5}\r\n[]\r\n7\r\n{"event": "STOP", "data": "no"}\r\n' + data)
    elif how == 'closed':
        to.shutdown(socket.SHUT_RDWR)
    else:
        to.sendall(data)


def main():
    args = sys.argv[1:]
    at = [i for i, a in enumerate(args) if 'charmonitor' in a and 'fd=' in a]
    if not at:
        os.execv(QEMU, [QEMU] + args)
    number = int(args[at[0]].split('fd=')[1].split(',')[0])
    mine, its = socket.socketpair()
    args[at[0]] = 'socket,id=charmonitor,fd=%d' % its.fileno()
    listener = socket.socket(fileno=number)
    fds = [int(n) for n in os.listdir('/proc/self/fd') if int(n) > 2 and int(n) not in (number, mine.fileno())]
    for fd in fds:
        try:
            os.set_inheritable(fd, True)
        except OSError:
            pass
    qemu = subprocess.Popen([QEMU] + args, close_fds=False, preexec_fn=die_with_parent)
    its.close()
    daemon, greeting, held = None, b'', b''
    while qemu.poll() is None:
        readable, _, _ = select.select([listener, mine] + ([daemon] if daemon else []), [], [], 0.2)
        try:
            if listener in readable:
                daemon, _ = listener.accept()
                daemon.sendall(greeting)
            if daemon in readable:
                data = daemon.recv(65536)
                if not data:
                    daemon = None
                else:
                    mine.sendall(data)
            if mine in readable:
                data = mine.recv(1 << 20)
                if not data:
                    break
                if not greeting:
                    greeting = data # the first line comes again to whoever connects
                if daemon:
                    how = mode()
                    if how == 'held':
                        held += data
                    else:
                        pass_on(held + data, daemon, how)
                        held = b''
        except OSError:
            daemon = None
    sys.exit(qemu.wait())


main()
