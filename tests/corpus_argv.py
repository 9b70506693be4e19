#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares completion and command lines with what a stock daemon was recorded to do.

  corpus_argv.py PROGRAM [--only REGEX] [--show N] [--stage native|argv|xml|live] [--floor NAME=PERCENT ...]

PROGRAM is vireo-argv. The corpus is looked for in $VIREO_SHARED, else in ../shared beside the source; without it the
test is skipped. Fails when a figure is below its floor.
"""
import argparse, collections, concurrent.futures, difflib, json, os, re, subprocess, sys, tempfile, gzip, glob

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIP = 77


def corpus():
    for base in (os.environ.get('VIREO_SHARED'), os.path.join(os.path.dirname(SOURCE), 'shared')):
        if base and os.path.isdir(os.path.join(base, 'corpus', 'oracle')):
            return os.path.join(base, 'corpus')
    return None


def records(root, only):
    for family in ('domain', 'domain-generic'):
        for path in sorted(glob.glob(os.path.join(root, 'oracle', family, '*.json.gz'))):
            name = family + '/' + os.path.basename(path)[:-len('.json.gz')]
            if only and not re.search(only, name):
                continue
            source = os.path.join(root, name + '.xml')
            if os.path.exists(source):
                yield name, source, json.load(gzip.open(path))


def run(program, xml, cache, native):
    words = [program, '--cache', cache] + (['--native'] if native else ['--no-images'])
    p = subprocess.run(words, input=xml.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    try:
        if p.returncode == 0:  # a sanitizer's complaint is a failure too
            return json.loads(p.stdout)
        raise ValueError
    except ValueError:
        return {'stage': 'define', 'error': {'code': -1, 'message': 'exit %d: %s' % (p.returncode, p.stderr[-800:].decode())}}


def native_words(text):
    import shlex
    words = shlex.split(text)
    while words and re.match(r'[A-Z_0-9]+=', words[0]):
        words.pop(0)
    return words


class Score:
    def __init__(self):
        self.equal, self.total, self.bad = collections.Counter(), collections.Counter(), collections.defaultdict(list)

    def note(self, stage, name, same, detail=''):
        self.total[stage] += 1
        self.equal[stage] += bool(same)
        if not same:
            self.bad[stage].append((name, detail))


def word_diff(want, got):
    return '\n'.join(l for l in difflib.unified_diff(want, got, 'stock', 'ours', lineterm='', n=0) if not l.startswith('@@'))


def text_diff(want, got):
    return word_diff(want.strip().split('\n'), got.strip().split('\n'))


def judge(score, lv, name, rec, mask, ours, native):
    error = ours.get('error')
    defined = bool(rec['define'].get('ok'))
    accepted = not (error and ours['stage'] == 'define')
    score.note('define', name, defined == accepted,
               (rec['define'].get('error', {}).get('msg') or 'stock accepts') + ' | ' + (error['message'] if error else 'we accept'))
    if not defined:
        if not accepted:
            theirs = rec['define']['error']
            score.note('errcode', name, theirs['code'] == error['code'], '%s | %s' % (theirs, error))
            score.note('errmsg', name, error['message'].startswith(theirs['msg']), '%s | %s' % (theirs['msg'], error['message']))
        return
    if not accepted:
        return
    xml = mk_xml(mask, ours.get('xml', ''))
    score.note('xml', name, lv.canon_xml(xml) == lv.canon_xml(rec['dumpxml']) if xml else False,
               text_diff(rec['dumpxml'], xml))
    score.note('xml-bytes', name, xml.strip() == rec['dumpxml'].strip(), '')
    if rec.get('argv'):
        got = mask.any(ours.get('argv') or [])
        # Debian's 32-bit emulator is a script that runs the real one
        got = [w.replace('/usr/bin/qemu-system-i386', rec['argv'][0]) if i == 0 else w for i, w in enumerate(got)]
        score.note('argv', name, got == rec['argv'], error['message'] if error else word_diff(rec['argv'], got))
    if rec.get('livexml') and ours.get('live'):
        live, want = mk_live(lv.live_mask(mk_xml(mask, ours['live']))), mk_live(rec['livexml'])
        score.note('live', name, lv.canon_xml(live) == lv.canon_xml(want), text_diff(want, live))
    if isinstance(rec.get('native'), str):
        want = native_words(rec['native'])
        got = mask.any(native.get('argv') or [])
        e = native.get('error')
        score.note('native', name, got == want, e['message'] if e else word_diff(want, got))


def mk_xml(mask, text):
    return mask.text(text)


def mk_live(text):
    """Without what only a running QEMU or the host can tell."""
    text = re.sub(r" check='\w+'", '', re.sub(r"\s*<feature policy='\w+' name='[^']*'/>", '', text))
    text = re.sub(r"<currentMemory unit='KiB'>\d+", '<currentMemory>', text)
    text = re.sub(r"\s*<seclabel type='dynamic' model='dac'.*?</seclabel>", '', text, flags=re.S)
    text = re.sub(r" state='disconnected'| tty='[^']*'", '', text)
    text = re.sub(r"\s*<source path='/dev/pts/N'/>", '', text)
    return text


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('program')
    ap.add_argument('--only')
    ap.add_argument('--show', type=int, default=0)
    ap.add_argument('--stage')
    ap.add_argument('--floor', action='append', default=[])
    a = ap.parse_args()
    root = corpus()
    if not root:
        print('no corpus beside the source: skipped')
        return SKIP
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(root, 'tools'))
    import lvcore as lv
    score = Score()
    with tempfile.TemporaryDirectory() as cache, concurrent.futures.ThreadPoolExecutor(2) as pool:
        todo = []
        for name, source, rec in records(root, a.only):
            raw = open(source).read()
            xml = lv.transform_domain(raw)
            todo.append((name, rec, lv.Masker(raw), pool.submit(run, a.program, xml, cache, False),
                         pool.submit(run, a.program, xml, cache, True)))
        for name, rec, mask, ours, native in todo:
            judge(score, lv, name, rec, mask, ours.result(), native.result())
    for stage in ('define', 'errcode', 'errmsg', 'xml', 'xml-bytes', 'native', 'argv', 'live'):
        if score.total[stage]:
            print('%-10s %4d of %4d  %5.1f%%' % (stage, score.equal[stage], score.total[stage],
                                                 100 * score.equal[stage] / score.total[stage]))
    for stage in ([a.stage] if a.stage else score.bad):
        for name, detail in score.bad[stage][:a.show]:
            print('---- %s %s\n%s' % (stage, name, detail))
    failed = False
    for floor in a.floor:
        stage, percent = floor.split('=')
        have = 100 * score.equal[stage] / max(1, score.total[stage])
        if have < float(percent):
            print('%s: %.1f%% is below the floor of %s%%' % (stage, have, percent))
            failed = True
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
