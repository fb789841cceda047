import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { tls } from '../../lib/node-tls.ts';
import { parseCertificate } from '../../lib/pem.ts';
import type { ClientTls } from '../client-tls.ts';
import type { Listener } from '../config.ts';
import { Secret } from '../secret.ts';
import type { Draft } from './draft.ts';
import type { Path } from './problems.ts';

/** The PEM files of a listener, as written. */
export interface WrittenTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

/** The PEM files of a client, as written. */
export interface WrittenClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Reads a client's PEM files; `cert` and `key` must be given together. */
export function readClientTls(draft: Draft, path: Path, { ca, cert, key }: WrittenClientTls): ClientTls | undefined {
  const trusted = readCertificate(draft, [...path, 'ca'], ca);
  if (cert === undefined && key === undefined) return { ca: trusted, cert: undefined, key: undefined };
  if (cert === undefined || key === undefined) {
    draft.refuse(path, 'expected cert and key together');
    return undefined;
  }
  const own = readTls(draft, path, { cert, key });
  return { ca: trusted, cert: own?.cert, key: own?.key };
}

/** Reads the PEM files, and checks that the key belongs to the certificate. */
export function readTls(draft: Draft, path: Path, written: WrittenTls): Listener['tls'] {
  const { cert, key, clientCa } = written;
  const isAbsent = [
    draft.lacksFile([...path, 'cert'], cert),
    draft.lacksFile([...path, 'key'], key),
    clientCa !== undefined && draft.lacksFile([...path, 'clientCa'], clientCa),
  ].includes(true);
  if (isAbsent) return { cert: '', key: new Secret(Buffer.alloc(0)), clientCa: clientCa && '' };
  const chain = readPem(draft, [...path, 'cert'], cert, 'a certificate', parseCertificate);
  const own = readPem(draft, [...path, 'key'], key, 'an unencrypted private key', parsePrivateKey);
  const ca = readCertificate(draft, [...path, 'clientCa'], clientCa);
  if (chain === undefined || own === undefined) return undefined;
  if (!chain.parsed.checkPrivateKey(own.parsed)) {
    draft.refuse([...path, 'key'], 'the private key does not belong to cert');
  } else {
    refuseUnusable(draft, [...path, 'cert'], { cert: chain.pem, key: own.pem });
  }
  return { cert: chain.pem.toString('latin1'), key: new Secret(own.pem), clientCa: ca };
}

/** Finds a broken chain and keys that OpenSSL considers too weak, which would otherwise fail when a door opens. */
function refuseUnusable(draft: Draft, path: Path, pair: { readonly cert: Buffer; readonly key: Buffer }): void {
  try {
    tls().createSecureContext(pair);
  } catch (error) {
    // OpenSSL names the reason last, and does not quote the file.
    const reason = error instanceof Error ? error.message.split(':').at(-1) : String(error);
    draft.refuse(path, `OpenSSL refuses the certificate chain: ${reason}`);
  }
}

/** Reads an optional certificate. */
function readCertificate(draft: Draft, path: Path, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (draft.lacksFile(path, name)) return '';
  return readPem(draft, path, name, 'a certificate', parseCertificate)?.pem.toString('latin1');
}

function readPem<T>(
  draft: Draft,
  path: Path,
  name: string,
  what: string,
  parse: (pem: Buffer) => T,
): { pem: Buffer; parsed: T } | undefined {
  const pem = draft.readFile(path, name);
  if (pem === undefined) return undefined;
  try {
    return { pem, parsed: parse(pem) };
  } catch {
    // The parser's own message may quote the file.
    draft.refuse(path, `expected a PEM file that begins with ${what}`);
    return undefined;
  }
}

function parsePrivateKey(pem: Buffer): KeyObject {
  return createPrivateKey({ key: pem, format: 'pem' });
}
