#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test:/// in the library: each scene of tests/testdriver gives the same answers and events as on libvirt's own library."""
import glob
import json
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LIB = os.path.join(HERE, '..', 'lib')
sys.path.insert(0, LIB)
from client import python  # noqa: E402
from suite import Failed, main, test  # noqa: E402

PLAY = os.path.join(LIB, 'testdriver_play.py')
SCENES = sorted(glob.glob(os.path.join(HERE, '..', 'testdriver', '*.txt')))
# Lines that may differ, by what they contain, and why. Errors are always allowed to say more after libvirt's own sentence.
MEANT = (
    (r'getFreePages', 'libvirt fills in the numbers and then says that it wrote none'),
    (r'revertToSnapshot\(so,[12]\)', 'libvirt tells that a guest started which it did not start: ours starts it as asked'),
    (r"count\('hard_limit", 'a limit of nothing is no limit, and not written'),
    (r'baselineCPU|compareCPU', 'CPU models are compared by the QEMU driver only'),
)
SWEEP = os.path.join(LIB, 'testdriver_sweep.py')
MEANT_IN_SWEEP = MEANT + (
    (r'EventRegisterAny', 'libvirt keeps the host and its numbers when a registration is left'),
    (r'virNetwork.update flags', 'the same: what an earlier call changed is still there'),
    (r'blockRebase flags|authorizedSSHKeysSet flags|migrateToURI\d? flags=0x40000|setIOThreadParams params', 'refused as well, for another reason'),
    (r'nodeDeviceCreateXML flags=0x1$|virStoragePool.createXML flags=0x4', 'order of elements is not validated'),
)


def play(scene, ours):
    with tempfile.TemporaryDirectory() as work:
        text = python(PLAY, scene, work, ours=ours, timeout=60)
        return [json.loads(line.replace(work, '%W')) for line in text.splitlines()]


def same(theirs, ours):
    if theirs == ours:
        return True
    if theirs[1:2] != ['error'] or ours[1:2] != ['error'] or theirs[0] != ours[0]:
        return False
    a, b = theirs[2], ours[2]
    if a[0] == b[0] == 92:  # a schema's validator guesses; ours names the place
        return a[:2] == b[:2] and b[2].startswith(a[2].split('\n')[0])
    return a[:2] == b[:2] and b[2].startswith(a[2]) and a[3:] == b[3:]


def compare(scene):
    theirs, ours = play(scene, False), play(scene, True)
    bad = []
    free = False  # after a meant difference events and states may differ until the next such line
    for a, b in zip(theirs, ours):
        meant = any(re.search(pattern, str(a[0])) for pattern, _ in MEANT)
        free = meant or (free and a[0] in ('event', 'd.state()'))
        if not same(a, b) and not free:
            bad.append('libvirt: %s\n   ours: %s' % (str(a)[:500], str(b)[:500]))
    if len(theirs) != len(ours):
        bad.append('%d and %d lines' % (len(theirs), len(ours)))
    if bad:
        raise Failed('%s: %d differ\n%s' % (os.path.basename(scene), len(bad), '\n'.join(bad[:15])))
    return len(ours)


def scene_test(path):
    name = os.path.basename(path)[:-4].replace('-', '_')

    def run():
        if compare(path) < 20:
            raise Failed('hardly anything was played')
    run.__name__ = 'the_scene_%s_is_the_same' % name
    return test(run)


def swept(ours, every):
    with tempfile.TemporaryDirectory() as work:
        text = python(SWEEP, work, str(every), ours=ours, timeout=600)
        return dict(json.loads(line.replace(work, '%W')) for line in text.splitlines())


@test
def every_method_answers_the_same():
    """All of the binding's methods as intended, and one in four of the odd calls; all of them in the long run."""
    every = 1 if os.environ.get('VIREO_LONG') == '1' else 4
    theirs, ours = swept(False, every), swept(True, every)
    bad = []
    for call, a in theirs.items():
        b = ours.get(call)
        errors = isinstance(a, list) and isinstance(b, list)
        if a != b and not (errors and same(['', 'error', a], ['', 'error', b])) and not any(re.search(p, call) for p, _ in MEANT_IN_SWEEP):
            bad.append('%s\nlibvirt: %s\n   ours: %s' % (call, str(a)[:300], str(b)[:300]))
    if bad:
        raise Failed('%d of %d differ\n%s' % (len(bad), len(theirs), '\n'.join(bad[:15])))
    if len(theirs) < 2000:
        raise Failed('only %d calls were made' % len(theirs))


for each in SCENES:
    scene_test(each)
main()
