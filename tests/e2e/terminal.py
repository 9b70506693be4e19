#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our virsh at a terminal: what a person types and sees, in tmux."""
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from daemon import BUILD  # noqa: E402
from suite import Failed, Skip, boot_files, clean_up, daemon, domain_xml, has, main, test, vireo_only, write  # noqa: E402

VIRSH = os.path.join(BUILD, 'bin', 'virsh')
MOCK = 'test:///default'


class Terminal:
    """A shell in a window of tmux."""

    def __init__(self, command, columns=100, lines=30, **env):
        if not shutil.which('tmux'):
            raise Skip('no tmux here')
        self.tmux = ['tmux', '-S', '/run/work/tmux', '-f', '/dev/null']
        values = dict({'HOME': '/run/work', 'LC_ALL': 'C.UTF-8', 'PS1': '$ ', 'EDITOR': 'true', 'XDG_CACHE_HOME': '/run/work/cache'}, **env)
        words = ['%s=%s' % x for x in values.items()]
        self.run('new-session', '-d', '-x', str(columns), '-y', str(lines), 'env', *words, '/bin/sh')
        self.type(command, '$ ')

    def run(self, *args):
        p = subprocess.run(self.tmux + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env=dict(os.environ, TERM='screen', LC_ALL='C.UTF-8'))
        if p.returncode:
            raise Failed('tmux %s: %s' % (args, p.stderr))
        return p.stdout

    def screen(self):
        return self.run('capture-pane', '-p', '-S', '-200').rstrip('\n')

    def see(self, word, timeout=15):
        """Waits until the word (a pattern) is on the screen; returns the screen."""
        end = time.monotonic() + timeout
        while True:
            text = self.screen()
            if re.search(word, text, re.M):
                return text
            if time.monotonic() > end:
                raise Failed('no %r on the screen:\n%s' % (word, text))
            time.sleep(0.05)

    def keys(self, *keys):
        self.run('send-keys', *keys)

    def type(self, text, prompt=None):
        if prompt:
            self.see(re.escape(prompt) + r'?$')
        self.run('send-keys', '-l', text)
        self.keys('Enter')

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        subprocess.run(self.tmux + ['kill-server'], stderr=subprocess.DEVNULL)
        time.sleep(0.1)


def virsh(uri=MOCK, *options, **kw):
    t = Terminal(' '.join([VIRSH, '-c', "'%s'" % uri] + list(options)), **kw)
    t.see(r'^virsh [#>] *$')
    return t


@test
@vireo_only
def tab_completes_commands_options_and_objects():
    with virsh() as t:
        t.keys('domuu', 'Tab')
        t.see(r'^virsh # domuuid *$')
        t.keys('te', 'Tab')
        t.see(r'^virsh # domuuid test *$')
        t.keys('Enter')
        t.see('6695eb01-f6a4-8304-79aa-97f2502e193f')
        t.keys('list --ina', 'Tab', 'Enter')
        t.see(r'^virsh # list --inactive')
        t.keys('reboot test --mode par', 'Tab', 'Enter')
        t.see('Domain .test. is being rebooted')
        t.keys('net-s', 'Tab', 'Enter')
        t.see('net-start')
        t.type('quit')
        t.see(r'^\$ $|^\$$')


@test
@vireo_only
def history_is_kept_in_debians_file():
    with virsh() as t:
        t.type('echo one thing')
        t.see('^one thing')
        t.type('quit')
        t.see(r'^\$ *$')
        with open('/run/work/cache/libvirt/virsh/history') as f:
            has(f.read().replace('\\040', ' '), 'echo one thing')
        t.type('%s -c %s' % (VIRSH, MOCK))
        t.see(r'virsh # *$')
        t.keys('Up', 'Up', 'Enter')
        t.see(r'one thing[^$]*one thing[^$]*\$[^$]*one thing')


@test
@vireo_only
def what_was_meant_is_said_on_a_terminal_only():
    with virsh() as t:
        t.type('dominof test')
        t.see(r"error: unknown command: 'dominof'; did you mean 'dominfo'\?")
        t.type('list --inactve')
        t.see(r"doesn't support option --inactve; did you mean --inactive\?")


@test
@vireo_only
def sixty_columns_and_a_plain_locale_show_everything():
    with Terminal('%s -q -c %s "desc test --title Grüße; list --title"' % (VIRSH, MOCK), columns=60, LC_ALL='C') as t:
        t.see(r'running +Gr\\xc3\\xbc\\xc3\\x9fe')
    with virsh(columns=60, LC_ALL='C') as t:
        t.type('echo aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbb cccccccccccccccccccc dddddddddddddddddddd')
        t.see('dddddddd\n')
        t.type('domid test')
        t.see(r'^1$')


@test
@vireo_only
def an_editor_that_breaks_the_document_is_asked_about():
    write('ed.sh', '#!/bin/sh\nsed -i "s/<name>test/<nom>test/" "$1"\n')
    os.chmod('/run/work/ed.sh', 0o755)
    with virsh(EDITOR='/run/work/ed.sh') as t:
        t.type('edit test')
        t.see(r'Failed\. Try again\? \[y,n,i,f,\?\]:')
        t.keys('?')
        t.see('y - yes, start editor again')
        t.keys('n')
        t.see(r'virsh # *$')
        t.type('domid test')
        t.see(r'^1$')
    write('ok.sh', '#!/bin/sh\nsed -i "s/2097152/1048576/" "$1"\n')
    os.chmod('/run/work/ok.sh', 0o755)
    with virsh(EDITOR='/run/work/ok.sh') as t:
        t.type('edit test')
        t.see("Domain 'test' XML configuration edited")
        t.type('edit test')
        t.see("Domain 'test' XML configuration not changed")


@test
def console_talks_to_the_guest_and_is_left_by_the_escape_character():
    d = daemon()
    clean_up(d)
    boot_files()
    d.run('create', write('g.xml', domain_xml('g', boot=True)))
    try:
        with virsh(d.uri()) as t:
            t.type('console g')
            t.see(r"Connected to domain 'g'\nEscape character is \^\] \(Ctrl \+ \]\)")
            t.keys('Enter')
            t.see('# *$', timeout=60)
            t.type('echo $((6 * 7))x')
            t.see('^42x')
            t.keys('C-]')
            t.see(r'virsh # *$')
            t.type('domstate g')
            t.see('^running')
        with Terminal("%s -e '^a' -c '%s' console g" % (VIRSH, d.uri())) as t:
            t.see(r'Escape character is \^A \(Ctrl \+ A\)')
            t.keys('C-a')
            t.see(r'^\$ *$')
    finally:
        d.run('destroy', 'g')


@test
def a_daemon_that_restarts_is_found_again_by_the_next_command():
    d = daemon()
    clean_up(d)
    d.run('define', write('b.xml', domain_xml('b')))
    with virsh(d.uri(), columns=160) as t:
        t.type('list --all --name')
        t.see('^b$')
        d.restart()
        t.see('error: Disconnected from qemu.* due to end of file')
        t.type('domstate b')
        t.see('^shut off')


@test
@vireo_only
def interrupting_a_wait_ends_the_command_and_not_the_shell():
    with virsh() as t:
        t.type('event --event lifecycle --loop')
        time.sleep(0.5)
        t.keys('C-c')
        t.see('event loop interrupted\nevents received: 0')
        t.type('domid test')
        t.see(r'^1$')


if __name__ == '__main__':
    main()
