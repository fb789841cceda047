import { describe, expect, it } from 'vitest';
import {
  makeCredential,
  makeFreshness,
  makeFreshStanding,
  makeMoment,
  makePolicy,
  makeRequest,
  makeRoute,
} from '../../../../test/support/core.ts';
import { authorize } from '../../authorize.ts';
import type { AccessRequest } from '../../request.ts';
import type { Route } from '../../route.ts';
import { UpstreamHeaderWriter } from '../../upstream/upstream-headers.ts';
import { cookiePlace } from './cookies.ts';

const PLACES = {
  authorization: true,
  headers: [{ name: 'x-api-key', bearer: false }],
  cookies: [cookiePlace('session')],
  websocketProtocol: false,
  queries: ['access_token'],
};
const NAMES = { subject: 'x-s', scopes: 'x-sc', tokenId: 'x-t', issuer: 'x-i', scheme: 'x-m' };
const SHOWN = { complete: true, disguised: [] };

function decide(request: Partial<AccessRequest>, route: Partial<Route> = {}) {
  const credential = makeCredential({ standings: [makeFreshStanding()] });
  const policy = makePolicy([makeRoute({ credentialPlaces: PLACES, ...route })]);
  const freshness = makeFreshness({ keepMs: 500 });
  return authorize(makeRequest(request), policy, { find: () => credential }, freshness, makeMoment());
}

const COOKIE = { fields: new Map([['cookie', 'a=1; session=tok']]) };

describe('authorize() on a route with other places than Authorization', () => {
  it('keeps no answer, wherever the credential was', () => {
    expect(decide({ authorization: 'Bearer tok' })).toMatchObject({ outcome: 'allow', keepMs: 0 });
    expect(decide(COOKIE)).toMatchObject({ outcome: 'allow', keepMs: 0 });
    expect(decide({ authorization: 'Bearer tok' }, { credentialPlaces: undefined })).toMatchObject({ keepMs: 500 });
  });

  it('strips the credential, and the query even if credentials are forwarded', () => {
    const decision = decide({ ...COOKIE, path: '/x?access_token=&a=1' });
    if (decision.outcome !== 'allow') throw new Error('not allowed');
    const stripped = new UpstreamHeaderWriter(NAMES, false).write(decision, SHOWN);
    expect(stripped.set).toContainEqual(['cookie', 'a=1']);
    expect(stripped.remove).toEqual(expect.arrayContaining(['x-api-key', 'authorization']));
    expect(stripped.query).toEqual(['access_token']);
    const forwarded = new UpstreamHeaderWriter(NAMES, true).write(decision, SHOWN);
    expect(forwarded.set.map(([name]) => name)).not.toContain('cookie');
    expect(forwarded.remove).not.toContain('x-api-key');
    expect(forwarded.query).toEqual(['access_token']);
  });

  it('strips nothing of a request that passes in shadow without an identity, or on a public route', () => {
    const several = { authorization: 'Bearer tok', ...COOKIE };
    for (const route of [{ shadow: true }, { requirement: { kind: 'public' as const } }]) {
      const decision = decide(several, route);
      expect(decision).toMatchObject({ outcome: 'allow', credential: undefined });
      expect(decision).not.toHaveProperty('stripped');
    }
  });

  it('denies more than one, one of another origin and an ambiguous one', () => {
    expect(decide({ authorization: 'Bearer tok', ...COOKIE })).toMatchObject({ reason: 'invalid_request' });
    expect(decide({ ...COOKIE, method: 'POST' })).toMatchObject({ reason: 'credentials_required', check: 'origin' });
    const fields = new Map([['cookie', 'a=1,session=tok']]);
    expect(decide({ fields })).toMatchObject({ reason: 'invalid_request', check: 'ambiguous credential' });
  });
});
