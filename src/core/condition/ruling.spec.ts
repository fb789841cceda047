import { describe, expect, it } from 'vitest';
import {
  makeCredential,
  makeFreshness,
  makeMoment,
  makePolicy,
  makeRequest,
  makeRevokedStanding,
  makeRoute,
} from '../../../test/support/core.ts';
import { answerTo } from '../answer.ts';
import { authorize } from '../authorize.ts';
import { checkText } from '../check-text.ts';
import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Decision, Need } from '../decision.ts';
import type { AccessRequest, Moment } from '../request.ts';
import type { Route } from '../route.ts';
import type { Ruling } from './ruling.ts';
import { questionOf } from './ruling-question.ts';

const USE = { name: 'opa', subjectType: 'user', claims: [['tenant'], ['realm_access', 'roles'], ['absent']] };
const caller = makeCredential({
  claims: new Map<string, unknown>([
    ['tenant', 'acme'],
    ['realm_access.roles', ['a', 'b']],
    ['email', 'ada@example.com'],
  ]),
});

interface Case {
  readonly ruling?: Ruling | undefined;
  readonly request?: Partial<AccessRequest>;
  readonly route?: Partial<Route>;
  readonly credential?: VerifiedCredential;
  readonly moment?: Partial<Moment>;
  readonly keepMs?: number;
}

function ask({ ruling, request, route, credential = caller, moment, keepMs = 0 }: Case): Decision | Need {
  const where = { claims: [], stepUp: undefined, decisionPoint: USE };
  return authorize(
    makeRequest({ authorization: 'Bearer tok', path: '/tenants/acme/x?q=1', ...request }),
    makePolicy([makeRoute({ pattern: '/tenants/{tenant}/x', where, ...route })]),
    { find: () => credential, ruling: () => ruling },
    makeFreshness({ keepMs }),
    makeMoment(moment),
  );
}

describe('authorize() on a route that a policy decision point rules', () => {
  it('asks for a ruling, and nothing that is not configured is in the question', () => {
    const need = ask({});
    expect(need).toMatchObject({
      outcome: 'need',
      what: 'ruling',
      question: { decisionPoint: 'opa', credential: caller },
    });
    if (need.outcome !== 'need' || need.what !== 'ruling') return;
    expect(JSON.parse(need.question.body)).toEqual({
      subject: {
        type: 'user',
        id: 'sub-1',
        properties: {
          issuer: 'partner',
          token_id: 't-1',
          scopes: ['messages:send'],
          claims: { tenant: 'acme', 'realm_access.roles': ['a', 'b'] },
        },
      },
      action: { name: 'GET' },
      resource: {
        type: 'route',
        id: '/tenants/{tenant}/x',
        properties: { path: '/tenants/acme/x', host: 'api.example.com', parameters: { tenant: 'acme' } },
      },
      context: { scheme: 'bearer' },
    });
    expect(need.question.body).not.toContain('tok"');
    expect(need.question.body).not.toContain('ada@');
  });

  it.each([
    ['/tenants/%61cme/x', '/tenants/acme/x', 'acme'],
    ['/tenants/a%40b%3ac/x', '/tenants/a@b:c/x', 'a@b:c'],
    ['/tenants/zo%c3%ab/x', '/tenants/zo%C3%AB/x', 'zoë'],
  ])('tells one spelling of the path %s', (path, told, tenant) => {
    const need = ask({ request: { path } });
    if (need.outcome !== 'need' || need.what !== 'ruling') throw new Error('no question');
    const { properties } = JSON.parse(need.question.body).resource;
    expect(properties).toMatchObject({ path: told, parameters: { tenant } });
  });

  it('tells no claim with a number that was rounded, or with invalid Unicode', () => {
    for (const tenant of [2 ** 53, [2 ** 60], { id: 2 ** 60 }, '\ud800']) {
      const need = ask({ credential: makeCredential({ claims: new Map<string, unknown>([['tenant', tenant]]) }) });
      if (need.outcome !== 'need' || need.what !== 'ruling') throw new Error('no question');
      expect(JSON.parse(need.question.body).subject.properties.claims).toEqual({});
    }
  });

  it('passes what it permits, and nothing may be kept', () => {
    expect(ask({ ruling: { outcome: 'permitted' }, keepMs: 700 })).toMatchObject({ outcome: 'allow', keepMs: 0 });
  });

  it('denies what it refuses, without a word of its own', () => {
    const denied = ask({ ruling: { outcome: 'refused' } });
    expect(denied).toMatchObject({
      reason: 'condition_failed',
      step: 'condition',
      check: 'ruling',
      credential: caller,
    });
    if (denied.outcome === 'deny') expect(answerTo(denied)).toMatchObject({ status: 403, challenges: [] });
  });

  it.each([
    ['no answer', 'decision point opa: no answer'],
    ['busy', 'decision point opa: too many open questions'],
    ['down', 'decision point opa: its server is down'],
    ['not configured', 'decision point opa: it is not configured any more'],
    [{ kind: 'no decision' }, 'decision point opa: it answered without a true or false "decision"'],
    [{ kind: 'status', status: 500 }, 'decision point opa: it answered 500'],
  ] as const)('is unavailable with %j', (failure, text) => {
    const denied = ask({ ruling: { outcome: 'failed', failure } });
    expect(denied).toMatchObject({ outcome: 'deny', reason: 'unavailable', step: 'condition' });
    if (denied.outcome === 'deny') expect(checkText(denied.check)).toBe(text);
  });

  it('is unavailable once nothing may be asked any more', () => {
    expect(ask({ moment: { mayAsk: false } })).toMatchObject({ reason: 'unavailable', check: 'ruling not known' });
  });

  it('denies a caller without a subject, which no question can name', () => {
    const nameless = makeCredential({ identity: { subject: undefined } });
    expect(ask({ credential: nameless, ruling: { outcome: 'permitted' } })).toMatchObject({ check: 'no subject' });
  });

  it('asks nothing about a request that is denied anyway', () => {
    const permitted: Ruling = { outcome: 'permitted' };
    const revoked = makeCredential({ standings: [makeRevokedStanding()] });
    expect(ask({ credential: revoked, ruling: permitted })).toMatchObject({ reason: 'token_revoked' });
    const requirement = { kind: 'allOf', scopes: ['messages:read'] } as const;
    expect(ask({ route: { requirement }, ruling: permitted })).toMatchObject({ reason: 'scope_required' });
    const stepUp = { acr: ['gold'], authAge: undefined };
    const where = { claims: [], stepUp, decisionPoint: USE };
    expect(ask({ route: { where } })).toMatchObject({ reason: 'step_up_required' });
  });

  it('records the denial in shadow mode, and passes', () => {
    expect(ask({ route: { shadow: true }, ruling: { outcome: 'refused' } })).toMatchObject({
      outcome: 'allow',
      credential: undefined,
      shadowed: { reason: 'condition_failed' },
    });
  });
});

describe('questionOf()', () => {
  const properties = (request: { readonly host?: string; readonly path: string }): unknown => {
    const question = questionOf(USE, caller, '/a/{one}/{two}', { method: 'GET', host: '', ...request });
    return JSON.parse(question?.body ?? '{}').resource.properties;
  };

  it('leaves out parameters that servers read in several ways', () => {
    expect(properties({ path: '/a/x+y/z%20z' })).toEqual({ path: '/a/x+y/z%20z', parameters: { two: 'z z' } });
  });

  it.each([
    ['API.example.com:8443', 'api.example.com'],
    ['[::1]:80', '[::1]'],
    ['', undefined],
    ['a@b', undefined],
  ])('writes the host %j as %j', (host, written) => {
    expect(properties({ host, path: '/a/1/2' })).toMatchObject(written === undefined ? {} : { host: written });
    expect(properties({ host, path: '/a/1/2' })).toHaveProperty('path', '/a/1/2');
  });

  it('is another question for everything that a ruling may depend on', () => {
    const body = (changes: object, credential = caller): string | undefined =>
      questionOf(USE, credential, '/a/{one}', { method: 'GET', host: 'h', path: '/a/1', ...changes })?.body;
    const others = [
      body({}),
      body({ method: 'HEAD' }),
      body({ host: 'i' }),
      body({ path: '/a/2' }),
      body({}, makeCredential({ ...caller, identity: { subject: 'sub-2' } })),
      body({}, makeCredential({ ...caller, identity: { scopes: [] } })),
      body({}, makeCredential({ ...caller, identity: { issuer: 'other' } })),
      body({}, makeCredential({ claims: new Map([['tenant', 'globex']]) })),
    ];
    expect(new Set(others).size).toBe(others.length);
  });
});
