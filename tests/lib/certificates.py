# SPDX-License-Identifier: LGPL-2.1-or-later
"""Certificates for tests, made by GnuTLS's certtool."""
import os
import shutil
import subprocess

CA = 'cn = %s\nca\ncert_signing_key\n'
SERVER = 'cn = %s\ndns_name = %s\ntls_www_server\nencryption_key\nsigning_key\n'
CLIENT = 'cn = %s\ntls_www_client\nencryption_key\nsigning_key\n'


def there():
    return shutil.which('certtool') is not None


def certtool(*args):
    subprocess.run(('certtool',) + args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, where, name='tests', template=CA):
        self.where = where
        os.makedirs(where, exist_ok=True)
        self.cert, self.key = self._path('ca.pem'), self._path('ca.key')
        certtool('--generate-privkey', '--key-type=rsa', '--bits=2048', '--outfile', self.key)
        self._template(template % name)
        certtool('--generate-self-signed', '--load-privkey', self.key, '--template', self._path('template'), '--outfile', self.cert)

    def _path(self, name):
        return os.path.join(self.where, name)

    def _template(self, text):
        with open(self._path('template'), 'w') as f:
            f.write(text)

    def issue(self, name, template):
        """Paths of a certificate and its key. template: what certtool reads."""
        cert, key = self._path(name + '.pem'), self._path(name + '.key')
        certtool('--generate-privkey', '--key-type=rsa', '--bits=2048', '--outfile', key)
        self._template(template)
        certtool('--generate-certificate', '--load-privkey', key, '--load-ca-certificate', self.cert, '--load-ca-privkey',
                 self.key, '--template', self._path('template'), '--outfile', cert)
        return cert, key


def client_dir(path, ca=None, pair=None):
    """A directory as the URI's pkipath names one."""
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    if ca:
        shutil.copy(ca, os.path.join(path, 'cacert.pem'))
    if pair:
        shutil.copy(pair[0], os.path.join(path, 'clientcert.pem'))
        shutil.copy(pair[1], os.path.join(path, 'clientkey.pem'))
    return path
