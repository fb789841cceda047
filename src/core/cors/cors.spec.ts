import { describe, expect, it } from 'vitest';
import {
  makeCredential,
  makeFreshness,
  makeFreshStanding,
  makeMoment,
  makePolicy,
  makeRequest,
  makeRoute,
} from '../../../test/support/core.ts';
import type { Policy } from '../authorize.ts';
import { authorize } from '../authorize.ts';
import { cookiePlace } from '../credential/places/cookies.ts';
import type { Places } from '../credential/places/places.ts';
import type { Decision, Need } from '../decision.ts';
import { deny } from '../decision.ts';
import type { AccessRequest } from '../request.ts';
import type { Route } from '../route.ts';
import { corsFields } from './cors-fields.ts';
import type { CorsRule } from './cors-rule.ts';

const APP = 'https://app.example.com';

function makeRule(rule: Partial<CorsRule> = {}): CorsRule {
  return {
    origins: { every: false, exact: new Set([APP]), below: [] },
    methods: undefined,
    headers: new Set(['authorization', 'content-type']),
    exposedHeaders: [],
    credentials: false,
    maxAgeSeconds: 600,
    preflight: 'answer',
    ...rule,
  };
}

const EVERY = makeRule({ origins: { every: true, exact: new Set(), below: [] } });
const send = makeRoute({ methods: ['POST'], requirement: { kind: 'allOf', scopes: ['messages:send'] } });

function preflight(fields: Readonly<Record<string, string>> = {}, request: Partial<AccessRequest> = {}): AccessRequest {
  const usual = { origin: APP, 'access-control-request-method': 'POST' };
  return makeRequest({ method: 'OPTIONS', fields: new Map(Object.entries({ ...usual, ...fields })), ...request });
}

function ask(request: AccessRequest, routes: readonly Route[], policy: Partial<Policy> = {}): Decision | Need {
  const credential = makeCredential({ standings: [makeFreshStanding()] });
  const known = { find: () => credential };
  return authorize(request, makePolicy(routes, policy), known, makeFreshness({ keepMs: 500 }), makeMoment());
}

function answerTo(request: AccessRequest, rule: CorsRule = makeRule(), route: Partial<Route> = {}) {
  const decision = ask(request, [{ ...send, cors: rule, ...route }]);
  return decision.outcome === 'allow' && decision.credential === undefined && decision.preflight !== undefined
    ? Object.fromEntries(decision.preflight)
    : decision;
}

const ALLOWED = {
  'access-control-allow-origin': APP,
  vary: 'Origin',
  'access-control-allow-methods': 'POST',
  'access-control-max-age': '600',
};

describe('a preflight', () => {
  it.each<[string, AccessRequest, CorsRule, object]>([
    ['without further fields', preflight(), makeRule(), ALLOWED],
    [
      'with fields that the rule lists, in any spelling',
      preflight({ 'access-control-request-headers': 'Authorization , content-type,,AUTHORIZATION' }),
      makeRule(),
      { ...ALLOWED, 'access-control-allow-headers': 'authorization, content-type' },
    ],
    [
      'under a rule with credentials',
      preflight(),
      makeRule({ credentials: true }),
      { ...ALLOWED, 'access-control-allow-credentials': 'true' },
    ],
    [
      'under a rule with methods',
      preflight(),
      makeRule({ methods: new Set(['GET', 'POST']) }),
      { ...ALLOWED, 'access-control-allow-methods': 'GET, POST' },
    ],
    [
      'under a rule for every origin',
      preflight({ origin: 'null' }),
      EVERY,
      {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-max-age': '600',
      },
    ],
  ])('%s is answered', (_, request, rule, fields) => {
    expect(answerTo(request, rule)).toEqual(fields);
  });

  it.each<[string, AccessRequest, CorsRule, string]>([
    ['of another origin', preflight({ origin: 'https://evil.example' }), makeRule(), 'cors origin'],
    ['of two origins', preflight({ origin: `${APP},${APP}` }), makeRule(), 'cors origin'],
    ['for a method that the rule leaves out', preflight(), makeRule({ methods: new Set(['GET']) }), 'cors method'],
    [
      'for a field that the rule leaves out',
      preflight({ 'access-control-request-headers': 'authorization, x-auth-subject' }),
      makeRule(),
      'cors header',
    ],
    ['for *', preflight({ 'access-control-request-headers': '*' }), makeRule(), 'cors header'],
    [
      'through a gateway that cannot answer',
      preflight({}, { answersNothing: true }),
      makeRule(),
      'cors preflight not answered here',
    ],
    ['for a method without a route', preflight({ 'access-control-request-method': 'PUT' }), makeRule(), 'route'],
    ['for two methods', preflight({ 'access-control-request-method': 'POST,POST' }), makeRule(), 'route'],
    ['for a lower-case method', preflight({ 'access-control-request-method': 'post' }), makeRule(), 'route'],
    ['for a path without a route', preflight({}, { path: '/y' }), makeRule(), 'route'],
  ])('%s is denied', (_, request, rule, check) => {
    const policy = { cors: rule };
    expect(ask(request, [{ ...send, cors: rule }], policy)).toMatchObject({
      outcome: 'deny',
      reason: 'route_denied',
      check,
    });
  });

  it('with a credential is decided as any request', () => {
    const decision = ask(preflight({}, { authorization: 'Bearer tok' }), [{ ...send, cors: makeRule() }]);
    expect(decision).toMatchObject({ outcome: 'deny', check: 'route' });
  });

  it.each([
    ['Origin', preflight({ origin: '' }, { fields: new Map([['access-control-request-method', 'POST']]) })],
    ['Access-Control-Request-Method', preflight({}, { fields: new Map([['origin', APP]]) })],
    ['any field', preflight({}, { fields: undefined })],
  ])('without %s is decided as any request', (_, request) => {
    expect(ask(request, [{ ...send, cors: makeRule() }])).toMatchObject({ outcome: 'deny', check: 'route' });
  });

  it('for a route without a rule is decided as any request', () => {
    const routes = [send, makeRoute({ methods: ['OPTIONS'], requirement: { kind: 'public' } })];
    const decision = ask(preflight(), routes, { cors: makeRule() });
    expect(decision).toMatchObject({ outcome: 'allow', route: { methods: ['OPTIONS'] } });
    expect(decision).not.toHaveProperty('preflight');
  });

  it('passes without an identity where the rule says so', () => {
    const decision = ask(preflight({}, { answersNothing: true }), [{ ...send, cors: makeRule({ preflight: 'pass' }) }]);
    expect(decision).toMatchObject({ outcome: 'allow', credential: undefined, keepMs: 0 });
    expect(decision).not.toHaveProperty('preflight');
  });

  describe('for a route that reads credentials elsewhere than in Authorization', () => {
    const places: Places = {
      authorization: true,
      headers: [{ name: 'x-api-key', bearer: false }],
      cookies: [cookiePlace('session')],
      websocketProtocol: true,
      queries: ['access_token'],
    };
    const at = (preflightBy: CorsRule['preflight']) => [
      { ...send, credentialPlaces: places, cors: makeRule({ preflight: preflightBy }) },
    ];
    const viaEnvoy = { door: 'ext-authz' } as const;

    it.each([
      ['x-api-key', 'tok'],
      ['cookie', 'session=tok'],
      ['sec-websocket-protocol', 'bearer, tok'],
      ['x-api-key', 'a,b'],
    ])('is none with a credential in %s: %s', (name, value) => {
      for (const rule of ['answer', 'pass'] as const) {
        expect(ask(preflight({ [name]: value }, viaEnvoy), at(rule))).toMatchObject({
          outcome: 'deny',
          check: 'route',
        });
      }
    });

    it('passes without the credential in its URL', () => {
      const request = preflight({ cookie: 'theme=dark' }, { ...viaEnvoy, path: '/x?access_token=tok&a=1' });
      expect(ask(request, at('pass'))).toMatchObject({
        outcome: 'allow',
        credential: undefined,
        stripped: { set: [], remove: [], query: ['access_token'] },
      });
    });

    it.each([
      ['/x?access_token=a&access_token=b', 'ext-authz', 'several credentials'],
      ['/x?access%5ftoken=a', 'ext-authz', 'ambiguous credential'],
      ['/x?access_token=a', 'forward-auth', 'query not removed'],
    ] as const)('does not pass with a credential in its URL that cannot be removed: %s at %s', (path, door, check) => {
      expect(ask(preflight({}, { door, path }), at('pass'))).toMatchObject({ reason: 'invalid_request', check });
    });

    it('is answered with a credential in its URL, which reaches nothing', () => {
      expect(ask(preflight({}, { ...viaEnvoy, path: '/x?access_token=tok' }), at('answer'))).toMatchObject({
        preflight: expect.any(Array),
      });
    });
  });

  it('with an ambiguous path is rejected, in shadow mode too', () => {
    const request = preflight({}, { path: '/x/..;/y' });
    const routes = [{ ...send, cors: makeRule() }];
    expect(ask(request, routes, { shadow: true })).toMatchObject({ outcome: 'deny', reason: 'path_rejected' });
  });

  it('that is denied passes in shadow mode, which records it', () => {
    const decision = ask(preflight({ origin: 'null' }), [{ ...send, cors: makeRule() }], { shadow: true });
    expect(decision).toMatchObject({ outcome: 'allow', shadowed: { check: 'cors origin' } });
  });
});

describe('corsFields()', () => {
  function fieldsOf(origin: string | undefined, rule: CorsRule | undefined, authorization?: string) {
    const fields = origin === undefined ? undefined : new Map([['origin', origin]]);
    const request = makeRequest({ method: 'POST', fields, authorization });
    const decision = ask(request, [{ ...send, requirement: { kind: 'authenticated' }, cors: rule }]);
    if (decision.outcome === 'need') throw new Error('undecided');
    return { outcome: decision.outcome, fields: corsFields(request, decision, undefined) };
  }

  it.each<[string, string | undefined, CorsRule | undefined, readonly (readonly [string, string])[]]>([
    [
      'let a page of a listed origin read',
      APP,
      makeRule({ exposedHeaders: ['x-total'] }),
      [
        ['access-control-allow-origin', APP],
        ['vary', 'Origin'],
        ['access-control-expose-headers', 'x-total'],
      ],
    ],
    ['are a single field for another origin', 'https://evil.example', makeRule(), [['vary', 'Origin']]],
    ['are a single field without an origin', undefined, makeRule(), [['vary', 'Origin']]],
    ['let every page read', 'null', EVERY, [['access-control-allow-origin', '*']]],
    ['are none without an origin where every page may read', undefined, EVERY, []],
    ['are none without a rule', APP, undefined, []],
  ])('%s', (_, origin, rule, fields) => {
    expect(fieldsOf(origin, rule, 'Bearer tok')).toEqual({ outcome: 'allow', fields });
  });

  it('let a page read why it was denied', () => {
    const { outcome, fields } = fieldsOf(APP, makeRule({ credentials: true }));
    expect(outcome).toBe('deny');
    expect(Object.fromEntries(fields)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
      'access-control-expose-headers': 'www-authenticate, retry-after, dpop-nonce',
    });
  });

  it('let a page read the nonce for its next DPoP proof', () => {
    const request = makeRequest({ method: 'POST', fields: new Map([['origin', APP]]), authorization: 'Bearer tok' });
    const decision = ask(request, [{ ...send, requirement: { kind: 'authenticated' }, cors: makeRule() }]);
    if (decision.outcome === 'need') throw new Error('undecided');
    const denied = { ...deny('token_invalid', decision.route, 'proof nonce'), nonce: 'n' };
    const exposed = [{ ...decision, nonce: 'n' }, denied].map(
      (one) => Object.fromEntries(corsFields(request, one, undefined))['access-control-expose-headers'],
    );
    expect(exposed).toEqual(['dpop-nonce', 'www-authenticate, retry-after, dpop-nonce']);
  });

  it('are those of the rule for all routes if no route matches', () => {
    const request = makeRequest({ path: '/y', fields: new Map([['origin', APP]]) });
    const decision = ask(request, [send]);
    if (decision.outcome === 'need') throw new Error('undecided');
    expect(Object.fromEntries(corsFields(request, decision, makeRule()))).toMatchObject({
      'access-control-allow-origin': APP,
    });
  });
});

describe('an answer on a route under a rule', () => {
  it('is never kept, because the key of a kept answer does not contain the origin', () => {
    const request = makeRequest({ method: 'POST', authorization: 'Bearer tok' });
    const route = { ...send, requirement: { kind: 'authenticated' } } as const;
    expect(ask(request, [route])).toMatchObject({ outcome: 'allow', keepMs: 500 });
    expect(ask(request, [{ ...route, cors: EVERY }])).toMatchObject({ outcome: 'allow', keepMs: 0 });
  });
});
