import { expect } from 'vitest';
import type { CaseIssuers } from '../support/servers/case-issuers.ts';
import type { HttpResponse } from '../support/servers/http-client.ts';
import type { Case, Denied, Passes } from './cases.ts';

/** A case as a request, with its defaults. */
export interface CaseRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Returns the request of a case, and remembers its credentials, none of which may be logged. */
export function requestOf(
  { method = 'POST', path = '/3rdparty/v1/messages', host = 'gateway', headers = [], authorization }: Case,
  issuers: CaseIssuers,
): CaseRequest {
  const credentials = (authorization?.(issuers) ?? []).map((value) => ['Authorization', value] as const);
  for (const [, value] of credentials) rememberSecrets(value, issuers);
  return { method, path, host, headers: [...headers, ...credentials] };
}

/** Returns the expected outcome at a door that is, or is not, shown all headers of a request. */
export function expectedAt(
  { expected, withoutHeaders }: Case,
  { showsHeaders }: { readonly showsHeaders: boolean },
): Passes | Denied {
  return showsHeaders ? expected : (withoutHeaders ?? expected);
}

/** Remembers a credential and the parts of a token. */
function rememberSecrets(value: string, { secrets }: CaseIssuers): void {
  const [, credential = ''] = value.split(/ (.*)/s);
  for (const part of [credential, ...credential.split('.')]) if (part.length > 20) secrets.add(part);
}

export function isDenied(expected: Passes | Denied): expected is Denied {
  return 'reason' in expected;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

export function expectDenied(answer: Pick<HttpResponse, 'status' | 'challenges' | 'body'>, expected: Denied): void {
  const { reason: code, status, message, challenges } = expected;
  expect(JSON.parse(answer.body)).toMatchObject({ type: `urn:sallyport:problem:${code}`, code, status, message });
  expect({ status: answer.status, challenges: answer.challenges }).toEqual({ status, challenges });
}

/** Expects exactly the expected identity, in no other spelling, and Authorization only if it is passed on. */
export function expectUpstream(
  received: Readonly<Record<string, unknown>>,
  { identity, forwards = false }: Passes,
): void {
  const names = Object.keys(received).filter((name) => /^x[-_.](auth|http)[-_.]/.test(name));
  expect(Object.fromEntries(names.map((name) => [name, received[name]]))).toEqual(identity);
  expect('authorization' in received).toBe(forwards);
}
