import { describe, expect, it } from 'vitest';
import { allowed, credentialOf, DENIAL_STATUSES, HEADERS, ROUTE, shadowed } from '../../../test/support/ext-authz.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import { REASONS } from '../../core/reason.ts';
import { OVERRIDE_HEADERS } from '../../core/upstream/override-headers.ts';
import type { ShownHeaders } from '../../core/upstream/upstream-headers.ts';
import { encodeDecision as encodeOnly } from './encode.ts';
import type { CheckResponse, HeaderValueOption, StructValue } from './messages.ts';
import { loadExtAuthz } from './transports/grpc-js/definition.ts';
import { ResponseWriter } from './wire/response-writer.ts';

const IDENTITY_HEADERS = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'];
const SHOWN: ShownHeaders = { complete: true, disguised: [] };

const WRITER = new ResponseWriter();
const { Check } = loadExtAuthz();

/** Encodes a decision, and compares the bytes that we write with those of the proto loader. */
function encodeDecision(...args: Parameters<typeof encodeOnly>): CheckResponse {
  const response = encodeOnly(...args);
  expect(WRITER.write(response).bytes).toEqual(Check.responseSerialize(response));
  return response;
}

function encode(decision: Decision, shown = SHOWN): CheckResponse {
  return encodeDecision(decision, HEADERS, shown);
}

function ok(response: CheckResponse): { set: Record<string, string>; remove: readonly string[] } {
  if (!('ok_response' in response)) throw new Error('expected an ok_response');
  const { headers, headers_to_remove: remove } = response.ok_response;
  expect(headers.every((header) => header.append_action === 'OVERWRITE_IF_EXISTS_OR_ADD')).toBe(true);
  return { set: Object.fromEntries(headers.map(({ header }) => [header.key, header.value])), remove };
}

function denied(response: CheckResponse) {
  if (!('denied_response' in response)) throw new Error('expected a denied_response');
  return response.denied_response;
}

function facts(response: CheckResponse): Record<string, unknown> {
  const { fields } = response.dynamic_metadata;
  const valueOf = (value: StructValue) => Object.values(value)[0];
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, valueOf(value)]));
}

function valuesOf(headers: readonly HeaderValueOption[], name: string): readonly string[] {
  return headers.filter(({ header }) => header.key === name).map(({ header }) => header.value);
}

describe('encodeDecision()', () => {
  it('ends a preflight with 204, which no gateway takes for an allow', () => {
    const preflight = [
      ['access-control-allow-origin', 'https://a.example'],
      ['vary', 'Origin'],
    ] as const;
    const response = encodeDecision({ ...allowed({}), credential: undefined, preflight }, HEADERS, SHOWN, preflight);
    expect(response).toEqual({
      status: { code: 7, message: 'preflight' },
      denied_response: {
        status: { code: 204 },
        body: '',
        headers: [
          {
            header: { key: 'access-control-allow-origin', value: 'https://a.example' },
            append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          },
          { header: { key: 'vary', value: 'Origin' }, append_action: 'APPEND_IF_EXISTS_OR_ADD' },
        ],
      },
      dynamic_metadata: { fields: { outcome: { stringValue: 'preflight' } } },
    });
  });

  it('tells the client what there is to tell, whether or not it passes', () => {
    const notice = [['sunset', 'Wed, 30 Jun 2027 00:00:00 GMT']] as const;
    const passes = encodeDecision(allowed({}), HEADERS, SHOWN, notice);
    const added = 'ok_response' in passes ? (passes.ok_response.response_headers_to_add ?? []) : [];
    expect(valuesOf(added, 'sunset')).toEqual(['Wed, 30 Jun 2027 00:00:00 GMT']);
    const refused = encodeDecision(deny('credentials_invalid', ROUTE, 'signature'), HEADERS, SHOWN, notice);
    expect(valuesOf(denied(refused).headers, 'sunset')).toEqual(['Wed, 30 Jun 2027 00:00:00 GMT']);
    expect(encode(allowed({}))).not.toHaveProperty('ok_response.response_headers_to_add');
  });

  it('allows with an identity: every identity header set, Authorization removed', () => {
    const response = encode(allowed({}));
    expect(response.status).toEqual({ code: 0 });
    const { set, remove } = ok(response);
    expect(set).toEqual({
      'x-auth-subject': 'account-1',
      'x-auth-scopes': 'messages:send messages:list',
      'x-auth-token-id': 'V1StGXR8_Z5jdHi6B-myT',
      'x-auth-issuer': 'sallyport',
      'x-auth-scheme': 'bearer',
    });
    expect(remove.toSorted()).toEqual([...OVERRIDE_HEADERS, 'authorization'].toSorted());
    expect(facts(response)).toEqual({
      outcome: 'allow',
      issuer: 'sallyport',
      subject: 'account-1',
      token_id: 'V1StGXR8_Z5jdHi6B-myT',
      scheme: 'bearer',
      scopes: 'messages:send messages:list',
    });
  });

  it('adds the configured claims to the metadata, each as what it is in the token', () => {
    const credential = {
      ...credentialOf(),
      claims: new Map<string, unknown>([
        ['plan', 'gold'],
        ['limits.rate', 600],
        ['beta', false],
        ['groups', ['a']],
        ['address', { city: 'x' }],
        ['big', 2 ** 60],
        ['broken', '\ud800'],
        ['other', 'not configured'],
      ]),
    };
    const claims = ['plan', 'limits.rate', 'beta', 'groups', 'address', 'big', 'broken', 'absent'].map((claim) => ({
      name: claim.replace('.', '_'),
      claim,
    }));
    const allow = { ...allowed({}), credential };
    expect(facts(encodeDecision(allow, HEADERS, SHOWN, [], claims))).toEqual({
      ...facts(encode(allow)),
      plan: 'gold',
      limits_rate: 600,
      beta: false,
    });
    const anonymous = facts(encodeDecision(allowed(), HEADERS, SHOWN, [], claims));
    expect(anonymous).toEqual({ outcome: 'allow' });
  });

  it('says in a number how long the gateway may keep the answer, if at all', () => {
    expect(facts(encode({ ...allowed({}), keepMs: 693 }))).toMatchObject({ outcome: 'allow', keep_ms: 693 });
    expect(facts(encode({ ...allowed({}), keepMs: 1 }, { complete: false, disguised: [] }))['keep_ms']).toBe(1);
    expect(facts(encode(allowed({})))).not.toHaveProperty('keep_ms');
  });

  it('says beside it under which route to count, and what to do to the headers of the requests that pass by it', () => {
    const keepable = { ...allowed({ tokenId: undefined }), keepMs: 693 };
    const { keep, keep_route: route } = facts(encode(keepable));
    expect(route).toBe('/3rdparty/v1/messages');
    expect(String(keep).split('\n')).toEqual([
      'x-auth-subject x-auth-scopes x-auth-issuer x-auth-scheme',
      'authorization',
      ['x-auth-token-id', ...OVERRIDE_HEADERS].join(' '),
    ]);
    // Other spellings differ from request to request.
    expect(facts(encode(keepable, { complete: false, disguised: [] }))['keep']).toBe(keep);
    for (const name of ['keep', 'keep_route']) expect(facts(encode(allowed({})))).not.toHaveProperty(name);
  });

  it('lets no answer be kept that removes a disguised header of this request, or adds fields to the response', () => {
    const keepable = { ...allowed({}), keepMs: 693 };
    for (const complete of [true, false]) {
      expect(facts(encode(keepable, { complete, disguised: ['x_auth_subject'] }))).not.toHaveProperty('keep_ms');
    }
    expect(facts(encodeDecision(keepable, HEADERS, SHOWN, [['sunset', 'soon']]))).not.toHaveProperty('keep_ms');
  });

  it('removes the identity headers for which there is no value', () => {
    const response = encode(allowed({ subject: undefined, tokenId: undefined, scopes: [] }));
    const { set, remove } = ok(response);
    expect(set).toEqual({ 'x-auth-issuer': 'sallyport', 'x-auth-scheme': 'bearer' });
    expect(remove).toEqual(expect.arrayContaining(['x-auth-subject', 'x-auth-token-id', 'x-auth-scopes']));
    expect(facts(response)).toEqual({ outcome: 'allow', issuer: 'sallyport', scheme: 'bearer', scopes: '' });
  });

  it('allows without an identity: every identity header removed, Authorization untouched', () => {
    const response = encode(allowed());
    const { set, remove } = ok(response);
    expect(set).toEqual({});
    expect(remove.toSorted()).toEqual([...IDENTITY_HEADERS, ...OVERRIDE_HEADERS].toSorted());
    expect(facts(response)).toEqual({ outcome: 'allow' });
  });

  it('allows in shadow mode without an identity, and says why it would have denied', () => {
    const response = encode(shadowed());
    expect(ok(response).set).toEqual({});
    expect(ok(response).remove).toEqual(expect.arrayContaining(IDENTITY_HEADERS));
    expect(facts(response)).toEqual({ outcome: 'allow', shadowed: 'token_expired' });
  });

  it.each([
    ['an identity', allowed({})],
    ['no identity', allowed()],
    ['shadow', shadowed()],
  ])('removes headers in disguise, as they were spelt: %s', (_, decision) => {
    const shown = { complete: true, disguised: ['X_Auth_Subject', 'x.auth.scopes'] };
    expect(ok(encode(decision, shown)).remove).toEqual(expect.arrayContaining(['X_Auth_Subject', 'x.auth.scopes']));
  });

  it.each([
    ['an identity', allowed({})],
    ['no identity', allowed()],
    ['shadow', shadowed()],
  ])('removes every spelling where some headers are hidden: %s', (_, decision) => {
    const { remove } = ok(encode(decision, { complete: false, disguised: [] }));
    expect(remove).toEqual(expect.arrayContaining(['x_auth_subject', 'x.auth.subject', 'x-auth_scopes', 'x_host']));
  });

  it.each([
    ['a line break', 'a\r\nx-auth-scopes: all:any', 'a%0D%0Ax-auth-scopes:%20all:any'],
    ['letters beyond ASCII', 'müller', 'm%C3%BCller'],
    ['a percent sign', '100%', '100%25'],
    ['a comma', 'a,b', 'a,b'],
  ])('never lets an identity split or join headers: %s', (_, subject, value) => {
    expect(ok(encode(allowed({ subject }))).set).toMatchObject({ 'x-auth-subject': value });
  });

  it('never gives a pass a denied_response', () => {
    for (const decision of [allowed({}), allowed(), shadowed()]) {
      expect(Object.keys(encode(decision)).toSorted()).toEqual(['dynamic_metadata', 'ok_response', 'status']);
      expect(encode(decision).status).toEqual({ code: 0 });
    }
  });

  it.each(DENIAL_STATUSES)('denies %s with gRPC status %i and HTTP status %i', (reason, code, http) => {
    const response = encode(deny(reason, ROUTE, 'signature'));
    expect(response.status).toEqual({ code, message: reason });
    const { status, headers, body } = denied(response);
    expect(status).toEqual({ code: http });
    expect(valuesOf(headers, 'content-type')).toEqual(['application/problem+json']);
    expect(valuesOf(headers, 'cache-control')).toEqual(['no-store']);
    expect(valuesOf(headers, 'retry-after')).toEqual(http === 429 || http === 503 ? ['1'] : []);
    expect(JSON.parse(body)).toMatchObject({ code: reason, status: http });
    expect(facts(response)).toEqual({ outcome: 'deny', reason });
  });

  it('denies for every reason there is, with a status that never lets pass', () => {
    for (const reason of REASONS) {
      const response = encode(deny(reason, undefined, 'signature'));
      expect(response.status.code).toBeGreaterThan(0);
      expect(denied(response).status.code).toBeGreaterThanOrEqual(400);
      expect(response).not.toHaveProperty('ok_response');
    }
  });

  it('sends each challenge in a field of its own', () => {
    const offering: Deny = { ...deny('credentials_required', ROUTE, 'signature'), offersBasic: true };
    const challenges = denied(encode(offering)).headers.filter(({ header }) => header.key === 'www-authenticate');
    expect(challenges).toEqual([
      {
        header: { key: 'www-authenticate', value: 'Bearer realm="sallyport"' },
        append_action: 'APPEND_IF_EXISTS_OR_ADD',
      },
      {
        header: { key: 'www-authenticate', value: 'Basic realm="sallyport", charset="UTF-8"' },
        append_action: 'APPEND_IF_EXISTS_OR_ADD',
      },
    ]);
  });

  it('says nothing of the check that failed, nor of whom it failed for', () => {
    const denial: Deny = {
      ...deny('scope_required', ROUTE, { name: 'length', maxLength: 4711 }, 'secret-issuer'),
      credential: credentialOf(),
    };
    const said = JSON.stringify(encode(denial));
    for (const word of ['length', '4711', 'secret-issuer', 'account-1', 'V1StGXR8']) expect(said).not.toContain(word);
    expect(said).toContain('scope required: messages:send');
  });
});
