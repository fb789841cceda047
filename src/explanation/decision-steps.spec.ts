import { describe, expect, it } from 'vitest';
import { makeCredential, makeRoute, NOW_MS } from '../../test/support/core.ts';
import type { Deny } from '../core/decision.ts';
import { deny } from '../core/decision.ts';
import { timeOf } from '../lib/time-format.ts';
import { shown } from '../lib/wording.ts';
import { stepsOf } from './decision-steps.ts';

const credential = makeCredential();
const CONTEXT = { nowMs: NOW_MS, clockSkewMs: 30_000, timeOf, shown };
const route = makeRoute({ requirement: { kind: 'allOf', scopes: ['messages:send'] } });

const RESOURCE = { name: 'sms', metadataUrl: '', audience: ['https://sms.example.com/mcp'] };

/** A denial of a verified credential. */
function denyVerified(...args: Parameters<typeof deny>): Deny {
  return { ...deny(...args), credential };
}

describe('stepsOf()', () => {
  it.each([
    [Number.POSITIVE_INFINITY, 'it does not expire'],
    [NOW_MS, `ends ${new Date(NOW_MS).toISOString()}, clock skew included`],
  ])('says when a credential ends: %d', (validUntilMs, words) => {
    const steps = stepsOf(
      {
        outcome: 'allow',
        shadowed: undefined,
        keepMs: 0,
        route: makeRoute(),
        credential: makeCredential({ validUntilMs }),
      },
      CONTEXT,
    );
    expect(steps.find(({ name }) => name === 'expiry')?.words).toBe(words);
  });

  it.each<[denial: Deny, failed: string, words: string]>([
    [
      deny('path_rejected', undefined, 'method'),
      'path',
      'the method is not an upper-case word such as GET, and some servers read other spellings as one',
    ],
    [deny('path_rejected', undefined, 'path encoding'), 'path', 'two parsers could read it in different ways'],
    [deny('route_denied', undefined, 'route'), 'route', 'no route matches the host, the path and the method'],
    [
      deny('credentials_required', route, 'no credential'),
      'credential',
      'failed check: no credential; the route reads Authorization alone',
    ],
    [deny('unavailable', route, 'verification not known'), 'verification', 'failed check: verification not known'],
    [deny('token_invalid', route, 'exp', 'partner'), 'verification', 'failed check: exp, issuer partner'],
    [
      denyVerified('token_expired', route, 'expired', 'partner'),
      'expiry',
      `ended ${new Date(credential.validUntilMs).toISOString()}, clock skew included, issuer partner: exp is ${new Date(credential.validUntilMs - 30_000).toISOString()}; it is ${new Date(NOW_MS).toISOString()}, and clockSkew is 30 s`,
    ],
    [
      denyVerified('token_invalid', makeRoute({ issuers: new Set(['corporate']) }), 'issuer not taken here', 'partner'),
      'issuer',
      'failed check: issuer not taken here, issuer partner: the issuer is partner; the route accepts corporate',
    ],
    [
      denyVerified('token_revoked', route, 'revocation by token id', 'partner'),
      'revocation',
      'an entry of the revocation set ends it, issuer partner',
    ],
    [deny('unavailable', route, 'standing not known'), 'revocation', 'failed check: standing not known'],
    [
      denyVerified('scope_required', route, 'scope', 'partner'),
      'scope',
      `needs messages:send, has ${credential.identity.scopes.join(', ')}, issuer partner`,
    ],
    [
      { ...denyVerified('scope_required', route, 'scope'), required: { kind: 'allOf', scopes: ['mcp:use', 'a:b'] } },
      'scope',
      `needs mcp:use and a:b, has ${credential.identity.scopes.join(', ')}`,
    ],
    [
      denyVerified('route_denied', route, 'mcp tool not listed', 'partner'),
      'scope',
      'failed check: mcp tool not listed, issuer partner',
    ],
    [
      denyVerified('token_invalid', makeRoute({ resource: RESOURCE }), 'audience not taken here'),
      'issuer',
      'failed check: audience not taken here: aud names no resource; resource sms accepts https://sms.example.com/mcp',
    ],
  ])('reads the step that failed off the denial: %j', (denial, failed, words) => {
    for (const decision of [
      denial,
      { outcome: 'allow', route: denial.route, credential: undefined, shadowed: denial, keepMs: 0 } as const,
    ]) {
      const steps = stepsOf(decision, CONTEXT);
      const index = steps.findIndex(({ name }) => name === failed);
      expect(steps[index]).toMatchObject({ name: failed, outcome: 'failed', words });
      expect(steps.slice(0, index).map(({ outcome }) => outcome)).toEqual(Array(index).fill('passed'));
      expect(steps.slice(index + 1).every(({ outcome }) => outcome === 'not reached')).toBe(true);
    }
  });

  it('names the words of a token that grant nothing, whether the scopes suffice or not', () => {
    const dropped = { words: ['openid', 'a", "b', 'c', 'd', 'e', 'f'], more: 3 };
    const identity = { ...credential.identity, scopes: [] };
    const poor = makeCredential({ dropped, identity });
    const words =
      'dropped "openid", "a\\u{22}, \\u{22}b", "c", "d", "e" and 4 more: neither in scopeMap nor in allowScopes';
    const denial = { ...deny('scope_required', route, 'scope', 'partner'), credential: poor };
    const allow = { outcome: 'allow', route, credential: poor, shadowed: undefined, keepMs: 0 } as const;
    const scopeStep = (decision: typeof denial | typeof allow) =>
      stepsOf(decision, CONTEXT).find(({ name }) => name === 'scope');
    expect(scopeStep(denial)).toEqual({
      name: 'scope',
      outcome: 'failed',
      words: `needs messages:send, has no scopes, issuer partner; ${words}`,
      check: 'scope',
      found: `has no scopes; ${words}`,
      expected: 'needs messages:send',
      dropped,
    });
    expect(scopeStep(allow)).toEqual({ name: 'scope', outcome: 'passed', words: `has no scopes; ${words}`, dropped });
  });

  it('says that a call that was denied afterwards had passed every step', () => {
    const steps = stepsOf(denyVerified('token_revoked', route, 'the account is gone'), CONTEXT);
    expect(steps.every(({ outcome }) => outcome === 'passed')).toBe(true);
  });
});
