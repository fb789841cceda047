import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeCredential, makeRoute } from '../../../test/support/core.ts';
import type { Identity } from '../credential/verified-credential.ts';
import type { ShownHeaders, UpstreamHeaders } from './upstream-headers.ts';
import { UpstreamHeaderWriter } from './upstream-headers.ts';

const NAMES = {
  subject: 'x-auth-subject',
  scopes: 'x-auth-scopes',
  tokenId: 'x-auth-token-id',
  issuer: 'x-auth-issuer',
  scheme: 'x-auth-scheme',
};
const OVERRIDES = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-method',
  'x-original-method',
  'x-forwarded-method',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-forwarded-uri',
  'x-forwarded-path',
  'x-forwarded-host',
  'x-forwarded-server',
  'x-original-host',
  'x-http-host-override',
  'x-host',
  'forwarded',
  'script-name',
  'x-script-name',
];
const ALL_SHOWN: ShownHeaders = { complete: true, disguised: [] };
const SOME_HIDDEN: ShownHeaders = { complete: false, disguised: [] };
const writer = new UpstreamHeaderWriter(NAMES, false);

describe('UpstreamHeaderWriter.write()', () => {
  it('sets all of an identity and removes Authorization when there is an identity', () => {
    const { set, remove } = write({ scopes: ['messages:send', 'messages:read'] });
    expect(Object.fromEntries(set)).toEqual({
      'x-auth-subject': 'sub-1',
      'x-auth-scopes': 'messages:send messages:read',
      'x-auth-token-id': 't-1',
      'x-auth-issuer': 'partner',
      'x-auth-scheme': 'bearer',
    });
    expect(remove).toEqual([...OVERRIDES, 'authorization']);
  });

  it('removes every header that is not set when an identity has gaps', () => {
    const { set, remove } = write({ subject: undefined, tokenId: undefined, scopes: [] });
    expect(set.map(([name]) => name)).toEqual(['x-auth-issuer', 'x-auth-scheme']);
    expect(remove).toEqual(['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', ...OVERRIDES, 'authorization']);
  });

  it('removes an empty value instead of setting it', () => {
    const { set, remove } = write({ subject: '' });
    expect(set.map(([name]) => name)).not.toContain('x-auth-subject');
    expect(remove).toContain('x-auth-subject');
  });

  it('removes every identity header and leaves Authorization when there is no identity', () => {
    const anonymous = {
      outcome: 'allow',
      route: makeRoute(),
      credential: undefined,
      shadowed: undefined,
      keepMs: 0,
    } as const;
    expect(writer.write(anonymous, { complete: true, disguised: ['x_auth_subject'] })).toEqual({
      set: [],
      remove: [...Object.values(NAMES), ...OVERRIDES, 'x_auth_subject'],
    });
  });

  it('removes every spelling of every header, mixed ones too, when the gateway hides some', () => {
    const { set, remove } = write({}, writer, SOME_HIDDEN);
    expect(set).toEqual(write({}).set);
    for (const name of [...Object.values(NAMES), ...OVERRIDES]) {
      for (const spelling of [name.replaceAll('-', '_'), name.replaceAll('-', '.'), name.replace('-', '_')]) {
        expect(remove.includes(spelling), spelling).toBe(spelling !== name || !Object.values(NAMES).includes(name));
      }
    }
    expect(remove).toEqual(expect.arrayContaining(['x-auth_scopes', 'x_auth.token-id', 'x_http_method_override']));
    expect(remove).toEqual(expect.arrayContaining([...OVERRIDES, 'authorization']));
    expect(new Set(remove).size).toBe(remove.length);
    expect(remove.length).toBeLessThan(400);
    const set0 = new Set(set.map(([name]) => name));
    expect(remove.filter((name) => set0.has(name))).toEqual([]);
  });

  it('removes every spelling from a request without an identity when the gateway hides some headers', () => {
    const anonymous = {
      outcome: 'allow',
      route: makeRoute(),
      credential: undefined,
      shadowed: undefined,
      keepMs: 0,
    } as const;
    expect(writer.write(anonymous, SOME_HIDDEN).remove).toEqual(
      expect.arrayContaining([...Object.values(NAMES), ...OVERRIDES, 'x_auth_subject', 'x.auth.scopes', 'x_host']),
    );
  });

  it('removes every spelling when that is asked for, though the gateway shows all headers', () => {
    const always = new UpstreamHeaderWriter(NAMES, false, true);
    expect(write({}, always).remove).toEqual(write({}, writer, SOME_HIDDEN).remove);
  });

  it('makes no list when everything is shown and set', () => {
    expect(write({}).remove).toBe(write({}).remove);
  });

  it('leaves Authorization when the credential is to be forwarded', () => {
    expect(write({}, new UpstreamHeaderWriter(NAMES, true)).remove).toEqual(OVERRIDES);
  });

  it.each([
    ['a\r\nx-auth-scopes: all:any', 'a%0D%0Ax-auth-scopes:%20all:any'],
    ['a\0\x7f\t', 'a%00%7F%09'],
    ['Zoë', 'Zo%C3%AB'],
    ['😀', '%F0%9F%98%80'],
    ['50%', '50%25'],
    ['%0D%0A', '%250D%250A'],
    ['\ud800x\udc00', '%EF%BF%BDx%EF%BF%BD'],
    ['\u2028', '%E2%80%A8'],
    ["urn:Auth0|(a'b)~!*", "urn:Auth0|(a'b)~!*"],
  ])('writes %j as %s', (subject, value) => {
    expect(valueOf(write({ subject }), 'x-auth-subject')).toBe(value);
    expect(valueOf(write({ tokenId: subject }), 'x-auth-token-id')).toBe(value);
    expect(valueOf(write({ scopes: [subject, 'b'] }), 'x-auth-scopes')).toBe(`${value} b`);
  });

  it('keeps a scope one scope when a space is in it', () => {
    expect(valueOf(write({ scopes: ['messages:read all:any'] }), 'x-auth-scopes')).toBe('messages:read%20all:any');
  });

  it('writes visible ASCII only, and no two identities alike', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('%', '2', '5', ' ', '\r', '\n', 'é'),
        fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
      ),
    });
    const wellFormed = text.map((value) => value.toWellFormed());
    const spell = (subject: string): string | undefined => valueOf(write({ subject }), 'x-auth-subject');
    fc.assert(
      fc.property(wellFormed, wellFormed, (one, other) => {
        expect(spell(one) ?? '').toMatch(/^[\x21-\x7e]*$/);
        expect(spell(one) === spell(other)).toBe(one === other);
        if (one !== '') expect(decodeURIComponent(spell(one) ?? '')).toBe(one);
      }),
    );
  });
});

describe('UpstreamHeaderWriter.isDisguised()', () => {
  it.each([
    'x_auth_subject',
    'x-auth_subject',
    'x.auth.subject',
    'x_auth.token-id',
    'x_http_method_override',
    'x_method',
    'x_forwarded-host',
    'x.original.uri',
    'x_host',
    'script_name',
    'script.name',
  ])('is true of %s', (name) => {
    expect(writer.isDisguised(name)).toBe(true);
  });

  it.each([
    'x-auth-subject',
    'x-method',
    'x_auth',
    'x_auth_subjects',
    'authorization',
    'x_request_id',
    'x_'.repeat(30_000),
    '_',
    '',
  ])('is false of %j', (name) => {
    expect(writer.isDisguised(name)).toBe(false);
  });
});

describe('UpstreamHeaderWriter.namesOf()', () => {
  it('names what is set, the credentials, and what else a client must not send', () => {
    const { set, remove } = write({ tokenId: undefined });
    expect(writer.namesOf({ set, remove })).toEqual({
      set: ['x-auth-subject', 'x-auth-scopes', 'x-auth-issuer', 'x-auth-scheme'],
      credentials: ['authorization'],
      guarded: ['x-auth-token-id', ...OVERRIDES],
    });
  });

  it('names no other spelling, even if the gateway hides headers', () => {
    const shown = { complete: false, disguised: ['x_auth_subject'] };
    const hidden = new UpstreamHeaderWriter(
      NAMES,
      false,
      true,
      [],
      undefined,
      ['authorization', 'dpop'],
      ['x-api-key'],
    );
    expect(hidden.namesOf(write({}, hidden, shown))).toEqual({
      set: Object.values(NAMES),
      credentials: ['authorization', 'dpop'],
      guarded: OVERRIDES,
    });
  });

  it('names no credential that reaches the upstream', () => {
    const forwarding = new UpstreamHeaderWriter(NAMES, true);
    expect(forwarding.namesOf(write({}, forwarding)).credentials).toEqual([]);
  });
});

describe('UpstreamHeaderWriter with headers that hold credentials', () => {
  const reading = new UpstreamHeaderWriter(NAMES, false, false, [], undefined, undefined, ['x-api-key']);
  const allow = { outcome: 'allow', route: makeRoute(), shadowed: undefined, keepMs: 0 } as const;

  it('removes their other spellings only', () => {
    expect(['x_api_key', 'x.api-key', 'x-api-key'].map((name) => reading.isDisguised(name))).toEqual([
      true,
      true,
      false,
    ]);
    for (const credential of [makeCredential(), undefined]) {
      const { remove } = reading.write({ ...allow, credential }, { complete: true, disguised: ['x_api_key'] });
      expect(remove).toContain('x_api_key');
      const hidden = reading.write({ ...allow, credential }, SOME_HIDDEN).remove;
      expect(hidden).toEqual(expect.arrayContaining(['x_api_key', 'x.api_key']));
      expect(hidden).not.toContain('x-api-key');
    }
  });

  it('removes the query parameters of a preflight that passes', () => {
    const stripped = { set: [], remove: [], query: ['access_token'] };
    expect(reading.write({ ...allow, credential: undefined, stripped }, ALL_SHOWN).query).toEqual(['access_token']);
  });
});

describe('UpstreamHeaderWriter with claims', () => {
  const CLAIMS = [
    { name: 'x-auth-email', claim: 'email' },
    { name: 'x-auth-tenant', claim: 'https://example.com/tenant' },
  ];
  const carrying = new UpstreamHeaderWriter(NAMES, false, false, CLAIMS);

  function writeClaims(claims: Readonly<Record<string, unknown>>, shown = ALL_SHOWN): UpstreamHeaders {
    const credential = makeCredential({ claims: new Map(Object.entries(claims)) });
    return carrying.write({ outcome: 'allow', route: makeRoute(), credential, shadowed: undefined, keepMs: 0 }, shown);
  }

  it('sets the header of each claim, encoded as the identity is', () => {
    const headers = writeClaims({ email: 'zoë@example.com', 'https://example.com/tenant': 'acme, inc' });
    expect(valueOf(headers, 'x-auth-email')).toBe('zo%C3%AB@example.com');
    expect(valueOf(headers, 'x-auth-tenant')).toBe('acme,%20inc');
    expect(headers.remove).toEqual([...OVERRIDES, 'authorization']);
  });

  it('removes the header of a claim that the credential does not have, or that no header can carry', () => {
    const headers = writeClaims({ email: { value: 'a@example.com' } });
    expect(headers.set.map(([name]) => name)).toEqual(Object.values(NAMES));
    expect(headers.remove).toEqual(['x-auth-email', 'x-auth-tenant', ...OVERRIDES, 'authorization']);
    expect(write({}, carrying).remove).toEqual(headers.remove);
  });

  it('removes the headers of all claims when there is no identity', () => {
    const anonymous = { outcome: 'allow', route: makeRoute(), credential: undefined } as const;
    const { set, remove } = carrying.write({ ...anonymous, shadowed: undefined, keepMs: 0 }, ALL_SHOWN);
    expect(set).toEqual([]);
    expect(remove).toEqual(expect.arrayContaining(['x-auth-email', 'x-auth-tenant']));
  });

  it('guards every spelling of their names', () => {
    expect(['x_auth_email', 'x.auth-tenant'].map((name) => carrying.isDisguised(name))).toEqual([true, true]);
    expect(writer.isDisguised('x_auth_email')).toBe(false);
    const { remove } = writeClaims({ email: 'a', 'https://example.com/tenant': 'b' }, SOME_HIDDEN);
    expect(remove).toEqual(expect.arrayContaining(['x_auth_email', 'x-auth.email', 'x.auth_tenant']));
    expect(remove).not.toContain('x-auth-email');
  });
});

describe('UpstreamHeaderWriter with a signed identity', () => {
  const signing = new UpstreamHeaderWriter(NAMES, false, false, [], 'x-auth-token');
  const key = { inForce: true };
  const token = { signedAt: { monotonicMs: 0, wallMs: 0 }, renewAfterMs: 1, lateAfterMs: 2, lifeMs: 3, key };

  function writeToken(value: string | undefined): UpstreamHeaders {
    const credential = makeCredential({ upstream: { token: { ...token, value } } });
    return signing.write(
      { outcome: 'allow', route: makeRoute(), credential, shadowed: undefined, keepMs: 0 },
      ALL_SHOWN,
    );
  }

  it('sets it as it is', () => {
    expect(valueOf(writeToken('a.b.c'), 'x-auth-token')).toBe('a.b.c');
    expect(writeToken('a.b.c').remove).not.toContain('x-auth-token');
  });

  it('removes its header when there is none, or none that fits, and without an identity', () => {
    expect(writeToken(undefined).remove).toContain('x-auth-token');
    expect(write({}, signing).remove).toContain('x-auth-token');
    const anonymous = { outcome: 'allow', route: makeRoute(), credential: undefined } as const;
    expect(signing.write({ ...anonymous, shadowed: undefined, keepMs: 0 }, ALL_SHOWN).remove).toContain('x-auth-token');
  });

  it('guards every spelling of its name', () => {
    expect(['x_auth_token', 'x-auth.token'].map((name) => signing.isDisguised(name))).toEqual([true, true]);
    expect(write({}, signing, SOME_HIDDEN).remove).toEqual(expect.arrayContaining(['x_auth_token', 'x.auth-token']));
  });
});

function write(identity: Partial<Identity>, by = writer, shown = ALL_SHOWN): UpstreamHeaders {
  const credential = makeCredential({ identity });
  return by.write({ outcome: 'allow', route: makeRoute(), credential, shadowed: undefined, keepMs: 0 }, shown);
}

function valueOf({ set }: UpstreamHeaders, name: string): string | undefined {
  return set.find(([header]) => header === name)?.[1];
}
