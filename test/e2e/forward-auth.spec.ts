import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORWARD_AUTH_MODES } from '../../src/config/config.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { sendRawRequest, valuesOf } from '../support/servers/raw-client.ts';
import { startVerify, type Verify } from '../support/servers/verify.ts';
import { expectDenied, expectedAt, expectUpstream, isDenied, requestOf } from './case-run.ts';
import { CASES } from './cases.ts';
import { denialOf, QUESTIONS, upstreamOf } from './forward-auth-client.ts';

/** Cases that no HTTP request can hold. The listener refuses their bytes. */
const NO_HTTP: ReadonlySet<string> = new Set(['a line break in the token']);
/** The only statuses that `auth_request` of nginx passes on, and the one that it turns into 500. */
const OF_NGINX = [401, 403, 503];

describe.each(FORWARD_AUTH_MODES)('/auth, mode %s', (mode) => {
  let issuers: CaseIssuers;
  let verify: Verify;

  beforeAll(async () => {
    issuers = await startCaseIssuers();
    const listener = { address: '127.0.0.1:0', mode };
    verify = await startVerify({ listener, env: issuers.env, edit: issuers.configure });
  });

  afterAll(async () => {
    await verify.close();
    issuers.close();
  });

  it.each(CASES.filter(({ name }) => !NO_HTTP.has(name)))('$name', async (wanted) => {
    const request = requestOf(wanted, issuers);
    const expected = expectedAt(wanted, { showsHeaders: mode !== 'path' });
    const answer = await sendRawRequest({ host: '127.0.0.1', port: verify.port }, QUESTIONS[mode](request));
    expect(valuesOf(answer, 'cache-control')).toEqual(['no-store']);
    if (!isDenied(expected)) {
      expect(answer.status).toBe(200);
      expectUpstream(upstreamOf(mode, request, answer), expected);
      return;
    }
    expect(valuesOf(answer, 'content-type')).toEqual(['application/problem+json']);
    if (mode === 'nginx') expect(OF_NGINX).toContain(answer.status);
    expectDenied(denialOf(mode, answer), expected);
  });

  it.each([...NO_HTTP])('refuses bytes that are not HTTP: %s', async (name) => {
    const wanted = CASES.find((one) => one.name === name);
    if (wanted === undefined) throw new Error('no such case');
    const question = QUESTIONS[mode](requestOf(wanted, issuers));
    expect((await sendRawRequest({ host: '127.0.0.1', port: verify.port }, question)).status).toBe(400);
  });

  it('logs no token and no password at level trace', () => {
    const written = verify.lines.join('\n');
    expect(written).toContain('"reason":"token_invalid"');
    expect([...issuers.secrets].filter((secret) => written.includes(secret))).toEqual([]);
  });
});
