#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays a scene on test:///default and tells what each line answered, one JSON list per line.

testdriver_play.py SCENE DIRECTORY

A scene is a list of Python expressions over `c` (the connection), `d` (the domain "test") and what lines that begin with "!"
assigned; %W is DIRECTORY. Events that arrive are told where they arrive.
"""
import json
import os
import re
import sys
import time

import libvirt

libvirt.registerErrorHandler(lambda data, error: None, None)
libvirt.virEventRegisterDefaultImpl()
WORK = sys.argv[2]
U1, U2, U4 = ('00000000-0000-4000-8000-00000000000%d' % k for k in (1, 2, 4))
X = "<domain type='test'><name>%s</name><uuid>%s</uuid><memory>100000</memory><os><type>hvm</type></os>%s</domain>"
HOST = """<node><domain type='test'><name>d</name><uuid>4dea22b3-1d52-d8f3-2516-782e98ab3fa0</uuid><memory>100000</memory><os>
<type>hvm</type></os><devices><disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk></devices></domain></node>"""
# What grows with the clock: only its shape is told.
GROWS = re.compile(r'\b(vcpus|info|interfaceStats|blockStats)\(')
KNOWN = set(re.findall(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', open(sys.argv[1]).read() + HOST + ' '.join((U1, U2, U4)))) | {
    '6695eb01-f6a4-8304-79aa-97f2502e193f', 'dd8fe884-6c02-601e-7551-cca97df1c5df', 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
    '11111111-2222-3333-4444-555555555555'}


def say(*what):
    print(json.dumps(what))


def still(text):
    return re.sub(r'<creationTime>\d+', '<creationTime>T', text)


def names(objects):
    return sorted((x.getName() if hasattr(x, 'getName') else x.name()) for x in objects)


def host(name):
    global c
    path = os.path.join(WORK, name + '.xml')
    with open(path, 'w') as f:
        f.write(HOST)
    c = libvirt.open('test://' + path)


def steady(value, text):
    shown = re.sub(r'0x[0-9a-f]{6,}', 'PTR', value if isinstance(value, str) else repr(value))
    shown = re.sub(r'(?<=<creationTime>)\d+', lambda m: 'NOW' if abs(int(m.group(0)) - time.time()) < 300 else m.group(0), shown)
    if GROWS.search(text):
        shown = re.sub(r'\d{8,}', 'N', shown)
    shown = re.sub(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', lambda m: m.group(0) if m.group(0) in KNOWN else 'UUID', shown)
    return re.sub(r'52:54:00:[0-9a-f:]{8}', lambda m: m.group(0) if m.group(0) in SCENE else 'MAC', shown)


def pump():
    for _ in range(3):
        libvirt.virEventAddTimeout(0, lambda t, o: libvirt.virEventRemoveTimeout(t), None)
        libvirt.virEventRunDefaultImpl()


def run(text, call):
    try:
        value = call()
        say(text, 'value', steady(value, text))
    except libvirt.libvirtError as e:
        say(text, 'error', list(e.err[:4]) + list(e.err[4:8]) if e.err else str(e))
    except Exception as e:
        say(text, 'exception', type(e).__name__, str(e))
    pump()


def statement(text):
    exec(text, globals())


SCENE = open(sys.argv[1]).read()
c = libvirt.open('test:///default')
d = c.lookupByName('test')
watch = {
    'domainEventRegisterAny': ((0, lambda c, d, e, x, o: say('event', d.name(), e, x, d.ID())),
                               (libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, lambda c, d, t, u, o: say('metadata', d.name(), t, u))),
    'networkEventRegisterAny': ((0, lambda c, n, e, x, o: say('event', n.name(), e, x)),),
    'storagePoolEventRegisterAny': ((0, lambda c, p, e, x, o: say('event', p.name(), e, x)), (1, lambda c, p, o: say('refresh', p.name()))),
    'nodeDeviceEventRegisterAny': ((0, lambda c, n, e, x, o: say('event', n.name(), e, x)), (1, lambda c, n, o: say('update', n.name()))),
}
for register, kinds in watch.items():
    for kind, callback in kinds:
        getattr(c, register)(None, kind, callback, None)
for line in SCENE.splitlines():
    line = line.replace('%W', WORK)
    if line.startswith('!'):
        run(line, lambda: statement(line[1:].strip()))
    elif line.strip() and not line.startswith('#'):
        run(line, lambda: eval(line, globals()))
