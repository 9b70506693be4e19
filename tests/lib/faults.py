# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon whose system calls and waits can be made to fail, one at a time; see src/loop/fault_board.h."""
import mmap
import os
import struct

from daemon import BUILD, Daemon

NOTHING, COUNT, FAIL, CANCEL, KILL, DIE = range(6)
MAGIC = 0x54465256
SIDE = struct.Struct('=IIIi64s64s')
HEAD = struct.Struct('=II')
SHIM = os.path.join(BUILD, 'tests', 'faultshim.so')


class Side:
    """One of the two kinds of places where a fault may be: waits of fibers, system calls."""

    def __init__(self, board, offset):
        self.board, self.offset = board, offset

    def ask(self, what, at=0, number=0, scope=''):
        """Counts from here on. number: an errno, or the process that is to die."""
        # The question last: the daemon looks at it first.
        SIDE.pack_into(self.board, self.offset, NOTHING, at, 0, number, scope.encode(), b'')
        struct.pack_into('=I', self.board, self.offset, what)

    @property
    def seen(self):
        return SIDE.unpack_from(self.board, self.offset)[2]

    @property
    def hit(self):
        return SIDE.unpack_from(self.board, self.offset)[5].rstrip(b'\0').decode()

    def stop(self):
        """Ends the counting; what was seen."""
        struct.pack_into('=I', self.board, self.offset, NOTHING)
        return self.seen


class FaultyDaemon(Daemon):
    def __init__(self, board_path='/run/work/board', shim=True, **more):
        self.board_path = board_path
        self.log_path = board_path + '.log'
        with open(board_path, 'wb') as f:
            f.write(HEAD.pack(MAGIC, 0) + bytes(2 * SIDE.size))
        with open(board_path, 'r+b') as f:
            self.board = mmap.mmap(f.fileno(), 0)
        self.waits, self.calls = Side(self.board, HEAD.size), Side(self.board, HEAD.size + SIDE.size)
        env = dict(VIREO_FAULT=board_path)
        if shim:
            env['LD_PRELOAD'] = SHIM
        Daemon.__init__(self, env=env, **more)

    def start(self, timeout=30):
        self.quiet()
        return Daemon.start(self, timeout)

    def quiet(self):
        self.waits.stop()
        self.calls.stop()

    def record(self, on):
        struct.pack_into('=I', self.board, 4, int(on))
        if on:
            open(self.log_path, 'wb').close()

    def note(self, text):
        """A line of the test's own in the record."""
        with open(self.log_path, 'ab') as f:
            data = text.encode()
            f.write(b'note %d\n' % (len(data) + 2) + data + b'\0\n')

    def recorded(self):
        """[(what, path, data)]"""
        with open(self.log_path, 'rb') as f:
            text = f.read()
        found = []
        at = 0
        while at < len(text):
            end = text.index(b'\n', at)
            op, n = text[at:end].split()
            body = text[end + 1:end + 1 + int(n) - 1]
            path, _, data = body.partition(b'\0')
            found.append((op.decode(), path.decode(), data))
            at = end + 1 + int(n)
        return found
