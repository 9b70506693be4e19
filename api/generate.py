#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""api/*.api -> api.h (structs, declarations), api_tables.c (tables), rows.h (typed driver rows).

generate.py OUTDIR FILE.api...
"""
import os
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is
import notation
from notation import SCALARS, Enum

TOP = """/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Made from the .api files by generate.py: change those. */
"""
API_H = TOP + """#pragma once
/*
 * The API as C structs. For each procedure NAME there are `struct vr_NAME_args` and `struct vr_NAME_ret` (or struct
 * vr_void), for each event `struct vr_NAME_msg`, and a description `vr_api_NAME`. Programs other than remote put their
 * name in front: vr_qemu_..., vr_admin_...
 *
 *   string       const char *x               never NULL when decoded; must not be NULL when encoded
 *   string?      const char *x               NULL: absent
 *   uuid         unsigned char x[16]
 *   T?           struct vr_T *x              NULL: absent
 *   T[..N]       uint32_t x_count; T *x      at most N; x may be NULL when the count is 0
 *   bytes[..N]   uint32_t x_len; const uint8_t *x
 *   char[N]      char x[N]
 *   typed_value  struct { int32_t type; union { i, ui, l, ul, d, b, s }; }   type: VIR_TYPED_PARAM_...
 *
 * What a decoder made lives in the arena it was given. What a driver returns lives in call->arena, or longer.
 */
#include <stdint.h>
#include "api/constants.h"
#include "api/describe.h"

"""


def count_name(field):
    return f"{field.name}_len" if field.base[0] == "bytes" else f"{field.name}_count"


class Emitter:
    def __init__(self, api):
        self.api = api
        self.min = {}

    def c_type(self, base):
        if base in SCALARS:
            return SCALARS[base][0] + " "
        if base in self.api.enums:
            return "int32_t "
        if base == "string":
            return "const char *"
        return f"struct vr_{base} "

    def member(self, f, pad="    "):
        base = f.base[0]
        if base == "bytes":
            return f"{pad}uint32_t {f.name}_len;\n{pad}const uint8_t *{f.name};\n"
        if base == "uuid":
            return f"{pad}unsigned char {f.name}[16];\n"
        t = self.c_type(base)
        if f.shape == "counted":
            return f"{pad}uint32_t {f.name}_count;\n{pad}{t}*{f.name};\n"
        if f.shape == "fixed":
            return f"{pad}{t}{f.name}[{f.limit}];\n"
        if f.shape == "optional" and base != "string":
            return f"{pad}{t}*{f.name};\n"
        return f"{pad}{t}{f.name};\n"

    def struct(self, s):
        out = f"struct vr_{s.name} {{\n"
        if s.kind == "union":
            arms = "".join(self.member(f, "        ") for f in s.fields)
            out += f"    int32_t type;\n    union {{\n{arms}    }};\n"
        else:
            out += "".join(self.member(f) for f in s.fields)
        return out + f"}};\nextern const struct vr_struct vr_{s.name}_struct;\n\n"

    def header(self):
        out = [API_H]
        for name, value in self.api.limits.items():
            out.append(f"#define {name} {value}\n")
        out.append("\n")
        for thing in self.api.order:
            if isinstance(thing, Enum):
                values = "".join(f"    {n} = {v},\n" for n, v in thing.values)
                out.append(f"enum vr_{thing.name} {{\n{values}}};\n\n")
            else:
                out.append(self.struct(thing))
        for p in self.api.programs.values():
            out.append(f"extern const struct vr_api_program vr_{p.name}_program;\n")
            out += [f"extern const struct vr_api_call vr_api_{c.full_name};\n" for c in p.calls]
            out.append(f"enum vr_{p.name}_procedure {{\n")
            out += [f"    VR_PROC_{c.full_name.upper()} = {c.number},\n" for c in p.calls]
            out.append("};\n\n")
        return "".join(out)

    # -- tables --
    def wire_min(self, f):
        """Fewest bytes on the wire: what bounds memory when an array is decoded."""
        base = f.base[0]
        if base in ("string", "bytes") or f.shape in ("optional", "counted"):
            return 4 if f.shape != "fixed" else 4 * self.api.limit(f.limit)
        if base in SCALARS:
            one = SCALARS[base][2]
        else:
            one = 16 if base == "uuid" else 4 if base in self.api.enums else self.min[base]
        return one * (self.api.limit(f.limit) if f.shape == "fixed" else 1)

    def field(self, s, f):
        base = f.base[0]
        kind = {"string": "STRING", "bytes": "BYTES", "uuid": "UUID"}.get(base)
        sub = None
        if not kind:
            if base in SCALARS:
                kind = SCALARS[base][1]
            elif base in self.api.enums:
                kind = "I32"
            else:
                kind, sub = self.api.structs[base].kind.upper(), f"&vr_{base}_struct"
        parts = [f'"{f.name}"', f".kind = VR_KIND_{kind}", f".shape = VR_SHAPE_{f.shape.upper()}",
                 f".offset = offsetof(struct vr_{s.name}, {f.name})"]
        if base == "bytes" or f.shape == "counted":
            parts.append(f".count_offset = offsetof(struct vr_{s.name}, {count_name(f)})")
        if f.case:
            parts.append(f".tag = {f.case}")
        if f.base[1]:
            parts.append(f".limit = {f.base[1]}")
        if f.shape in ("counted", "fixed"):
            parts.append(f".count_limit = {f.limit}")
        if sub:
            parts.append(f".sub = {sub}")
        return "    { " + ", ".join(parts) + " },\n"

    def table(self, s):
        if s.kind == "union":
            self.min[s.name] = 4 + min(self.wire_min(f) for f in s.fields)
        else:
            self.min[s.name] = sum(self.wire_min(f) for f in s.fields)
        rows = "".join(self.field(s, f) for f in s.fields)
        out = f"static const struct vr_field {s.name}_fields[] = {{\n{rows}}};\n"
        out += (f'const struct vr_struct vr_{s.name}_struct = {{ "{s.name}", sizeof(struct vr_{s.name}), '
                f"{self.min[s.name]}, {len(s.fields)}, ")
        out += f"true, offsetof(struct vr_{s.name}, type)" if s.kind == "union" else "false, 0"
        return out + f", {s.name}_fields }};\n\n"

    def condition(self, call, c):
        """A condition as an initializer."""
        if c.op is None:
            return "{ .when = VR_WHEN_ALWAYS }"
        field = next(f for f in call.args.fields if f.name == c.field)
        width = SCALARS[field.base[0]][2]
        return (f"{{ .when = VR_WHEN_{c.op.upper()}, .width = {width}, "
                f".offset = offsetof(struct vr_{call.args.name}, {c.field}), .value = {c.value} }}")

    def readonly(self, call):
        if call.kind != "call":
            return "{ .when = VR_WHEN_NEVER }"
        if call.readonly is None:
            return "{ .when = VR_WHEN_ALWAYS }"
        if call.readonly.op is None:
            return "{ .when = VR_WHEN_NEVER }"
        return self.condition(call, call.readonly)

    def twins(self):
        """Pairs the two forms of an event: same object, same id, with and without callback_id."""
        forms = {}
        for p in self.api.programs.values():
            for c in p.calls:
                c.legacy, c.twin = False, None
                if c.kind == "event" and c.event_id:
                    c.legacy = c.msg.fields[0].name != "callback_id"
                    forms.setdefault(c.event_id, {})[c.legacy] = c
        for name, both in forms.items():
            if False not in both:
                raise SystemExit(f"event {name} has no form with callback_id")
            if True in both:
                both[True].twin, both[False].twin = both[False], both[True]

    def call(self, c):
        name = c.full_name
        out = ""
        if c.access:
            rows = "".join(f'    {{ "{a.object}", "{a.permission}", {self.condition(c, a.condition)} }},\n'
                           for a in c.access)
            out += f"static const struct vr_access {name}_access[] = {{\n{rows}}};\n"
        if c.filter:
            out += (f'static const struct vr_access {name}_filter = '
                    f'{{ "{c.filter.object}", "{c.filter.permission}", {{ .when = VR_WHEN_ALWAYS }} }};\n')
        quote = lambda text: f'"{text}"' if text else "NULL"
        of = lambda s: f"&vr_{s.name}_struct" if s else "&vr_void_struct"
        flags = next((f for f in c.args.fields if f.name == "flags"), None) if c.args else None
        rows = {
            "program": f"&vr_{c.program.name}_program", "number": c.number, "type": f"VR_API_{c.kind.upper()}",
            "object": f"VR_OBJECT_{c.object.upper()}", "driver": f"VR_API_DRIVER_{c.driver.upper()}",
            "stream": f"VR_API_STREAM_{(c.stream or 'none').upper()}",
            "high_priority": str(c.priority == "high").lower(), "needs_auth": str(c.auth).lower(),
            "name": quote(name), "wire_name": quote(c.wire_name), "function": quote(c.function),
            "args": of(c.args), "ret": of(c.ret), "msg": of(c.msg) if c.kind != "call" else "NULL",
            "flags_offset": f"offsetof(struct vr_{c.args.name}, flags)" if flags else -1,
            "flags_width": SCALARS[flags.base[0]][2] if flags else 0,
            "sparse_flag": c.sparse or 0, "readonly_refused": self.readonly(c),
            "access": f"{name}_access" if c.access else "NULL", "access_count": len(c.access),
            "filter": f"&{name}_filter" if c.filter else "NULL",
            "event_id": c.event_id or -1, "legacy": str(c.legacy).lower(),
            "legacy_offset": f"offsetof(struct vr_{c.msg.name}, msg)" if c.twin and not c.legacy else 0,
            "twin": f"&vr_api_{c.twin.full_name}" if c.twin else "NULL",
        }
        members = "".join(f"    .{k} = {v},\n" for k, v in rows.items())
        return out + f"const struct vr_api_call vr_api_{name} = {{\n{members}}};\n\n"

    def tables(self):
        self.twins()
        out = [TOP, '#include <stddef.h>\n#include "api/api.h"\n\n']
        out += [self.table(s) for s in self.api.order if not isinstance(s, Enum)]
        for p in self.api.programs.values():
            out += [self.call(c) for c in p.calls]
            out.append(f"static const struct vr_api_call *const {p.name}_calls[] = {{\n")
            out += [f"    &vr_api_{c.full_name},\n" for c in p.calls]
            out.append(f'}};\nconst struct vr_api_program vr_{p.name}_program = {{ "{p.name}", {p.number:#x}u, '
                       f"{p.version}, {len(p.calls)}, {p.name}_calls }};\n\n")
        out.append("const struct vr_api_program *const vr_api_programs[] = {\n")
        out += [f"    &vr_{p}_program,\n" for p in self.api.programs]
        out.append("    NULL,\n};\n")
        return "".join(out)

    def rows(self):
        out = [ROWS_H]
        for p in self.api.programs.values():
            for c in p.calls:
                if c.kind != "call":
                    continue
                of = lambda s: f"struct vr_{s.name}" if s else "struct vr_void"
                out.append(f"typedef bool vr_fn_{c.full_name}(struct vr_call *call, const {of(c.args)} *in,\n"
                           f"    {of(c.ret)} *out, struct vr_error **err);\n")
        return "".join(out)


ROWS_H = TOP + """#pragma once
/*
 * A driver's rows:
 *     static const struct vr_driver_row rows[] = {
 *         VR_ROW(domain_suspend, qemu_domain_suspend, 0),
 *         VR_ROW(domain_create_with_flags, qemu_domain_create, VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY),
 *         { 0 }
 *     };
 * The compiler refuses a function whose type is not the procedure's. The flags are those the function understands.
 */
#include <stdbool.h>
#include "api/api.h"
#include "driver/call.h"

/* The conditional makes the compiler compare the types; the detour by void (*)(void) says that the cast is meant. */
#define VR_ROW(name, function, understood)                                                         \\
    {                                                                                              \\
        .api = &vr_api_##name,                                                                     \\
        .fn = (vr_call_fn)(void (*)(void))(1 ? (function) : (vr_fn_##name *)0),                    \\
        .flags = (understood)                                                                      \\
    }

/** The kind of driver that answers a procedure; VR_DRIVER_KINDS: the daemon itself. */
static inline enum vr_driver_kind vr_api_driver_kind(const struct vr_api_call *api)
{
    static const enum vr_driver_kind kinds[] = {
        [VR_API_DRIVER_NONE] = VR_DRIVER_KINDS,
        [VR_API_DRIVER_HYPERVISOR] = VR_DRIVER_HYPERVISOR,
        [VR_API_DRIVER_NETWORK] = VR_DRIVER_NETWORK,
        [VR_API_DRIVER_INTERFACE] = VR_DRIVER_INTERFACE,
        [VR_API_DRIVER_STORAGE] = VR_DRIVER_STORAGE,
        [VR_API_DRIVER_NODEDEV] = VR_DRIVER_NODEDEV,
        [VR_API_DRIVER_SECRET] = VR_DRIVER_SECRET,
        [VR_API_DRIVER_NWFILTER] = VR_DRIVER_NWFILTER,
    };
    return kinds[api->driver];
}

"""


def main(outdir, *paths):
    emitter = Emitter(notation.load(paths))
    for name, text in (("api.h", emitter.header()), ("api_tables.c", emitter.tables()), ("rows.h", emitter.rows())):
        with open(os.path.join(outdir, name), "w", encoding="utf-8") as f:
            f.write(text)


main(*sys.argv[1:])
