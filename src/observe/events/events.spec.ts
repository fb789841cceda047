import { describe, expect, it } from 'vitest';
import { makeCredential, makeRequest, makeRoute } from '../../../test/support/core.ts';
import { AuditLog } from '../../audit/audit-log.ts';
import type { LogLevel } from '../../config/config.ts';
import { cookiePlace } from '../../core/credential/places/cookies.ts';
import { AUTHORIZATION_ALONE, type Places } from '../../core/credential/places/places.ts';
import type { Allow, Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import { REASONS } from '../../core/reason.ts';
import type { AccessRequest } from '../../core/request.ts';
import { fingerprint } from '../log/redaction.ts';
import { Observation } from '../observation.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ.c2lnbmF0dXJlLW9mLWpvZQ';
const OPAQUE = 'op4que-t0ken-0f-j0e-that-n0body-may-read';
const PASSWORD = 'hunter2';
const BASIC = Buffer.from(`joe:${PASSWORD}`).toString('base64');

/** A line that contains any of these is a leak. A part of a token is a leak too. */
const SECRETS = [
  ...JWT.split('.'),
  ...JWT.split('.').map((part) => part.slice(0, 18)),
  OPAQUE,
  OPAQUE.slice(0, 16),
  PASSWORD,
  BASIC,
  BASIC.slice(0, 8),
  'query',
];

const CREDENTIALS: readonly (string | undefined)[] = [
  undefined,
  '',
  `Bearer ${JWT}`,
  `bearer ${OPAQUE}`,
  `Bearer  ${OPAQUE}`,
  `Bearer\t${OPAQUE}`,
  `Bearer ${JWT},Bearer ${OPAQUE}`,
  `Bearer ${OPAQUE}, ${PASSWORD}`,
  `Bearer joe:${PASSWORD}`,
  `Basic ${BASIC}`,
  `Basic ${BASIC},Bearer ${JWT}`,
  `basic joe:${PASSWORD}`,
  `Basic${BASIC}`,
  `Digest username="joe", response="${PASSWORD}"`,
  JWT,
  `${OPAQUE}\r\nx: ${JWT}`,
];

const TARGETS = [
  '/x',
  `/x?query=${OPAQUE}`,
  `/x?query#${PASSWORD}`,
  `/x#query=${PASSWORD}`,
  `/x%3Fquery=${PASSWORD}`,
  `/x;query=${PASSWORD}`,
  `/reset/${OPAQUE}`,
  `/reset/${JWT}/${OPAQUE}`,
  `${'/a'.repeat(120)}/${OPAQUE}`,
  `${'/a'.repeat(115)}/${JWT}`,
  `http://joe:${PASSWORD}@api.example.com/x`,
  `//joe:${PASSWORD}@api.example.com/x?query`,
  '',
  '*',
];

const REQUESTS: readonly AccessRequest[] = [
  ...CREDENTIALS.flatMap((authorization) => TARGETS.map((path) => makeRequest({ authorization, path }))),
  makeRequest({ method: JWT }),
  makeRequest({ method: `G${JWT}` }),
  makeRequest({ host: `joe:${PASSWORD}@api.example.com` }),
  makeRequest({ host: PASSWORD }),
  makeRequest({ requestId: JWT }),
  makeRequest({ requestId: OPAQUE, authorization: `Bearer ${OPAQUE}` }),
  makeRequest({ requestId: `Bearer ${OPAQUE}`, traceparent: JWT, client: () => OPAQUE }),
];

const route = makeRoute({ pattern: '/x/{id}', requirement: { kind: 'allOf', scopes: ['messages:send'] } });
const credential = makeCredential();
const allowed: Allow = { outcome: 'allow', route, credential, shadowed: undefined, keepMs: 0 };

const DECISIONS: readonly Decision[] = [
  ...REASONS.flatMap((reason) => [
    deny(reason, undefined, 'signature'),
    deny(reason, route, 'signature', 'partner'),
    { ...deny(reason, route, 'scope', 'partner'), credential },
  ]),
  ...REASONS.map((reason): Allow => ({ ...allowed, credential: undefined, shadowed: deny(reason, route, 'exp') })),
  { ...allowed, route: undefined, credential: undefined, shadowed: deny('route_denied', undefined, 'route') },
  { ...allowed, credential: undefined },
  allowed,
];

const FAILURES: readonly unknown[] = [
  new Error(`${OPAQUE.slice(0, 3)} Bearer ${OPAQUE} has changed`, { cause: new Error(`\n${JWT}`) }),
  new Error('no answer', { cause: new Error(`redis://joe:${PASSWORD}@10.0.0.1:6379 is down`) }),
  Object.assign(new Error('a library failed'), { authorization: `Basic ${BASIC}`, body: PASSWORD }),
  `Basic ${BASIC}`,
  { authorization: `Bearer ${OPAQUE}` },
  undefined,
];

/** A log of the given level, with its lines so far. Each event comes a second after the one before. */
function listen(level: LogLevel, passes = 1) {
  const lines: string[] = [];
  let nowMs = 0;
  const clock = { wallMs: () => nowMs, monotonicMs: () => (nowMs += 1_000) };
  const destination = { write: (line: string) => void lines.push(line) };
  const observation = new Observation({ level, passes, audit: undefined }, { clock, destination });
  const audit = new AuditLog(observation.auditOutput, observation.repeats);
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>; // our own JSON
  return { events: observation.events, issuers: observation.issuerEvents, audit, lines, last };
}

describe('Events', () => {
  it.each<[LogLevel, number]>([
    ['trace', REQUESTS.length * DECISIONS.length],
    ['debug', REQUESTS.length * DECISIONS.length],
    ['info', REQUESTS.length * DECISIONS.length],
    ['warn', 0],
    ['error', 0],
    ['silent', 0],
  ])('write no token, password or query of any request and decision at level %s', (level, count) => {
    const { events, lines } = listen(level);
    for (const request of REQUESTS) for (const decision of DECISIONS) events.decided(request, decision);
    expect(lines).toHaveLength(count);
    expect(leaksIn(lines)).toEqual([]);
  });

  it('write no token or password from the message of a failure', () => {
    const { events, issuers, lines } = listen('trace');
    for (const failure of FAILURES) {
      events.failed(failure);
      events.callFailed('POST /3rdparty/v1/auth/token', failure);
      issuers.keySetFailed('partner', failure, 1);
    }
    expect(lines).toHaveLength(3 * FAILURES.length);
    expect(leaksIn(lines)).toEqual([]);
  });

  it('redact the credential of the request in the message of a failure', () => {
    const { events, lines, last } = listen('trace');
    events.failed(new Error(`the server refused ${OPAQUE}`), makeRequest({ authorization: `Bearer ${OPAQUE}` }));
    expect(last()).toMatchObject({ cause: 'the server refused [redacted]' });
    expect(leaksIn(lines)).toEqual([]);
  });

  it('write the messages of an error and its causes', () => {
    const { events, last } = listen('info');
    events.failed(new Error('no keys', { cause: new Error('it answered 500') }));
    expect(last()).toMatchObject({ level: 'error', cause: 'no keys: it answered 500' });
    events.notStarted(new Error('store "a.db": is missing', { cause: new Error('is missing') }));
    expect(last()).toMatchObject({ level: 'fatal', cause: 'store "a.db": is missing' });
  });

  it('write the route instead of the path if there is one', () => {
    const { events, last } = listen('info');
    events.decided(makeRequest({ path: '/x/4711?q' }), deny('token_invalid', route, 'signature', 'partner'));
    expect(last()).toMatchObject({ route: '/x/{id}', reason: 'token_invalid', check: 'signature', issuer: 'partner' });
    expect(last()).not.toHaveProperty('path');
    events.decided(makeRequest({ path: '/y/4711?q' }), deny('route_denied', undefined, 'route'));
    expect(last()).toMatchObject({ path: '/…/…', reason: 'route_denied', msg: 'denied' });
  });

  it('write what joins a line to those of other systems, if it is known', () => {
    const { events, last } = listen('info');
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const known = { requestId: 'r-1', traceparent: `00-${traceId}-00f067aa0ba902b7-01`, client: () => '192.0.2.1' };
    for (const decision of [deny('token_invalid', route, 'signature'), allowed]) {
      events.decided(makeRequest({ host: '127.0.0.1:8080', ...known }), decision);
      expect(last()).toMatchObject({ requestId: 'r-1', traceId, client: '192.0.2.1', host: '127.0.0.1' });
    }
    const broken = () => {
      throw new Error('no such peer');
    };
    for (const client of [undefined, () => undefined, () => '', broken]) {
      events.decided(makeRequest({ host: '', client }), allowed);
      for (const member of ['requestId', 'traceId', 'client', 'host']) expect(last()).not.toHaveProperty(member);
    }
  });

  it('write what a check found beside what it expected', () => {
    const { events, last } = listen('info');
    const finding = { found: 'aud is "account"', expected: 'issuer corporate accepts "shop"' };
    events.decided(makeRequest(), { ...deny('token_invalid', route, 'aud', 'corporate'), finding });
    expect(last()).toMatchObject({ check: 'aud', ...finding });
    events.decided(makeRequest(), { ...deny('scope_required', route, 'scope', 'corporate'), credential });
    expect(last()).toMatchObject({
      found: `has ${credential.identity.scopes.join(', ')}`,
      expected: 'needs messages:send',
    });
    events.decided(makeRequest(), { ...deny('token_expired', route, 'expired', 'corporate'), credential });
    expect(last()).toMatchObject({
      found: `exp is ${new Date(credential.validUntilMs).toISOString()}`,
      expected: expect.stringMatching(/^it is 1970-01-01T00:00:\d\d\.000Z, and clockSkew is 0 s$/),
    });
    const secret = { found: `kid is "${OPAQUE}"`, expected: 'issuer corporate has kid "k1"' };
    const request = makeRequest({ authorization: `Bearer ${OPAQUE}` });
    events.decided(request, { ...deny('token_invalid', route, 'key', 'corporate'), finding: secret });
    expect(last()).toMatchObject({ found: 'kid is "[redacted]"' });
  });

  it('read nothing of a request that no line is about', () => {
    const { events } = listen('info', 0);
    const reads: string[] = [];
    const read = (name: string) => ({
      get: () => {
        reads.push(name);
        return undefined;
      },
    });
    const request = Object.defineProperties(makeRequest(), {
      requestId: read('requestId'),
      traceparent: read('traceparent'),
      client: read('client'),
    });
    events.decided(request, allowed);
    expect(reads).toEqual([]);
    events.decided(request, deny('token_invalid', route, 'signature'));
    expect(reads).toEqual(expect.arrayContaining(['requestId', 'traceparent', 'client']));
  });

  it('write a hash of a single token, but nothing of a password or of two tokens', () => {
    const { events, last } = listen('info');
    const tokenIn = (authorization: string): unknown => {
      events.decided(makeRequest({ authorization }), deny('token_invalid', route, 'signature'));
      return last()['token'];
    };
    expect(tokenIn(`Bearer ${JWT}`)).toBe(fingerprint(JWT));
    for (const authorization of [`Basic ${BASIC}`, `Bearer ${JWT},Bearer ${OPAQUE}`, JWT]) {
      expect(tokenIn(authorization)).toBeUndefined();
    }
  });

  it('write the identity of a verified token, also in shadow mode', () => {
    const { events, last } = listen('info');
    const identity = { issuer: 'partner', subject: 'sub-1', tokenId: 't-1' };
    events.decided(makeRequest(), allowed);
    expect(last()).toMatchObject({ ...identity, level: 'info', msg: 'allowed' });
    const shadowed = { ...deny('scope_required', route, 'scope', 'partner'), credential };
    events.decided(makeRequest(), { ...allowed, credential: undefined, shadowed });
    expect(last()).toMatchObject({ ...identity, level: 'info', reason: 'scope_required', msg: 'would be denied' });
  });

  it.each<[string, Partial<AccessRequest>, Partial<Places>]>([
    ['a header', { fields: new Map([['x-api-key', OPAQUE]]) }, { headers: [{ name: 'x-api-key', bearer: false }] }],
    ['a cookie', { fields: new Map([['cookie', `a=1; session=${OPAQUE}`]]) }, { cookies: [cookiePlace('session')] }],
    [
      'a subprotocol',
      { fields: new Map([['sec-websocket-protocol', `bearer, ${OPAQUE}`]]) },
      { websocketProtocol: true },
    ],
    ['the query', { door: 'ext-authz', path: `/x/1?access_token=${OPAQUE}` }, { queries: ['access_token'] }],
  ])('redact a token in %s, and name it by its hash', (_, sent, read) => {
    const { events, lines, last } = listen('info');
    const places = { authorization: false, headers: [], cookies: [], websocketProtocol: false, queries: [], ...read };
    const at = { ...route, credentialPlaces: places };
    const named = makeCredential({ identity: { tokenId: OPAQUE, subject: `of ${OPAQUE}` } });
    const request = makeRequest({ path: '/x/1', requestId: OPAQUE, ...sent });
    events.decided(request, { ...allowed, route: at, credential: named });
    expect(last()).toMatchObject({ subject: 'of [redacted]', token: fingerprint(OPAQUE) });
    events.decided(request, { ...deny('scope_required', at, 'scope', 'partner'), credential: named });
    events.failed(new Error(`the server refused ${OPAQUE}`), request);
    expect(leaksIn(lines)).toEqual([]);
  });

  it('redact nothing but the token of a request that passes: a client could hide what it did', () => {
    const { events, last } = listen('info');
    const places = { ...AUTHORIZATION_ALONE, cookies: [cookiePlace('session')] };
    const fields = new Map([['cookie', `session=${OPAQUE}; a=a-subject-of-the-partner`]]);
    const credential = makeCredential({ identity: { subject: 'a-subject-of-the-partner' } });
    const request = makeRequest({ path: '/x/1?a=a-subject-of-the-partner', fields });
    events.decided(request, { ...allowed, route: { ...route, credentialPlaces: places }, credential });
    expect(last()).toMatchObject({ subject: 'a-subject-of-the-partner', route: '/x/{id}' });
  });

  it('redact the credential of a request in every field', () => {
    const { events, lines } = listen('info');
    const named = makeCredential({ identity: { tokenId: OPAQUE, subject: `of ${OPAQUE}` } });
    events.decided(makeRequest({ authorization: `Bearer ${OPAQUE}` }), { ...allowed, credential: named });
    events.decided(
      makeRequest({ authorization: `Basic ${BASIC}`, path: `/${PASSWORD}`, method: PASSWORD }),
      deny('route_denied', undefined, 'route', `it said ${PASSWORD}`),
    );
    expect(lines).toHaveLength(2);
    expect(leaksIn(lines)).toEqual([]);
  });

  it('write denials of automatic browser requests at level debug only', () => {
    const denial = deny('route_denied', undefined, 'route');
    for (const [level, count] of [
      ['info', 1],
      ['debug', 4],
    ] as const) {
      const { events, lines } = listen(level);
      for (const path of ['/favicon.ico', '/favicon.ico?v=2', '/apple-touch-icon-120x120.png', '/favicon.icon']) {
        events.decided(makeRequest({ path }), denial);
      }
      expect(lines).toHaveLength(count);
    }
  });

  it('write one line per event, even if a client sends line breaks', () => {
    const { events, lines } = listen('trace');
    events.decided(
      makeRequest({ method: 'GET\n{"forged":1}', path: '/a\r\n{"forged":1}' }),
      deny('path_rejected', undefined, 'path'),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toMatch(/[\r\n]/);
  });

  it('hide an unknown method', () => {
    const { events, last } = listen('info');
    events.decided(makeRequest({ method: 'X'.repeat(60_000) }), deny('route_denied', undefined, 'route'));
    expect(last()['method']).toBe('…');
  });

  it("write an issuer's keys as truncated kids", () => {
    const { issuers, last } = listen('info');
    issuers.keySetFetched('partner', ['a', undefined]);
    expect(last()).toMatchObject({ issuer: 'partner', kids: ['a', '(no kid)'], msg: 'key set fetched' });
    issuers.keySetChanged('partner', ['k'.repeat(1000)], ['a']);
    expect(last()).toMatchObject({ added: ['k'.repeat(64)], dropped: ['a'], msg: 'key set changed' });
  });

  it('write why a key set is not refreshed, when it is too old, and when it is refreshed again', () => {
    const { issuers, last } = listen('info');
    issuers.keySetFailed('partner', new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') }), 3);
    const cause = 'fetch failed: connect ECONNREFUSED';
    expect(last()).toMatchObject({ level: 'warn', issuer: 'partner', failures: 3, cause });
    issuers.keySetOutdated('partner');
    expect(last()).toMatchObject({ level: 'error', issuer: 'partner' });
    issuers.keySetRecovered('partner', 4);
    expect(last()).toMatchObject({ level: 'info', issuer: 'partner', failures: 4 });
  });

  it('write a sample of passes', () => {
    const { events, lines } = listen('info', 0.1);
    for (let count = 0; count < 2_000; count++) events.decided(makeRequest(), allowed);
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.length).toBeLessThan(300);
    const none = listen('trace', 0);
    for (let count = 0; count < 2_000; count++) none.events.decided(makeRequest(), allowed);
    expect(none.lines).toEqual([]);
  });

  it('go to the decision, application or audit log', () => {
    const { events, audit, last } = listen('info');
    events.decided(makeRequest(), allowed);
    expect(last()['log']).toBe('decision');
    events.failed(new Error('no keys'));
    expect(last()['log']).toBe('app');
    audit.tokenIssued({ account: 'acc-1', client: '10.0.0.1' }, { id: 'id-1', scopes: ['messages:send'] });
    expect(last()).toMatchObject({ log: 'audit', account: 'acc-1', client: '10.0.0.1', scopes: ['messages:send'] });
    audit.revoked({ account: 'acc-1', client: '10.0.0.1' }, { kind: 'token', tokenId: 'id-1' }, undefined);
    expect(last()).toMatchObject({ log: 'audit', account: 'acc-1', tokenId: 'id-1', msg: 'token revoked' });
    audit.revoked({ by: 'operator:ada' }, { kind: 'issuer', issuer: 'partner' }, 'leaked');
    expect(last()).toMatchObject({ by: 'operator:ada', issuer: 'partner', reason: 'leaked' });
  });

  it('describe Basic without words that redaction would treat as a credential', () => {
    const { events, last } = listen('info');
    events.basicUsesFailed(new Error('store down'));
    expect(last()).toMatchObject({
      cause: 'store down',
      msg: expect.stringMatching(/^the uses of passwords on routes .* later$/),
    });
  });

  it('go to the audit log at any level', () => {
    const { audit, last } = listen('silent');
    audit.configurationTakenUp();
    expect(last()).toMatchObject({ log: 'audit', msg: 'configuration taken up' });
  });
});

function leaksIn(lines: readonly string[]): string[] {
  return lines.filter((line) => SECRETS.some((secret) => line.includes(secret)));
}
