#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The public C API -> descriptions of it.

generate_reference.py xml OUTDIR CONSTANTS WORDS FILE.api...     libvirt-api.xml and its sisters, which bindings are made from
generate_reference.py pages OUTDIR CONSTANTS WORDS FILE.api...   one page of reference for each header, Markdown
"""
import os
import re
import sys
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
import public_notation

LIBRARIES = ("libvirt", "libvirt-qemu", "libvirt-lxc", "libvirt-admin")
# Functions whose module is not their header: bindings sort by it.
MODULES = {f"vir{n}": "libvirt" for n in ("ConnectOpen", "ConnectOpenAuth", "ConnectOpenReadOnly", "ConnectClose", "GetVersion",
                                          "Initialize")}


HEADER_MODULES = {"virterror": "virerror", "libvirt-event": "virevent", "libvirt-common": "virtypedparam-public"}


def quote(text):
    return escape(text, {"'": "&apos;"})


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def version(node):
    m = re.match(r"^LIBVIRT(?:_QEMU|_LXC|_ADMIN)?_([\d.]+)$", node or "")
    return f" version='{m[1]}'" if m else ""


def file_of(header):
    return header.name[:-2]


def struct_fields(lines):
    out, inside = [], False
    for line in lines:
        m = re.match(r"^\s+(.*?)(\w+)(\[\w+\])?$", line)
        deep = line.startswith("        ")
        if inside and not deep:
            out.append("        </union>\n      </field>\n")
            inside = False
        if line.split()[0] == "union":
            out.append(f"      <field name='{line.split()[1]}' type='union' info=''>\n        <union>\n")
            inside = True
            continue
        c_type = m[1].strip()
        c_type = re.sub(r"\blong long$", "long long int", c_type) if deep else c_type
        if m[3]:
            c_type = f"{c_type} {m[2]}{m[3]}"
        out.append(f"{'    ' if deep else ''}      <field name='{m[2]}' type='{c_type}' info=''/>\n")
    if inside:
        out.append("        </union>\n      </field>\n")
    return "".join(out)


def symbols(header, structs, words):
    """(name, kind, XML) of everything a header declares. structs: of all headers, their members."""
    file = file_of(header)
    module = HEADER_MODULES.get(file, file)
    for name, text in header.macros:
        m = re.match(r"^(\w+)\(([^)]*)\)$", name)
        params = m[2].replace(" ", "")
        args = "".join(f"      <arg name='{p}' info=''/>\n" for p in params.split(","))
        yield m[1], "macro", f"    <macro name='{m[1]}' file='{file}' params='{params}' raw='{quote(text)}'>\n{args}    </macro>\n"
    for c in header.constants:
        if c.kind == "enum":
            for name, value, since in c.values:
                if not name.endswith("_LAST"):
                    wide = f" value_hex='0x{value:x}'" if value > 0 else ""
                    bit = f" value_bitshift='{value.bit_length() - 1}'" if value > 0 and value & (value - 1) == 0 else ""
                    since = f" version='{since}'" if since else ""
                    yield name, "enum", f"    <enum name='{name}' file='{file}' value='{value}'{wide}{bit} type='{c.name}'{since}/>\n"
            yield c.name, "typedef", f"    <typedef name='{c.name}' file='{file}' type='enum'/>\n"
        else:
            shown = f"string={quote_attr(c.text[1:-1])}" if c.kind == "string" else f"raw={quote_attr(c.text)}"
            yield c.name, "macro", f"    <macro name='{c.name}' file='{file}' {shown}/>\n"
    for name, c_type in header.types:
        if c_type.startswith("struct "):
            fields = structs.get(c_type[7:])
            if fields is None:
                yield name, "struct", f"    <struct name='{name}' file='{file}' type='{c_type}'/>\n"
            else:
                yield name, "struct", (f"    <struct name='{name}' file='{file}' type='{c_type}'>\n{struct_fields(fields)}"
                                       "    </struct>\n")
        else:
            yield name, "typedef", f"    <typedef name='{name}' file='{file}' type='{c_type}'/>\n"
    for node, c_type, name in header.variables:
        yield name, "variable", f"    <variable name='{name}' file='{file}' type='{c_type}'{version(node)}/>\n"
    for f in header.callbacks:
        args = "".join(f"      <arg name='{p.name}' type='{p.type}' info=''/>\n" for p in f.params)
        yield f.name, "functype", (f"    <functype name='{f.name}' file='{file}' module='{file}'>\n"
                                  f"      <return type='{f.ret}'/>\n{args}    </functype>\n")
    for f in header.functions:
        args = "".join(f"      <arg name='{p.name}' type='{p.type}' info='{quote(words.parameter(f, p))}'/>\n" for p in f.params)
        result = words.result(f)
        info = f" info='{quote(result)}'" if result else ""
        yield f.name, "function", (f"    <function name='{f.name}' file='{file}' module='{MODULES.get(f.name, module)}'{version(f.node)}>\n"
                                   f"      <info>{cdata(words.description(f))}</info>\n"
                                   f"      <return type='{f.ret}'{info}/>\n{args}    </function>\n")


def quote_attr(text):
    return "'" + quote(text) + "'"


ORDER = ("macro", "enum", "typedef", "struct", "variable", "functype", "function")
EXPORTED_AS = {"struct": "typedef", "functype": "function"}


def xml_out(headers, words, outdir):
    for library in LIBRARIES:
        mine = [h for h in headers.values() if h.library == library]
        files, every = [], []
        structs = {name: lines for h in headers.values() for name, lines in h.structs}
        for h in mine:
            found = sorted(symbols(h, structs, words), key=lambda s: (ORDER.index(s[1]), s[0]))
            shown = [(name, EXPORTED_AS.get(kind, kind)) for name, kind, _ in found]
            shown += [(name, "struct") for name, _ in h.structs]
            exports = "".join(f"     <exports symbol='{name}' type='{kind}'/>\n" for name, kind in shown)
            files.append(f"    <file name='{file_of(h)}'>\n     <summary>{escape(h.title)}</summary>\n{exports}    </file>\n")
            every += found
        every.sort(key=lambda s: (ORDER.index(s[1]), s[0]))
        with open(os.path.join(outdir, f"{library}-api.xml"), "w", encoding="utf-8") as out:
            out.write(f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<api name='{library}'>\n  <files>\n{''.join(files)}  </files>\n"
                      f"  <symbols>\n{''.join(s[2] for s in every)}  </symbols>\n</api>\n")


# -- pages --

def code(text):
    return f"```c\n{text}\n```\n"


def page(header, words):
    out = [f"# {header.name}\n\n{header.title}\n"]
    if header.functions:
        out.append("\n## Functions\n")
    for f in header.functions:
        out.append(f"\n### {f.name}\n\n{code(f.prototype + ';')}\n{words.description(f)}\n\n")
        out += [f"- `{p.name}`: {words.parameter(f, p)}\n" for p in f.params]
        result = words.result(f)
        out.append(f"\nReturns {result}.\n" if result else "")
        if f.node:
            out.append(f"\nSymbol version `{f.node}`.\n")
    out.append("\n## Types\n\n" if header.types or header.callbacks else "")
    out += [f"- `{name}`: `{c_type}`\n" for name, c_type in header.types]
    out += [f"- `{f.ret} (*{f.name})({f.param_text})`\n" for f in header.callbacks]
    for name, lines in header.structs:
        out.append(f"\n### struct {name}\n\n" + code("\n".join(line[4:] for line in lines)))
    enums = [c for c in header.constants if c.kind == "enum"]
    out.append("\n## Constants\n" if header.constants else "")
    for c in enums:
        out.append(f"\n### {c.name}\n\n| Name | Value |\n|---|---|\n")
        out += [f"| `{n}` | {v} |\n" for n, v, _ in c.values if not n.endswith("_LAST")]
    others = [c for c in header.constants if c.kind != "enum"]
    out.append("\n### Other\n\n| Name | Value |\n|---|---|\n" if others else "")
    out += [f"| `{c.name}` | `{c.text}` |\n" for c in others]
    return "".join(out)


def pages_out(headers, words, outdir):
    index = ["# The C API\n\n`#include <libvirt/libvirt.h>`, link with what `pkg-config --libs libvirt` says. Functions that fail return -1 or\n"
             "NULL; `virGetLastError()` tells why. Objects are counted: each pointer a function returns is given up with the `Free`\n"
             "function of its kind, a connection with `virConnectClose()`. Texts returned as `char *` are freed with `free()`,\n"
             "those returned as `const char *` belong to their object. Any thread may call anything.\n\n"]
    for h in headers.values():
        name = file_of(h)
        with open(os.path.join(outdir, name + ".md"), "w", encoding="utf-8") as out:
            out.write(page(h, words))
        index.append(f"- [{h.name}]({name}.md): {h.title} {len(h.functions)} functions.\n")
    with open(os.path.join(outdir, "index.md"), "w", encoding="utf-8") as out:
        out.write("".join(index))


def main(what, outdir, constants, words, *paths):
    headers = public_notation.load(constants, paths)
    {"xml": xml_out, "pages": pages_out}[what](headers, public_notation.Words(words), outdir)


main(*sys.argv[1:])
