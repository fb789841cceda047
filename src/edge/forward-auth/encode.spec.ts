import { describe, expect, it } from 'vitest';
import { allowed, HEADERS, ROUTE, shadowed } from '../../../test/support/ext-authz.ts';
import type { ForwardAuthMode } from '../../config/config.ts';
import { FORWARD_AUTH_MODES } from '../../config/config.ts';
import { answerTo } from '../../core/answer.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import { REASONS } from '../../core/reason.ts';
import { OVERRIDE_HEADERS } from '../../core/upstream/override-headers.ts';
import { UpstreamHeaderWriter } from '../../core/upstream/upstream-headers.ts';
import type { ResponseFields } from '../basic-notice.ts';
import type { AuthAnswer } from './encode.ts';
import { encodeAuth } from './encode.ts';

const CREDENTIALS = ['Bearer one', 'Bearer two'];
const SENT = CREDENTIALS.map((value) => ['authorization', value] as const);
const KEEPING = new UpstreamHeaderWriter(
  { subject: 'x-s', scopes: 'x-sc', tokenId: 'x-t', issuer: 'x-i', scheme: 'x-m' },
  true,
);

function encode(decision: Decision, mode: ForwardAuthMode, headers = HEADERS, notice: ResponseFields = []): AuthAnswer {
  return encodeAuth(decision, mode, headers, { credentials: SENT, disguised: [] }, notice);
}

/** The fields that differ from answer to answer. */
function fieldsOf({ fields }: AuthAnswer): (readonly [name: string, value: string])[] {
  const pairs = Array.from({ length: fields.length / 2 }, (_, index) => fields.slice(2 * index, 2 * index + 2));
  const usual = ['cache-control', 'content-length', 'content-type'];
  return pairs.map(([name = '', value = '']) => [name, value] as const).filter(([name]) => !usual.includes(name));
}

function valuesOf(answer: AuthAnswer, name: string): string[] {
  return fieldsOf(answer)
    .filter(([field]) => field === name)
    .map(([, value]) => value);
}

const IDENTITY = [
  ['x-auth-subject', 'account-1'],
  ['x-auth-scopes', 'messages:send messages:list'],
  ['x-auth-token-id', 'V1StGXR8_Z5jdHi6B-myT'],
  ['x-auth-issuer', 'sallyport'],
  ['x-auth-scheme', 'bearer'],
];

describe('encodeAuth() of an allow', () => {
  it.each(['nginx', 'forwarded'] as const)('in mode %s has the identity, and no field for what is not set', (mode) => {
    const answer = encode(allowed({}), mode);
    expect([answer.status, answer.body, fieldsOf(answer)]).toEqual([200, '', IDENTITY]);
    const partly = encode(allowed({ tokenId: undefined, scopes: [] }), mode);
    expect(fieldsOf(partly).map(([name]) => name)).toEqual(['x-auth-subject', 'x-auth-issuer', 'x-auth-scheme']);
  });

  it.each(['nginx', 'forwarded'] as const)('in mode %s has every credential that the upstream may receive', (mode) => {
    expect(fieldsOf(encode(allowed(), mode))).toEqual(SENT);
    expect(fieldsOf(encode(shadowed(), mode))).toEqual(SENT);
    expect(valuesOf(encode(allowed({}), mode, KEEPING), 'authorization')).toEqual(CREDENTIALS);
  });

  it.each(['nginx', 'forwarded'] as const)(
    'in mode %s has what is left of the other fields with credentials',
    (mode) => {
      const credentials = [
        ['x-api-key', 'key'],
        ['cookie', 'session=token; a=1'],
      ] as const;
      const passed = (decision: Decision, headers = HEADERS): (readonly [string, string])[] =>
        fieldsOf(encodeAuth(decision, mode, headers, { credentials, disguised: [] })).filter(
          ([name]) => name === 'x-api-key' || name === 'cookie',
        );
      const stripped = { set: [['cookie', 'a=1'] as const], remove: ['x-api-key'], query: [] };
      expect(passed({ ...allowed({}), stripped })).toEqual([['cookie', 'a=1']]);
      expect(passed({ ...allowed({}), stripped }, KEEPING)).toEqual(credentials);
      expect(passed(allowed())).toEqual(credentials);
    },
  );

  it('in mode path names what Envoy removes: what is not set, overrides, the credential and every spelling', () => {
    const answer = encode(allowed({ tokenId: undefined }), 'path');
    const removed = valuesOf(answer, 'x-envoy-auth-headers-to-remove').join().split(',');
    const expected = ['x-auth-token-id', 'authorization', ...OVERRIDE_HEADERS, 'x_auth_subject', 'x.auth-token.id'];
    expect(removed).toEqual(expect.arrayContaining(expected));
    expect(removed).not.toContain('x-auth-subject');
    expect(valuesOf(answer, 'x-auth-subject')).toEqual(['account-1']);
    expect(valuesOf(answer, 'authorization')).toEqual([]);
  });

  it('in mode path leaves the credential where there is no identity', () => {
    const removed = valuesOf(encode(allowed(), 'path'), 'x-envoy-auth-headers-to-remove').join().split(',');
    expect(removed).toEqual(expect.arrayContaining(['x-auth-subject', 'x-auth-token-id', 'x.auth.subject']));
    expect(removed).not.toContain('authorization');
  });
});

describe('encodeAuth() of a denial', () => {
  const denials = REASONS.map((reason): Deny => deny(reason, ROUTE, 'internal error'));

  it.each(FORWARD_AUTH_MODES)('in mode %s has a status that the gateway takes for a denial', (mode) => {
    const changes = { nginx: { 400: 403, 429: 403 }, forwarded: {}, path: { 503: 429 } }[mode];
    const expected = denials.map((denial) => {
      const { status } = answerTo(denial);
      return (changes as Readonly<Record<number, number>>)[status] ?? status;
    });
    const answers = denials.map((denial) => encode(denial, mode));
    expect(answers.map(({ status }) => status)).toEqual(expected);
    expect(answers.map(({ body }) => JSON.parse(body))).toMatchObject(
      denials.map(({ reason }, index) => ({ code: reason, status: expected[index] })),
    );
    expect(answers.every(({ status }) => mode !== 'path' || status < 500)).toBe(true);
  });

  it('in mode nginx has the status and the problem document of the other doors, in ASCII', () => {
    const requirement = { kind: 'anyOf', scopes: ['messages:é'] } as const;
    const denial = deny('scope_required', { ...ROUTE, requirement }, 'scope');
    for (const one of [denial, deny('path_rejected', undefined, 'path'), deny('unavailable', undefined, 'keys')]) {
      const { status, body } = answerTo(one);
      const answer = encode(one, 'nginx');
      expect(valuesOf(answer, 'x-sallyport-status')).toEqual([String(status)]);
      const [problem = ''] = valuesOf(answer, 'x-sallyport-problem');
      expect(problem).toMatch(/^[\x20-\x7e]+$/);
      expect(JSON.parse(problem)).toEqual(JSON.parse(body));
    }
  });

  it('has each challenge in a field of its own, or in one for nginx, and says when to try again', () => {
    const denial = { ...deny('credentials_required', ROUTE, 'no credential'), offersBasic: true };
    for (const mode of FORWARD_AUTH_MODES) {
      const { challenges } = answerTo(denial);
      const expected = mode === 'nginx' ? [challenges.join(', ')] : challenges;
      expect(valuesOf(encode(denial, mode), 'www-authenticate')).toEqual(expected);
      const busy = { ...deny('too_many_attempts', ROUTE, 'password queue is full'), retryAfterSeconds: 7 };
      expect(valuesOf(encode(busy, mode), 'retry-after')).toEqual(['7']);
    }
  });
});

it('encodeAuth() tells clients about the end of Basic, with every decision', () => {
  const notice: ResponseFields = [['deprecation', '@1']];
  for (const decision of [allowed({}), deny('scope_required', ROUTE, 'scope')])
    expect(valuesOf(encode(decision, 'forwarded', HEADERS, notice), 'deprecation')).toEqual(['@1']);
});

it('encodeAuth() ends a preflight as the gateway can, and lets nothing pass', () => {
  const preflight = [['access-control-allow-origin', 'https://a.example']] as const;
  const decision = { ...allowed({}), credential: undefined, preflight };
  const path = encode(decision, 'path', HEADERS, preflight);
  expect([path.status, path.body, path.fields]).toEqual([204, '', preflight.flat()]);
  const nginx = encode(decision, 'nginx', HEADERS, preflight);
  expect(nginx.status).toBe(403);
  expect(valuesOf(nginx, 'x-sallyport-status')).toEqual(['204']);
  expect(valuesOf(nginx, 'access-control-allow-origin')).toEqual(['https://a.example']);
});
