# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that says whatever a test wants: for the client library's rules, and for its nerves."""
import os
import socket
import struct
import threading

import protocol
from protocol import CALL, CALL_WITH_FDS, ERROR, MESSAGE, OK, REPLY, Minimal, encode, opaque, packet

BY_NUMBER = {(c.program.number, c.number): c for c in protocol.CALLS.values()}


def error_payload(code, domain, message, level=2):
    """virNetMessageError with nothing but what must be there."""
    return struct.pack('>iiI', code, domain, 1) + opaque(message.encode()) + struct.pack('>iI', level, 0) + \
        struct.pack('>IIIiiI', 0, 0, 0, 0, 0, 0)


class FakeServer:
    """Accepts on a UNIX socket; each packet of a client goes to `answer(call, serial, payload)`, whose bytes are sent as they are.

    None ends the connection; what answer returns is of its own making, see ok() and error()."""

    def __init__(self, path, answer):
        self.path, self.answer = path, answer
        if os.path.lexists(path):
            os.unlink(path)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        self.sock.listen(50)
        threading.Thread(target=self.run, daemon=True).start()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def run(self):
        while True:
            try:
                c, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def read(self, c, n):
        data = b''
        while len(data) < n:
            part = c.recv(n - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    def serve(self, c):
        try:
            while True:
                length, = struct.unpack('>I', self.read(c, 4))
                body = self.read(c, length - 4)
                if len(body) < 24:
                    return
                program, _, procedure, kind, serial, status = struct.unpack('>IIIIII', body[:24])
                if kind == protocol.STREAM and status in (OK, ERROR):
                    c.sendall(packet(program, procedure, b'', protocol.STREAM, serial, OK))
                if kind not in (CALL, CALL_WITH_FDS):
                    continue
                out = self.answer(BY_NUMBER.get((program, procedure)), serial, body[24:])
                if out is None:
                    return
                c.sendall(out)
        except (ConnectionError, OSError):
            pass
        finally:
            c.close()


def ok(call, serial, make=None):
    return packet(call.program.number, call.number, encode(call.ret, make or Minimal()), REPLY, serial, OK)


def error(call, serial, message='fake', code=1, domain=10):
    return packet(call.program.number, call.number, error_payload(code, domain, message), REPLY, serial, ERROR)


def event(call, make):
    return packet(call.program.number, call.number, encode(call.msg, make), MESSAGE, 1, OK)


def session(call, serial, make=None):
    """What opening a connection needs; None for other calls."""
    if call.full_name in ('auth_list', 'connect_open', 'connect_close', 'connect_get_uri', 'connect_register_close_callback',
                          'connect_unregister_close_callback'):
        return ok(call, serial, Minimal({'uri': 'qemu:///system'}))
    if call.full_name == 'connect_supports_feature':
        return ok(call, serial, Minimal({'supported': 1}))
    return None
