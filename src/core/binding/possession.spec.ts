import { describe, expect, it } from 'vitest';
import {
  makeCredential,
  makeFreshness,
  makeFreshStanding,
  makeMoment,
  makePolicy,
  makeRequest,
  makeRevokedStanding,
  makeRoute,
  makeStanding,
} from '../../../test/support/core.ts';
import { answerTo } from '../answer.ts';
import { authorize } from '../authorize.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Decision, Need } from '../decision.ts';
import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import type { ProofResult } from './proof.ts';

const TERMS = { algorithms: 'ES256 EdDSA' };
const toKey = makeCredential({ binding: { key: 'jkt' }, identity: { scheme: 'dpop' } });
const toBoth = makeCredential({ binding: { key: 'jkt', certificate: 'hash' } });
const unbound = makeCredential();
const PROVEN: ProofResult = { outcome: 'proven' };

interface Case {
  readonly authorization?: string;
  readonly proof?: string | undefined;
  readonly finding?: VerifiedCredential | undefined;
  readonly known?: ProofResult | undefined;
  readonly dpop?: typeof TERMS | undefined;
  readonly route?: Partial<Route>;
  readonly request?: Partial<AccessRequest>;
  readonly mayAsk?: boolean;
}

/** By default a token that is bound to a key, sent as DPoP with a proof that was not checked yet. */
function ask(one: Case): Decision | Need {
  const { authorization = 'DPoP tok', finding = toKey, known, route, request, mayAsk = true } = one;
  const proof = 'proof' in one ? one.proof : 'a.b.c';
  const dpop = 'dpop' in one ? one.dpop : TERMS;
  const fields = proof === undefined ? undefined : new Map([['dpop', proof]]);
  return authorize(
    makeRequest({ authorization, fields, ...request }),
    makePolicy([makeRoute(route)], { dpop }),
    { find: () => finding, proofOf: () => known },
    makeFreshness(),
    makeMoment({ mayAsk }),
  );
}

describe('a token that is bound to a key', () => {
  it('has its proof checked, with what it must fit', () => {
    expect(ask({ request: { path: '/x?y', method: 'PUT', host: 'h' } })).toEqual({
      outcome: 'need',
      what: 'proof',
      proof: { proof: 'a.b.c', token: 'tok', key: 'jkt', method: 'PUT', host: 'h', path: '/x?y' },
    });
  });

  it('passes once the proof was checked, and its answer is not kept', () => {
    for (const bound of [undefined, 'any', 'dpop'] as const) {
      const decision = ask({ known: { ...PROVEN, nonce: 'n' }, route: { bound } });
      expect(decision).toMatchObject({ outcome: 'allow', credential: toKey, keepMs: 0, nonce: 'n' });
    }
  });

  it('needs a certificate besides if it is bound to one, before its proof is checked', () => {
    expect(ask({ finding: toBoth })).toMatchObject({ check: 'no client certificate' });
    const request = { certificate: () => 'hash' };
    expect(ask({ finding: toBoth, request })).toMatchObject({ what: 'proof' });
    expect(ask({ finding: toBoth, request, known: PROVEN })).toMatchObject({ outcome: 'allow' });
  });

  it.each<[check: string, Case]>([
    ['bound to a key, sent as bearer', { authorization: 'Bearer tok' }],
    ['bound to a key, sent as bearer', { authorization: 'Bearer tok', known: PROVEN }],
    ['bound to a key, sent as bearer', { authorization: 'bearer  tok', proof: undefined }],
    ['dpop not accepted here', { authorization: 'Bearer tok', dpop: undefined }],
    ['not bound to a key', { finding: unbound }],
    ['not bound to a key', { finding: makeCredential({ binding: { certificate: 'hash' } }) }],
    ['no proof', { proof: undefined }],
    ['no proof', { proof: '' }],
    ['several proofs', { proof: 'a.b.c,a.b.c' }],
    ['several proofs', { proof: ',a.b.c' }],
    ['proof signature', { known: { outcome: 'refused', check: 'proof signature' } }],
    ['binding required here', { authorization: 'Bearer tok', finding: unbound, route: { bound: 'dpop' } }],
    ['binding required here', { known: PROVEN, route: { bound: 'mtls' } }],
  ])('is token_invalid by %s: %j', (check, one) => {
    expect(ask(one)).toMatchObject({ outcome: 'deny', reason: 'token_invalid', step: 'proof', check });
  });

  it('is a scheme that is not accepted where DPoP is off', () => {
    expect(ask({ dpop: undefined })).toMatchObject({ reason: 'credentials_required', check: 'scheme' });
  });

  it('is unavailable if its proof could not be checked in time', () => {
    expect(ask({ mayAsk: false })).toMatchObject({ reason: 'unavailable', check: 'proof not known' });
  });

  it('has no proof checked that a revoked, an expired or an unknown token came with', () => {
    const revoked = { ...toKey, standings: [makeFreshStanding(), makeRevokedStanding()] };
    expect(ask({ finding: revoked })).toMatchObject({ reason: 'token_revoked' });
    expect(ask({ finding: { ...toKey, validUntilMs: 0 } })).toMatchObject({ reason: 'token_expired' });
    expect(ask({ finding: { ...toKey, standings: [makeStanding()] } })).toMatchObject({ what: 'standing' });
    const other = ask({ route: { issuers: new Set(['other']) } });
    expect(other).toMatchObject({ check: 'issuer not taken here' });
  });

  it.each([TERMS, undefined])('is one credential of several beside another, where DPoP is %j', (dpop) => {
    for (const authorization of ['DPoP a, Bearer b', 'Bearer a,DPoP b', 'DPoP a,dpop b']) {
      const asked = authorize(
        makeRequest({ authorization }),
        makePolicy([makeRoute()], { dpop }),
        { find: () => undefined },
        makeFreshness(),
        makeMoment(),
      );
      expect(asked).toMatchObject({ reason: 'invalid_request' });
    }
  });
});

describe('the challenges', () => {
  const REALM = 'realm="sallyport"';
  const ALGS = 'algs="ES256 EdDSA"';
  const challengesOf = (one: Case): readonly string[] => {
    const decision = ask(one);
    return decision.outcome === 'deny' ? answerTo(decision).challenges : [];
  };

  it('offer DPoP beside Bearer', () => {
    expect(challengesOf({ authorization: '' })).toEqual([`Bearer ${REALM}`, `DPoP ${REALM}, ${ALGS}`]);
    expect(challengesOf({ authorization: '', dpop: undefined })).toEqual([`Bearer ${REALM}`]);
    expect(challengesOf({ authorization: '', route: { bound: 'dpop' } })).toEqual([`DPoP ${REALM}, ${ALGS}`]);
  });

  it('have the error where the client sent the token', () => {
    expect(challengesOf({ authorization: 'Bearer tok' })).toEqual([
      `Bearer ${REALM}, error="invalid_token"`,
      `DPoP ${REALM}, ${ALGS}`,
    ]);
    expect(challengesOf({ finding: unbound })).toEqual([`DPoP ${REALM}, error="invalid_token", ${ALGS}`]);
    const requirement = { kind: 'allOf', scopes: ['a:b'] } as const;
    expect(challengesOf({ known: PROVEN, route: { requirement } })).toEqual([
      `DPoP ${REALM}, error="insufficient_scope", scope="a:b", ${ALGS}`,
    ]);
  });

  it('say that the proof is invalid, or that it needs a nonce', () => {
    expect(challengesOf({ proof: undefined })).toEqual([`DPoP ${REALM}, error="invalid_dpop_proof", ${ALGS}`]);
    expect(challengesOf({ known: { outcome: 'refused', check: 'proof htu' } })).toEqual([
      `DPoP ${REALM}, error="invalid_dpop_proof", ${ALGS}`,
    ]);
    const decision = ask({ known: { outcome: 'refused', check: 'proof nonce', nonce: 'n' } });
    expect(decision).toMatchObject({ nonce: 'n' });
    expect(challengesOf({ known: { outcome: 'refused', check: 'proof nonce', nonce: 'n' } })).toEqual([
      `DPoP ${REALM}, error="use_dpop_nonce", error_description="the proof needs the nonce of this response", ${ALGS}`,
    ]);
  });

  it('are none for an outage', () => {
    expect(challengesOf({ mayAsk: false })).toEqual([]);
  });
});
