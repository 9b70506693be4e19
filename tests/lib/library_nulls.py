#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every function that begins with an object, called without one: `function: code domain message`, for comparison."""
import ctypes
import os
import sys

NULLS = [None] * 12
QUIET = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(lambda *a: None)
for library in ('libvirt.so.0', 'libvirt-qemu.so.0', 'libvirt-admin.so.0'):
    lib = ctypes.CDLL(library)
    core = ctypes.CDLL('libvirt.so.0')
    core.virGetLastErrorMessage.restype = ctypes.c_char_p
    core.virInitialize()
    core.virSetErrorFunc(None, QUIET)
    for name in sys.argv[1:]:
        f = getattr(lib, name, None)
        if f is not None and (library == 'libvirt.so.0') == hasattr(core, name):
            # Some of stock's crash: each call has a process of its own.
            child = os.fork()
            if child:
                if os.waitpid(child, 0)[1]:
                    print('%s: crash' % name, flush=True)
                continue
            core.virResetLastError()
            f(*NULLS)
            print('%s: %d %d %s' % (name, core.virGetLastErrorCode(), core.virGetLastErrorDomain(),
                                    core.virGetLastErrorMessage().decode()), flush=True)
            os._exit(0)
