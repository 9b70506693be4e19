# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads api/*.api into plain objects. ARCHITECTURE.md, "api notation", describes the language.

Every generator uses this reader; a line it does not understand ends the build with file and line.
"""
import re

SCALARS = {  # notation: (C type, table kind, bytes on the wire)
    "i32": ("int32_t", "I32", 4), "u32": ("uint32_t", "U32", 4),
    "i64": ("int64_t", "I64", 8), "u64": ("uint64_t", "U64", 8), "double": ("double", "DOUBLE", 8),
    "char": ("char", "CHAR", 4), "uchar": ("uint8_t", "UCHAR", 4),
    "short": ("int16_t", "SHORT", 4), "ushort": ("uint16_t", "USHORT", 4),
}
DRIVERS = ("none", "hypervisor", "network", "interface", "storage", "nodedev", "secret", "nwfilter")
OBJECTS = ("none", "connect", "node", "domain", "snapshot", "checkpoint", "network", "network_port", "interface",
           "storage_pool", "storage_vol", "node_device", "secret", "nwfilter", "nwfilter_binding", "admin")
TYPE = re.compile(r"^(?P<base>[a-z0-9_]+)(?P<opt>\?)?(?:\[(?P<upto>\.\.)?(?P<n>[A-Z0-9_]+)\])?$")


class Mistake(Exception):
    pass


class Field:
    """One member: `shape` is one, optional, counted (at most `limit`) or fixed (exactly `limit`)."""

    def __init__(self, name, base, shape, limit, case=None):
        self.name, self.base, self.shape, self.limit, self.case = name, base, shape, limit, case


class Struct:
    def __init__(self, name, kind="struct"):
        self.name, self.kind, self.fields = name, kind, []


class Enum:
    def __init__(self, name):
        self.name, self.values = name, []


class Condition:
    """when flags has/lacks BITS, when FIELD is VALUE; op None means always."""

    def __init__(self, op=None, field=None, value=None):
        self.op, self.field, self.value = op, field, value


class Access:
    def __init__(self, target, condition):
        self.object, self.permission = target.split(":")
        self.condition = condition


class Call:
    def __init__(self, kind, program, number, name, obj, driver):
        self.kind, self.program, self.number, self.name = kind, program, number, name
        self.object, self.driver = obj, driver
        self.function = self.event_id = self.since = self.stream = self.sparse = self.filter = None
        self.args = self.ret = self.msg = None
        self.access, self.priority, self.auth = [], "low", True
        self.readonly = None  # None: refused; Condition: allowed unless the condition holds (op None: allowed)

    @property
    def full_name(self):
        return self.name if self.program.name == "remote" else f"{self.program.name}_{self.name}"

    @property
    def wire_name(self):
        return self.program.wire_prefix + self.name.upper()


class Program:
    def __init__(self, name, number, version, wire_prefix):
        self.name, self.number, self.version, self.wire_prefix = name, number, version, wire_prefix
        self.calls = []


class Api:
    def __init__(self):
        self.programs, self.structs, self.enums, self.limits = {}, {}, {}, {}
        self.order = []  # structs and enums as they were declared; calls add theirs

    def limit(self, word):
        return int(word) if word.isdigit() else self.limits[word]


class Reader:
    def __init__(self, api):
        self.api = api

    def read(self, path):
        self.program = self.block = None
        self.object = self.driver = "none"
        self.string_limit = "REMOTE_STRING_MAX"
        pending = ""
        for number, raw in enumerate(open(path, encoding="utf-8"), 1):
            line = raw.split("#", 1)[0].rstrip()
            if not line.strip():
                continue
            line = pending + (line.strip() if pending else line)
            pending = ""
            if line.endswith(","):
                pending = line + " "
                continue
            try:
                self.inner(line.split()) if line[0] == " " else self.outer(line.split())
            except (Mistake, KeyError, ValueError, IndexError, AttributeError) as e:
                raise SystemExit(f"{path}:{number}: {e!r} in: {line.strip()}")
        if pending:
            raise SystemExit(f"{path}: the file ends within a list")

    # -- lines at the margin --
    def outer(self, w):
        self.block = None
        getattr(self, "word_" + w[0])(w[1:])

    def word_limit(self, w):
        if w[0] in self.api.limits:
            raise Mistake("limit given twice")
        self.api.limits[w[0]] = int(w[1])

    def word_string(self, w):
        self.api.limit(w[0])
        self.string_limit = w[0]

    def word_program(self, w):
        if len(w) == 1:
            self.program = self.api.programs[w[0]]
            return
        name, number, _, version, _, prefix = w
        self.program = self.api.programs[name] = Program(name, int(number, 16), int(version), prefix)

    def word_object(self, w):
        self.object, _, self.driver = w
        if self.object not in OBJECTS or self.driver not in DRIVERS:
            raise Mistake("unknown object or driver")

    def declare(self, thing):
        if thing.name in self.api.structs or thing.name in self.api.enums:
            raise Mistake("declared twice")
        (self.api.enums if isinstance(thing, Enum) else self.api.structs)[thing.name] = thing
        self.api.order.append(thing)
        return thing

    def word_struct(self, w):
        self.block = self.declare(Struct(w[0]))

    def word_union(self, w):
        self.block = self.declare(Struct(w[0], "union"))

    def word_enum(self, w):
        self.block = self.declare(Enum(w[0]))

    def entry(self, kind, w):
        call = Call(kind, self.program, int(w[0]), w[1], self.object, self.driver)
        self.program.calls.append(call)
        self.block = call
        return call

    def word_call(self, w):
        self.entry("call", w).function = w[2] if len(w) > 2 else None

    def word_event(self, w):
        self.entry("event", w).event_id = w[2] if len(w) > 2 else None

    def word_message(self, w):
        self.entry("message", w)

    # -- lines within a block --
    def inner(self, w):
        if isinstance(self.block, Enum):
            self.block.values.append((w[0], int(w[1])))
        elif isinstance(self.block, Struct) and self.block.kind == "union":
            f = self.field(w[1].rstrip(":"), w[2])
            f.case = w[0]
            self.block.fields.append(f)
        elif isinstance(self.block, Struct):
            self.block.fields.append(self.field(w[0].rstrip(":"), w[1]))
        elif isinstance(self.block, Call):
            getattr(self, "call_" + w[0])(self.block, w[1:])
        else:
            raise Mistake("an indented line outside a block")

    def field(self, name, text):
        m = TYPE.match(text)
        if not m:
            raise Mistake(f"no type: {text}")
        base, shape, limit = m["base"], "one", None
        if m["opt"]:
            shape = "optional"
        if m["n"]:
            if m["opt"]:
                raise Mistake("an array of optional values is not built")
            self.api.limit(m["n"])
            shape, limit = ("counted" if m["upto"] else "fixed"), m["n"]
        if base == "string":
            return Field(name, ("string", self.string_limit), shape, limit)
        if base == "bytes":
            if shape != "counted":
                raise Mistake("bytes need a limit: bytes[..N]")
            return Field(name, ("bytes", limit), "one", limit)
        if base not in SCALARS and base != "uuid" and base not in self.api.structs and base not in self.api.enums:
            raise Mistake(f"unknown type {base}")
        if shape == "optional" and (base not in self.api.structs):
            raise Mistake("only strings and structs can be optional")
        return Field(name, (base, None), shape, limit)

    def fields(self, call, what, w):
        s = self.declare(Struct(f"{call.full_name}_{what}"))
        for part in " ".join(w).split(","):
            name, text = part.split()
            s.fields.append(self.field(name.rstrip(":"), text))
        return s

    def call_in(self, c, w):
        c.args = self.fields(c, "args", w)

    def call_out(self, c, w):
        c.ret = self.fields(c, "ret", w)

    def call_msg(self, c, w):
        c.msg = self.fields(c, "msg", w)

    def condition(self, c, w):
        """`flags has A|B`, `flags lacks A|B`, `FIELD is VALUE`; the field must be one of the arguments."""
        field, op, value = w
        if op not in ("has", "lacks", "is") or field not in [f.name for f in c.args.fields]:
            raise Mistake("no condition over an argument")
        return Condition(op, field, value)

    def call_access(self, c, w):
        if len(w) > 1 and w[1] != "when":
            raise Mistake("expected 'when'")
        c.access.append(Access(w[0], self.condition(c, w[2:]) if len(w) > 1 else Condition()))

    def call_filter(self, c, w):
        c.filter = Access(w[0], Condition())

    def call_readonly(self, c, w):
        if w == ["yes"]:
            c.readonly = Condition()
        elif w[0] == "unless":
            c.readonly = self.condition(c, w[1:])
        else:
            raise Mistake("readonly yes, or readonly unless CONDITION")

    def call_priority(self, c, w):
        if w != ["high"]:
            raise Mistake("only 'high' is ever said")
        c.priority = "high"

    def call_stream(self, c, w):
        if w[0] not in ("read", "write"):
            raise Mistake("read or write")
        c.stream = w[0]

    def call_sparse(self, c, w):
        c.sparse = w[0]

    def call_auth(self, c, w):
        if w != ["no"]:
            raise Mistake("only 'no' is ever said")
        c.auth = False

    def call_since(self, c, w):
        c.since = w[0]


def load(paths):
    """Reads the files in the given order; checks what needs all of them."""
    api = Api()
    reader = Reader(api)
    for path in paths:
        reader.read(path)
    for program in api.programs.values():
        program.calls.sort(key=lambda c: c.number)
        for i, call in enumerate(program.calls, 1):
            if call.number != i:
                raise SystemExit(f"program {program.name}: procedure {i} is missing or given twice")
    return api
