#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The corpus of documents with recorded behaviour of stock, where it is at hand: how much of it comes out equal."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from suite import BUILD, Failed, Skip, long, main, test, vireo_only  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Least equal outcomes, in percent of each stage; raised as more is built, never lowered.
LEAST = {'define-yes': 98, 'define-no': 94, 'dumpxml': 97, 'argv': 93, 'start-yes': 94, 'livexml': 93, 'machine': 93}


def corpus():
    for top in (os.environ.get('VIREO_SHARED'), os.path.join(os.path.dirname(TOP), 'shared')):
        tool = os.path.join(top or '/nonexistent', 'corpus', 'tools', 'compare.py')
        if os.path.exists(tool):
            return tool
    raise Skip('no corpus here (VIREO_SHARED, or ../shared beside the sources)')


@test
@long
@vireo_only
def the_domains_of_the_corpus_come_out_as_recorded():
    p = subprocess.run(['/usr/bin/python3', corpus(), '--daemon', os.path.join(BUILD, 'bin', 'libvirtd'), '--family', 'domain'],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                       timeout=1800)
    lines = p.stdout.strip().splitlines()
    print(p.stdout[-6000:])
    if p.returncode or not lines:
        raise Failed('exit code %d: %s' % (p.returncode, p.stdout[-1500:]))
    stages = json.loads(lines[-1])['summary']['domain']
    low = []
    for stage, least in LEAST.items():
        s = stages.get(stage)
        if not s or not s['total'] or 100 * s['equal'] / s['total'] < least:
            low.append('%s: %s, at least %d %% expected' % (stage, s, least))
    if low:
        raise Failed('\n'.join(low))


# The tool makes its own overlay of the whole system, which does not nest.
main(sandboxed=False)
