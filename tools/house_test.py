#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""house.py finds each breach it is there to find, and nothing in a file that keeps the rules."""
import os
import subprocess
import sys
import tempfile

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'house.py')
LICENCE = '/* SPDX-License-Identifier: LGPL-2.1-or-later */\n'
# path, text, what the report must say ('' = nothing)
CASES = (
    ('src/qemu/a.c', LICENCE + '#include "loop/loop.h"\n#include "base/json.h"\n', ''),
    ('src/qemu/a.c', '#include <stdio.h>\n', 'no licence line'),
    ('src/qemu/a.c', LICENCE + '#include <json-c/json.h>\n', 'belongs into its wrapper'),
    ('src/base/json.c', LICENCE + '#include <json-c/json.h>\n', ''),
    ('src/model/a.c', LICENCE + '#include <libxml/parser.h>\n', 'belongs into its wrapper'),
    ('src/qemu/a.c', LICENCE + '#include <systemd/sd-event.h>\n', 'belongs into its wrapper'),
    ('src/model/a.c', LICENCE + '#include "loop/loop.h"\n', 'has no loop'),
    ('src/wire/a.h', LICENCE + '#include "loop.h"\n', 'has no loop'),
    ('src/qemu/a.c', LICENCE + '#include "../base/log.h"\n', 'path upwards'),
    ('src/qemu/a.c', LICENCE + 'int ' + 'x' * 200 + ';\n', 'columns'),
    ('src/qemu/a.c', LICENCE + '\n' * 2000, 'a file is one idea'),
)


def main():
    failed = 0
    for path, text, wanted in CASES:
        with tempfile.TemporaryDirectory() as d:
            os.makedirs(os.path.dirname(os.path.join(d, path)))
            with open(os.path.join(d, path), 'w') as f:
                f.write(text)
            p = subprocess.run([sys.executable, TOOL], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=dict(os.environ, HOUSE_TOP=d))
        if (p.returncode != 0) != bool(wanted) or wanted not in p.stdout:
            print('%s, wanted %r:\n%s' % (path, wanted, p.stdout))
            failed += 1
    print('%d cases, %d failed' % (len(CASES), failed))
    return 1 if failed else 0


sys.exit(main())
