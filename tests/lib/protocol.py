# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bare client that knows every procedure: arguments made from api/*.api, packets sent as they are, right or wrong."""
import os
import re
import socket
import struct
import sys

sys.dont_write_bytecode = True
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, 'api'))
import notation  # noqa: E402

CALL, REPLY, MESSAGE, STREAM, CALL_WITH_FDS, REPLY_WITH_FDS, HOLE = range(7)
OK, ERROR, CONTINUE = range(3)


def load_api():
    """The API as notation.py reads it, files in the order of the build."""
    with open(os.path.join(SOURCE, 'api', 'meson.build')) as f:
        names = [n for n in re.findall(r"'(\w+\.api)'", f.read()) if n != 'constants.api']
    return notation.load([os.path.join(SOURCE, 'api', n) for n in names])


def load_constants():
    values = {}
    with open(os.path.join(SOURCE, 'api', 'constants.api'), encoding='utf-8') as f:
        for line in f:
            words = line.split()
            if words[:1] == ['value']:
                values[words[1]] = int(words[2])
    return values


API = load_api()
CONSTANTS = load_constants()
CALLS = {c.full_name: c for p in API.programs.values() for c in p.calls}


def opaque(data):
    return struct.pack('>I', len(data)) + data + b'\0' * (-len(data) % 4)


class Minimal:
    """Zeros, short names, nothing optional, empty lists; `given` overrides fields by name."""

    def __init__(self, given=None):
        self.given = given or {}

    def number(self, field):
        return self.given.get(field.name, 0)

    def text(self, field):
        return self.given.get(field.name, 'x').encode()

    def data(self, limit):
        return b''

    def uuid(self):
        return b'\x11' * 16

    def present(self, field):
        return field.name in self.given

    def count(self, limit):
        return 0

    def arm(self, arms):
        return arms[0]


class Random:
    """Anything the tables allow, mostly small."""

    def __init__(self, rng):
        self.rng = rng

    def number(self, field):
        return self.rng.choice((0, 1, 2, 3, 7, 64, 0x7fffffff, 0xffffffff, 1 << 62, self.rng.getrandbits(64)))

    def text(self, field):
        return bytes(self.rng.choice(b'abcxyz0123456789-_/<>&\'"%. ') for _ in range(self.rng.choice((0, 1, 5, 30))))

    def data(self, limit):
        return self.rng.randbytes(min(limit, self.rng.choice((0, 1, 4, 33))))

    def uuid(self):
        return self.rng.randbytes(16)

    def present(self, field):
        return self.rng.random() < 0.6

    def count(self, limit):
        return min(limit, self.rng.choice((0, 1, 2, 3)))

    def arm(self, arms):
        return self.rng.choice(arms)


def encode_one(field, make):
    base, limit = field.base
    if base == 'string':
        return opaque(make.text(field))
    if base == 'bytes':
        return opaque(make.data(API.limit(limit)))
    if base == 'uuid':
        return make.uuid()
    if base in API.structs:
        return encode(API.structs[base], make)
    n = int(make.number(field))
    if base in ('i64', 'u64', 'double'):
        return struct.pack('>Q', n & 0xffffffffffffffff)
    return struct.pack('>I', n & {'char': 0x7f, 'uchar': 0xff, 'short': 0x7fff, 'ushort': 0xffff}.get(base, 0xffffffff))


def encode(s, make):
    """Bytes of a struct (None: none), its values chosen by `make`."""
    if s is None:
        return b''
    if s.kind == 'union':
        arm = make.arm(s.fields)
        return struct.pack('>I', CONSTANTS[arm.case]) + encode_one(arm, make)
    out = b''
    for f in s.fields:
        if f.shape == 'optional':
            here = make.present(f)
            out += struct.pack('>I', here) + (encode_one(f, make) if here else b'')
        elif f.shape == 'counted':
            n = make.count(API.limit(f.limit))
            out += struct.pack('>I', n) + b''.join(encode_one(f, make) for _ in range(n))
        elif f.shape == 'fixed':
            out += b''.join(encode_one(f, make) for _ in range(API.limit(f.limit)))
        else:
            out += encode_one(f, make)
    return out


def packet(program, procedure, payload=b'', kind=CALL, serial=0, status=OK, version=1, length=None):
    body = struct.pack('>IIIIII', program, version, procedure & 0xffffffff, kind, serial, status) + payload
    return struct.pack('>I', len(body) + 4 if length is None else length) + body


class Closed(Exception):
    """The daemon ended the connection."""


class Reply:
    def __init__(self, header, payload):
        self.program, self.version, self.procedure, self.kind, self.serial, self.status = header
        self.payload = payload
        self.code = self.domain = self.message = None
        if self.status == ERROR and self.kind in (REPLY, STREAM):
            self.code, self.domain, has_message = struct.unpack('>iiI', payload[:12])
            if has_message:
                n, = struct.unpack('>I', payload[12:16])
                self.message = payload[16:16 + n].decode(errors='replace')

    def __repr__(self):
        return 'ok' if self.code is None else 'error %d: %s' % (self.code, self.message)


class Client:
    """One connection. Every wait ends: after `timeout` seconds without an answer it raises socket.timeout."""

    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.serial = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def send(self, data):
        """False when the other side is gone."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def read(self, n):
        data = b''
        while len(data) < n:
            try:
                part = self.socket.recv(n - len(data))
            except ConnectionResetError:
                part = b''
            if not part:
                raise Closed()
            data += part
        return data

    def receive(self):
        length, = struct.unpack('>I', self.read(4))
        body = self.read(length - 4)
        return Reply(struct.unpack('>IIIIII', body[:24]), body[24:])

    def reply_to(self, serial):
        """The reply to that call; events and keepalive on the way are passed over."""
        while True:
            r = self.receive()
            if r.kind in (REPLY, REPLY_WITH_FDS) and r.serial == serial:
                return r

    def call(self, name, make=None, payload=None):
        c = CALLS[name]
        if payload is None:
            payload = encode(c.args, make or Minimal())
        self.serial += 1
        self.send(packet(c.program.number, c.number, payload, serial=self.serial))
        return self.reply_to(self.serial)

    def open(self, uri='qemu:///system', readonly=False):
        r = self.call('auth_list')
        if r.code is None:
            r = self.call('connect_open', Minimal({'name': uri, 'flags': int(readonly)}))
        if r.code is not None:
            raise AssertionError('connect_open: %r' % r)
        return self
