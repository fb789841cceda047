import { describe, expect, it } from 'vitest';
import type { ForwardAuthMode } from '../../config/config.ts';
import type { DecodedAuth } from './decode.ts';
import { decodeAuth } from './decode.ts';

type Field = readonly [name: string, value: string];

function decode(mode: ForwardAuthMode, headers: readonly Field[], line = ['GET', '/auth/m?x=1']): DecodedAuth {
  const [method = '', url = ''] = line;
  return decodeAuth(
    { method, url, rawHeaders: headers.flat() },
    {
      mode,
      isTrusted: true,
      isDisguised: (name) => name.includes('_'),
      wantedFields: new Set(['x-api-key']),
      credentialFields: new Set(['x-api-key']),
      client: (forwardedFor) => `client of ${forwardedFor}`,
    },
  );
}

const NGINX: readonly Field[] = [
  ['X-Original-Method', 'PUT'],
  ['X-Original-URL', 'https://Api.example.com:8443/m?x=1'],
];

describe('decodeAuth()', () => {
  it('passes on the fields that the configuration reads', () => {
    const { request, credentials } = decode('nginx', [
      ...NGINX,
      ['X-Api-Key', 'a'],
      ['x-api-key', 'b'],
      ['X-Other', 'c'],
    ]);
    expect(request.fields).toEqual(new Map([['x-api-key', 'a,b']]));
    expect(credentials).toEqual([['x-api-key', 'a,b']]);
    expect(decode('nginx', NGINX).request.fields).toBeUndefined();
  });

  it("reads the client's certificate only where the gateway states it", () => {
    const hash = Buffer.alloc(32, 1);
    const xfcc: Field = ['X-Forwarded-Client-Cert', `Hash=${hash.toString('hex')}`];
    const certificateOf = (...fields: readonly Field[]) =>
      decodeAuth(
        { method: 'GET', url: '/auth', rawHeaders: [...NGINX, ...fields].flat() },
        {
          mode: 'nginx',
          certificateFrom: 'xfcc',
          isTrusted: true,
          isDisguised: () => false,
          wantedFields: new Set(),
          credentialFields: new Set(),
          client: () => undefined,
        },
      ).request.certificate?.();
    expect(certificateOf(xfcc)).toBe(hash.toString('base64url'));
    expect(certificateOf(xfcc, xfcc)).toBeUndefined();
    expect(certificateOf()).toBeUndefined();
    expect(decode('nginx', [...NGINX, xfcc]).request.certificate).toBeUndefined();
  });

  it.each<[ForwardAuthMode, readonly Field[], object]>([
    ['nginx', NGINX, { method: 'PUT', host: 'Api.example.com:8443', path: '/m?x=1' }],
    [
      'nginx',
      [
        ['Host', 'api.example.com'],
        ['X-ORIGINAL-METHOD', 'GET'],
        ['x-original-url', '/m'],
      ],
      { method: 'GET', host: 'api.example.com', path: '/m' },
    ],
    ['nginx', [...NGINX.slice(0, 1), ['X-Original-URL', 'http://[::1]:80/']], { host: '[::1]:80', path: '/' }],
    [
      'forwarded',
      [
        ['X-Forwarded-Method', 'GET'],
        ['X-Forwarded-Host', 'a.b'],
        ['X-Forwarded-Uri', '/m/a,b?c=d,e'],
      ],
      { method: 'GET', host: 'a.b', path: '/m/a,b?c=d,e' },
    ],
    [
      'path',
      [
        ['Host', 'a.b:80'],
        ['X-Forwarded-Uri', '/other'],
      ],
      { method: 'GET', host: 'a.b:80', path: '/m?x=1' },
    ],
  ])('reads the request in mode %s', (mode, headers, expected) => {
    expect(decode(mode, headers).request).toMatchObject({ door: 'forward-auth', ...expected, flaw: undefined });
  });

  describe('reads the MCP message', () => {
    const version: Field = ['MCP-Protocol-Version', '2026-07-28'];
    const call: readonly Field[] = [version, ['Mcp-Method', 'tools/call'], ['Mcp-Name', 'send']];
    const read = { outcome: 'read', method: 'tools/call', tool: 'send' };

    it.each<[ForwardAuthMode, unknown]>([
      ['nginx', read],
      ['forwarded', read],
      ['path', { outcome: 'unread', flaw: 'mcp headers hidden' }],
    ])('in mode %s', (mode, mcp) => {
      expect(decode(mode, call).request.mcp).toEqual(mcp);
      expect(decode(mode, [version]).request.mcp).toEqual(mode === 'path' ? mcp : undefined);
      expect(decode(mode, []).request.mcp).toBeUndefined();
    });

    it.each<[Field, string]>([
      [['mcp-name', 'delete'], 'mcp header repeated'],
      [['MCP_Name', 'delete'], 'mcp header spelling'],
    ])('but not with %j besides', (field, flaw) => {
      expect(decode('nginx', [...call, field]).request.mcp).toEqual({ outcome: 'unread', flaw });
    });
  });

  it('keeps every Authorization field, and joins them for the decision', () => {
    const { request, credentials } = decode('path', [
      ['Host', 'a'],
      ['Authorization', 'A'],
      ['authorization', 'B'],
    ]);
    expect([request.authorization, credentials]).toEqual([
      'A,B',
      [
        ['authorization', 'A'],
        ['authorization', 'B'],
      ],
    ]);
    expect(decode('path', [['Host', 'a']]).request.authorization).toBeUndefined();
  });

  it.each([
    ['Origin', true],
    ['Sec-Fetch-Mode', true],
    ['User-Agent', false],
  ])('takes a request with %s for one of a browser: %s', (name, fromBrowser) => {
    expect(decode('nginx', [...NGINX, [name, 'x']]).request.fromBrowser).toBe(fromBrowser);
  });

  it('joins the X-Forwarded-For fields', () => {
    const { request } = decode('nginx', [...NGINX, ['X-Forwarded-For', '192.0.2.1'], ['x-forwarded-for', '192.0.2.2']]);
    expect(request.client?.()).toBe('client of 192.0.2.1,192.0.2.2');
  });

  it('keeps the request id and the trace as sent, and joins several', () => {
    const fields: Field[] = [...NGINX, ['X-Request-ID', 'r-1'], ['Traceparent', '00-a-b-01']];
    expect(decode('nginx', fields).request).toMatchObject({ requestId: 'r-1', traceparent: '00-a-b-01' });
    expect(decode('nginx', [...fields, ['x-request-id', 'r-2']]).request.requestId).toBe('r-1,r-2');
    expect(decode('nginx', NGINX).request.requestId).toBeUndefined();
  });

  it('names the disguised headers, which only Envoy can remove', () => {
    const headers = [...NGINX, ['Host', 'a'], ['X_Auth', 'x']] as const;
    expect(decode('path', headers)).toMatchObject({ disguised: ['x_auth'], request: { flaw: undefined } });
    expect(decode('nginx', headers)).toMatchObject({ request: { flaw: 'disguised header' } });
  });
});
