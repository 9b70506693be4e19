#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The packet filter's rules of each network in the corpus, as the kernel has them, against reviewed golden files.

usage: corpus_firewall.py PROGRAM [--write]      PROGRAM: vireo-net-rules; --write makes the golden files anew
"""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, 'golden', 'firewall')
SHARED = os.environ.get('VIREO_SHARED') or os.path.join(HERE, '..', '..', 'shared')


def skip(why):
    print('skipped: ' + why)
    sys.exit(77)


def rules(program, path):
    """What nft lists once the commands were applied in an empty network namespace."""
    p = subprocess.run([program, path], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if p.returncode:
        return 'refused: ' + p.stderr
    if p.stdout == 'none\n':
        return 'no rules\n'
    json.loads(p.stdout)
    n = subprocess.run(['unshare', '-n', 'sh', '-c', 'nft -j -f - && nft list ruleset'], input=p.stdout, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return n.stdout if not n.returncode else 'not applied: ' + n.stdout


def main():
    write = '--write' in sys.argv
    corpus = sorted(glob.glob(os.path.join(SHARED, 'corpus', 'network', '*.xml')))
    if not corpus:
        skip('no corpus of networks')
    if os.geteuid() != 0 or subprocess.run(['unshare', '-n', 'nft', 'list', 'ruleset'], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL).returncode:
        skip('needs root, a network namespace and nft')
    if write:
        os.makedirs(GOLDEN, exist_ok=True)
    bad = 0
    for path in corpus:
        golden = os.path.join(GOLDEN, os.path.basename(path)[:-4] + '.nft')
        now = rules(sys.argv[1], path)
        if write:
            with open(golden, 'w') as f:
                f.write(now)
            continue
        was = open(golden).read() if os.path.exists(golden) else ''
        if now != was:
            bad += 1
            print('== %s\n%s-- golden file\n%s' % (os.path.basename(path), now, was))
    print('%d networks, %d differ' % (len(corpus), bad))
    sys.exit(1 if bad else 0)


main()
