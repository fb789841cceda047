import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListenerTls } from '../../src/config/config.ts';
import { Secret } from '../../src/config/secret.ts';

/** A command of the system's, which may be absent. */
const OPENSSL = 'openssl';

export const hasOpenssl = spawnSync(OPENSSL, ['version']).status === 0;

/** Writes `<name>.pem`, a certificate for this machine that only itself vouches for, and `<name>.key` into the folder. */
export function certify(folder: string, name: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  execFileSync(OPENSSL, ['req', '-x509', ...key, '-out', `${name}.pem`, '-days', '1', ...subject], {
    cwd: folder,
    stdio: 'ignore',
  });
}

/** What {@link certify} wrote, for a listener. */
export function tlsOf(folder: string, name: string, clientCa?: string): ListenerTls {
  const read = (file: string): Buffer => readFileSync(join(folder, file));
  return { cert: read(`${name}.pem`).toString(), key: new Secret(read(`${name}.key`)), clientCa };
}
