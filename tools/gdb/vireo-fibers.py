# SPDX-License-Identifier: LGPL-2.1-or-later
"""gdb commands that show parked fibers, in a live daemon and in a core.

    (gdb) source tools/gdb/vireo-fibers.py
    (gdb) vireo-fibers            one line for each fiber
    (gdb) vireo-fibers -bt        with its backtrace
    (gdb) vireo-fiber 17          from here on bt, up, info locals show fiber 17; frame #0 stays the thread's own
    (gdb) vireo-fiber             back to the thread

A parked fiber's registers are in the jump buffer of its stack, where glibc keeps rbp, rsp and rip mangled with the
thread's pointer guard.
"""
import gdb
from gdb.unwinder import Unwinder

MASK = (1 << 64) - 1
# Order of the x86-64 jump buffer; those that are stored mangled.
SLOTS = ('rbx', 'rbp', 'r12', 'r13', 'r14', 'r15', 'rsp', 'rip')
MANGLED = ('rbp', 'rsp', 'rip')
STATES = ('ready', 'running', 'parked', 'ended')


def pointer_guard():
    """The guard stands at fs:0x30 in every thread of the process."""
    fs_base = int(gdb.parse_and_eval('(unsigned long)$fs_base'))
    return int(gdb.parse_and_eval('*(unsigned long *)%d' % (fs_base + 0x30)))


def registers_of(fiber):
    """Register name -> value of a fiber that is not running."""
    if 'x86-64' not in gdb.selected_frame().architecture().name():
        raise gdb.GdbError('only the x86-64 jump buffer is known here')
    buffer = fiber['stack']['registers'][0]['__jmpbuf']
    guard = pointer_guard()
    out = {}
    for i, name in enumerate(SLOTS):
        v = int(buffer[i]) & MASK
        if name in MANGLED:
            v = ((v >> 17) | (v << 47)) & MASK
            v ^= guard
        out[name] = v
    return out


def fibers():
    fiber = gdb.parse_and_eval('vr_loop.all_first')
    while int(fiber):
        yield fiber.dereference()
        fiber = fiber['all_next']


def text(value):
    return value.string(errors='replace') if int(value) else ''


def describe(fiber):
    now = int(gdb.parse_and_eval('vr_loop.now'))
    state = STATES[int(fiber['state'])]
    line = "%4d '%s' of '%s': %s" % (int(fiber['id']), fiber['name'].string(errors='replace'),
                                     text(fiber['group']['name']), state)
    if state == 'parked':
        line += ', waiting for ' + text(fiber['wait_what'])
        if int(fiber['wait_owner']):
            line += " of '%s'" % fiber['wait_owner']['name'].string(errors='replace')
        elif int(fiber['wait_fd']) >= 0:
            line += ' (descriptor %d)' % int(fiber['wait_fd'])
        line += ' for %.3f s' % ((now - int(fiber['wait_since'])) / 1e9)
    if int(fiber['note']):
        line += ' (%s)' % text(fiber['note'])
    if fiber['cancelled']:
        line += ', cancelled'
    return line


class FiberUnwinder(Unwinder):
    """Puts the chosen fiber's frames above the thread's newest one, without writing a register."""

    def __init__(self):
        super().__init__('vireo-fiber')
        self.registers = None
        self.anchor = None

    def choose(self, registers):
        self.registers = None
        gdb.invalidate_cached_frames()
        if registers:
            newest = gdb.newest_frame()
            self.anchor = tuple(int(newest.read_register(r)) & MASK for r in ('rsp', 'rip'))
            self.registers = registers
            gdb.invalidate_cached_frames()

    def __call__(self, pending):
        if not self.registers:
            return None
        here = tuple(int(pending.read_register(r)) & MASK for r in ('rsp', 'rip'))
        if here != self.anchor:
            return None
        # gdb holds a frame whose stack pointer moves the wrong way for damage: so this one's lies below the fiber's.
        info = pending.create_unwind_info(FrameId(self.registers['rsp'] - 16, here[1]))
        for name, value in self.registers.items():
            kind = pending.read_register(name).type
            info.add_saved_register(name, gdb.Value(value - (1 << 64) if value >> 63 else value).cast(kind))
        return info


class FrameId:
    def __init__(self, sp, pc):
        self.sp = gdb.Value(sp)
        self.pc = gdb.Value(pc)


UNWINDER = FiberUnwinder()
gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)


def show_stack(fiber):
    stack_registers = registers_of(fiber)
    try:
        UNWINDER.choose(stack_registers)
        frame = gdb.newest_frame().older()
        # The switch itself is the same everywhere: start with whoever called it.
        while frame and frame.name() in ('jump', 'vr_switch_out', 'park'):
            frame = frame.older()
        while frame and frame.name() != 'stack_main':
            place = frame.find_sal()
            where = ' at %s:%d' % (place.symtab.filename, place.line) if place.symtab else ''
            print('        %s%s' % (frame.name() or hex(frame.pc()), where))
            frame = frame.older()
    finally:
        UNWINDER.choose(None)


class ListFibers(gdb.Command):
    """vireo-fibers [-bt]: lists the fibers, with -bt their backtraces."""

    def __init__(self):
        super().__init__('vireo-fibers', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        UNWINDER.choose(None)
        for fiber in fibers():
            print(describe(fiber))
            if argument.strip() == '-bt' and STATES[int(fiber['state'])] != 'running' and fiber['stack']['entered']:
                show_stack(fiber)


class ChooseFiber(gdb.Command):
    """vireo-fiber [ID]: bt and the like show that fiber; without ID, the thread again."""

    def __init__(self):
        super().__init__('vireo-fiber', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        UNWINDER.choose(None)
        if not argument.strip():
            return
        for fiber in fibers():
            if int(fiber['id']) == int(argument):
                if STATES[int(fiber['state'])] == 'running':
                    print('fiber %s is running: it is what the thread shows' % argument)
                elif not fiber['stack']['entered']:
                    print('fiber %s has not begun' % argument)
                else:
                    UNWINDER.choose(registers_of(fiber))
                    gdb.execute('frame 1')
                return
        raise gdb.GdbError('there is no fiber ' + argument)


ListFibers()
ChooseFiber()
