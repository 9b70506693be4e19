#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every method of every class of libvirt-python, on our library and on libvirt's, from one daemon: the same results."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from client import python  # noqa: E402
from suite import Failed, clean_up, daemon, main, test  # noqa: E402

SWEEP = os.path.join(HERE, '..', 'lib', 'binding_sweep.py')
# Meant differences: what begins so may differ, and why.
MEANT = {
    "virDomain.coreDumpWithFormat odd dumpformat": 'the daemon says which formats it knows',
    "virDomain.sendKey odd codeset": 'the daemon says which sets it knows',
    "virDomain.setLifecycleAction odd": 'the daemon says which events and actions it knows',
}


def steady(text):
    """What changes from one run to the next by itself."""
    text = re.sub(r"id='\d+'", "id='N'", text)
    text = re.sub(r"52:54:00:\w\w:\w\w:\w\w", 'MAC', text)
    text = re.sub(r"(/dev/pts/|domain-|pid )\d+", r'\1N', text)
    return re.sub(r'\d{4}-\d\d-\d\dT[\d:.]+Z', 'TIME', text)


@test
def every_method_of_every_class_answers_as_on_libvirts_own_library():
    d = daemon()
    said = []
    for ours in (False, True):
        lines = steady(python(SWEEP, d.uri(), ours=ours, timeout=200)).splitlines()
        said.append([x for x in lines if not any(x.startswith(m) for m in MEANT)])
        clean_up(d)
    if len(said[1]) < 800:
        raise Failed('only %d answers' % len(said[1]))
    bad = ['%s\n    ours: %s' % (a, b) for a, b in zip(*said) if a != b]
    if bad or len(said[0]) != len(said[1]):
        raise Failed('%d and %d answers, %d differ:\n%s' % (len(said[0]), len(said[1]), len(bad), '\n'.join(x[:600] for x in bad[:30])))


main()
