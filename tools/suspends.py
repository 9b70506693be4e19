#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may suspend, and how deep stacks get: checked over the compiler's call graph.

usage: tools/suspends.py BUILDDIR [--paths]     --paths: shows the fifteen deepest

Fails when
  - a function without VR_SUSPENDS reaches one that has it, by a call or through a function pointer that is marked;
  - a function that may suspend is handed to something that calls it outside a fiber (a timer, a worker, a post), or
    stored in a function pointer that is not marked;
  - the deepest path of calls under a suspending function does not fit a fiber's stack, or it recurses without a
    stated bound, or a frame has no static size.

The graph comes from gcc -O0 (nothing is inlined away; frames are larger than in a release build, so the bound is
safe), compiled here into BUILDDIR/suspends because compiler caches do not keep call graphs. Marks are read from the
sources: VR_SUSPENDS before a function's declaration, or before a struct member that is a function pointer. What
cannot be read from there stands in tools/suspends.list with its reason. Tests are not checked.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys

TOP = os.environ.get('SUSPENDS_TOP') or os.path.dirname(os.path.dirname(os.path.abspath(__file__))) # tests set it
LIST = os.path.join(TOP, 'tools', 'suspends.list')
STACK = 256 * 1024
# Kept free: a signal's frame, the dynamic linker binding a symbol, a sanitizer-free margin.
RESERVE = 24 * 1024
# A function of a library that the list does not name.
EXTERN_DEFAULT = 4 * 1024

# The functions that run their argument on a fiber; everything else that takes a function calls it outside of one.
FIBER_STARTERS = ('vr_fiber_start',)


# ---- sources ----

def is_test(path):
    name = os.path.basename(path)
    return bool(re.search(r'(_test|_target|^fuzz\w*|_bench|^bench\w*|_fuzz)\.c$', name)) or '/tests/' in path


def strip_comments(text):
    """The same text with comments, strings and preprocessor lines blanked, so that offsets and lines stay."""
    def blank(m):
        return re.sub(r'[^\n]', ' ', m.group(0))
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)
    return re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', blank, text, flags=re.M)


class Source:
    def __init__(self, path):
        self.path = path
        with open(path, errors='replace') as f:
            self.raw = f.read()
        self.text = strip_comments(self.raw)
        self.lines = self.text.split('\n')

    def line_of(self, offset):
        return self.text.count('\n', 0, offset) + 1


ATTRIBUTE = re.compile(r'__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)|\bVR_NO_ASAN\b')


def marks_of(source):
    """(function names, pointer member names) that carry VR_SUSPENDS in one file."""
    functions, pointers = set(), set()
    for m in re.finditer(r'\bVR_SUSPENDS\b', source.text):
        rest = ATTRIBUTE.sub(' ', source.text[m.end():m.end() + 600])
        head = re.match(r'[^;{}=]*?(?:\(\s*\*\s*(\w+)\s*(?:\[[^\]]*\])?\s*\)\s*\(|(\w+)\s*\((?!\s*\*))', rest)
        if not head:
            continue
        if head.group(1):
            pointers.add(head.group(1))
        else:
            functions.add(head.group(2))
    return functions, pointers


# ---- the list ----

class Rules:
    """tools/suspends.list: exceptions and bounds, each with a reason."""

    def __init__(self, path):
        self.pointers = {}     # (file suffix, expression) -> True: suspends, False: does not
        self.recursion = {}    # function -> depth
        self.extern = []       # (name prefix, bytes)
        self.stored = {}       # function -> reason why its address is taken
        self.used = set()
        if not os.path.exists(path):
            return
        with open(path) as f:
            for number, line in enumerate(f, 1):
                line = line.split('#', 1)[0].strip()
                if line:
                    self.rule(line, '%s:%d' % (path, number))

    def rule(self, line, where):
        m = re.match(r'pointer (\S+) in (\S+): (suspends|plain)\s+(\S.*)$', line)
        if m:
            self.pointers[(m.group(2), m.group(1))] = m.group(3) == 'suspends'
            return
        m = re.match(r'recursion (\w+) (\d+)\s+(\S.*)$', line)
        if m:
            self.recursion[m.group(1)] = int(m.group(2))
            return
        m = re.match(r'extern (\w+) (\d+)\s+(\S.*)$', line)
        if m:
            self.extern.append((m.group(1), int(m.group(2))))
            return
        m = re.match(r'stored (\w+)\s+(\S.*)$', line)
        if m:
            self.stored[m.group(1)] = m.group(2)
            return
        sys.exit('%s: not understood: %s' % (where, line))

    def pointer(self, path, name):
        for (suffix, field), suspends in self.pointers.items():
            if name == field and path.endswith(suffix):
                return suspends
        return None

    def extern_bytes(self, name):
        best = max((p for p in self.extern if name.startswith(p[0])), key=lambda p: len(p[0]), default=None)
        return best[1] if best else EXTERN_DEFAULT


# ---- the graph ----

DROP = re.compile(r'^(-O.*|-fsanitize.*|-fno-sanitize.*|-Werror.*|-W.*|-D_FORTIFY_SOURCE.*|-MD|-MMD|-c|-g.*|-flto.*|'
                  r'-fuse-ld.*|--coverage|-fprofile.*|-ftest-coverage|-fsanitize-.*)$')
DROP_WITH_VALUE = ('-o', '-MQ', '-MF', '-MT')


def command_for(entry, out):
    words = entry['arguments'] if 'arguments' in entry else shlex.split(entry['command'])
    while os.path.basename(words[0]) in ('ccache', 'sccache', 'distcc'):
        words = words[1:]
    kept, skip = ['gcc'], False
    for w in words[1:]:
        if skip:
            skip = False
        elif w in DROP_WITH_VALUE:
            skip = True
        elif not DROP.match(w):
            kept.append(w)
    return kept + ['-w', '-O0', '-g0', '-S', '-o', os.devnull, '-fcallgraph-info=su,da', '-dumpdir',
                   os.path.dirname(out) + '/', '-dumpbase', os.path.basename(out)[:-3]]


def compile_graph(entry, where, stamp):
    key = hashlib.sha1(json.dumps([entry['file'], entry.get('command'), entry.get('arguments')]).encode()).hexdigest()
    out = os.path.join(where, key + '.ci')
    source = os.path.join(entry['directory'], entry['file'])
    newest = max(stamp, os.stat(source).st_mtime)
    if not os.path.exists(out) or os.stat(out).st_mtime < newest:
        p = subprocess.run(command_for(entry, out), cwd=entry['directory'], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        if p.returncode or not os.path.exists(out):
            raise RuntimeError('%s: %s' % (entry['file'], p.stdout))
    return out


class Node:
    __slots__ = ('title', 'name', 'place', 'bytes', 'dynamic', 'calls', 'defined')

    def __init__(self, title):
        self.title, self.name, self.place = title, title.rsplit(':', 1)[-1], ''
        self.bytes, self.dynamic, self.defined = 0, False, False
        self.calls = []   # (target title, "file:line:col")


LINE = re.compile(r'^(node|edge): \{ (.*) \}$')
FIELD = re.compile(r'(\w+): "((?:[^"\\]|\\.)*)"')


class Graph:
    def __init__(self):
        self.nodes = {}

    def node(self, title):
        if title not in self.nodes:
            self.nodes[title] = Node(title)
        return self.nodes[title]

    def read(self, path, directory):
        with open(path, errors='replace') as f:
            for line in f:
                m = LINE.match(line.rstrip('\n'))
                if not m:
                    continue
                fields = dict(FIELD.findall(m.group(2)))
                if m.group(1) == 'node':
                    self.read_node(fields, 'shape' in m.group(2), directory)
                else:
                    at = self.place(fields.get('label', ''), directory)
                    target = self.title(fields['targetname'], directory)
                    self.node(target)
                    self.node(self.title(fields['sourcename'], directory)).calls.append((target, at))

    @staticmethod
    def place(text, directory):
        m = re.match(r'(.*):(\d+):(\d+)$', text)
        if not m:
            return text
        path = os.path.relpath(os.path.normpath(os.path.join(directory, m.group(1))), TOP)
        return '%s:%s:%s' % (path, m.group(2), m.group(3))

    @staticmethod
    def title(text, directory):
        """A static function's title begins with the file as the compiler was given it."""
        if ':' not in text:
            return text
        path, _, name = text.rpartition(':')
        return '%s:%s' % (os.path.relpath(os.path.normpath(os.path.join(directory, path)), TOP), name)

    def read_node(self, fields, is_extern, directory):
        label = fields.get('label', '').split('\\n')
        node = self.node(self.title(fields['title'], directory))
        if is_extern:
            return
        node.defined = True
        node.place = self.place(label[1], directory) if len(label) > 1 else ''
        m = re.match(r'(\d+) bytes \(([\w,]+)\)', label[2] if len(label) > 2 else '')
        if m:
            node.bytes = max(node.bytes, int(m.group(1)))
            node.dynamic |= m.group(2) == 'dynamic'
        node.calls = []


def file_of(place):
    return place.rsplit(':', 2)[0]


# ---- the checks ----

class Check:
    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.rules = Rules(LIST)
        self.problems = []
        self.sources = {}
        self.graph = Graph()
        self.pointer_marks = set()
        self.global_marks = set()     # of headers
        self.static_marks = {}        # file -> names
        self.stored_in = {}           # pointer member -> functions stored in it

    def load(self):
        with open(os.path.join(self.build, 'compile_commands.json')) as f:
            entries = json.load(f)
        where = os.path.join(self.build, 'suspends')
        os.makedirs(where, exist_ok=True)
        wanted = {}
        for e in entries:
            path = os.path.normpath(os.path.join(e['directory'], e['file']))
            if path.endswith('.c') and not is_test(path) and os.path.exists(path):
                wanted.setdefault(path, e)
        headers = []
        for root in (os.path.join(TOP, 'src'), os.path.join(self.build, 'api'), os.path.join(self.build, 'src')):
            for d, _, names in os.walk(root):
                headers += [os.path.join(d, n) for n in names if n.endswith('.h')]
        stamp = max(os.stat(h).st_mtime for h in headers + [os.path.abspath(__file__)])
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            outs = list(pool.map(lambda e: (compile_graph(e, where, stamp), e['directory']), wanted.values()))
        for out, directory in outs:
            self.graph.read(out, directory)
        for path in headers + list(wanted):
            self.read_marks(path)
        for path in wanted:
            self.read_addresses(self.sources[os.path.relpath(path, TOP)])
        return len(wanted)

    def read_marks(self, path):
        source = Source(path)
        rel = os.path.relpath(path, TOP)
        self.sources[rel] = source
        functions, pointers = marks_of(source)
        self.pointer_marks |= pointers
        if path.endswith('.h'):
            self.global_marks |= functions
        self.static_marks[rel] = functions

    def read_addresses(self, source):
        """Which functions are stored in which struct members: .member = function."""
        for m in re.finditer(r'(?:\.|->|\b)(\w+)\s*=\s*&?(\w+)\s*[,;}]', source.text):
            self.stored_in.setdefault(m.group(1), set()).add((source.path, m.group(2)))

    def marked(self, node):
        if ':' in node.title:
            path = node.title.rpartition(':')[0]
            return node.name in self.static_marks.get(path, ()) or node.name in self.global_marks
        return node.name in self.global_marks or (
            node.place and node.name in self.static_marks.get(file_of(node.place), ()))

    def pointer_at(self, place):
        """What is called at an indirect call: (name of the member or variable, whether it is a member)."""
        path, line, column = place.rsplit(':', 2)
        source = self.sources.get(path)
        if not source or int(line) > len(source.lines):
            return None, False
        text = source.lines[int(line) - 1][int(column) - 1:]
        m = re.match(r'\(*\s*\*?\s*([\w\->.\[\]\s]*?)(\w+)\s*(?:\[[^\]]*\])?\s*\)*\s*\(', text)
        return (m.group(2), bool(re.search(r'(->|\.)\s*$', m.group(1)))) if m else (None, False)

    def pointer_suspends(self, place):
        name = self.pointer_at(place)[0]
        if name is None:
            return False, name
        told = self.rules.pointer(file_of(place), name)
        return (name in self.pointer_marks if told is None else told), name

    def targets(self, node):
        """(title, place) of every call, function pointers resolved to what is stored in members of that name."""
        for target, place in node.calls:
            if target != '__indirect_call':
                yield target, place
                continue
            name, member = self.pointer_at(place)
            for path, function in self.stored_in.get(name, ()) if member else ():
                static = '%s:%s' % (os.path.relpath(path, TOP), function)
                if static in self.graph.nodes:
                    yield static, place
                elif function in self.graph.nodes:
                    yield function, place

    def check_marks(self):
        for node in self.graph.nodes.values():
            if not node.defined or self.marked(node) or self.in_tests(node):
                continue
            for target, place in node.calls:
                if target == '__indirect_call':
                    suspends, name = self.pointer_suspends(place)
                    if suspends:
                        self.problem(place, "'%s' calls the suspending pointer '%s' and is not marked" %
                                     (node.name, name))
                elif self.marked(self.graph.node(target)):
                    self.problem(place or node.place, "'%s' calls '%s', which suspends, and is not marked VR_SUSPENDS" %
                                 (node.name, self.graph.node(target).name))

    @staticmethod
    def in_tests(node):
        return is_test(file_of(node.place)) if node.place else False

    def check_stored(self):
        """Where the address of a suspending function goes."""
        suspending = {}
        for node in self.graph.nodes.values():
            if node.defined and self.marked(node):
                suspending.setdefault(node.name, set()).add(file_of(node.place))
        for rel, source in self.sources.items():
            if not rel.endswith('.c') or is_test(rel):
                continue
            for m in re.finditer(r'\b([A-Za-z_]\w*)\b(?!\s*\()', source.text):
                name = m.group(1)
                if name not in suspending:
                    continue
                if name in self.static_marks.get(rel, ()) or name in self.global_marks:
                    self.check_use(rel, source, m, name)

    def check_use(self, rel, source, m, name):
        before = source.text[max(0, m.start() - 400):m.start()]
        if re.search(r'(\.|->)\s*$', before) or re.search(r'\b(struct|enum|union)\s+$', before) or \
                re.search(r'^[ \t]*(goto|case)\s+$', before.split('\n')[-1]):
            return # a member or tag of the same name
        if name in self.rules.stored:
            self.rules.used.add(name)
            return
        place = '%s:%d' % (rel, source.line_of(m.start()))
        call = enclosing_call(before)
        if call and call in FIBER_STARTERS:
            return
        member = re.search(r'\.?(\w+)\s*=\s*&?\s*$', before)
        if member and (member.group(1) in self.pointer_marks or self.rules.pointer(rel, member.group(1))):
            return
        if call:
            if re.match(r'^[A-Z_0-9]+$', call):
                return # a row macro of a table; its member carries the mark
            self.problem(place, "'%s', which suspends, is handed to '%s', which calls it outside a fiber" %
                         (name, call))
        elif member:
            self.problem(place, "'%s', which suspends, is stored in '%s', which is not marked VR_SUSPENDS" %
                         (name, member.group(1)))

    def check_depth(self, show):
        roots = [n for n in self.graph.nodes.values() if n.defined and self.marked(n) and not self.in_tests(n)]
        depth = Depth(self)
        best = max(((depth.of(n.title), n.title) for n in roots), default=(0, ''))
        for function, path in depth.unbounded.items():
            self.problem(self.graph.nodes[function].place,
                         "recursion without a stated depth (tools/suspends.list): " + ' -> '.join(path))
        for title in depth.seen:
            node = self.graph.nodes[title]
            if node.dynamic:
                self.problem(node.place, "'%s' has a frame without a bound" % node.name)
        if best[0] > STACK - RESERVE:
            self.problem(self.graph.nodes[best[1]].place, 'the stack of a fiber is too small: %d bytes by %s' %
                         (best[0], ' -> '.join(depth.path(best[1]))))
        if show:
            for bytes_, title in sorted(((depth.of(n.title), n.title) for n in roots), reverse=True)[:15]:
                print('%7d  %s' % (bytes_, ' -> '.join(depth.path(title))))
        return best

    def problem(self, place, text):
        line = '%s: %s' % (place, text)
        if line not in self.problems:
            self.problems.append(line)


def enclosing_call(before):
    """The name before the innermost parenthesis that is open at the end of `before`."""
    level = 0
    for i in range(len(before) - 1, -1, -1):
        c = before[i]
        if c == ')':
            level += 1
        elif c == '(':
            if level == 0:
                m = re.search(r'(\w+)\s*$', before[:i])
                return m.group(1) if m else None
            level -= 1
        elif c in ';{}' and level == 0:
            return None
    return None


class Depth:
    """Bytes of stack below each function, cycles taken with the depth that the list states."""

    def __init__(self, check):
        self.check, self.graph = check, check.graph
        self.known, self.next, self.unbounded, self.seen = {}, {}, {}, set()
        self.component = {}
        self.find_cycles()

    def find_cycles(self):
        """Tarjan's strongly connected components, without recursion of our own."""
        index, low, on, stack, order = {}, {}, set(), [], 0
        for start in list(self.graph.nodes):
            if start in index:
                continue
            work = [(start, None)]
            while work:
                title, calls = work.pop()
                if calls is None:
                    index[title] = low[title] = order
                    order += 1
                    stack.append(title)
                    on.add(title)
                    calls = iter([t for t, _ in self.check.targets(self.graph.node(title))])
                descended = False
                for t in calls:
                    if t not in index:
                        work.append((title, calls))
                        work.append((t, None))
                        descended = True
                        break
                    if t in on:
                        low[title] = min(low[title], index[t])
                if descended:
                    continue
                if low[title] == index[title]:
                    members = []
                    while True:
                        t = stack.pop()
                        on.discard(t)
                        members.append(t)
                        if t == title:
                            break
                    for t in members:
                        self.component[t] = members
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[title])

    def of(self, title):
        if title in self.known:
            return self.known[title]
        node = self.graph.nodes[title]
        self.seen.add(title)
        if not node.defined:
            self.known[title] = 0 if title == '__indirect_call' else self.check.rules.extern_bytes(node.name)
            return self.known[title]
        members = self.component[title]
        recursive = len(members) > 1 or any(t == title for t, _ in self.check.targets(node))
        own = node.bytes
        if recursive:
            self.seen.update(members)
            names = {self.graph.nodes[t].name for t in members}
            bounds = [self.check.rules.recursion[n] for n in names if n in self.check.rules.recursion]
            if not bounds:
                self.unbounded.setdefault(members[-1], [self.graph.nodes[t].name for t in reversed(members)])
            own = sum(self.graph.nodes[t].bytes for t in members) * max(bounds, default=1)
        best, chosen = 0, None
        for member in members:
            for target, _ in self.check.targets(self.graph.nodes[member]):
                if target in members:
                    continue
                below = self.of(target)
                if below > best:
                    best, chosen = below, target
        for member in members:
            self.known[member] = own + best
            self.next[member] = chosen
        return own + best

    def path(self, title):
        out = []
        while title:
            out.append(self.graph.nodes[title].name)
            title = self.next.get(title)
        return out


def main():
    args = [a for a in sys.argv[1:] if not a.startswith('-')]
    if len(args) != 1 or '--help' in sys.argv:
        print(__doc__)
        return 2
    if not os.path.exists(os.path.join(args[0], 'compile_commands.json')):
        print('%s is not a build directory' % args[0])
        return 77
    if subprocess.run(['gcc', '--version'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        print('gcc, whose call graph this needs, is not installed')
        return 77
    sys.setrecursionlimit(100000)
    check = Check(args[0])
    files = check.load()
    check.check_marks()
    check.check_stored()
    best = check.check_depth('--paths' in sys.argv)
    for line in sorted(check.problems):
        print(line)
    defined = [n for n in check.graph.nodes.values() if n.defined]
    print('%d files, %d functions, %d of them suspend; deepest stack %d of %d bytes; %d problems' %
          (files, len(defined), sum(1 for n in defined if check.marked(n)), best[0], STACK, len(check.problems)))
    return 1 if check.problems else 0


sys.exit(main())
