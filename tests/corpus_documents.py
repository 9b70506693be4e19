#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents of every family but the domain read and written by vireo-xml, compared with what stock made of the same files.

    tests/corpus_documents.py BUILD/src/model/vireo-xml [--corpus DIR] [--family NAME] [--only REGEX] [--show N]

The corpus is not part of the repository; without one the test is skipped. Prints for each family how many files are
accepted and refused alike, with the same error code and domain, and come out with the same text.
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

from corpus_domain import canon, mask

def moment(text):
    """A snapshot or checkpoint as it was recorded: what a redefinition needs is filled in where the file has none."""
    root = ET.fromstring(text)
    inner = root.find('domain')
    text = re.sub(r"(<(?:domain|inactiveDomain)\b[^>]*\btype=)(['\"])(?:kvm|hvf)\2", r'\1\2qemu\2', text)
    add = ''
    if root.find('name') is None:
        add += '<name>cmpname</name>'
    if root.find('creationTime') is None:
        add += '<creationTime>1272917631</creationTime>'
    if root.tag == 'domainsnapshot' and root.find('state') is None:
        add += '<state>shutoff</state>'
    if inner is None or inner.find('os') is None:
        uuid = '9d37b878-a7cc-9f9a-b78f-49b3abad25a8'
        if inner is not None and inner.find('uuid') is not None:
            uuid = inner.find('uuid').text.strip()
        disks = ''.join("<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file="
                        "'/var/lib/libvirt/images/%s.qcow2'/><target dev='%s' bus='%s'/></disk>" % (t, t, bus)
                        for bus, targets in (('virtio', ('vda', 'vdb', 'vdc', 'vdd')), ('virtio', ('hde', 'hdf', 'hdg', 'hdh')),
                                             ('ide', ('hda', 'hdb', 'hdc', 'hdd'))) for t in targets)
        text = re.sub(r'<domain\b.*?</domain>', '', text, flags=re.S)
        add += ("<domain type='qemu'><name>QEMUGuest1</name><uuid>%s</uuid><memory unit='KiB'>219100</memory><os><type>hvm"
                "</type></os><devices>%s</devices></domain>" % (uuid, disks))
    text = re.sub(r'(<%s\b[^>/]*)/>' % root.tag, r'\1></%s>' % root.tag, text, count=1)
    return text.replace('</%s>' % root.tag, add + '</%s>' % root.tag)


# family: (folder of files, folder of answers below oracle/, options, what is done to the text first)
FAMILIES = {
    'pool': [('storagepool', 'testdriver/storagepool', ['--test'], None), ('storagepool', 'storagepool', [], None)],
    'interface': [('interface', 'testdriver/interface', ['--test'], None)],
    'secret': [('secret', 'secret', [], None)],
    'nwfilter': [('nwfilter', 'nwfilter', [], None)],
    'network': [('network', 'testdriver/network', ['--test'], None), ('network', 'network', [], None)],
    'snapshot': [('snapshot', 'snapshot', ['--redefine'], moment)],
    'checkpoint': [('checkpoint', 'checkpoint', ['--redefine'], moment)],
}
# What a driver says, not the document: a missing backend, a name that is taken.
DRIVER = re.compile('missing backend for pool type|already exists|already defined|is in use|is not an SR-IOV')
# Numbers a living object has
LIVING = re.compile(r'(<(?:capacity|allocation|available) unit=.bytes.>)\d+(<)')
# The guest inside a snapshot is completed by its driver
GUEST = re.compile(r'  <domain .*?</domain>\n', re.S)


def run(tool, family, options, files):
    out = subprocess.run([tool, '--family', family, '--batch'] + options + files, stdout=subprocess.PIPE, check=False).stdout
    results, at = [], 0
    for _ in files:
        end = out.index(b'\n', at)
        words = out[at:end].decode().split()
        size = int(words[-1])
        results.append((words, out[end + 1:end + 1 + size].decode()))
        at = end + 1 + size + (words[0] == 'error')
    return results


def load(corpus, folder, answers, only):
    for path in sorted(glob.glob(os.path.join(corpus, folder, '*.xml'))):
        record = os.path.join(corpus, 'oracle', answers, os.path.basename(path)[:-4] + '.json.gz')
        if os.path.exists(record) and re.search(only, path):
            answer = json.loads(gzip.open(record).read())
            if not DRIVER.search(json.dumps(answer['define'])):
                yield path, answer


def judge(want, dump, source, words, text, n):
    """Counts one file; returns how it differs, or None."""
    if not want['ok']:
        n['no'] += 1
        error = want['error']
        if words[0] == 'ok':
            return 'accepted; stock: %s' % error['msg']
        n['no_same'] += 1
        if [int(words[1]), int(words[2])] != [error['code'], error['domain']]:
            return 'error %s/%s %s; stock %d/%d %s' % (words[1], words[2], text, error['code'], error['domain'], error['msg'])
        n['code'] += 1
        return None if mask(text, source).startswith(error['msg']) else 'text: %s\nstock: %s' % (text, error['msg'])
    n['yes'] += 1
    if words[0] != 'ok':
        return 'refused: ' + text
    n['yes_same'] += 1
    if dump is None:
        n['equal'] += 1
        return None
    ours, theirs = (GUEST.sub('', LIVING.sub(r'\g<1>0\2', t)) for t in (mask(text, source), dump))
    n['bytes'] += ours == theirs
    if canon(ET.fromstring(ours)) == canon(ET.fromstring(theirs)):
        n['equal'] += 1
        return None
    import difflib
    return '\n'.join(difflib.unified_diff(theirs.splitlines(), ours.splitlines(), 'stock', 'ours', lineterm='', n=1))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('tool')
    ap.add_argument('--corpus')
    ap.add_argument('--family')
    ap.add_argument('--only', default='')
    ap.add_argument('--show', type=int, default=5)
    ap.add_argument('--floor', type=float, default=0.0, help='fail below this share of same answers, in any family')
    a = ap.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    shared = os.environ.get('VIREO_SHARED') or os.path.join(os.path.dirname(root), 'shared')
    corpus = a.corpus or os.path.join(shared, 'corpus')
    if not os.path.isdir(os.path.join(corpus, 'oracle')):
        print('no corpus at %s: skipped' % corpus)
        return 77
    known = subprocess.run([a.tool, '--families'], stdout=subprocess.PIPE, text=True, check=True).stdout
    known = [line.split()[0] for line in known.splitlines()]
    good = True
    for family in [f for f in FAMILIES if f in known and a.family in (None, f)]:
        for folder, answers, options, edit in FAMILIES[family]:
            n = dict(yes=0, yes_same=0, no=0, no_same=0, code=0, equal=0, bytes=0)
            items = list(load(corpus, folder, answers, a.only))
            with tempfile.TemporaryDirectory() as tmp:
                files, sources = [], []
                for i, (path, _) in enumerate(items):
                    text = open(path, encoding='utf-8').read()
                    sources.append(edit(text) if edit else text)
                    files.append(os.path.join(tmp, '%d.xml' % i))
                    with open(files[-1], 'w', encoding='utf-8') as f:
                        f.write(sources[-1])
                shown = 0
                for (path, record), source, (words, text) in zip(items, sources, run(a.tool, family, options, files)):
                    why = judge(record['define'], record.get('dumpxml'), source, words, text, n)
                    if why and shown < a.show:
                        shown += 1
                        print('--- %s\n%s' % (os.path.relpath(path, corpus), why))
            print('%s (%s): define-yes %d/%d  define-no %d/%d  errcode %d/%d  dumpxml %d/%d  same bytes %d/%d' % (
                family, answers, n['yes_same'], n['yes'], n['no_same'], n['no'], n['code'], n['no'], n['equal'], n['yes'],
                n['bytes'], n['yes']))
            good &= n['equal'] + n['code'] >= a.floor * (n['yes'] + n['no'])
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
