import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EPOCH,
  MONOTONIC_MS,
  makeCredential,
  makeFreshness,
  makeFreshStanding,
  makeMoment,
  makePolicy,
  makeRequest,
  makeRevokedStanding,
  makeRoute,
  makeStanding,
  NOW_MS,
} from '../../test/support/core.ts';
import type { Policy } from './authorize.ts';
import { authorize } from './authorize.ts';
import type { Check } from './check.ts';
import type {
  CredentialCache,
  Refusal,
  VerificationResult,
  VerifiedCredential,
} from './credential/verified-credential.ts';
import type { Decision, Need } from './decision.ts';
import type { Reason } from './reason.ts';
import type { AccessRequest, Instant, Moment } from './request.ts';
import type { Route } from './route.ts';
import { RouteMap } from './route.ts';
import type { Freshness, Standing } from './standing.ts';
import { NO_EPOCH } from './standing.ts';

const BEARER = 'Bearer tok';
const BASIC = 'Basic am9l';

/** One question to `authorize`; what is left out is as it should be. */
interface Case {
  readonly request?: Partial<AccessRequest>;
  readonly route?: Partial<Route>;
  readonly policy?: Partial<Policy>;
  readonly finding?: VerificationResult | undefined;
  readonly freshness?: Partial<Freshness>;
  readonly moment?: Partial<Moment>;
}

function ask({ request, route, policy, finding, freshness, moment }: Case): Decision | Need {
  // Nothing with a comma was ever verified.
  const known: CredentialCache = { find: ({ value }) => (value.includes(',') ? undefined : finding) };
  return authorize(
    makeRequest(request),
    makePolicy([makeRoute(route)], policy),
    known,
    makeFreshness(freshness),
    makeMoment(moment),
  );
}

const bearer: Partial<AccessRequest> = { authorization: BEARER };
const basic: Partial<AccessRequest> = { authorization: BASIC };
const good = makeCredential();
const account = makeCredential({
  use: 'password',
  identity: { issuer: 'own', scheme: 'basic', scopes: ['messages:read'] },
  standings: [],
});
const asksSend: Partial<Route> = { requirement: { kind: 'allOf', scopes: ['messages:send'] } };
const asksRead: Partial<Route> = { requirement: { kind: 'allOf', scopes: ['messages:read'] } };
const revoked = makeCredential({
  standings: [makeFreshStanding({ key: 'sallyport:revoked-thumbprint:ab' }), makeRevokedStanding()],
});
const BOUND = { certificate: 'hash' };
const bound = makeCredential({ binding: BOUND });
const expired = makeCredential({ validUntilMs: NOW_MS });

function withCertificate(hash: string): Partial<AccessRequest> {
  return { ...bearer, certificate: () => hash };
}

function refused(reason: Refusal['reason']): Refusal {
  return { outcome: 'refused', reason, check: 'keys', issuer: 'partner' };
}

/** Every way to a denial, but for an ambiguous path or method. */
const DENIALS: readonly (Case & { readonly reason: Reason; readonly check: Check })[] = [
  { reason: 'route_denied', check: 'route', request: { path: '/y', ...bearer }, finding: good },
  { reason: 'route_denied', check: 'route', request: { method: 'PUT', ...bearer }, route: { methods: ['GET'] } },
  { reason: 'credentials_required', check: 'no credential' },
  { reason: 'credentials_required', check: 'no credential', request: { authorization: '' } },
  { reason: 'credentials_required', check: 'scheme', request: { authorization: 'Negotiate a' } },
  { reason: 'credentials_required', check: 'scheme', request: basic },
  { reason: 'credentials_required', check: 'scheme', request: basic, finding: account },
  {
    reason: 'credentials_required',
    check: 'scheme',
    request: basic,
    route: { basic: true },
    policy: { basicUntilMs: NOW_MS },
    finding: account,
  },
  { reason: 'invalid_request', check: 'several credentials', request: { authorization: 'Bearer a,Bearer b' } },
  { reason: 'invalid_request', check: 'several credentials', request: { authorization: 'Bearer a, bearer b' } },
  { reason: 'invalid_request', check: 'several credentials', request: { authorization: 'Basic a,Bearer b' } },
  { reason: 'invalid_request', check: 'several credentials', request: { authorization: ',Bearer b' } },
  { reason: 'invalid_request', check: 'keys', request: bearer, finding: refused('invalid_request') },
  { reason: 'token_invalid', check: 'keys', request: bearer, finding: refused('token_invalid') },
  {
    reason: 'token_invalid',
    check: 'issuer not taken here',
    request: bearer,
    route: { issuers: new Set(['own']) },
    finding: good,
  },
  { reason: 'token_expired', check: 'expired', request: bearer, finding: expired },
  { reason: 'token_expired', check: 'expired', request: bearer, finding: { ...revoked, validUntilMs: 0 } },
  { reason: 'token_revoked', check: 'revocation by token id', request: bearer, finding: revoked },
  {
    reason: 'token_revoked',
    check: 'revocation by token id',
    request: bearer,
    finding: makeCredential({ standings: [makeStanding(), makeRevokedStanding()] }),
  },
  {
    reason: 'token_revoked',
    check: 'revocation by token id',
    request: bearer,
    finding: makeCredential({ issuedAtSeconds: -Infinity, standings: [makeRevokedStanding({ issuedUpToSeconds: 0 })] }),
  },
  {
    reason: 'credentials_invalid',
    check: 'keys',
    request: basic,
    route: { basic: true },
    finding: refused('credentials_invalid'),
  },
  {
    reason: 'credentials_invalid',
    check: 'issuer not taken here',
    request: basic,
    route: { basic: true, issuers: new Set(['partner']) },
    finding: account,
  },
  {
    reason: 'token_revoked',
    check: 'revocation by token id',
    request: bearer,
    finding: { ...revoked, binding: BOUND },
  },
  { reason: 'token_invalid', check: 'no client certificate', request: bearer, finding: bound },
  { reason: 'token_invalid', check: 'no client certificate', request: bearer, route: asksRead, finding: bound },
  {
    reason: 'token_invalid',
    check: 'no client certificate',
    request: { ...bearer, certificate: () => undefined },
    finding: bound,
  },
  { reason: 'token_invalid', check: 'another client certificate', request: withCertificate('other'), finding: bound },
  { reason: 'token_invalid', check: 'another client certificate', request: withCertificate(''), finding: bound },
  {
    reason: 'token_invalid',
    check: 'binding required here',
    request: withCertificate('hash'),
    route: { bound: 'any' },
    finding: good,
  },
  {
    reason: 'token_invalid',
    check: 'binding required here',
    request: bearer,
    route: { bound: 'mtls', ...asksRead },
    finding: good,
  },
  { reason: 'scope_required', check: 'scope', request: withCertificate('hash'), route: asksRead, finding: bound },
  { reason: 'scope_required', check: 'scope', request: bearer, route: asksRead, finding: good },
  { reason: 'scope_required', check: 'scope', request: basic, route: { basic: true, ...asksSend }, finding: account },
  {
    reason: 'scope_required',
    check: 'scope',
    request: bearer,
    route: { sufficient: new Set(['password', 'login']), ...asksRead },
    finding: good,
  },
  {
    reason: 'too_many_attempts',
    check: 'keys',
    request: basic,
    route: { basic: true },
    finding: refused('too_many_attempts'),
  },
  { reason: 'unavailable', check: 'keys', request: bearer, finding: refused('unavailable') },
  { reason: 'unavailable', check: 'verification not known', request: bearer, moment: { mayAsk: false } },
  {
    reason: 'unavailable',
    check: 'verification not known',
    request: bearer,
    finding: makeCredential({ generation: 0 }),
    moment: { mayAsk: false },
  },
  {
    reason: 'unavailable',
    check: 'standing not known',
    request: bearer,
    finding: makeCredential({ standings: [makeFreshStanding(), makeStanding()] }),
    moment: { mayAsk: false },
  },
];

const AMBIGUOUS: readonly Case[] = [
  { request: { path: '/../x', ...bearer }, finding: good },
  { request: { path: '', ...bearer }, finding: good },
  { request: { path: '*', method: 'OPTIONS' } },
  { request: { path: '/%78', ...bearer }, finding: good },
  { request: { path: '/%78' }, route: { requirement: { kind: 'public' } } },
  ...['', 'get', 'Get', 'gET', 'GET ', 'GET\t', 'G-', 'POſT', 'x'.repeat(60_000)].flatMap((method) => [
    { request: { method, ...bearer }, finding: good },
    { request: { method }, route: { requirement: { kind: 'public' } } as const },
    { request: { method, path: '/nowhere' } },
  ]),
];

describe('authorize() denies', () => {
  it.each(DENIALS)('with $reason ($check) when $request meets $route, $policy, $moment', (one) => {
    const decision = ask(one);
    expect(decision).toMatchObject({ outcome: 'deny', reason: one.reason, check: one.check, offersBasic: offers(one) });
  });

  it.each(AMBIGUOUS)('with path_rejected when asked $request.method $request.path', (one) => {
    expect(ask(one)).toMatchObject({ outcome: 'deny', reason: 'path_rejected', route: undefined, offersBasic: false });
  });

  it('tells in the log whether the method or the path is ambiguous', () => {
    expect(ask({ request: { method: 'get' } })).toMatchObject({ check: 'method' });
    expect(ask({ request: { path: '/..' } })).toMatchObject({ check: 'path' });
  });

  it('names the issuer and the credential when one was verified before the denial', () => {
    expect(ask({ request: bearer, finding: revoked })).toMatchObject({ issuer: 'partner', credential: revoked });
    expect(ask({ request: bearer, finding: refused('token_invalid') })).toMatchObject({
      issuer: 'partner',
      credential: undefined,
    });
  });

  it('offers Basic when the route takes it, the client is no browser and the sunset is not reached', () => {
    const open: Case = { route: { basic: true } };
    expect(ask(open)).toMatchObject({ offersBasic: true });
    expect(ask({ ...open, request: { fromBrowser: true } })).toMatchObject({ offersBasic: false });
    expect(ask({ ...open, policy: { basicUntilMs: NOW_MS + 1 } })).toMatchObject({ offersBasic: true });
    expect(ask({ ...open, policy: { basicUntilMs: NOW_MS } })).toMatchObject({ offersBasic: false });
    expect(ask({})).toMatchObject({ offersBasic: false });
  });
});

function offers({ route, policy, reason }: Case & { readonly reason: Reason }): boolean {
  return reason !== 'route_denied' && route?.basic === true && policy?.basicUntilMs !== NOW_MS;
}

describe('authorize() under shadow', () => {
  const shadows: readonly (readonly [string, (one: Case) => Case])[] = [
    ['the whole policy', (one) => ({ ...one, policy: { ...one.policy, shadow: true } })],
    ['the route', (one) => ({ ...one, route: { ...one.route, shadow: true } })],
  ];

  it.each(shadows)(
    'lets the request pass without an identity, and records the denial, when %s is in shadow',
    (where, inShadow) => {
      for (const one of DENIALS) {
        const decision = ask(inShadow(one));
        if (one.reason === 'route_denied' && where === 'the route') {
          expect(decision).toMatchObject({ outcome: 'deny', reason: 'route_denied' });
        } else {
          const shadowed = { outcome: 'deny', reason: one.reason, check: one.check };
          expect(decision).toMatchObject({ outcome: 'allow', credential: undefined, shadowed });
        }
      }
    },
  );

  it.each(shadows)('rejects an ambiguous path or method all the same when %s is in shadow', (_where, inShadow) => {
    for (const one of AMBIGUOUS) {
      expect(ask(inShadow(one))).toMatchObject({ outcome: 'deny', reason: 'path_rejected' });
    }
  });

  it.each(shadows)(
    'verifies a credential and passes its identity as usual when %s is in shadow',
    (_where, inShadow) => {
      expect(ask(inShadow({ request: bearer }))).toMatchObject({ outcome: 'need', what: 'verification' });
      const allowed = { outcome: 'allow', credential: good, shadowed: undefined };
      expect(ask(inShadow({ request: bearer, finding: good }))).toMatchObject(allowed);
    },
  );
});

describe('authorize() allows', () => {
  it.each<Case>([
    {},
    { request: bearer },
    { request: bearer, finding: good },
    { request: bearer, finding: revoked },
    { request: { authorization: 'Bearer a,Bearer b' } },
    { request: bearer, moment: { mayAsk: false } },
  ])('without an identity or a need when the route is public: %j', (one) => {
    const decision = ask({ ...one, route: { requirement: { kind: 'public' } } });
    expect(decision).toMatchObject({ outcome: 'allow', credential: undefined, shadowed: undefined });
  });

  it.each<[string, Case]>([
    ['any valid token will do', { request: bearer, finding: good }],
    ['the scope is there', { request: bearer, route: asksSend, finding: good }],
    ['the issuer is taken', { request: bearer, route: { issuers: new Set(['partner']) }, finding: good }],
    ['it is the last millisecond', { request: bearer, finding: makeCredential({ validUntilMs: NOW_MS + 1 }) }],
    ['it never expires', { request: bearer, finding: makeCredential({ validUntilMs: Infinity }) }],
    ['no tries are left and none is needed', { request: bearer, finding: good, moment: { mayAsk: false } }],
    ['a password meets the scope', { request: basic, route: { basic: true, ...asksRead }, finding: account }],
    [
      'a password suffices, scopes or none',
      { request: basic, route: { basic: true, sufficient: new Set(['password']), ...asksSend }, finding: account },
    ],
    [
      'the sunset of Basic is a millisecond away',
      { request: basic, route: { basic: true }, policy: { basicUntilMs: NOW_MS + 1 }, finding: account },
    ],
    [
      'the sunset of Basic is past and the credential is Bearer',
      { request: bearer, route: { basic: true }, policy: { basicUntilMs: 0 }, finding: good },
    ],
  ])('as whom the credential names when %s', (_when, one) => {
    expect(ask(one)).toMatchObject({ outcome: 'allow', credential: one.finding, shadowed: undefined });
  });
});

describe('authorize() says how long an allow may be kept', () => {
  const keepMs = 700;
  const keepable: Case = { request: bearer, finding: good, freshness: { keepMs } };

  it.each<[string, Case]>([
    ['any valid token will do', {}],
    ['the scope is there', { route: asksSend }],
    ['the route also takes Basic, which has ended', { route: { basic: true }, policy: { basicUntilMs: 0 } }],
    ['no tries are left', { moment: { mayAsk: false } }],
  ])('as what the credential rests on allows, when %s', (_when, one) => {
    expect(ask({ ...keepable, ...one })).toMatchObject({ outcome: 'allow', keepMs });
    const heard = { heardUpToMs: MONOTONIC_MS - 600, heardUpToWallMs: NOW_MS - 600 };
    expect(ask({ ...keepable, ...one, freshness: { keepMs, ...heard } })).toMatchObject({ keepMs: 400 });
  });

  it.each<[string, Case]>([
    ['the configuration lets nothing be kept', { freshness: {} }],
    ['the route is public', { route: { requirement: { kind: 'public' } } }],
    ['the route is in shadow and the token would pass', { route: { shadow: true } }],
    ['everything is in shadow and the token would pass', { policy: { shadow: true } }],
    ['the route is in shadow and the token would not pass', { route: { shadow: true }, finding: expired }],
    ['everything is in shadow and no route matches', { policy: { shadow: true }, request: { path: '/y' } }],
    ['the credential is a password', { request: basic, route: { basic: true }, finding: account }],
  ])('as not at all when %s', (_when, one) => {
    expect(ask({ ...keepable, ...one })).toMatchObject({ outcome: 'allow', keepMs: 0 });
  });

  it('and says nothing with a denial', () => {
    for (const one of DENIALS) expect(ask({ ...one, freshness: { keepMs } })).not.toHaveProperty('keepMs');
  });
});

/** The moment so many milliseconds from now, by either clock. */
function dueIn(monotonicMs: number, wallMs: number): Instant {
  return { monotonicMs: MONOTONIC_MS + monotonicMs, wallMs: NOW_MS + wallMs };
}

describe('authorize() needs', () => {
  const credential = { scheme: 'bearer', value: 'tok' };

  it.each<[string, VerificationResult | undefined]>([
    ['the credential is not known', undefined],
    ['it was verified under another configuration', makeCredential({ generation: 2 })],
    ['its key is no longer in force', makeCredential({ key: { inForce: false } })],
    ['its key is out of force and it is revoked, too', { ...revoked, key: { inForce: false } }],
    ['the answer about it is too old', makeCredential({ reverifyAt: dueIn(0, 1) })],
    ['the answer about it is too old by the wall clock', makeCredential({ reverifyAt: dueIn(1, 0) })],
    [
      'the answer about it is too old and it has expired, too',
      makeCredential({ validUntilMs: 0, reverifyAt: dueIn(0, 0) }),
    ],
  ])('a verification when %s', (_when, finding) => {
    expect(ask({ request: bearer, finding })).toEqual({ outcome: 'need', what: 'verification', credential });
  });

  it.each<[string, Case]>([
    ['it was never read', { finding: makeCredential({ standings: [makeFreshStanding(), makeStanding()] }) }],
    ['the epoch has changed', { finding: makeCredential({ standings: [makeFreshStanding({ epoch: EPOCH - 1 })] }) }],
    ['the feed is silent', { finding: good, freshness: { heardUpToMs: MONOTONIC_MS - 1001 } }],
    ['the feed never spoke', { finding: good, freshness: { heardUpToMs: -Infinity } }],
  ])('a standing when %s', (_when, one) => {
    const need = ask({ ...one, request: bearer });
    expect(need).toEqual({ outcome: 'need', what: 'standing', credential: one.finding });
  });

  it('a verification of Basic when the route takes it', () => {
    expect(ask({ request: basic, route: { basic: true } })).toMatchObject({ what: 'verification' });
  });

  it('no standing when the issuer is not taken here anyway', () => {
    const finding = makeCredential({ standings: [makeStanding()] });
    expect(ask({ request: bearer, route: { issuers: new Set(['own']) }, finding })).toMatchObject({
      reason: 'token_invalid',
    });
  });
});

/** The value that lets pass most of the time, so that a lone wrong one is tried often. */
function mostly<const Value>(right: Value, ...wrong: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 5 * wrong.length, arbitrary: fc.constant(right) }, fc.constantFrom(...wrong));
}

describe('authorize() starts from deny', () => {
  const standing = fc
    .record({
      marked: mostly(false, true),
      issuedUpToSeconds: fc.constantFrom(-Infinity, 0, 100, Infinity),
      fromSeconds: fc.constantFrom(-Infinity, NOW_MS / 1000, NOW_MS / 1000 + 1, Infinity),
      epoch: mostly(EPOCH, NO_EPOCH, EPOCH - 1),
      askedAtMs: mostly(MONOTONIC_MS - 10, -Infinity, MONOTONIC_MS - 1001),
      answeredAtMs: mostly(MONOTONIC_MS - 5, -Infinity, MONOTONIC_MS - 500),
    })
    .map(makeStanding);
  const credential: fc.Arbitrary<VerifiedCredential> = fc
    .record({
      identity: fc.record({
        issuer: mostly('partner', 'own'),
        scheme: mostly<'bearer' | 'basic'>('bearer', 'basic'),
        scopes: mostly<string[]>(['messages:send'], [], ['messages:read'], ['all:any']),
      }),
      use: mostly<VerifiedCredential['use']>(undefined, 'password', 'access', 'login', 'private'),
      validUntilMs: mostly(NOW_MS + 1, 0, NOW_MS, Infinity),
      issuedAtSeconds: fc.constantFrom(-Infinity, 50, 100, 150),
      generation: mostly(1, 0, 2),
      key: fc.record({ inForce: mostly(true, false) }),
      reverifyAt: mostly<Instant | undefined>(undefined, dueIn(1, 1), dueIn(0, 1), dueIn(1, 0)),
      standings: fc.array(standing, { maxLength: 3 }),
    })
    .map(makeCredential);
  const question = fc.record({
    request: fc.record({
      path: mostly('/x', '/x?q', '/y', '/%78', '/x/', '//x', ''),
      method: mostly('GET', 'POST', ''),
      authorization: mostly<string | undefined>(
        BEARER,
        undefined,
        '',
        BASIC,
        BASIC,
        'bearer tok',
        'Bearer a,Bearer b',
        'Digest a',
      ),
    }),
    route: fc.record({
      methods: fc.constantFrom<string[]>([], ['GET']),
      requirement: mostly<Route['requirement']>(
        { kind: 'allOf', scopes: ['messages:send'] },
        { kind: 'authenticated' },
        { kind: 'anyOf', scopes: ['messages:send', 'tokens:manage'] },
        { kind: 'allOf', scopes: [] },
      ),
      issuers: mostly<Set<string> | undefined>(undefined, new Set<string>(), new Set(['own'])),
      basic: fc.boolean(),
      sufficient: mostly<Route['sufficient']>(undefined, new Set(['password']), new Set(['login', 'private'])),
      shadow: mostly(false, true),
    }),
    policy: fc.record({ basicUntilMs: mostly(Infinity, 0, NOW_MS), shadow: mostly(false, true) }),
    finding: fc.oneof(
      { weight: 8, arbitrary: credential },
      fc.constantFrom(undefined, refused('token_invalid'), refused('unavailable')),
    ),
    freshness: fc.record({ heardUpToMs: fc.constantFrom(-Infinity, MONOTONIC_MS - 1001, MONOTONIC_MS, Infinity) }),
    moment: fc.record({ mayAsk: fc.boolean(), beganMs: mostly(MONOTONIC_MS - 100, MONOTONIC_MS) }),
  });

  it('and has an identity only if every condition holds', () => {
    let allowed = 0;
    fc.assert(
      fc.property(question, (one) => {
        const decision = ask(one);
        const names = decision.outcome === 'allow' && decision.credential !== undefined;
        expect(names).toBe(isEntitled(one));
        if (names) allowed += 1;
        else if (decision.outcome === 'allow') {
          expect(decision.shadowed).toMatchObject({ outcome: 'deny' });
          expect(one.policy.shadow || one.route.shadow).toBe(true);
          expect(decision.shadowed?.reason).not.toBe('path_rejected');
        }
      }),
      { numRuns: 20_000 },
    );
    expect(allowed).toBeGreaterThan(500);
  });

  /** The conditions, each on its own, in no order. */
  function isEntitled(one: typeof question extends fc.Arbitrary<infer Question> ? Question : never): boolean {
    const { request, route, policy, finding, freshness, moment } = one;
    if (finding === undefined || finding.outcome === 'refused') return false;
    const scheme = [BEARER, 'bearer tok'].includes(request.authorization ?? '') ? 'bearer' : 'basic';
    const suffices = [...(route.sufficient ?? [])].some((use) => use === finding.use);
    const scopes = finding.identity.scopes;
    const isTrusted = (entry: Standing): boolean =>
      (entry.epoch === EPOCH && freshness.heardUpToMs >= MONOTONIC_MS - 1000) ||
      (entry.answeredAtMs >= moment.beganMs && entry.askedAtMs >= MONOTONIC_MS - 1000);
    const isEnded = (entry: Standing): boolean =>
      entry.marked && entry.issuedUpToSeconds >= finding.issuedAtSeconds && entry.fromSeconds <= NOW_MS / 1000;
    return [
      ['/x', '/x?q'].includes(request.path),
      request.method === 'GET' || (request.method === 'POST' && route.methods.length === 0),
      [BEARER, BASIC, 'bearer tok'].includes(request.authorization ?? ''),
      scheme === 'bearer' || (route.basic && policy.basicUntilMs > NOW_MS),
      finding.generation === 1 && finding.key.inForce,
      (finding.reverifyAt?.monotonicMs ?? Infinity) > MONOTONIC_MS && (finding.reverifyAt?.wallMs ?? Infinity) > NOW_MS,
      finding.validUntilMs > NOW_MS,
      route.issuers === undefined || route.issuers.has(finding.identity.issuer),
      finding.standings.every((entry) => isTrusted(entry) && !isEnded(entry)),
      suffices ||
        route.requirement.kind === 'authenticated' ||
        ('scopes' in route.requirement &&
          route.requirement.scopes.length > 0 &&
          (scopes.includes('messages:send') || scopes.includes('all:any'))),
    ].every(Boolean);
  }
});

it('authorize() gives the same answer when it is asked the same', () => {
  const routes = new RouteMap([makeRoute()]);
  const known: CredentialCache = { find: () => good };
  const policy = makePolicy([], { routes });
  const once = (): Decision | Need => authorize(makeRequest(bearer), policy, known, makeFreshness(), makeMoment());
  expect(once()).toEqual(once());
});

describe('a token bound to a certificate', () => {
  it.each([undefined, 'any', 'mtls'] as const)('passes with it, where the route requires %s', (required) => {
    const decision = ask({ request: withCertificate('hash'), route: { bound: required }, finding: bound });
    expect(decision).toMatchObject({ outcome: 'allow', credential: bound, keepMs: 0 });
  });

  it('has it read for bound tokens only', () => {
    const certificate = () => {
      throw new Error('was read');
    };
    expect(ask({ request: { ...bearer, certificate }, finding: good })).toMatchObject({ outcome: 'allow' });
  });
});
