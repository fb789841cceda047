import type { IncomingMessage, RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Address } from '../../config/reading/addresses.ts';

/** Longer than a healthy listener takes, shorter than the time limit of a health check. */
const TIMEOUT_MS = 4_000;

/** What the admin listener is asked with. */
export interface AdminAccess {
  readonly address: Address;
  readonly tls: boolean;
  /** PEM contents of a client certificate and its key, where the listener requires one. */
  readonly client?: { readonly cert: string; readonly key: string };
}

export interface AdminResponse {
  readonly status: number;
  readonly body: string;
}

/** Asks the admin listener of this machine for a page. Rejects if it cannot be reached or does not answer in time. */
export async function askAdmin(access: AdminAccess, path: string): Promise<AdminResponse> {
  const { request } = access.tls ? await import('node:https') : await import('node:http');
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    ...placeOf(access.address),
    ...access.client,
    path,
    agent: false,
    timeout: TIMEOUT_MS,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    // Nothing secret is sent, and the listener's name is not the address of this machine.
    rejectUnauthorized: false,
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(options).once('response', resolve).once('error', reject).end();
  });
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** An address that is every one of the machine is reached through loopback. */
function placeOf(address: Address): RequestOptions {
  if ('path' in address) return { socketPath: address.path };
  const { host, port } = address;
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}

/** `host:port` or `unix:path`, for people. */
export function addressText(address: Address): string {
  if ('path' in address) return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
