#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What dnsmasq is told for the networks of the corpus, compared with what stock libvirtd 9.0.0 was seen to tell it.

    tests/golden_network.py BUILD/src/network/vireo-dnsmasq [--corpus DIR]

golden/network/NAME.dnsmasq holds the observed files without their comments; empty: no dnsmasq is started. The corpus is not
part of the repository; without one only networks with a NAME.xml here are compared.
"""
import argparse
import difflib
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('tool')
    ap.add_argument('--corpus')
    a = ap.parse_args()
    shared = os.environ.get('VIREO_SHARED') or os.path.join(os.path.dirname(os.path.dirname(HERE)), 'shared')
    corpus = os.path.join(a.corpus or os.path.join(shared, 'corpus'), 'network')
    have = os.path.isdir(corpus)
    good = bad = 0
    for path in sorted(glob.glob(os.path.join(HERE, 'golden', 'network', '*.dnsmasq'))):
        name = os.path.basename(path)[:-len('.dnsmasq')]
        own = path[:-len('.dnsmasq')] + '.xml'  # networks of ours that say more than the corpus does
        if not have and not os.path.exists(own):
            continue
        p = subprocess.run([a.tool, own if os.path.exists(own) else os.path.join(corpus, name + '.xml')], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=False)
        ours = [line for line in p.stdout.splitlines() if not line.startswith('##')]
        with open(path) as f:
            theirs = f.read().splitlines()
        if ours == theirs and p.returncode == 0:
            good += 1
        else:
            bad += 1
            print('--- %s' % name)
            print('\n'.join(difflib.unified_diff(theirs, ours, 'stock', 'ours', lineterm='', n=0)))
    print('%d of %d as observed' % (good, good + bad))
    return 1 if bad or not good else 0


if __name__ == '__main__':
    sys.exit(main())
