import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Listener } from './config.ts';
import type { Draft } from './draft.ts';
import type { Path } from './problems.ts';
import { Secret } from './secret.ts';

/** The PEM files of a listener, as written. */
export interface WrittenTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

/** Reads the PEM files, and checks that the key is the certificate's. */
export function readTls(draft: Draft, path: Path, written: WrittenTls): Listener['tls'] {
  const { cert, key, clientCa } = written;
  const chain = readPem(draft, [...path, 'cert'], cert, 'a certificate', parseCertificate);
  const own = readPem(draft, [...path, 'key'], key, 'a private key without a passphrase', parsePrivateKey);
  const ca =
    clientCa === undefined
      ? undefined
      : readPem(draft, [...path, 'clientCa'], clientCa, 'a certificate', parseCertificate);
  if (chain === undefined || own === undefined) return undefined;
  if (!chain.parsed.checkPrivateKey(own.parsed))
    draft.refuse([...path, 'key'], 'the private key does not belong to cert');
  return { cert: chain.pem.toString('latin1'), key: new Secret(own.pem), clientCa: ca?.pem.toString('latin1') };
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
    // The parser's own words may quote what it read.
    draft.refuse(path, `the file does not begin with ${what} in PEM form`);
    return undefined;
  }
}

/** DER would parse too, and is no text. */
function parseCertificate(pem: Buffer): X509Certificate {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no PEM certificate');
  return new X509Certificate(pem);
}

function parsePrivateKey(pem: Buffer): KeyObject {
  return createPrivateKey({ key: pem, format: 'pem' });
}
