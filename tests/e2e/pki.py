#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virt-pki-validate and virt-xml-validate beside the system's own: same lines, same exit codes."""
import glob
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import sandbox  # noqa: E402
from daemon import BUILD  # noqa: E402
from suite import Failed, Skip, equal, has, main, test  # noqa: E402

WORK = '/run/work/pki'
CA, PKI = 'CA/', 'libvirt/'
SCHEMAS = '/usr/share/libvirt/schemas'
# What our program says beyond stock's when certificate and key do not fit: left out of the comparison.
MORE = (' is not the one of the ', ' certificate is not accepted:', 'Not verified.')
_made = []


def both(program):
    ours, stock = os.path.join(BUILD, 'bin', program), os.path.join('/usr/bin', program)
    for p in (ours, stock):
        if not os.path.exists(p):
            raise Skip('no %s here' % p)
    return ours, stock


def certificates():
    """A CA, certificates of its server and client, and another CA with the same name."""
    if _made:
        return
    if not shutil.which('certtool'):
        raise Skip('no certtool here (package gnutls-bin)')
    _made.append(1)
    os.makedirs(WORK)
    os.chdir(WORK)
    host = os.uname().nodename

    def make(name, template, ca=None):
        with open('template', 'w') as f:
            f.write(template)
        if not os.path.exists(name + '.key'):
            subprocess.run(['certtool', '--generate-privkey', '--sec-param', 'low', '--outfile', name + '.key'], check=True,
                           stderr=subprocess.DEVNULL)
        kind = ['--generate-certificate', '--load-ca-certificate', ca + '.pem', '--load-ca-privkey', ca + '.key'] if ca else \
            ['--generate-self-signed']
        subprocess.run(['certtool', *kind, '--load-privkey', name + '.key', '--template', 'template', '--outfile', name + '.pem'],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name, who in (('ca', 'cn = "The CA"'), ('other', 'cn = "The CA"'), ('org', 'cn = "Org"'), ('noname', 'organization = "Org"')):
        make(name, who + '\nca\ncert_signing_key\n')
    make('server', 'organization = "Org"\ncn = "host.example.com"\ntls_www_server\n', 'ca')
    make('client', 'country = DE\norganization = "The CA"\ncn = "client1"\ntls_www_client\n', 'ca')
    make('orgserver', 'organization = "Org"\ncn = "%s"\ntls_www_server\n' % host, 'org')
    make('bare', 'cn = "%s"\ntls_www_server\n' % host, 'noname')
    os.makedirs('upper/sysconfig')
    os.makedirs('work')
    sandbox.mount('-t', 'overlay', 'overlay', '-o', 'lowerdir=/etc,upperdir=%s/upper,workdir=%s/work' % (WORK, WORK), '/etc')


def lay_out(files):
    """Makes /etc/pki of `files`: path -> name of a file made above, or text, or None for a directory; then a mode."""
    subprocess.run(['rm', '-rf', '/etc/pki'], check=True)
    os.makedirs('/etc/pki')
    for path, (what, mode) in files.items():
        path = '/etc/pki/' + path
        os.makedirs(path if what is None else os.path.dirname(path), exist_ok=True)
        if what is not None and os.path.exists(os.path.join(WORK, what)):
            shutil.copy(os.path.join(WORK, what), path)
        elif what is not None:
            with open(path, 'w') as f:
                f.write(what)
    for path, (what, mode) in files.items():
        os.chmod('/etc/pki/' + path, mode or (0o755 if what is None else 0o644))


def run(program, args=(), user=0, env=None):
    def become():
        if user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
    # The script is read before the user changes: a build tree may be closed to others.
    with open(program) as f:
        text = f.read()
    r = subprocess.run(['/bin/sh', '-c', text, 'P'] + list(args), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       preexec_fn=become, cwd='/', env=env or {'LC_ALL': 'C', 'PATH': '/usr/bin:/bin:/usr/sbin:/sbin'})
    lines = [x.rstrip() for x in r.stdout.splitlines() if not any(m in x for m in MORE)]
    # Stock asks who is logged in, which nobody is here; ours says whose rights it has.
    return r.returncode, [x[:-len(' nobody')] if x.endswith('not readable by nobody') else x for x in lines], r.stdout


def same(files, user=0):
    ours, stock = both('virt-pki-validate')
    certificates()
    lay_out(files)
    a, b = run(ours, user=user), run(stock, user=user)
    if a[:2] != b[:2]:
        raise Failed('%r user %d\nours:  %s\nstock: %s' % (files, user, a[:2], b[:2]))
    return a[2]


BASE = {CA + 'cacert.pem': ('ca.pem', 0), PKI + 'private': (None, 0)}


@test
def directories_and_the_authority_are_judged_as_stock_does():
    for files in ({}, {CA: (None, 0)}, {CA: (None, 0o700)}, {CA: (None, 0), PKI: (None, 0)}, {CA: (None, 0), PKI + 'private': (None, 0)},
                  BASE, {**BASE, CA + 'cacert.pem': ('junk', 0)}, {**BASE, CA + 'cacert.pem': ('ca.pem', 0o600)},
                  {**BASE, PKI: (None, 0o700)}, {**BASE, PKI + 'private': (None, 0o700)}, {**BASE, CA: (None, 0o700)},
                  {**BASE, CA + 'cacert.pem': ('noname.pem', 0)}):
        for user in (0, 65534):
            same(files, user)


@test
def client_and_server_are_judged_as_stock_does():
    client = {**BASE, PKI + 'clientcert.pem': ('client.pem', 0), PKI + 'private/clientkey.pem': ('client.key', 0)}
    server = {**BASE, PKI + 'servercert.pem': ('server.pem', 0), PKI + 'private/serverkey.pem': ('server.key', 0o600)}
    org = {CA + 'cacert.pem': ('org.pem', 0), PKI + 'private': (None, 0), PKI + 'servercert.pem': ('orgserver.pem', 0),
           PKI + 'private/serverkey.pem': ('orgserver.key', 0o600)}
    for files in (client, server, {**client, **server}, org, {**org, PKI + 'servercert.pem': ('bare.pem', 0)},
                  {**client, PKI + 'clientcert.pem': ('junk', 0)}, {**server, PKI + 'servercert.pem': ('junk', 0)},
                  {**client, PKI + 'clientcert.pem': ('client.pem', 0o600)}, {**server, PKI + 'servercert.pem': ('server.pem', 0o600)},
                  {**client, PKI + 'private/clientkey.pem': ('client.key', 0o600)},
                  {**server, PKI + 'private/serverkey.pem': ('server.key', 0o644)},
                  {k: v for k, v in client.items() if 'key' not in k}, {k: v for k, v in server.items() if 'key' not in k}):
        for user in (0, 65534):
            same(files, user)


@test
def a_key_of_another_and_a_foreign_signature_are_found():
    certificates()
    client = {**BASE, PKI + 'clientcert.pem': ('client.pem', 0), PKI + 'private/clientkey.pem': ('client.key', 0)}
    text = same(client)
    equal([x for x in text.splitlines() if any(m in x for m in MORE)], [])
    has(same({**client, PKI + 'private/clientkey.pem': ('server.key', 0)}), 'The client private key is not the one of the client')
    has(same({**client, CA + 'cacert.pem': ('other.pem', 0)}), 'The client certificate is not accepted:')


@test
def a_daemon_that_does_not_listen_is_named():
    certificates()
    server = {**BASE, PKI + 'servercert.pem': ('server.pem', 0), PKI + 'private/serverkey.pem': ('server.key', 0o600)}
    for text, said in (('LIBVIRTD_ARGS="--listen"\n', False), ('#LIBVIRTD_ARGS="--listen"\n', True), ('', True)):
        with open('/etc/sysconfig/libvirtd', 'w') as f:
            f.write(text)
        equal('is setup to listen' in same(server), said, text)
    os.unlink('/etc/sysconfig/libvirtd')


@test
def wrong_use_of_both_ends_as_with_stock():
    for program, cases in (('virt-pki-validate', (['x'], ['--bogus'], ['-V'], ['--version'], ['--ver'])),
                           ('virt-xml-validate', ([], [''], ['/nosuch.xml'], ['/tmp'], ['--bogus'], ['-V'], ['--']))):
        for args in cases:
            r = [run(p, args) for p in both(program)]
            equal(r[0][:2], r[1][:2], args)
        equal([run(p, ['--help'])[0] for p in both(program)], [0, 0])
    certificates()
    r = [run(p, env={'PATH': '/nonexistent'}) for p in both('virt-pki-validate')]
    equal((r[0][0], r[0][1][-2:]), (r[1][0], r[1][1][-2:]))


def documents():
    if not os.path.isdir(SCHEMAS):
        raise Skip('no %s here' % SCHEMAS)
    if not shutil.which('xmllint'):
        raise Skip('no xmllint here (package libxml2-utils)')
    d = '/run/work/xml'
    os.makedirs(d, exist_ok=True)
    os.chdir(d)


def judged(args, given=None):
    env = {'LC_ALL': 'C', 'PATH': '/usr/bin:/bin', 'VIREO_SCHEMAS': SCHEMAS}
    out = []
    for p in both('virt-xml-validate'):
        r = subprocess.run([p] + args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, input=given, text=True, env=env,
                           cwd='/run/work/xml')
        out.append((r.returncode, r.stdout.replace(p, 'P')))
    if out[0] != out[1]:
        raise Failed('%r %r\nours:  %s\nstock: %s' % (args, given, *out))
    return out[0]


@test
def the_root_element_decides_the_schema():
    documents()
    for root in ('domain', 'network', 'networkport', 'pool', 'volume', 'storagepoolCapabilities', 'capabilities', 'cpu', 'device',
                 'interface', 'filter', 'filterbinding', 'secret', 'domainsnapshot', 'domainbackup', 'domaincheckpoint',
                 'domainCapabilities', 'nodedev', 'bogus'):
        with open('root.xml', 'w') as f:
            f.write('<?xml version="1.0"?>\n<!-- <network/> -->\n<%s>\n</%s>\n' % (root, root))
        judged(['root.xml'])
        judged(['root.xml', 'domain'])
        judged(['root.xml', 'nosuch'])
        judged(['-'], open('root.xml').read())


@test
def documents_are_judged_as_stock_does():
    documents()
    with open('broken.xml', 'w') as f:
        f.write('<domain')
    with open('-dash.xml', 'w') as f:
        f.write('<secret/>')
    equal(judged(['broken.xml'])[0], 3)
    equal(judged(['broken.xml', 'domain'])[0], 1)
    equal(judged(['./-dash.xml'])[0], 0)
    equal(judged(['-'], '')[0], 3)
    shared = os.environ.get('VIREO_SHARED') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../shared')
    files = [f for kind in ('network', 'secret', 'nwfilter', 'storagepool') for f in
             sorted(glob.glob('%s/corpus/%s/*.xml' % (shared, kind)))[::12]]
    if not files:
        raise Skip('the rest compares documents of a corpus that is not here')
    for f in files:
        judged([f])


main()
