#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""constants.api -> one C header with every public enumeration and named string, for the layers inside.

generate_constants.py IN OUT
"""
import sys

def main(source, target):
    out = ["/* SPDX-License-Identifier: LGPL-2.1-or-later */", "/* made from api/constants.api */", "#ifndef VR_API_CONSTANTS_H", "#define VR_API_CONSTANTS_H", ""]
    in_enum = False
    for line in open(source, encoding="utf-8"):
        words = line.split("#", 1)[0].split() if not line.startswith("string") else line.split(None, 3)
        if not words:
            continue
        kind = words[0]
        if in_enum and kind != "value":
            out.append("};")
            in_enum = False
        if kind == "enum":
            out.append(f"enum {words[1]} {{")
            in_enum = True
        elif kind == "value":
            number = int(words[2])
            suffix = "u" if number > 0x7FFFFFFF else ""
            out.append(f"    {words[1]} = {number}{suffix},")
        elif kind == "string":
            text = words[3].rsplit(" since ", 1)[0].strip()
            out.append(f"#define {words[1]} {text}")
        elif kind == "number":
            out.append(f"#define {words[1]} ({' '.join(words[3:]).split(' since ')[0]})")
        elif kind != "alias":  # struct tags matter to the public headers only
            sys.exit(f"{source}: unknown word '{kind}'")
    if in_enum:
        out.append("};")
    out.append("#endif")
    with open(target, "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")

main(*sys.argv[1:])
