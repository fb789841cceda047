import { readFile } from 'node:fs/promises';
import type { KeyServerAccess } from '../config/issuer-config.ts';
import { readBearerToken } from '../lib/bearer-token.ts';
import { wordFileError } from '../lib/errors.ts';
import { parseCertificate } from '../lib/pem.ts';

/** What a request adds to get access to a server. */
export interface RequestAccess {
  readonly headers: Readonly<Record<string, string>>;
  /** The CAs of the server's certificate, in PEM; `undefined` for those that Node trusts. */
  readonly ca: string | undefined;
}

/** Whether this access sends credentials. */
export function hasCredentials({ headers, tokenFile }: KeyServerAccess): boolean {
  return tokenFile !== undefined || Object.keys(headers).length > 0;
}

/**
 * Returns what a request to `url` adds. Reads the files anew: Kubernetes replaces both while Sallyport runs. Rejects if a
 * file cannot be used, or if the credentials must not be sent to `url`: over plain HTTP, or to a host that the operator
 * has not named. No error contains a credential or the name of a file.
 */
export async function openAccess(
  access: KeyServerAccess | undefined,
  url: URL,
  signal: AbortSignal,
): Promise<RequestAccess> {
  if (access === undefined) return { headers: {}, ca: undefined };
  if (url.protocol !== 'https:') throw new Error('it is reached by http, over which no credentials are sent');
  const ca = access.ca === undefined ? undefined : await readCa(access.ca, signal);
  if (!hasCredentials(access)) return { headers: {}, ca };
  if (!access.hosts.includes(url.host)) {
    const advice = 'list it in discovery.keySetHosts, or name the URL of the key set in jwks.url';
    throw new Error(`its key set is at ${url.host}, which may not receive headers and token: ${advice}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(access.headers)) headers[name] = textOf(value.reveal());
  if (access.tokenFile !== undefined) {
    headers['authorization'] = `Bearer ${await readToken(access.tokenFile, signal)}`;
  }
  return { headers, ca };
}

async function readToken(file: string, signal: AbortSignal): Promise<string> {
  const contents = await read(file, 'tokenFile', signal);
  const token = readBearerToken(contents);
  if (token !== undefined) return token;
  throw new Error(contents.length === 0 ? 'its tokenFile is empty' : 'its tokenFile does not hold one bearer token');
}

async function readCa(file: string, signal: AbortSignal): Promise<string> {
  const pem = await read(file, 'ca', signal);
  try {
    parseCertificate(pem);
  } catch {
    // The parser's own message may quote the file.
    throw new Error('its ca is not a PEM file that begins with a certificate');
  }
  return textOf(pem);
}

async function read(file: string, key: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readFile(file, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`its ${key} cannot be read: ${wordFileError(error)}`);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
