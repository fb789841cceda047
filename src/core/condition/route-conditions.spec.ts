import { describe, expect, it } from 'vitest';
import {
  makeCredential,
  makeFreshness,
  makeMoment,
  makePolicy,
  makeRequest,
  makeRevokedStanding,
  makeRoute,
  NOW_MS,
  NOW_SECONDS,
} from '../../../test/support/core.ts';
import { answerTo } from '../answer.ts';
import { authorize } from '../authorize.ts';
import type { Condition } from '../claims/condition.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Decision, Need } from '../decision.ts';
import { findingOf } from '../finding/finding-of.ts';
import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import type { RouteClaim, RouteConditions } from './route-conditions.ts';
import { claimsOf } from './route-conditions.ts';

const SKEW_MS = 30_000;
const CONTEXT = {
  nowMs: NOW_MS,
  clockSkewMs: SKEW_MS,
  timeOf: String,
  shown: (value: unknown) => JSON.stringify(value),
};

/** A claim that is `{path.tenant}`, or one of the literal values. */
function tenantIs(kind: 'equals' | 'contains' = 'equals', ...values: readonly string[]): RouteClaim {
  const template = { text: '{path.tenant}', before: '', segment: 1, after: '' };
  return { claim: ['tenant'], key: 'tenant', condition: { kind, values }, templates: [template] };
}

function claimIs(name: string, condition: Condition): RouteClaim {
  return { claim: [name], key: name, condition, templates: [] };
}

const authAge = { atMostSeconds: 900, clockSkewMs: SKEW_MS };
const where = (conditions: Partial<RouteConditions>): RouteConditions => ({
  claims: [],
  stepUp: undefined,
  ...conditions,
});

function withClaims(claims: Readonly<Record<string, unknown>>): VerifiedCredential {
  return makeCredential({ claims: new Map(Object.entries(claims)) });
}

/** Asks for `/tenants/acme/x`, whose route has these conditions. */
function ask(
  conditions: Partial<RouteConditions>,
  credential: VerifiedCredential,
  { path = '/tenants/acme/x', ...request }: Partial<AccessRequest> = {},
  route: Partial<Route> = {},
  freshness = {},
): Decision | Need {
  const rule = makeRoute({ pattern: '/tenants/{tenant}/x', where: where(conditions), ...route });
  const known = { find: () => credential };
  return authorize(
    makeRequest({ authorization: 'Bearer tok', path, ...request }),
    makePolicy([rule]),
    known,
    makeFreshness(freshness),
    makeMoment(),
  );
}

describe('a claim that a route requires to be in the path', () => {
  it.each([
    ['acme', '/tenants/acme/x'],
    ['acme', '/tenants/%61cme/x'],
    ['acme', '/tenants/acme/x?tenant=globex'],
    ['a b', '/tenants/a%20b/x'],
    [42, '/tenants/42/x'],
    ['42', '/tenants/42/x'],
  ])('passes with %j at %s', (tenant, path) => {
    expect(ask({ claims: [tenantIs()] }, withClaims({ tenant }), { path })).toMatchObject({ outcome: 'allow' });
  });

  it.each([
    ['another tenant', 'acme', '/tenants/globex/x'],
    ['another case', 'acme', '/tenants/ACME/x'],
    ['a longer name', 'acme', '/tenants/acme2/x'],
    ['a shorter name', 'acme', '/tenants/acm/x'],
    ['a plus for a space', 'a b', '/tenants/a+b/x'],
    ['a plus for a plus', 'a+b', '/tenants/a+b/x'],
    ['a number with a zero before it', 42, '/tenants/042/x'],
    ['a number as an exponent', 100, '/tenants/1e2/x'],
    ['a list with the tenant', ['acme'], '/tenants/acme/x'],
    ['a map', { acme: true }, '/tenants/acme/x'],
    ['true', true, '/tenants/true/x'],
    ['no claim', undefined, '/tenants/undefined/x'],
    ['null', null, '/tenants/null/x'],
    ['the text of the template', '{path.tenant}', '/tenants/acme/x'],
  ])('denies %s', (_what, tenant, path) => {
    const decision = ask({ claims: [tenantIs()] }, withClaims({ tenant }), { path });
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'condition_failed', step: 'condition', check: 'where' });
  });

  it.each([
    '/tenants/acme%2Fx/x',
    '/tenants/acme%252Fx/x',
    '/tenants/..%2Facme/x',
    '/tenants/acme;v=1/x',
    '/tenants//x',
  ])('never reaches the condition at %s', (path) => {
    expect(ask({ claims: [tenantIs()] }, withClaims({ tenant: 'acme' }), { path })).toMatchObject({
      reason: 'path_rejected',
    });
  });

  it('may be one of a list, or one of further values', () => {
    const member = withClaims({ tenant: ['globex', 'acme', 42] });
    expect(ask({ claims: [tenantIs('contains')] }, member)).toMatchObject({ outcome: 'allow' });
    expect(ask({ claims: [tenantIs('contains')] }, member, { path: '/tenants/42/x' })).toMatchObject({
      outcome: 'allow',
    });
    expect(ask({ claims: [tenantIs('contains')] }, member, { path: '/tenants/other/x' })).toMatchObject({
      outcome: 'deny',
    });
    const operator = withClaims({ tenant: 'every' });
    expect(ask({ claims: [tenantIs('equals', 'every')] }, operator)).toMatchObject({ outcome: 'allow' });
  });

  it('holds for HEAD as for GET', () => {
    const globex = withClaims({ tenant: 'globex' });
    for (const method of ['GET', 'HEAD']) {
      expect(ask({ claims: [tenantIs()] }, globex, { method }, { methods: ['GET'] })).toMatchObject({
        reason: 'condition_failed',
      });
    }
  });
});

describe('the conditions of a route', () => {
  const staff = claimIs('groups', { kind: 'contains', values: ['staff'] });

  it('must all hold', () => {
    const claims = [tenantIs(), staff];
    expect(ask({ claims }, withClaims({ tenant: 'acme', groups: ['staff'] }))).toMatchObject({ outcome: 'allow' });
    expect(ask({ claims }, withClaims({ tenant: 'acme', groups: ['guest'] }))).toMatchObject({ check: 'where' });
    expect(ask({ claims }, withClaims({ groups: ['staff'] }))).toMatchObject({ check: 'where' });
  });

  it('are never met by a credential without claims', () => {
    const password = makeCredential({ use: 'password', identity: { scheme: 'basic' } });
    const present = claimIs('sub', { kind: 'present' });
    const basic = { authorization: 'Basic am9l' };
    expect(ask({ claims: [present] }, password, basic, { basic: true })).toMatchObject({ reason: 'condition_failed' });
    expect(ask({ claims: [present] }, makeCredential())).toMatchObject({ reason: 'condition_failed' });
  });

  it('come after the revocation and the scope', () => {
    const claims = [staff];
    const revoked = makeCredential({ standings: [makeRevokedStanding()] });
    expect(ask({ claims }, revoked)).toMatchObject({ reason: 'token_revoked' });
    const requirement = { kind: 'allOf', scopes: ['messages:read'] } as const;
    expect(ask({ claims }, makeCredential(), {}, { requirement })).toMatchObject({ reason: 'scope_required' });
  });

  it('let the request pass without an identity in shadow mode', () => {
    expect(ask({ claims: [staff] }, makeCredential(), {}, { shadow: true })).toMatchObject({
      outcome: 'allow',
      credential: undefined,
      shadowed: { reason: 'condition_failed' },
    });
  });

  it('say to operators which claim failed, and to clients only that they may not', () => {
    const denied = ask({ claims: [tenantIs()] }, withClaims({ tenant: 'globex' }));
    if (denied.outcome !== 'deny') throw new Error('it was not denied');
    expect(findingOf(denied, CONTEXT)).toEqual({ found: 'tenant is "globex"', expected: 'the route requires "acme"' });
    const answer = answerTo(denied);
    expect(answer).toMatchObject({ status: 403, challenges: [] });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'condition_failed', message: 'not permitted' });
  });

  it('say that a path is ambiguous', () => {
    const denied = ask({ claims: [tenantIs()] }, withClaims({ tenant: 'a b' }), { path: '/tenants/a+b/x' });
    if (denied.outcome !== 'deny') throw new Error('it was not denied');
    expect(findingOf(denied, CONTEXT)?.expected).toBe(
      'the route requires "{path.tenant}", but servers read that part of the path in several ways',
    );
  });
});

describe('a step-up requirement', () => {
  const acr = ['gold', 'silver'];
  const stepUp = { acr, authAge };
  const recent = { acr: 'silver', auth_time: NOW_SECONDS - 60 };

  it('is met by an accepted acr and a recent authentication', () => {
    expect(ask({ stepUp }, withClaims(recent))).toMatchObject({ outcome: 'allow' });
  });

  it.each([
    ['another acr', { ...recent, acr: 'bronze' }, 'acr'],
    ['no acr', { auth_time: recent.auth_time }, 'acr'],
    ['a list of acr', { ...recent, acr: ['gold'] }, 'acr'],
    ['no auth_time', { acr: 'gold' }, 'auth_time'],
    ['auth_time as text', { ...recent, auth_time: String(recent.auth_time) }, 'auth_time'],
    ['auth_time that is not finite', { ...recent, auth_time: Number.POSITIVE_INFINITY }, 'auth_time'],
    ['auth_time in milliseconds', { ...recent, auth_time: recent.auth_time * 1000 }, 'auth_time'],
    ['auth_time a minute ahead', { ...recent, auth_time: NOW_SECONDS + 60 }, 'auth_time'],
    ['an old authentication', { ...recent, auth_time: NOW_SECONDS - 931 }, 'auth_time'],
  ])('is not met by %s', (_what, claims, check) => {
    const denied = ask({ stepUp }, withClaims(claims));
    expect(denied).toMatchObject({ outcome: 'deny', reason: 'step_up_required', step: 'condition', check });
    if (denied.outcome !== 'deny') return;
    expect(findingOf(denied, CONTEXT)?.found).toMatch(new RegExp(`^${check} is `));
    expect(answerTo(denied)).toMatchObject({
      status: 401,
      challenges: [
        'Bearer realm="sallyport", error="insufficient_user_authentication", error_description="stronger or more recent authentication required", acr_values="gold silver", max_age="900"',
      ],
    });
  });

  it.each([
    [-930, 'deny'],
    [-929, 'allow'],
    [-900, 'allow'],
    [30, 'allow'],
    [31, 'deny'],
  ])('counts the clock skew once: %i s is %s', (offset, outcome) => {
    const claims = { auth_time: NOW_SECONDS + offset };
    expect(ask({ stepUp: { acr: undefined, authAge } }, withClaims(claims))).toMatchObject({ outcome });
  });

  it('comes after the claims: who may not pass anyway need not authenticate again', () => {
    expect(ask({ claims: [tenantIs()], stepUp }, withClaims({ tenant: 'globex' }))).toMatchObject({
      reason: 'condition_failed',
    });
  });

  it('names only what the route requires', () => {
    const denied = ask({ stepUp: { acr: ['gold'], authAge: undefined } }, withClaims({}));
    if (denied.outcome !== 'deny') throw new Error('it was not denied');
    expect(answerTo(denied).challenges[0]).toMatch(/, acr_values="gold"$/);
  });

  it('lets no kept answer outlive the age', () => {
    const kept = { keepMs: 700, maxStalenessMs: 1_000 };
    const conditions = { stepUp: { acr: undefined, authAge } };
    const keepMsAt = (auth_time: number): unknown => {
      const decision = ask(conditions, withClaims({ auth_time }), {}, {}, kept);
      return decision.outcome === 'allow' ? decision.keepMs : undefined;
    };
    expect(keepMsAt(NOW_SECONDS - 60)).toBe(700);
    expect(keepMsAt(NOW_SECONDS - 929.5)).toBe(500);
    expect(keepMsAt(NOW_SECONDS - 929.9995)).toBe(0);
  });
});

describe('claimsOf()', () => {
  it('names each claim that must be kept', () => {
    const conditions = where({ claims: [tenantIs()], stepUp: { acr: ['gold'], authAge } });
    expect(claimsOf(conditions)).toEqual([['tenant'], ['acr'], ['auth_time']]);
  });
});
