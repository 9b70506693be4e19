#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Definitions read and written by vireo-xml, compared with what a stock library made of the same files.

    tests/corpus_domain.py BUILD/src/model/vireo-xml [--corpus DIR] [--only REGEX] [--show N]

The corpus is not part of the repository; without one the test is skipped. Prints how many files are accepted and
refused alike, with the same error code and domain, and come out with the same text.
"""
import argparse
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

FAMILIES = ('domain', 'domain-generic', 'domain-hotplug')
MAC = re.compile(r"\b[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}\b")
UUID = re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b")
# the recording's own masks for values that differ from run to run
MASKS = [(re.compile(r"domain-\d+-"), "domain-N-"), (re.compile(r"\b(vnet|macvtap|macvlan)\d+\b"), r"\1N"),
         (re.compile(r"/dev/pts/\d+"), "/dev/pts/N")]


def mask(text, source):
    macs, uuids = set(m.lower() for m in MAC.findall(source)), set(u.lower() for u in UUID.findall(source))
    text = MAC.sub(lambda m: m[0] if m[0].lower() in macs else 'MAC-GEN', text)
    text = UUID.sub(lambda m: m[0] if m[0].lower() in uuids else 'UUID-GEN', text)
    for pattern, by in MASKS:
        text = pattern.sub(by, text)
    return text


def canon(node):
    return (node.tag, sorted(node.attrib.items()), (node.text or '').strip(), [canon(c) for c in node])


def run(tool, files):
    out = subprocess.run([tool, '--test', '--batch'] + files, stdout=subprocess.PIPE, check=False).stdout
    results, at = [], 0
    for _ in files:
        end = out.index(b'\n', at)
        words = out[at:end].decode().split()
        size = int(words[-1])
        text = out[end + 1:end + 1 + size].decode()
        at = end + 1 + size + (words[0] == 'error')
        results.append((words, text))
    return results


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('tool')
    ap.add_argument('--corpus')
    ap.add_argument('--only', default='')
    ap.add_argument('--show', type=int, default=0)
    ap.add_argument('--floor', type=float, default=0.0, help='fail below this share of equal texts')
    a = ap.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    shared = os.environ.get('VIREO_SHARED') or os.path.join(os.path.dirname(root), 'shared')
    corpus = a.corpus or os.path.join(shared, 'corpus')
    if not os.path.isdir(os.path.join(corpus, 'oracle', 'testdriver')):
        print('no corpus at %s: skipped' % corpus)
        return 77
    items = []
    for family in FAMILIES:
        for path in sorted(glob.glob(os.path.join(corpus, family, '*.xml'))):
            oracle = os.path.join(corpus, 'oracle', 'testdriver', family, os.path.basename(path) + '.json.gz')
            if not os.path.exists(oracle):
                oracle = oracle.replace('.xml.json.gz', '.json.gz')
            if os.path.exists(oracle) and re.search(a.only, path):
                record = json.loads(gzip.open(oracle).read())
                # the mock connection has a guest of its own, which some files collide with: nothing about the document
                if 'already exists' not in json.dumps(record['define']):
                    items.append((path, record))
    count = dict(yes=0, yes_all=0, no=0, no_all=0, code=0, equal=0, bytes=0)
    shown = 0
    with tempfile.TemporaryDirectory() as tmp:
        files, sources = [], []
        for i, (path, _) in enumerate(items):
            sources.append(open(path, encoding='utf-8').read())
            files.append(os.path.join(tmp, '%d.xml' % i))
            open(files[-1], 'w', encoding='utf-8').write(sources[-1])
        results = run(a.tool, files)
        for (path, record), source, (words, text) in zip(items, sources, results):
            want, name, why = record['define'], os.path.relpath(path, corpus), None
            if want['ok']:
                count['yes_all'] += 1
                if words[0] != 'ok':
                    why = 'refused: ' + text
                else:
                    count['yes'] += 1
                    ours, theirs = mask(text, source), record['dumpxml']
                    count['bytes'] += ours == theirs
                    if canon(ET.fromstring(ours)) == canon(ET.fromstring(theirs)):
                        count['equal'] += 1
                    else:
                        import difflib
                        why = '\n'.join(l for l in difflib.unified_diff(theirs.splitlines(), ours.splitlines(), 'stock', 'ours', lineterm='', n=1))
            else:
                count['no_all'] += 1
                error = want['error']
                if words[0] == 'ok':
                    why = 'accepted; stock: %s' % error['msg']
                else:
                    count['no'] += 1
                    if [int(words[1]), int(words[2])] == [error['code'], error['domain']]:
                        count['code'] += 1
                        if not mask(text, source).startswith(error['msg']):
                            why = 'text: %s\nstock: %s' % (text, error['msg'])
                    else:
                        why = 'error %s/%s %s; stock %d/%d %s' % (words[1], words[2], text, error['code'], error['domain'], error['msg'])
            if why and shown < a.show:
                shown += 1
                print('--- %s\n%s' % (name, why))
    print('define-yes %(yes)d/%(yes_all)d  define-no %(no)d/%(no_all)d  errcode %(code)d/%(no_all)d  '
          'dumpxml %(equal)d/%(yes_all)d  same bytes %(bytes)d/%(yes_all)d' % count)
    return 0 if count['yes_all'] and count['equal'] >= a.floor * count['yes_all'] else 1


if __name__ == '__main__':
    sys.exit(main())
