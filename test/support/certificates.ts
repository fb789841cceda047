import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListenerTls } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';

/** A system command, which may be missing. */
const OPENSSL = 'openssl';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const LOOPBACK = 'IP:127.0.0.1,DNS:localhost';

export const hasOpenssl = spawnSync(OPENSSL, ['version']).status === 0;

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Writes `<name>.pem`, a certificate for the loopback address, and `<name>.key` into the folder. The certificate named
 * `issuer` in the same folder signs it; without one it is self-signed.
 *
 * @param hosts its names, as OpenSSL writes them.
 */
export function certify(folder: string, name: string, issuer?: string, hosts = LOOPBACK): Certificate {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '1'];
  const signed = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-addext', 'basicConstraints=critical,CA:FALSE'];
  const args = [...KEY, ...files, '-addext', `subjectAltName=${hosts}`, ...(issuer === undefined ? [] : signed)];
  execFileSync(OPENSSL, ['req', '-x509', ...args], { cwd: folder, stdio: 'ignore' });
  return readCertificate(folder, name);
}

/** Reads what {@link certify} wrote. */
export function readCertificate(folder: string, name: string): Certificate {
  const read = (ending: string): string => readFileSync(join(folder, `${name}.${ending}`), 'utf8');
  return { cert: read('pem'), key: read('key') };
}

/** Reads a certificate as the TLS settings of a listener. */
export function tlsOf(folder: string, name: string, clientCa?: string): ListenerTls {
  const { cert, key } = readCertificate(folder, name);
  return { cert, key: new Secret(Buffer.from(key)), clientCa };
}
