#!/usr/bin/python3 -SE
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A virsh for tests of scripts over it: its guests stand in the file $FAKE_VIRSH, {uri: [guest]}, and it notes each call there.

A guest: uuid, name, running, persistent (default true), takes (calls until a shutdown is done), refuse (says no to changes).
"""
import fcntl
import json
import os
import sys

STATE = os.environ['FAKE_VIRSH']


def tick(guests, d):
    """Time passes for a guest that shuts down: each question about it is a step."""
    if d['running'] and d.get('ends_in') is not None:
        d['ends_in'] -= 1
        if d['ends_in'] < 0:
            d['running'] = False
            del d['ends_in']
            if not d.get('persistent', True):
                guests.remove(d)
    return d


def run(state, words):
    uri = 'default'
    if words[0] == '-c':
        uri, words = words[1], words[2:]
    guests = state['guests'].get(uri)
    if guests is None:
        sys.exit('error: failed to connect to the hypervisor')
    state['calls'].append([uri] + words)
    command, options, rest = words[0], [w for w in words if w.startswith('--')], [w for w in words[1:] if not w.startswith('--')]
    if command == 'connect':
        return ''
    if command == 'list':
        shown = [d for d in guests if d['running'] and not ('--persistent' in options and not d.get('persistent', True))
                 and not ('--transient' in options and d.get('persistent', True))]
        if '--uuid' in options:
            return ''.join(d['uuid'] + '\n' for d in shown)
        return ' Id   Name   State\n--------\n' + ''.join(' %d   %s   running\n' % x for x in enumerate(d['name'] for d in shown))
    found = [d for d in guests if rest and rest[0] in (d['uuid'], d['name'])]
    if not found:
        sys.exit("error: failed to get domain '%s'" % (rest or [''])[0])
    d = tick(guests, found[0])
    if command == 'domname':
        return d['name'] + '\n'
    if command == 'domid':
        return ('1' if d['running'] else '-') + '\n'
    if command == 'domtime':
        return ''
    if d.get('refuse'):
        sys.exit('error: Failed to %s domain %s' % (command, d['name']))
    if command == 'shutdown':
        d['ends_in'] = d.get('takes', 1)
    elif command == 'managedsave':
        d['running'] = False
    elif command == 'start':
        d['running'] = True
    else:
        sys.exit("error: unknown command: '%s'" % command)
    return 'Domain changed\n'


def main():
    # A script may ask while it saves.
    lock = open(STATE + '.lock', 'w')
    fcntl.flock(lock, fcntl.LOCK_EX)
    with open(STATE) as f:
        state = json.load(f)
    try:
        print(run(state, sys.argv[1:]))
    finally:
        with open(STATE, 'w') as f:
            json.dump(state, f)


main()
