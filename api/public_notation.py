# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads api/public/*.api, the C API as applications see it, and api/constants.api.

    header libvirt-host.h of libvirt       # what follows belongs to this header and this library
    type NAME C-TYPE                       # typedef C-TYPE NAME
    callback RET NAME(PARAMETERS)          # typedef RET (*NAME)(PARAMETERS)
    struct NAME                            # members one a line, as in C; `union NAME` has its members indented below
    macro NAME(PARAMETERS) TEXT
    variable NODE C-TYPE NAME              # NODE: the symbol version
    function NODE RET NAME(PARAMETERS)

A line that ends with a comma goes on in the next. `since X` at the end marks what came after 9.0.0.

Indented lines below a function say more about it:

    | text                                 # what it does, for headers and reference pages; `@name: ...` is a parameter,
                                           # a line that begins with "Returns" the result
    not-zero P; zero-or-greater P; greater-than-zero P; not-empty P; not-null P     # what is refused before anything is sent
    null P unless Q VALUE                  # P may be given for that value of Q alone
    below-kib P                            # P times 1024 fits into 64 bits
    exclusive FLAG FLAG                    # not both
    requires FLAG FLAG                     # the first is needed by the second
    called P NAME                          # errors call the parameter so
"""
import re

RULES = {"not-zero", "zero-or-greater", "greater-than-zero", "not-empty", "not-null", "null", "below-kib", "exclusive", "requires"}
PARAMETER = re.compile(r"^(?P<type>.*?)(?P<name>\w+)$")
FUNCTION = re.compile(r"^(?P<ret>.*?)(?P<name>\w+)\((?P<params>.*)\)$")


class Parameter:
    def __init__(self, text):
        m = PARAMETER.match(text.strip())
        self.text, self.type, self.name = text.strip(), m["type"].strip(), m["name"]


class Function:
    def __init__(self, text, header, library, node=None):
        m = FUNCTION.match(text)
        self.ret, self.name, self.header, self.library, self.node = m["ret"].strip(), m["name"], header, library, node
        self.params = [] if m["params"] == "void" else [Parameter(p) for p in m["params"].split(",")]
        self.param_text = m["params"]
        self.rules, self.doc, self.called = [], [], {}

    def below(self, line):
        """An indented line."""
        text = line.strip()
        if text.startswith("|"):
            self.doc.append(text[1:].strip())
        elif text.startswith("called "):
            _, name, shown = text.split()
            self.called[name] = shown
        elif text.split()[0] in RULES:
            self.rules.append(text.split())
        else:
            raise SystemExit(f"{self.name}: no rule is called '{text.split()[0]}'")

    @property
    def prototype(self):
        gap = "" if self.ret.endswith("*") else " "
        return f"{self.ret}{gap}{self.name}({self.param_text})"


class Words:
    """What parameters are: the .words file beside the .api files. A parameter nobody describes ends the build."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.words = dict(line.strip().split(": ", 1) for line in f if line.strip() and not line.startswith("#"))

    def parameter(self, f, p):
        text = self.words.get(f"{f.name}.{p.name}") or self.words.get(p.name)
        if not text:
            raise SystemExit(f"{f.name}: parameters.words does not say what '{p.name}' is")
        return text

    def description(self, f):
        if not f.doc:
            raise SystemExit(f"{f.name}: nothing says what it does")
        return " ".join(line for line in f.doc if not line.startswith("Returns "))

    def result(self, f):
        """What comes back; empty for nothing."""
        said = next((i for i, line in enumerate(f.doc) if line.startswith("Returns ")), None)
        if said is not None:
            return " ".join(f.doc[said:])[len("Returns "):].rstrip(".")
        return "" if f.ret == "void" else "0, or -1 on failure"


class Header:
    def __init__(self, name, library, title):
        self.name, self.library, self.title = name, library, title
        self.types, self.callbacks, self.structs, self.macros = [], [], [], []
        self.variables, self.functions, self.constants = [], [], []


class Constants:
    """An enum (values: name, number, since) or one line of another kind."""

    def __init__(self, kind, name, text=None):
        self.kind, self.name, self.text, self.values, self.since = kind, name, text, [], None


def lines(path):
    pending = ""
    for number, raw in enumerate(open(path, encoding="utf-8"), 1):
        line = raw.rstrip()
        if not line.strip() or line.startswith("#"):
            yield number, line
            continue
        if line.startswith("    |"):
            yield number, line
            continue
        line = pending + (line.strip() if pending else line)
        pending = ""
        if line.endswith(","):
            pending = line + " "
            continue
        yield number, line


def since(text):
    body, _, version = text.partition(" since ")
    return body.strip(), version or None


def read(path, headers):
    header, title, block = None, "", None
    for number, line in lines(path):
        if not line.strip():
            block = None
        elif line.startswith("#"):
            title = line[1:].strip() if "SPDX" not in line else title
        elif line.startswith(" "):
            if isinstance(block, Function):
                block.below(line)
            elif block is None:
                raise SystemExit(f"{path}:{number}: an indented line outside a struct or function")
            else:
                block[1].append(line)
        else:
            word, rest = line.split(None, 1)
            rest, _ = since(rest)
            if word == "header":
                name, _, library = rest.split()
                header = headers[name] = Header(name, library, title)
            elif word == "type":
                header.types.append(rest.split(None, 1))
            elif word == "callback":
                header.callbacks.append(Function(rest, header.name, header.library))
            elif word == "struct":
                block = (rest, [])
                header.structs.append(block)
            elif word == "macro":
                header.macros.append(re.match(r"^(\w+\([^)]*\)) (.*)$", rest).groups())
            elif word == "variable":
                header.variables.append(rest.split())
            elif word == "function":
                node, text = rest.split(None, 1)
                block = Function(text, header.name, header.library, node)
                header.functions.append(block)
            else:
                raise SystemExit(f"{path}:{number}: unknown word '{word}'")


def read_constants(path, headers):
    block = None
    for number, line in lines(path):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 3)
        if words[0] == "enum":
            block = Constants("enum", words[1])
            headers[words[2]].constants.append(block)
        elif words[0] == "value":
            w = line.split()
            block.values.append((w[1], int(w[2]), w[4] if len(w) > 4 else None))
        elif words[0] in ("string", "number", "alias"):
            text, version = since(words[3])
            line = Constants(words[0], words[1], text)
            line.since = version
            headers[words[2]].constants.append(line)
        else:
            raise SystemExit(f"{path}:{number}: unknown word '{words[0]}'")


def load(constants, paths):
    """The headers by name, in the order of the files."""
    headers = {}
    for path in paths:
        read(path, headers)
    read_constants(constants, headers)
    return headers
