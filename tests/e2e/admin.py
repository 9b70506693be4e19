#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The admin socket: what stock virt-admin shows and changes, and what its program answers to odd calls."""
import os
import re
import shutil
import struct
import subprocess
import sys
import traceback
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import protocol as p  # noqa: E402
from suite import Failed, Skip, daemon, equal, has, main, test, vireo_only, wait_for  # noqa: E402

UNSUPPORTED, INVALID_ARG, ARGUMENT_UNSUPPORTED, NO_SERVER, NO_CLIENT = 84, 8, 74, 95, 96
FROM_RPC, FROM_ADMIN = 7, 62


def socket_path():
    return daemon().root + '/run/libvirt/libvirt-admin-sock'


def admin(*args, ok=True):
    """Stock virt-admin; returns its output, or its error when ok is False."""
    if not shutil.which('virt-admin'):
        raise Skip('no virt-admin here (package libvirt-clients)')
    daemon()
    r = subprocess.run(['virt-admin', '-c', 'libvirtd:///system?socket=' + socket_path()] + list(args),
                       capture_output=True, text=True, timeout=30, env=dict(os.environ, LC_ALL='C'))
    if ok != (r.returncode == 0):
        raise Failed('virt-admin %s: exit code %d\n%s%s' % (' '.join(args), r.returncode, r.stdout, r.stderr))
    return r.stdout if ok else r.stderr


def opened():
    daemon()
    c = p.Client(socket_path())
    equal(c.call('admin_connect_open').code, None)
    return c


def client(path=None):
    """A client of the daemon that has not opened a hypervisor: none is needed here."""
    c = p.Client(path or daemon().socket)
    equal(c.call('auth_list').code, None)
    return c


def table(text):
    return dict(re.findall(r'^(\w+) *: (.*)$', text, re.M))


def params(name, *values):
    return p.opaque(name.encode()) + struct.pack('>I', len(values)) + b''.join(
        p.opaque(n.encode()) + struct.pack('>iI', kind, v) for n, kind, v in values) + struct.pack('>I', 0)


@test
def the_socket_is_for_the_owner_alone():
    daemon()
    st = os.stat(socket_path())
    equal((oct(st.st_mode & 0o777), st.st_uid), ('0o700', os.geteuid()))


@test
def another_user_is_refused_even_with_access_to_the_socket():
    daemon()
    os.chmod(socket_path(), 0o777)
    os.chmod(os.path.dirname(socket_path()), 0o755)
    try:
        # In a child of this process: another user may be unable to read these files.
        path = socket_path()
        child = os.fork()
        if child == 0:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            try:
                os._exit(10 if p.Client(path).call('admin_connect_list_servers').code else 11)
            except p.Closed:
                os._exit(10)
            except BaseException:
                traceback.print_exc()
                os._exit(12)
        equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 10, 'exit code, 10 for refused')
    finally:
        os.chmod(socket_path(), 0o700)


@test
def servers_are_listed_and_found():
    equal(sorted(re.findall(r'^ \d+ +(\w+)$', admin('srv-list'), re.M)), ['admin', 'libvirtd'])
    has(admin('client-list', 'nosuch', ok=False), "error: Server not found: No server named 'nosuch'")
    has(admin('version'), 'Running against daemon: 9.0.0')


@test
def clients_are_listed_described_and_disconnected():
    c = client(daemon().socket_ro)
    rows = re.findall(r'^ (\d+) +(\w+) +(\S+ \S+)$', admin('client-list', 'libvirtd'), re.M)
    number, transport, since = rows[-1]
    equal(transport, 'unix')
    info = table(admin('client-info', 'libvirtd', number))
    equal({k: info.get(k) for k in ('readonly', 'unix_user_id', 'unix_user_name', 'unix_group_id', 'unix_group_name',
                                    'unix_process_id', 'transport')},
          {'readonly': 'yes', 'unix_user_id': '0', 'unix_user_name': 'root', 'unix_group_id': '0',
           'unix_group_name': 'root', 'unix_process_id': str(os.getpid()), 'transport': 'unix'})
    admin('client-disconnect', 'libvirtd', number)
    try:
        c.call('connect_get_type')
        raise Failed('the client is still served')
    except p.Closed:
        pass
    wait_for(lambda: ' %s ' % number not in admin('client-list', 'libvirtd'), 'leaving the list')
    has(admin('client-info', 'libvirtd', number, ok=False),
        "Client not found: No client with matching ID '%s'" % number)
    has(admin('client-disconnect', 'libvirtd', '4711', ok=False), "Client not found: No client with matching ID '4711'")


@test
def client_limits_are_shown_set_and_kept():
    before = table(admin('server-clients-info', 'libvirtd'))
    equal((before['nclients_max'], before['nclients_unauth_max']), ('5000', '20'))
    held = client()
    equal(int(table(admin('server-clients-info', 'libvirtd'))['nclients']), int(before['nclients']) + 1)
    admin('server-clients-set', 'libvirtd', '--max-clients', '1000')
    has(admin('server-clients-set', 'libvirtd', '--max-unauth-clients', '2000', ok=False),
        'invalid argument: The overall maximum number of clients waiting for authentication must not be less')
    equal(table(admin('server-clients-info', 'libvirtd'))['nclients_max'], '1000')
    admin('server-clients-set', 'libvirtd', '--max-clients', '5000')
    held.socket.close()


@test
def a_lower_limit_holds_new_clients_back_until_it_is_raised():
    with opened() as a, client():
        equal(a.call('admin_server_set_client_limits', payload=params(
            'libvirtd', ('nclients_max', 2, 1), ('nclients_unauth_max', 2, 1))).code, None)
        waiting = p.Client(daemon().socket, timeout=1)
        try:
            waiting.call('auth_list')
            raise Failed('one client too many is served')
        except TimeoutError:
            pass
        equal(a.call('admin_server_set_client_limits', payload=params(
            'libvirtd', ('nclients_max', 2, 5000), ('nclients_unauth_max', 2, 20))).code, None)
        waiting.socket.settimeout(5)
        equal(waiting.reply_to(1).code, None)
        waiting.socket.close()


@test
def the_thread_pool_is_described():
    info = table(admin('server-threadpool-info', 'libvirtd'))
    equal(sorted(info), sorted(['minWorkers', 'maxWorkers', 'nWorkers', 'freeWorkers', 'prioWorkers', 'jobQueueDepth']))
    for value in info.values():
        int(value)


@test
@vireo_only
def the_thread_pool_cannot_be_set_and_says_why():
    has(admin('server-threadpool-set', 'libvirtd', '--max-workers', '30', ok=False), 'maxWorkers cannot be set')


@test
def log_settings_are_shown_and_changed():
    outputs = re.search(r'Logging outputs: (.*)', admin('daemon-log-outputs')).group(1).strip()
    try:
        admin('daemon-log-filters', '1:qemu 3:rpc')
        has(admin('daemon-log-filters'), 'Logging filters: 1:*qemu* 3:*rpc*')
        admin('daemon-log-outputs', '1:file:/run/work/admin.log')
        has(admin('daemon-log-outputs'), 'Logging outputs: 1:file:/run/work/admin.log')
        with client() as c:
            c.call('connect_get_type')  # not open: an error, and errors are logged
        wait_for(lambda: os.path.getsize('/run/work/admin.log') > 0, 'a line in the new log')
        has(admin('daemon-log-filters', '9:x', ok=False), "invalid argument: Invalid priority '9' for filter '9:x'")
        has(admin('daemon-log-outputs', 'bad', ok=False), "invalid argument: Malformed format for log output 'bad'")
        has(admin('daemon-log-outputs', '1:file:/nosuch/x', ok=False),
            'failed to open /nosuch/x: No such file or directory')
        has(admin('daemon-log-outputs'), 'Logging outputs: 1:file:/run/work/admin.log')
    finally:
        admin('daemon-log-filters', '')
        admin('daemon-log-outputs', outputs)
    equal(admin('daemon-log-filters').split(), ['Logging', 'filters:'])


@test
def without_tls_there_are_no_files_to_read_again():
    has(admin('server-update-tls', 'libvirtd', ok=False),
        'internal error: no tls service found, unable to update tls files')


@test
def odd_calls_get_stocks_answers():
    with opened() as c:
        for name, given, code, domain, text in (
                ('admin_connect_open', {'flags': 1}, INVALID_ARG, FROM_ADMIN,
                 'unsupported flags (0x1) in function adminDispatchConnectOpen'),
                ('admin_connect_list_servers', {'flags': 1}, INVALID_ARG, FROM_ADMIN,
                 'unsupported flags (0x1) in function adminConnectListServers'),
                ('admin_server_list_clients', {'flags': 1, 'name': 'libvirtd'}, INVALID_ARG, FROM_ADMIN,
                 'unsupported flags (0x1) in function adminServerListClients'),
                ('admin_client_get_info', {'name': 'libvirtd', 'id': 9999}, NO_CLIENT, FROM_ADMIN,
                 "Client not found: no client with matching id '9999' found"),
                ('admin_client_get_info', {'name': 'zz', 'id': 1}, NO_SERVER, FROM_ADMIN,
                 "Server not found: no server with matching name 'zz' found"),
                ('admin_client_close', {'name': 'libvirtd', 'id': 9999}, NO_CLIENT, FROM_RPC,
                 "Client not found: No client with matching ID '9999'"),
                ('admin_server_get_client_limits', {'name': 'zz'}, NO_SERVER, FROM_RPC,
                 "Server not found: No server named 'zz'")):
            r = c.call(name, p.Minimal(given))
            equal((r.code, r.domain, r.message), (code, domain, text), name)
        for name, value, code, text in (
                ('admin_server_set_threadpool_parameters', ('bogus', 2, 1), ARGUMENT_UNSUPPORTED,
                 "argument unsupported: parameter 'bogus' not supported"),
                ('admin_server_set_threadpool_parameters', ('nWorkers', 2, 1), ARGUMENT_UNSUPPORTED,
                 "argument unsupported: parameter 'nWorkers' not supported"),
                ('admin_server_set_threadpool_parameters', ('maxWorkers', 1, 1), INVALID_ARG,
                 "invalid argument: invalid type 'int' for parameter 'maxWorkers', expected 'uint'"),
                ('admin_server_set_client_limits', ('nclients', 2, 1), ARGUMENT_UNSUPPORTED,
                 "argument unsupported: parameter 'nclients' not supported")):
            r = c.call(name, payload=params('libvirtd', value))
            equal((r.code, r.message), (code, text), name)
        c.send(p.packet(0x20008086, 3, serial=900))
        has(c.reply_to(900).message, 'Cannot find program 536903814 version 1')


@test
def every_admin_procedure_survives_random_arguments():
    import random
    rng = random.Random(5)
    for _ in range(20):
        with opened() as c:
            for call in p.API.programs['admin'].calls:
                if call.name in ('connect_close', 'connect_daemon_shutdown', 'connect_set_logging_outputs',
                                 'connect_set_daemon_timeout'):
                    continue
                c.call(call.full_name, p.Random(rng))
    admin('daemon-log-filters', '')
    equal(daemon().alive(), True)


def ends_daemon(f):
    f.ends_daemon = True
    return f


@test
@ends_daemon
def an_idle_daemon_ends_after_the_timeout_that_was_set():
    d = daemon()
    with opened() as c:
        equal(c.call('admin_connect_set_daemon_timeout', p.Minimal({'timeout': 1})).code, None)
        time.sleep(2)
        equal(d.alive(), True, 'an admin connection keeps it')
    wait_for(lambda: not d.alive(), 'the end', 10)
    equal(d.process.returncode, 0)


@test
@vireo_only
@ends_daemon
def the_daemon_ends_when_it_is_told_to():
    d = daemon()
    with opened() as c:
        equal(c.call('admin_connect_daemon_shutdown', p.Minimal({'flags': 1})).code, UNSUPPORTED)
        equal(c.call('admin_connect_daemon_shutdown').code, None)
    wait_for(lambda: not d.alive(), 'the end', 30)
    equal(d.process.returncode, 0)


main()
