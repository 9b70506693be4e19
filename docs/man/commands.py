#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: commands.py PROGRAM TEMPLATE OUT: a manual page whose commands come from the program's own rows.

Asks PROGRAM (virsh, virt-admin) for the help of each command, and puts groups, commands and options where TEMPLATE says
@commands@.
"""
import re
import subprocess
import sys


def ask(program, text):
    # What `help` prints must not depend on whose terminal or language the build has.
    return subprocess.run([program, '-q', text], check=True, capture_output=True, text=True,
                          env={'LC_ALL': 'C', 'PATH': '/usr/bin:/bin', 'ASAN_OPTIONS': 'detect_leaks=0'}).stdout


def roff(text):
    return re.sub(r"^([.'])", r'\\&\1', text.replace('\\', '\\e').replace('-', '\\-'))


def usage_words(line):
    """Names of options bold, values in italics."""
    line = roff(line)
    line = re.sub(r'(\\-\\-[\w\\-]+)', r'\\fB\1\\fR', line)
    return re.sub(r'<([\w\\-]+)>', r'<\\fI\1\\fR>', line)


def parse(help_text):
    parts = {}
    for block in re.split(r'^  (?=[A-Z]+$)', help_text, flags=re.M)[1:]:
        head, _, body = block.partition('\n')
        parts[head] = [x[4:] for x in body.splitlines() if x.strip()]
    return parts


def command(program_help, out):
    parts = parse(program_help)
    name, _, summary = parts['NAME'][0].partition(' - ')
    out.append('.SS %s' % roff(name))
    synopsis = parts['SYNOPSIS'][0]
    out.append('.B %s' % roff(name))
    if ' ' in synopsis:
        out.append(usage_words(synopsis.split(' ', 1)[1]))
    out.append('.PP')
    text = (parts.get('DESCRIPTION') or [summary])[0]
    out.append(roff(text[0].upper() + text[1:] + ('' if text.endswith('.') else '.')))
    for line in parts.get('OPTIONS', ()):
        m = re.match(r'(\[?--\S+\]?(?: <[^>]+>)?|<[^>]+>)\s+(.*)', line)
        out += ['.TP', usage_words(m.group(1)), roff(m.group(2))]
    return name


def main():
    program, template, target = sys.argv[1:]
    groups = []
    for line in ask(program, 'help').splitlines():
        m = re.match(r" (.*) \(help keyword '(.*)'\):$", line)
        if m:
            groups.append((m.group(1), m.group(2), []))
        elif line.startswith('    ') and groups:
            groups[-1][2].append(line.split()[0])
    out = []
    for title, keyword, names in groups:
        out.append('.SH %s' % roff(title.upper()))
        out.append('.RB ( help " " %s )' % roff(keyword))
        texts = re.split(r'^(?=  NAME$)', ask(program, '; '.join('help ' + n for n in names)), flags=re.M)[1:]
        assert len(texts) == len(names), title
        for name, text in zip(names, texts):
            if command(text, out) != name: # another name of a command that stands elsewhere
                del out[len(out) - 1 - out[::-1].index('.SS %s' % roff(parse(text)['NAME'][0].split(' - ')[0])):]
                out += ['.SS %s' % roff(name), 'Another name of', '.BR %s .' % roff(parse(text)['NAME'][0].split(' - ')[0])]
    with open(template) as f:
        page = f.read()
    assert '@commands@' in page
    with open(target, 'w') as f:
        f.write(page.replace('@commands@', '\n'.join(out)))


main()
