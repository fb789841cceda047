import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListenerTls } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';

/** A command of the system's, which may be absent. */
const OPENSSL = 'openssl';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const LOOPBACK = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];

export const hasOpenssl = spawnSync(OPENSSL, ['version']).status === 0;

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Writes `<name>.pem`, a certificate for the loopback address, and `<name>.key` into the folder. Another one there signs
 * it, `issuer`; without one only itself vouches for it.
 */
export function certify(folder: string, name: string, issuer?: string): Certificate {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '1'];
  const signed = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-addext', 'basicConstraints=critical,CA:FALSE'];
  const args = [...KEY, ...files, ...LOOPBACK, ...(issuer === undefined ? [] : signed)];
  execFileSync(OPENSSL, ['req', '-x509', ...args], { cwd: folder, stdio: 'ignore' });
  return readCertificate(folder, name);
}

/** What {@link certify} wrote. */
export function readCertificate(folder: string, name: string): Certificate {
  const read = (ending: string): string => readFileSync(join(folder, `${name}.${ending}`), 'utf8');
  return { cert: read('pem'), key: read('key') };
}

/** The same for a listener. */
export function tlsOf(folder: string, name: string, clientCa?: string): ListenerTls {
  const { cert, key } = readCertificate(folder, name);
  return { cert, key: new Secret(Buffer.from(key)), clientCa };
}
