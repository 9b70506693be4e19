# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bare client of the wire protocol: packets as bytes, so that tests can say anything, right or wrong."""
import array
import glob
import os
import socket
import struct

REMOTE, QEMU, ADMIN, KEEPALIVE = 0x20008086, 0x20008087, 0x06900690, 0x6b656570
CALL, REPLY, MESSAGE, STREAM, CALL_FDS, REPLY_FDS, HOLE = range(7)
OK, ERROR, CONTINUE = range(3)


def load_procedures():
    """Name -> (program, number), from the api/ files."""
    programs = {'remote': REMOTE, 'qemu': QEMU, 'admin': ADMIN}
    found = {}
    here = os.path.dirname(os.path.abspath(__file__))
    for path in glob.glob(os.path.join(here, '..', '..', 'api', '*.api')):
        program = None
        for line in open(path):
            words = line.split()
            if words[:1] == ['program']:
                program = words[1]
            elif words[:1] in (['call'], ['event']) and program in programs:
                name = words[2] if program == 'remote' else program + '_' + words[2]
                found[name] = (programs[program], int(words[1]))
    return found


PROCEDURES = load_procedures()


def i32(value):
    return struct.pack('>i', value)


def u32(value):
    return struct.pack('>I', value)


def u64(value):
    return struct.pack('>Q', value)


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return u32(len(data)) + data + b'\0' * (-len(data) % 4)


def optional(packed):
    return u32(0) if packed is None else u32(1) + packed


def domain(name='x', uuid=b'\0' * 16, ident=-1):
    return string(name) + uuid + i32(ident)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if self.at + size > len(self.data):
            raise ValueError('short payload')
        part = self.data[self.at:self.at + size]
        self.at += size
        return part

    def i32(self):
        return struct.unpack('>i', self.take(4))[0]

    def u32(self):
        return struct.unpack('>I', self.take(4))[0]

    def u64(self):
        return struct.unpack('>Q', self.take(8))[0]

    def string(self):
        size = self.u32()
        text = self.take(size)
        self.take(-size % 4)
        return text.decode()

    def optional(self, read):
        return read() if self.u32() else None

    def rest(self):
        return self.data[self.at:]

    def done(self):
        return self.at == len(self.data)


class Packet:
    def __init__(self, data):
        (self.prog, self.vers, self.proc, self.type, self.serial, self.status) = struct.unpack('>IIiIII', data[:24])
        self.payload = data[24:]

    def error(self):
        r = Reader(self.payload)
        fields = {'code': r.i32(), 'domain': r.i32(), 'message': r.optional(r.string), 'level': r.i32()}
        if r.u32():
            r.string(), r.take(16), r.i32()
        fields['str1'], fields['str2'], fields['str3'] = (r.optional(r.string) for _ in range(3))
        fields['int1'], fields['int2'] = r.i32(), r.i32()
        if r.u32():
            r.string(), r.take(16)
        if not r.done():
            raise ValueError('bytes after the error')
        return fields

    def __repr__(self):
        what = self.error() if self.status == ERROR else self.payload[:60]
        return f'<prog {self.prog:#x} proc {self.proc} type {self.type} serial {self.serial} status {self.status} {what}>'


class Client:
    def __init__(self, path=None, tcp=None, timeout=20):
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(timeout)
            self.sock.connect(path)
        else:
            self.sock = socket.create_connection(tcp, timeout)
        self.serial = 0
        self.buffer = b''
        self.events = []

    def close(self):
        self.sock.close()

    def packet(self, proc, payload=b'', prog=REMOTE, vers=1, kind=CALL, serial=None, status=OK):
        if serial is None:
            serial = self.serial
            self.serial += 1
        self.last_serial = serial
        return struct.pack('>IIIiIII', 28 + len(payload), prog, vers, proc, kind, serial, status) + payload

    def send(self, *args, **kwargs):
        self.sock.sendall(self.packet(*args, **kwargs))
        return self.last_serial

    def send_fds(self, proc, payload, fds, **kwargs):
        self.sock.sendall(self.packet(proc, u32(len(fds)) + payload, kind=CALL_FDS, **kwargs))
        for fd in fds:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))]
            self.sock.sendmsg([b'\0'], rights)

    def recv(self):
        """The next packet, None when the connection was closed."""
        while len(self.buffer) < 4 or len(self.buffer) < struct.unpack('>I', self.buffer[:4])[0]:
            try:
                data = self.sock.recv(1 << 20)
            except ConnectionResetError:
                data = b''
            if not data:
                return None
            self.buffer += data
        size = struct.unpack('>I', self.buffer[:4])[0]
        packet, self.buffer = self.buffer[4:size], self.buffer[size:]
        return Packet(packet)

    def reply(self, serial):
        """The reply to one call; other packets are kept in self.events."""
        while True:
            got = self.recv()
            if got is None or (got.type in (REPLY, REPLY_FDS) and got.serial == serial):
                return got
            self.events.append(got)

    def call(self, proc, payload=b'', **kwargs):
        return self.reply(self.send(proc, payload, **kwargs))

    def do(self, name, payload=b'', **kwargs):
        """A call by its name in api/; gives the reply."""
        prog, proc = PROCEDURES[name]
        return self.call(proc, payload, prog=prog, **kwargs)

    def start(self, name, payload=b'', **kwargs):
        """The same without waiting; gives the serial."""
        prog, proc = PROCEDURES[name]
        return self.send(proc, payload, prog=prog, **kwargs)

    def open(self, uri='qemu:///system', flags=0):
        self.call(66)
        return self.call(1, optional(None if uri is None else string(uri)) + u32(flags))
