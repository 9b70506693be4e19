#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The published schemas against documents: what we print, what stock accepts, and what stock's own schemas say.

    tests/schemas.py BUILD/src/model/vireo-xml DIR-OF-SCHEMAS

Random documents of every family must be valid. With a corpus, files must be judged as --validate judges them, and
what we print of them must be valid. With stock's schemas installed, both must agree on the corpus but for a few files.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

STOCK = '/usr/share/libvirt/schemas'
FOLDERS = {'domain': ['domain', 'domain-generic', 'domain-hotplug'], 'pool': ['storagepool'], 'volume': ['storagevol'],
           'snapshot': ['snapshot'], 'checkpoint': ['checkpoint'], 'backup': ['backup'], 'nodedev': ['nodedev'],
           'nwfilter': ['nwfilter'], 'network': ['network'], 'interface': ['interface'], 'secret': ['secret'], 'cpu': ['cpu']}


def judge(schema, files):
    """{file: is it valid} by xmllint."""
    out = subprocess.run(['xmllint', '--noout', '--relaxng', schema] + files, stderr=subprocess.PIPE, text=True, check=False).stderr
    verdict = {}
    for line in out.splitlines():
        for end, good in ((' validates', True), (' fails to validate', False)):
            if line.endswith(end):
                verdict[line[:-len(end)]] = good
    if not verdict:
        print(out[:2000])
    return verdict


def main():
    tool, where = sys.argv[1:3]
    if not shutil.which('xmllint'):
        print('xmllint is not installed: skipped')
        return 77
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    shared = os.environ.get('VIREO_SHARED') or os.path.join(os.path.dirname(root), 'shared')
    bad = 0
    listed = subprocess.run([tool, '--families'], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in listed.splitlines():
        family, schema = line.split()[0], re.search(r'\((.*)\.rng\)', line)[1]
        ours = os.path.join(where, schema + '.rng')
        with tempfile.TemporaryDirectory() as tmp:
            made = []
            for seed in range(1, 13):
                made.append(os.path.join(tmp, '%d.xml' % seed))
                with open(made[-1], 'w', encoding='utf-8') as f:
                    subprocess.run([tool, '--family', family, '--random', str(seed)], stdout=f, check=True)
            printed = [(f, f) for f in made]
            corpus = [f for d in FOLDERS.get(family, []) for f in sorted(glob.glob(os.path.join(shared, 'corpus', d, '*.xml')))]
            for i, f in enumerate(corpus):
                p = subprocess.run([tool, '--family', family, f], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
                if p.returncode == 0:
                    printed.append((os.path.join(tmp, 'p%d.xml' % i), f))
                    with open(printed[-1][0], 'wb') as h:
                        h.write(p.stdout)
            verdict = judge(ours, [p for p, _ in printed])
            wrong = [name for path, name in printed if not verdict.get(path)]
            for name in wrong[:5]:
                print('%s: what we print of %s is not valid' % (family, name))
            bad += len(wrong)
            text = '%s: %d printed documents, %d invalid' % (family, len(printed), len(wrong))
            if corpus and os.path.isdir(STOCK):
                a, b = judge(ours, corpus), judge(os.path.join(STOCK, schema + '.rng'), corpus)
                same = sum(1 for f in corpus if a.get(f) == b.get(f))
                text += '; %d of %d files judged as stock\'s schema does' % (same, len(corpus))
                if same < 0.95 * len(corpus) - 1:
                    bad += 1
            print(text)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
