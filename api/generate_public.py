#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The public C API -> headers for applications, symbol maps, and one header for the library's own sources.

generate_public.py headers OUTDIR CONSTANTS FILE.api... WORDS   libvirt/*.h, with what each function does
generate_public.py maps OUTDIR CONSTANTS FILE.api...      libvirt.map, libvirt-qemu.map, ...
generate_public.py inside OUTDIR CONSTANTS FILE.api...    public.h: everything but the constants (those are in constants.h)
"""
import os
import re
import sys

sys.dont_write_bytecode = True
import public_notation

LICENCE = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
ALONE = {"libvirt-qemu.h", "libvirt-lxc.h", "libvirt-admin.h", "virterror.h"}
PRIVATE = "VIREO_PRIVATE"


def wrap(text, indent="             "):
    """Breaks a declaration after commas; 100 columns."""
    out = []
    while len(text) > 100 and ", " in text[:100]:
        cut = text.rfind(", ", 0, 100) + 1
        out.append(text[:cut])
        text = indent + text[cut:].strip()
    return "\n".join(out + [text])


def constants(header):
    out = []
    for c in header.constants:
        if c.kind == "enum":
            out.append("typedef enum {\n")
            most = max(number for _, number, _ in c.values)
            for name, number, since in c.values:
                shown = f"{number}U" if number > 0x7FFFFFFF else str(number)
                line = f"    {name} = {shown},{f' /* since {since} */' if since else ''}\n"
                last = name.endswith("_LAST") and number == most # not ..._COMMAND_ADD_LAST
                out.append(f"# ifdef VIR_ENUM_SENTINELS\n{line}# endif\n" if last else line)
            out.append(f"}} {c.name};\n\n")
        elif c.kind == "string":
            out.append(f"# define {c.name} {c.text}\n")
        elif c.kind == "number":
            out.append(f"# define {c.name} {c.text}\n")
        else:
            out.append(f"# define {c.name} {c.text}\n")
    return "".join(out) + "\n"


def types(header):
    out = []
    for name, c_type in header.types:
        gap = "" if c_type.endswith("*") else " "
        out.append(f"typedef {c_type}{gap}{name};\n")
    return "".join(out) + "\n"


def callbacks(header):
    out = []
    for f in header.callbacks:
        gap = "" if f.ret.endswith("*") else " "
        out.append(wrap(f"typedef {f.ret}{gap}(*{f.name})({f.param_text});") + "\n")
    return "".join(out) + "\n"


def struct(name, lines):
    out, union = [f"struct {name} {{\n"], None
    for line in lines:
        if union and not line.startswith("        "):
            out.append(f"    }} {union};\n")
            union = None
        if line.split()[0] == "union":
            union = line.split()[1]
            out.append("    union {\n")
        else:
            out.append(f"{line};\n")
    if union:
        out.append(f"    }} {union};\n")
    return "".join(out) + "};\n\n"


def paragraph(text, first=" * ", rest=" * "):
    """Lines of a comment, 100 columns."""
    out, line = [], first
    for word in text.split():
        if len(line) + len(word) > 99:
            out.append(line.rstrip())
            line = rest
        line += word + " "
    return "\n".join(out + [line.rstrip()]) + "\n"


def comment(f, words):
    out = f"/**\n * {f.name}:\n"
    out += "".join(paragraph(f"@{p.name}: {words.parameter(f, p)}", " * ", " *   ") for p in f.params)
    out += " *\n" + paragraph(words.description(f))
    result = words.result(f)
    return out + (" *\n" + paragraph(f"Returns {result}.") if result else "") + " */\n"


def declarations(header, words):
    out = [f"# define {name} {text}\n" for name, text in header.macros] + ["\n"]
    out += [f"extern {c_type} {name};\n" for _, c_type, name in header.variables]
    for f in header.functions:
        out.append((f"\n{comment(f, words)}" if words else "") + wrap(f.prototype + ";") + "\n")
    return "".join(out)


def body(header, words=None):
    return callbacks(header) + "".join(struct(*s) for s in header.structs) + declarations(header, words)


def headers_out(headers, outdir, words):
    os.makedirs(os.path.join(outdir, "libvirt"), exist_ok=True)

    def write(name, text):
        with open(os.path.join(outdir, "libvirt", name), "w", encoding="utf-8") as f:
            f.write(text)

    for h in headers.values():
        guard = h.name.upper().replace("-", "_").replace(".", "_")
        out = [LICENCE, f"/* {h.title} */\n", f"#ifndef {guard}\n# define {guard}\n\n"]
        if h.name not in ALONE:
            out.append("# ifndef __VIR_LIBVIRT_H_INCLUDES__\n#  error \"include libvirt/libvirt.h instead\"\n# endif\n\n")
        elif h.name == "virterror.h":
            out.append("# include <libvirt/libvirt.h>\n\n")
        else:
            out.append("# include <libvirt/libvirt.h>\n# include <libvirt/virterror.h>\n\n")
        out.append("# ifdef __cplusplus\nextern \"C\" {\n# endif\n\n")
        out += [types(h), constants(h), body(h, words)]
        out.append("\n# ifdef __cplusplus\n}\n# endif\n\n#endif\n")
        write(h.name, "".join(out))
    parts = "".join(f"# include <libvirt/{h}>\n" for h in headers if h not in ALONE)
    write("libvirt.h", LICENCE + "/* The virtualization API: everything but what is particular to one hypervisor. */\n"
          "#ifndef LIBVIRT_H\n# define LIBVIRT_H\n\n# include <sys/types.h>\n"
          "# define __VIR_LIBVIRT_H_INCLUDES__\n" + parts + "# undef __VIR_LIBVIRT_H_INCLUDES__\n\n#endif\n")


def version_key(node):
    """Nodes that are ours alone come behind all others, and none is built upon them."""
    return [node.startswith("VIREO"), *(int(n) for n in re.findall(r"\d+", node))]


def maps_out(headers, outdir):
    libraries = {}
    for h in headers.values():
        nodes = libraries.setdefault(h.library, {})
        for f in h.functions:
            nodes.setdefault(f.node, []).append(f.name)
        for node, _, name in h.variables:
            nodes.setdefault(node, []).append(name)
    private = [f"vr_{f.name}" for h in headers.values() if h.library != "libvirt" for f in h.functions]
    for library, nodes in libraries.items():
        out, parent = ["# made by generate_public.py\n"], ""
        for node in sorted(nodes, key=version_key):
            names = "".join(f"        {n};\n" for n in sorted(nodes[node]))
            local = "    local:\n        *;\n" if not parent else ""
            out.append(f"{node} {{\n    global:\n{names}{local}}}{parent};\n")
            parent = f" {node}"
        if library == "libvirt":
            names = "".join(f"        {n};\n" for n in sorted(private))
            out.append(f"# what the small libraries forward to\n{PRIVATE} {{\n    global:\n{names}}}{parent};\n")
        with open(os.path.join(outdir, library + ".map"), "w", encoding="utf-8") as f:
            f.write("".join(out))


def inside_out(headers, outdir):
    out = [LICENCE, "#pragma once\n/* The public API for the library's own sources; the constants come from api/constants.h. */\n"
           "#include <sys/types.h>\n#include \"api/constants.h\"\n\n"]
    for h in headers.values():
        out += [f"typedef enum {c.name} {c.name};\n" for c in h.constants if c.kind == "enum"]
        out += [f"#define {c.name} {c.text}\n" for c in h.constants if c.kind == "alias"]
    for h in headers.values():
        out.append(types(h))
    for h in headers.values():
        out.append("#pragma GCC visibility push(default)\n" + body(h).replace("# define", "#define"))
        if h.library != "libvirt":
            for f in h.functions:
                gap = "" if f.ret.endswith("*") else " "
                out.append(wrap(f"{f.ret}{gap}vr_{f.name}({f.param_text});") + "\n")
        out.append("#pragma GCC visibility pop\n")
    with open(os.path.join(outdir, "public.h"), "w", encoding="utf-8") as f:
        f.write("".join(out))


def main(what, outdir, constant_file, *paths):
    if what == "headers":
        headers_out(public_notation.load(constant_file, paths[:-1]), outdir, public_notation.Words(paths[-1]))
    else:
        {"maps": maps_out, "inside": inside_out}[what](public_notation.load(constant_file, paths), outdir)


main(*sys.argv[1:])
