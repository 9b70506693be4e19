#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our headers and symbol maps against those of an installed libvirt 9.

public_test.py CC HEADERS MAPS SOURCE CONSTANTS FILE.api...   (HEADERS holds libvirt/*.h, MAPS holds *.map)
Skips (77) where libvirt's development files are not installed.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

STOCK = "/usr/include"
INCLUDES = "".join(f"#include <libvirt/{h}>\n" for h in
                   ("libvirt.h", "virterror.h", "libvirt-qemu.h", "libvirt-lxc.h", "libvirt-admin.h"))
STOCK_ONLY = re.compile(r"^(__VIR_.*|LIBVIRT_.*_H|LIBVIR_.*_H|VIR_VIRTERR_H|VIR_ENUM_SENTINELS|VIR_EXPORT_VAR|"
                        r"VIR_DEPRECATED|_VIR\w*_H|__VIR\w*)$")  # guards and decoration, not API


def run(argv, **kw):
    return subprocess.run(argv, check=True, capture_output=True, text=True, **kw).stdout


class Test:
    def __init__(self, cc, ours, maps, headers, work):
        self.cc, self.ours, self.maps, self.headers, self.work = cc.split(), ours, maps, headers, work
        self.failed = 0

    def expect(self, ok, text):
        if not ok:
            self.failed += 1
            print("FAILED:", text)

    def compile(self, include, source, *more):
        path = os.path.join(self.work, "t.c")
        with open(path, "w", encoding="utf-8") as f:
            f.write(source)
        return subprocess.run([*self.cc, "-DVIR_ENUM_SENTINELS", f"-I{include}", "-Wall", "-Werror",
                               "-Wno-deprecated-declarations", *more, path], capture_output=True, text=True)

    def facts(self, include, source):
        """What a program that prints sizes, offsets and values says with these headers."""
        program = os.path.join(self.work, "facts")
        r = self.compile(include, source, "-o", program)
        if r.returncode:
            self.expect(False, f"does not compile against {include}:\n{r.stderr[:2000]}")
            return []
        return run([program]).splitlines()

    def program(self):
        out = ["#include <stddef.h>\n#include <stdio.h>\n", INCLUDES, "int main(void)\n{\n"]
        for h in self.headers.values():
            for name, lines in h.structs:
                out.append(f'    printf("sizeof {name} %zu\\n", sizeof(struct {name}));\n')
                for line in lines:
                    if not line.startswith("        "):
                        member = re.sub(r"\[.*", "", line).split()[-1].lstrip("*")
                        out.append(f'    printf("{name}.{member} %zu %zu\\n", offsetof(struct {name}, {member}), '
                                   f"sizeof(((struct {name} *)0)->{member}));\n")
            for c in h.constants:
                if c.kind == "enum":
                    # what came later, and sentinels that moved with it, are not in the other headers
                    grown = any(since for _, _, since in c.values)
                    out += [f'    printf("{n} %lld\\n", (long long){n});\n' for n, _, since in c.values
                            if not since and not (grown and n.endswith("_LAST"))]
                elif c.kind == "number":
                    out.append(f'    printf("{c.name} %lld\\n", (long long){c.name});\n')
                elif c.kind == "string" and not c.since:
                    out.append(f'    printf("{c.name} %s\\n", {c.name});\n')
        out.append("    return 0;\n}\n")
        return "".join(out)

    def sizes_offsets_and_values_are_stocks(self):
        source = self.program()
        stock, ours = self.facts(STOCK, source), self.facts(self.ours, source)
        self.expect(len(ours) > 1400, f"only {len(ours)} facts")
        for a, b in zip(stock, ours):
            self.expect(a == b, f"stock: {a}; ours: {b}")

    def prototypes_are_stocks(self):
        out = [INCLUDES]
        for h in self.headers.values():
            for f in h.callbacks:
                gap = "" if f.ret.endswith("*") else " "
                out.append(f"typedef {f.ret}{gap}(*{f.name})({f.param_text});\n")
            out += [f"{f.prototype};\n" for f in h.functions]
            out += [f"extern {t} {n};\n" for _, t, n in h.variables]
            for name, c_type in h.types:
                out.append(f"typedef {c_type} {name};\n")
        r = self.compile(STOCK, "".join(out), "-fsyntax-only")
        self.expect(r.returncode == 0, "prototypes differ:\n" + r.stderr[:3000])

    def names(self, include):
        path = os.path.join(self.work, "n.c")
        with open(path, "w", encoding="utf-8") as f:
            f.write(INCLUDES)
        common = [*self.cc, "-DVIR_ENUM_SENTINELS", f"-I{include}", "-E"]
        macros = set(re.findall(r"^#define (\w+)", run([*common, "-dM", path]), re.M))
        text = run([*common, "-P", path])
        plain = subprocess.run([*self.cc, "-E", "-dM", "-x", "c", "/dev/null"], capture_output=True, text=True).stdout
        macros -= set(re.findall(r"^#define (\w+)", plain, re.M))
        return {n for n in macros | set(re.findall(r"\b(?:vir|VIR_|_vir)\w+", text))
                if n.upper().lstrip("_").startswith(("VIR", "LIBVIR"))}

    def nothing_of_stocks_is_missing(self):
        missing = {n for n in self.names(STOCK) - self.names(self.ours) if not STOCK_ONLY.match(n)}
        parameters = {n for n in missing if n.startswith("vir") and not re.search(r"[A-Z]", n)}  # names of parameters
        self.expect(not missing - parameters, f"not in our headers: {sorted(missing - parameters)}")

    def symbol_versions_are_stocks(self):
        for h in ("libvirt", "libvirt-qemu", "libvirt-lxc", "libvirt-admin"):
            found = glob.glob(f"/usr/lib/*/{h}.so.0")
            if not found:
                continue
            symbols = run(["nm", "-D", found[0]])
            stock = {tuple(s.split("@@")) for s in re.findall(r" [TDBR] (vir\w+@@\w[\w.]+)", symbols)}
            stock = {s for s in stock if "PRIVATE" not in s[1]}
            ours, node = set(), None
            for line in open(os.path.join(self.maps, h + ".map"), encoding="utf-8"):
                m = re.match(r"^(\w[\w.]*) \{", line)
                node = m[1] if m else node
                m = re.match(r"^ +(vir\w+);", line)
                if m:
                    ours.add((m[1], node))
            newer = {f.name for x in self.headers.values() for f in x.functions
                     if [int(n) for n in re.findall(r"\d+", f.node)] > [9, 0, 0]}
            ours = {s for s in ours if s[0] not in newer and not s[1].startswith("VIREO")}
            self.expect(stock == ours, f"{h}: only stock {sorted(stock - ours)}, only ours {sorted(ours - stock)}")


def main(cc, ours, maps, source, constants, *paths):
    if not os.path.exists(STOCK + "/libvirt/libvirt.h"):
        print("skipped: libvirt's headers (libvirt-dev) are not installed")
        sys.exit(77)
    sys.path.insert(0, source)
    import public_notation
    headers = public_notation.load(constants, paths)
    with tempfile.TemporaryDirectory() as work:
        t = Test(cc, ours, maps, headers, work)
        t.sizes_offsets_and_values_are_stocks()
        t.prototypes_are_stocks()
        t.nothing_of_stocks_is_missing()
        t.symbol_versions_are_stocks()
        sys.exit(1 if t.failed else 0)


main(*sys.argv[1:])
