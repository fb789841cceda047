import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCredential, makeRequest, makeRoute } from '../../../test/support/core.ts';
import { AUTHORIZATION_ALONE } from '../../core/credential/places/places.ts';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import { REASONS } from '../../core/reason.ts';
import type { AccessRequest } from '../../core/request.ts';
import { DecisionCells } from './decision-cells.ts';

const route = makeRoute({ pattern: '/x/{id}' });
const credential = makeCredential();
const basic = makeCredential({ identity: { issuer: 'sallyport', scheme: 'basic' } });
const allowed: Decision = { outcome: 'allow', route, credential, shadowed: undefined, keepMs: 0 };

/** The counts by their non-empty labels: `door outcome reason scheme route issuer`. */
function counted(cells: DecisionCells): Record<string, number> {
  return Object.fromEntries(
    Array.from(cells.samples(), ({ labels, value }) => {
      const { door, outcome, reason, scheme, route: pattern, issuer } = labels;
      return [[door, outcome, reason, scheme, pattern, issuer].filter((label) => label !== '').join(' '), value];
    }),
  );
}

function countOne(decision: Decision, request: Partial<AccessRequest> = {}): Record<string, number> {
  const cells = new DecisionCells();
  cells.count(makeRequest(request), decision);
  return counted(cells);
}

const IN_HEADER = { ...AUTHORIZATION_ALONE, headers: [{ name: 'x-api-key', bearer: false }] };

describe('DecisionCells', () => {
  it.each<[string, Decision, Partial<AccessRequest>]>([
    ['ext-authz allow bearer /x/{id} partner', allowed, {}],
    ['tokens allow bearer /x/{id} partner', allowed, { door: 'tokens' }],
    ['ext-authz allow basic /x/{id} sallyport', { ...allowed, credential: basic }, {}],
    ['ext-authz allow none /x/{id}', { ...allowed, credential: undefined }, { authorization: 'Bearer x' }],
    [
      'ext-authz deny token_invalid bearer /x/{id} p',
      deny('token_invalid', route, 'signature', 'p'),
      { authorization: 'bEARER x' },
    ],
    [
      'ext-authz deny credentials_invalid basic /x/{id}',
      deny('credentials_invalid', route, 'signature'),
      { authorization: 'Basic x' },
    ],
    ['ext-authz deny credentials_required none /x/{id}', deny('credentials_required', route, 'signature'), {}],
    [
      'ext-authz deny credentials_required none /x/{id}',
      deny('credentials_required', route, 'signature'),
      { authorization: 'Digest x' },
    ],
    [
      'ext-authz deny token_invalid bearer /x/{id}',
      deny('token_invalid', { ...route, credentialPlaces: IN_HEADER }, 'signature'),
      { fields: new Map([['x-api-key', 'x']]) },
    ],
    ['ext-authz deny route_denied none', deny('route_denied', undefined, 'signature'), {}],
    [
      'ext-authz deny scope_required basic /x/{id} sallyport',
      { ...deny('scope_required', route, 'signature', 'sallyport'), credential: basic },
      {},
    ],
    [
      'ext-authz shadow token_expired bearer /x/{id} partner',
      {
        ...allowed,
        credential: undefined,
        shadowed: { ...deny('token_expired', route, 'signature', 'partner'), credential },
      },
      {},
    ],
    [
      'ext-authz shadow route_denied none',
      { ...allowed, route: undefined, credential: undefined, shadowed: deny('route_denied', undefined, 'signature') },
      {},
    ],
  ])('counts %s', (expected, decision, request) => {
    expect(countOne(decision, request)).toEqual({ [expected]: 1 });
  });

  it('shares a counter among rules with one pattern, also after a reload', () => {
    const cells = new DecisionCells();
    for (const methods of [['GET'], ['GET'], ['POST']]) {
      cells.count(makeRequest(), { ...allowed, route: makeRoute({ pattern: '/x/{id}', methods }) });
    }
    expect(counted(cells)).toEqual({ 'ext-authz allow bearer /x/{id} partner': 3 });
  });

  it('counts every combination of labels separately', () => {
    const arbitrary = fc.record({
      reason: fc.constantFrom(...REASONS),
      pattern: fc.constantFrom(undefined, '/a', '/b/**'),
      authorization: fc.constantFrom(undefined, 'Bearer t', 'Basic b'),
      issuer: fc.constantFrom(undefined, 'one', 'two'),
      door: fc.constantFrom('ext-authz' as const, 'tokens' as const),
    });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 60 }), (denials) => {
        const cells = new DecisionCells();
        const expected: Record<string, number> = {};
        for (const { reason, pattern, authorization, issuer, door } of denials) {
          const place = pattern === undefined ? undefined : makeRoute({ pattern });
          cells.count(makeRequest({ authorization, door }), deny(reason, place, 'signature', issuer));
          const scheme = authorization?.split(' ')[0]?.toLowerCase() ?? 'none';
          const name = [door, 'deny', reason, scheme, pattern, issuer].filter((label) => label !== undefined).join(' ');
          expected[name] = (expected[name] ?? 0) + 1;
        }
        expect(counted(cells)).toEqual(expected);
      }),
    );
  });
});
