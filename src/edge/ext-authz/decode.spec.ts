import { describe, expect, it } from 'vitest';
import { HEADERS } from '../../../test/support/ext-authz.ts';
import { presentsSeveral, readCredential } from '../../core/credential/credential.ts';
import type { DecodedCheck } from './decode.ts';
import { decodeCheck } from './decode.ts';
import type { CheckRequest, HeaderValue, HttpRequest } from './messages.ts';

type Pairs = readonly (readonly [name: string, value: string])[];

function decode(http: HttpRequest): DecodedCheck {
  return decodeCheck({ attributes: { request: { http } } }, { isDisguised: (name) => HEADERS.isDisguised(name) });
}

/** The headers as Envoy sends them without `encode_raw_headers`: one string a name, duplicates joined. */
function asMap(pairs: Pairs): HttpRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) headers[name] = name in headers ? `${headers[name]},${value}` : value;
  return { headers };
}

/** The headers as Envoy sends them with `encode_raw_headers`: bytes, one by one. */
function asBytes(pairs: Pairs): HttpRequest {
  const headers = pairs.map(
    ([key, value]): HeaderValue => ({ key, value: '', raw_value: Buffer.from(value, 'latin1') }),
  );
  return { header_map: { headers } };
}

/** The third way that the message allows: strings, one by one. */
function asStrings(pairs: Pairs): HttpRequest {
  return { header_map: { headers: pairs.map(([key, value]) => ({ key, value, raw_value: Buffer.alloc(0) })) } };
}

describe('decodeCheck()', () => {
  it('passes on the fields that the configuration reads', () => {
    const headers = { ':path': '/', 'x-api-key': 'a', 'x-other': 'b' };
    const raw = [
      ['Cookie', 'a=1'],
      ['cookie', 'b=2'],
    ].map(([key, value = '']) => ({ key, raw_value: Buffer.from(value) }));
    const reader = { isDisguised: () => false, wantedFields: new Set(['x-api-key', 'cookie']) };
    const fieldsOf = (http: object) => decodeCheck({ attributes: { request: { http } } }, reader).request.fields;
    expect(fieldsOf({ headers })).toEqual(new Map([['x-api-key', 'a']]));
    expect(fieldsOf({ header_map: { headers: raw } })).toEqual(new Map([['cookie', 'a=1; b=2']]));
    expect(fieldsOf({ headers: { 'x-other': 'b' } })).toBeUndefined();
  });

  it('keeps each byte of a field as one character, in both forms', () => {
    const reader = { isDisguised: () => false, wantedFields: new Set(['cookie']) };
    const fieldsOf = (http: object) => decodeCheck({ attributes: { request: { http } } }, reader).request.fields;
    const bytes = new Map([['cookie', 'a=\u00c3\u00a9']]);
    expect(fieldsOf({ headers: { cookie: 'a=\u00e9' } })).toEqual(bytes);
    expect(fieldsOf({ header_map: { headers: [{ key: 'cookie', raw_value: Buffer.from('a=\u00e9') }] } })).toEqual(
      bytes,
    );
  });

  it('says whether the gateway may hide fields', () => {
    const pseudo = { ':path': '/', ':method': 'GET', ':authority': 'a' };
    const hides = (headers: Record<string, string>): unknown => decode({ headers }).request.hidesFields;
    expect([hides(pseudo), hides({ cookie: 'a=b' }), hides({ ...pseudo, ':path': '/' })]).toEqual([
      undefined,
      true,
      undefined,
    ]);
  });

  it('reads method, host and path as they are', () => {
    const http = { method: 'pOsT', host: 'Api.Example:8443', path: '/a%2Fb/../c?token=x#y' };
    expect(decode(http).request).toEqual({
      door: 'ext-authz',
      method: 'pOsT',
      host: 'Api.Example:8443',
      path: '/a%2Fb/../c?token=x#y',
      authorization: undefined,
      fromBrowser: false,
      client: expect.any(Function),
      hidesFields: true,
    });
  });

  it.each<[what: string, check: CheckRequest]>([
    ['everything', {}],
    ['the request', { attributes: {} }],
    ['the HTTP request', { attributes: { request: {} } }],
    ['every field', { attributes: { request: { http: {} } } }],
    ['null for everything', { attributes: null }],
    ['null for the request', { attributes: { request: null } }],
    ['null for the HTTP request', { attributes: { request: { http: null } } }],
    ['null for the header map', { attributes: { request: { http: { header_map: null } } } }],
    ['header values without members', { attributes: { request: { http: { header_map: { headers: [{}] } } } } }],
  ])('leaves empty what is absent: %s', (_, check) => {
    expect(decodeCheck(check, { isDisguised: (name) => HEADERS.isDisguised(name) })).toEqual({
      request: {
        door: 'ext-authz',
        method: '',
        host: '',
        path: '',
        authorization: undefined,
        fromBrowser: false,
        client: expect.any(Function),
        hidesFields: true,
      },
      outcome: 'decoded',
      shown: { complete: false, disguised: [] },
    });
  });

  it('does not take pseudo-headers or forwarding headers for method, host or path', () => {
    const pairs: Pairs = [
      [':method', 'GET'],
      [':path', '/public'],
      [':authority', 'other.example'],
      ['x-original-method', 'GET'],
      ['x-original-uri', '/public'],
      ['x-original-url', '/public'],
      ['x-forwarded-method', 'GET'],
      ['x-forwarded-uri', '/public'],
      ['x-forwarded-host', 'other.example'],
      ['x-envoy-original-path', '/public'],
      ['x-http-method-override', 'GET'],
    ];
    for (const form of [asMap, asBytes, asStrings]) {
      expect(decode({ ...form(pairs), method: 'DELETE', host: 'api.example', path: '/private' }).request).toMatchObject(
        {
          method: 'DELETE',
          host: 'api.example',
          path: '/private',
        },
      );
    }
  });

  describe.each([
    ['a map of strings', asMap],
    ['bytes one by one', asBytes],
    ['strings one by one', asStrings],
  ])('with headers as %s', (_form, form) => {
    it.each<[what: string, pairs: Pairs, authorization: string | undefined]>([
      ['none', [['accept', '*/*']], undefined],
      ['one', [['authorization', 'Bearer a.b.c']], 'Bearer a.b.c'],
      ['an empty one', [['authorization', '']], ''],
      ['one in mixed case', [['AuthoriZation', 'Bearer a.b.c']], 'Bearer a.b.c'],
      [
        'two, joined by a comma',
        [
          ['authorization', 'Bearer a.b.c'],
          ['accept', '*/*'],
          ['authorization', 'Basic eDp5'],
        ],
        'Bearer a.b.c,Basic eDp5',
      ],
      [
        'two in different case, joined by a comma',
        [
          ['authorization', 'Bearer a.b.c'],
          ['Authorization', 'Bearer d.e.f'],
        ],
        'Bearer a.b.c,Bearer d.e.f',
      ],
      [
        'an empty one beside a true one',
        [
          ['authorization', ''],
          ['authorization', 'Bearer a.b.c'],
        ],
        ',Bearer a.b.c',
      ],
      [
        'others that only look alike',
        [
          ['authorization-x', 'Bearer a.b.c'],
          ['proxy-authorization', 'Bearer a.b.c'],
          ['x-authorization', 'Bearer a.b.c'],
        ],
        undefined,
      ],
    ])('reads Authorization: %s', (_, pairs, authorization) => {
      expect(decode(form(pairs)).request.authorization).toBe(authorization);
    });

    it('lets two credentials never be taken for one', () => {
      const twice: Pairs = [
        ['authorization', 'Bearer a.b.c'],
        ['authorization', 'Bearer a.b.c'],
      ];
      const presented = readCredential(decode(form(twice)).request.authorization);
      expect('value' in presented && presentsSeveral(presented.value)).toBe(true);
    });

    it('keeps the request id and the trace as sent, and prefers none of several', () => {
      const one: Pairs = [
        ['X-Request-Id', 'r-1'],
        ['traceparent', '00-a-b-01'],
      ];
      expect(decode(form(one)).request).toMatchObject({ requestId: 'r-1', traceparent: '00-a-b-01' });
      const several = decode(form([...one, ['x-request-id', 'r 2'], ['traceparent', '']])).request;
      expect(several).toMatchObject({ requestId: 'r-1,r 2', traceparent: '00-a-b-01,' });
    });

    it.each<[name: string, fromBrowser: boolean]>([
      ['origin', true],
      ['Origin', true],
      ['sec-fetch-mode', true],
      ['sec-fetch-site', true],
      ['sec-ch-ua', false],
      ['x-origin', false],
      ['referer', false],
    ])('tells a browser by %s: %s', (name, fromBrowser) => {
      expect(decode(form([[name, 'x']])).request.fromBrowser).toBe(fromBrowser);
    });

    it('names what an upstream could take for an identity header, as it was spelt', () => {
      const pairs: Pairs = [
        ['x_auth_subject', 'root'],
        ['X_Auth-Scopes', 'all:any'],
        ['x.auth.issuer', 'sallyport'],
        ['x-auth_token.id', '1'],
        ['x_http_method_override', 'GET'],
        ['x-auth-subject', 'always overwritten or removed'],
        ['x_auth_subjects', 'harmless'],
        ['x_other', 'harmless'],
      ];
      expect(decode(form(pairs)).shown.disguised).toEqual([
        'x_auth_subject',
        'X_Auth-Scopes',
        'x.auth.issuer',
        'x-auth_token.id',
        'x_http_method_override',
      ]);
    });
  });

  it('knows that it sees every header only where all pseudo-headers are shown', () => {
    const pseudo: Pairs = [
      [':authority', 'api.example'],
      [':method', 'GET'],
      [':path', '/x'],
    ];
    for (const form of [asMap, asBytes, asStrings]) {
      const isComplete = (pairs: Pairs): boolean => decode(form(pairs)).shown.complete;
      expect(isComplete([...pseudo, ['accept', '*/*']])).toBe(true);
      expect(isComplete([[':scheme', 'https'], ...pseudo])).toBe(true);
      expect(isComplete([])).toBe(false);
      expect(isComplete([['authorization', 'Bearer a.b.c']])).toBe(false);
      for (const [hidden] of pseudo) expect(isComplete(pseudo.filter(([name]) => name !== hidden))).toBe(false);
      expect(isComplete([[':scheme', 'https'], ...pseudo.slice(1)])).toBe(false);
    }
  });

  it('reads bytes beyond ASCII one by one, so that no two values become the same', () => {
    const values = [[0xff], [0xfe], [0xc3, 0xbc], [0xfc], [0xef, 0xbf, 0xbd], [0x21], [0x00]];
    const read = values.map((bytes) => {
      const raw_value = Buffer.concat([Buffer.from('Bearer '), Buffer.from(bytes)]);
      return decode({ header_map: { headers: [{ key: 'authorization', raw_value }] } }).request.authorization;
    });
    expect(new Set(read).size).toBe(values.length);
    expect(read[0]).toBe('Bearer \xff');
    expect(read[2]).toBe('Bearer \xc3\xbc');
  });

  it('reads the bytes, not the string, where a header has both', () => {
    const headers = [
      { key: 'authorization', value: 'Bearer from-string', raw_value: Buffer.from('Bearer from-bytes') },
    ];
    expect(decode({ header_map: { headers } }).request.authorization).toBe('Bearer from-bytes');
  });

  it('reads bytes that the loader hands over as a plain array of them', () => {
    const raw_value = Uint8Array.from(Buffer.from('Bearer a.b.c'));
    const headers = [{ key: 'authorization', raw_value }];
    expect(decode({ header_map: { headers } }).request.authorization).toBe('Bearer a.b.c');
  });
});
