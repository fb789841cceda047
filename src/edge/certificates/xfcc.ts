import { hashOfPem } from './certificate-hash.ts';

/** The header in which proxies describe the client's certificate (Envoy's format). */
export const XFCC = 'x-forwarded-client-cert';

/** One pair of an element. A value with `,`, `;` or `=` is quoted; in quotes, a backslash precedes a quote. */
const PAIR = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*))(?:;|$)/y;
const HEX_SHA256 = /^[0-9a-f]{64}$/i;

/**
 * The SHA-256 of the client's certificate in base64url, by `Hash` and `Cert` of `X-Forwarded-Client-Cert`. `undefined` if
 * there is neither, if the two differ, or if the field cannot be read for certain: it must have exactly one element, since
 * with several the proxies disagree about which one is the client.
 */
export function readXfcc(value: string | undefined): string | undefined {
  const pairs = value === undefined ? undefined : pairsOf(value);
  if (pairs === undefined) return undefined;
  const hash = pairs.get('hash');
  const cert = pairs.get('cert');
  const byHash =
    hash !== undefined && HEX_SHA256.test(hash) ? Buffer.from(hash, 'hex').toString('base64url') : undefined;
  const byCert = cert === undefined ? undefined : hashOfPem(cert);
  if (hash !== undefined && cert !== undefined) return byHash === byCert ? byHash : undefined;
  return byHash ?? byCert;
}

/** The pairs of the only element, by lower-case key; `undefined` if a key other than `URI`, `DNS` and `By` occurs twice. */
function pairsOf(value: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < value.length) {
    const [, key = '', quoted, plain] = PAIR.exec(value) ?? [];
    if (key === '') return undefined;
    const name = key.toLowerCase();
    if (pairs.has(name) && !REPEATED.has(name)) return undefined;
    pairs.set(name, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return pairs;
}

/** A certificate may have several names. */
const REPEATED: ReadonlySet<string> = new Set(['by', 'uri', 'dns']);
