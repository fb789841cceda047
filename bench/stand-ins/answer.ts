import { readFileSync } from 'node:fs';
import type { CheckRequest, CheckResponse } from '../../src/edge/ext-authz/messages.ts';

const IDENTITY = {
  'x-auth-subject': 'account-7c9e6679-7425-40de-944b-e07fc1f90ae7',
  'x-auth-scopes': 'messages:send messages:read messages:list',
  'x-auth-token-id': 'V1StGXR8_Z5jdHi6B-myT',
  'x-auth-issuer': 'partner',
  'x-auth-scheme': 'bearer',
};

/** What the stand-ins answer to a known token: like the other ones, in Go and in Rust. */
export const ALLOW: CheckResponse = {
  status: { code: 0 },
  ok_response: {
    headers: Object.entries(IDENTITY).map(([key, value]) => ({
      header: { key, value },
      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
    })),
    headers_to_remove: ['authorization'],
  },
  dynamic_metadata: { fields: {} },
};

export const DENY: CheckResponse = {
  status: { code: 16, message: '' },
  denied_response: { status: { code: 401 }, headers: [], body: '' },
  dynamic_metadata: { fields: {} },
};

/** The arguments of a stand-in: its port, and a file with one `Authorization` value a line. */
export function readArguments(): { readonly port: number; readonly known: ReadonlySet<string> } {
  const [port, file] = process.argv.slice(2);
  if (port === undefined || file === undefined) throw new Error('expected a port and a file');
  return { port: Number(port), known: new Set(readFileSync(file, 'utf8').split('\n')) };
}

/** Returns the `Authorization` value of a check in either of Envoy's forms. */
export function authorizationOf({ attributes }: CheckRequest): string | undefined {
  const http = attributes?.request?.http;
  const raw = http?.header_map?.headers?.find(({ key }) => key === 'authorization')?.raw_value;
  return raw === undefined ? http?.headers?.['authorization'] : Buffer.from(raw).toString('latin1');
}
