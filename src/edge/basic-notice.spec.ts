import { describe, expect, it } from 'vitest';
import { makeCredential, makeRequest, makeRoute } from '../../test/support/core.ts';
import type { Decision } from '../core/decision.ts';
import { deny } from '../core/decision.ts';
import { basicNotice, noticeOf } from './basic-notice.ts';

describe('basicNotice()', () => {
  it('tells since when it is deprecated, and when it ends', () => {
    expect(basicNotice(Date.UTC(2027, 5, 30))).toEqual([
      ['deprecation', '@1795305600'],
      ['sunset', 'Wed, 30 Jun 2027 00:00:00 GMT'],
    ]);
  });

  it('tells of no end where there is none', () => {
    expect(basicNotice(Number.POSITIVE_INFINITY)).toEqual([['deprecation', '@1795305600']]);
  });

  it('never ends before it is deprecated', () => {
    expect(basicNotice(1_000_000_000_000)).toEqual([
      ['deprecation', '@1000000000'],
      ['sunset', 'Sun, 09 Sep 2001 01:46:40 GMT'],
    ]);
  });
});

describe('noticeOf()', () => {
  const route = makeRoute({ basic: true });
  const byPassword = makeCredential({ identity: { scheme: 'basic' } });
  const allowed = (credential = byPassword): Decision => ({
    outcome: 'allow',
    route,
    credential,
    shadowed: undefined,
    keepMs: 0,
  });
  const ask = (authorization: string | undefined, decision: Decision) =>
    noticeOf(makeRequest({ authorization }), decision, [['deprecation', 'x']]);

  it.each<[string, string | undefined, Decision, boolean]>([
    ['a password that was taken', 'Basic x', allowed(), true],
    ['one that was refused', 'basic x', deny('credentials_invalid', route, 'signature'), true],
    [
      'one that lacks a scope',
      'Basic x',
      { ...deny('scope_required', route, 'signature'), credential: byPassword },
      true,
    ],
    ['one after the sunset', 'Basic x', deny('credentials_required', route, 'scheme'), true],
    ['a token', 'Bearer x', allowed(makeCredential()), false],
    ['a token that was refused', 'Bearer x', deny('token_invalid', route, 'signature'), false],
    ['no credential', undefined, deny('credentials_required', route, 'signature'), false],
    ['a route that takes none', 'Basic x', deny('credentials_required', makeRoute(), 'scheme'), false],
    ['no route', 'Basic x', deny('route_denied', undefined, 'signature'), false],
  ])('says that Basic ends, or not: %s', (_what, authorization, decision, expected) => {
    expect(ask(authorization, decision)).toEqual(expected ? [['deprecation', 'x']] : []);
  });

  it('hands out the nonce of a decision', () => {
    const denial = { ...deny('token_invalid', route, 'proof nonce'), nonce: 'n' };
    for (const decision of [denial, { ...allowed(makeCredential()), nonce: 'n' }]) {
      expect(ask('DPoP x', decision)).toEqual([['dpop-nonce', 'n']]);
    }
  });
});
