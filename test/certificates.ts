import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A CA of a test's own, a server's certificate for 127.0.0.1 and localhost, and a client's. */
export async function makeCertificates(): Promise<Readonly<Record<'ca' | 'server' | 'client', Certificate>>> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-tls-'));
  const make = async (name: string, ...more: readonly string[]): Promise<Certificate> => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${name}`];
    await execFileAsync('openssl', ['req', '-x509', ...KEY, ...files, ...more], { cwd: folder });
    const read = (end: string): Promise<string> => readFile(join(folder, `${name}.${end}`), 'utf8');
    return { cert: await read('pem'), key: await read('key') };
  };
  try {
    const ca = await make('ca');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
    const server = await make('server', ...signed, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
    return { ca, server, client: await make('client', ...signed) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
