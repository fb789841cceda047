import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizeResponse, IdentityMessage } from '../../src/edge/access-api/messages.ts';
import { callerToken, startWithAccess } from '../support/internal-api/platform.ts';
import type { AccessClient, Question } from '../support/servers/access-client.ts';
import { connectAccess } from '../support/servers/access-client.ts';
import type { CaseIssuers } from '../support/servers/case-issuers.ts';
import { startCaseIssuers } from '../support/servers/case-issuers.ts';
import type { Sallyport } from '../support/servers/sallyport.ts';
import { expectedAt, isDenied, requestOf } from './case-run.ts';
import type { Case } from './cases.ts';
import { CASES } from './cases.ts';

let issuers: CaseIssuers;
let sallyport: Sallyport;
let client: AccessClient;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  const started = await startWithAccess(issuers, () => undefined);
  sallyport = started.sallyport;
  const token = callerToken('access:check');
  for (const part of [started.secret, token, ...token.split('.')]) issuers.secrets.add(part);
  client = connectAccess(started.address, { token });
  await client.ready();
});

afterAll(async () => {
  client.close();
  await sallyport.close();
  issuers.close();
});

/** Returns a case as a service that was asked this would ask. */
function questionOf(wanted: Case): Question {
  const { method, host, path, headers } = requestOf(wanted, issuers);
  const valuesOf = (name: string): string[] =>
    headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const authorization = valuesOf('authorization');
  const credential = authorization.length === 0 ? {} : { authorization: authorization.join(',') };
  return { ...credential, request: { method, host, path }, from_browser: valuesOf('origin').length > 0 };
}

function expectAnswer(answer: AuthorizeResponse | undefined, wanted: Case): void {
  const expected = expectedAt(wanted, { showsHeaders: false });
  if (isDenied(expected)) {
    const { reason, status: http_status, message, challenges } = expected;
    // An empty list is not sent.
    expect({ challenges: [], ...answer }).toMatchObject({ reason, http_status, message, challenges });
    expect(answer?.allowed ?? false).toBe(false);
    expect(answer).not.toHaveProperty('identity');
  } else {
    expect(answer).toMatchObject({ allowed: true, http_status: 200 });
    expect(headersOf(answer?.identity)).toEqual(expected.identity);
  }
}

/** Returns an identity as upstreams receive it; percent-encoded, unlike in this API. */
function headersOf(identity: IdentityMessage | undefined): Readonly<Record<string, string>> {
  if (identity === undefined) return {};
  const { issuer, subject = '', token_id: tokenId = '', scheme, scopes = [] } = identity;
  const encoded = encodeURIComponent(subject).replaceAll('%3A', ':');
  const all = [
    ['x-auth-issuer', issuer],
    ['x-auth-subject', encoded],
    ['x-auth-token-id', tokenId],
    ['x-auth-scopes', scopes.join(' ')],
    ['x-auth-scheme', scheme],
  ];
  return Object.fromEntries(all.filter(([, value]) => value !== ''));
}

describe('the internal API', () => {
  it.each(CASES)('answers like every door: $name', async (wanted) => {
    expectAnswer(await client.authorize(questionOf(wanted)), wanted);
  });

  it('answers all of the cases in one call alike', async () => {
    const { answers } = await client.authorizeMany(CASES.map(questionOf));
    expect(answers).toHaveLength(CASES.length);
    for (const [index, wanted] of CASES.entries()) {
      const answer = answers[index];
      if (answer === undefined || !('response' in answer)) throw new Error(`${wanted.name}: no response`);
      expectAnswer(answer.response, wanted);
    }
  });

  it('counts and logs its decisions, and no credential is logged at level trace', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${sallyport.ports.admin}/metrics`)).text();
    expect(metrics).toMatch(/sallyport_decisions_total\{door="access-api",outcome="allow",.*issuer="corporate"\} \d/);
    const written = sallyport.output();
    expect(written).toContain('"door":"access-api"');
    expect(written).toContain('"reason":"token_invalid"');
    expect(issuers.secrets.size).toBeGreaterThan(50);
    expect([...issuers.secrets].filter((secret) => written.includes(secret))).toEqual([]);
  });
});
