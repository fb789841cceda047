import { describe, expect, it } from 'vitest';
import { configFrom, problemsOf, warningsOf } from '../../../../test/support/config.ts';
import { DEFAULT_TRANSPORT } from '../../transport-config.ts';

function fileListening(listen: string): string {
  return `version: 1\nlisten: ${listen}\nissuers: [{ name: own, issuer: us, signing: { algorithm: EdDSA } }]\nroutes: []`;
}

const ADDRESS = "an address such as '127.0.0.1:9191', '[::1]:9191' or 'unix:/path'";
const UNENCRYPTED =
  'tokens would cross the network unencrypted: expected a loopback address, a Unix socket, tls, or insecure: true';
const EXPOSED =
  'this listener has no authentication: expected a loopback address, a Unix socket, tls.clientCa, or insecure: true';

describe('listen', () => {
  it.each([
    ['{ extAuthz: 127.0.0.1:9191, tokens: 127.0.0.1:9192 }', []],
    ['{ extAuthz: "[::1]:9191" }', []],
    ['{ extAuthz: localhost:9191 }', []],
    ['{ extAuthz: unix:/run/x.sock, tokens: 0.0.0.0:9192 }', []],
    ['{ extAuthz: { address: 0.0.0.0:9191, insecure: true } }', []],
    ['{ extAuthz: 127.0.0.1:0, tokens: 127.0.0.1:0 }', []],
    ['{}', ['2:1: listen: no listener is open: expected extAuthz, tokens, verify or access']],
    ['', ['2:1: listen: expected a map, found nothing']],
    ['{ extAuthz: 0.0.0.0:9191 }', [`2:21: listen.extAuthz: ${EXPOSED}`]],
    ['{ extAuthz: { address: envoy:9191, insecure: false } }', [`2:11: listen.extAuthz: ${EXPOSED}`]],
    [
      '{ extAuthz: 9191 }',
      [
        "2:21: listen.extAuthz: expected an address such as '127.0.0.1:9191', or a map with address, tls, insecure, maxConnections, transport, limits and maxConnectionAge, found 9191",
      ],
    ],
    ['{ extAuthz: here }', [`2:21: listen.extAuthz: expected ${ADDRESS}, found 'here'`]],
    [
      '{ extAuthz: { tls: {} } }',
      [
        `2:11: listen.extAuthz.address: missing: expected ${ADDRESS}`,
        '2:23: listen.extAuthz.tls.cert: expected the path of a PEM file with the certificate chain, not its contents',
        '2:23: listen.extAuthz.tls.key: expected the path of a PEM file with the private key, not its contents',
      ],
    ],
    [
      '{ verify: { address: 127.0.0.1:9193, mode: traefik } }',
      ["2:52: listen.verify.mode: expected nginx, forwarded or path, found 'traefik'"],
    ],
    [
      '{ verify: { address: 127.0.0.1:9193, certificateFrom: xfcc } }',
      ['2:63: listen.verify.certificateFrom: has no effect without mode: no gateway asks at this listener'],
    ],
    ['{ verify: 127.0.0.1:9193 }', []],
    ['{ verify: 0.0.0.0:9193 }', [`2:19: listen.verify: ${EXPOSED}`]],
    ['{ access: 127.0.0.1:9194 }', []],
    ['{ access: unix:/run/x.sock }', []],
    ['{ access: { address: 0.0.0.0:9194, insecure: true } }', []],
    ['{ access: 0.0.0.0:9194 }', [`2:19: listen.access: ${UNENCRYPTED}`]],
    ['{ extAuthz: 127.0.0.1:9191, admin: 0.0.0.0:9195 }', []],
    ['{ admin: 127.0.0.1:9195 }', ['2:1: listen: no listener is open: expected extAuthz, tokens, verify or access']],
    [
      '{ extAuthz: 127.0.0.1:9191, tokens: 127.0.0.1:9192, admin: 127.0.0.1:9192 }',
      ['2:68: listen.admin: overlaps with listen.tokens: expected another address or port'],
    ],
    [
      '{ extAuthz: 127.0.0.1:9191, tokens: { address: 127.0.0.1:9192, mode: nginx } }',
      ['2:72: listen.tokens: unknown key, expected address, tls, insecure or maxConnections'],
    ],
    [
      '{ extAuthz: 127.0.0.1:9191, tokens: 127.0.0.1:9191 }',
      ['2:45: listen.tokens: overlaps with listen.extAuthz: expected another address or port'],
    ],
    [
      '{ extAuthz: { address: 127.0.0.1:9191, maxConnections: 9 } }',
      ['2:64: listen.extAuthz.maxConnections: expected a whole number from 10 to 1000000, found 9'],
    ],
    ['{ tokens: { address: 127.0.0.1:9192, maxConnections: 10 } }', []],
    [
      '{ extAuthz: unix:x, tokens: unix:./x }',
      ['2:37: listen.tokens: overlaps with listen.extAuthz: expected another address or port'],
    ],
  ])('%s', (listen, problems) => {
    expect(problemsOf(fileListening(listen))).toEqual(problems);
  });

  it('leaves a listener closed that is not written', () => {
    expect(configFrom(fileListening('{ extAuthz: "[::1]:9191" }')).listen).toEqual({
      extAuthz: {
        address: { host: '::1', port: 9191 },
        maxConnections: 10_000,
        tls: undefined,
        transport: expect.objectContaining({ kind: DEFAULT_TRANSPORT }),
      },
      tokens: undefined,
      verify: undefined,
      access: undefined,
      admin: undefined,
    });
  });

  it('resolves the path of a socket against the directory of the file', () => {
    const config = configFrom(fileListening('{ extAuthz: unix:run/x.sock }'));
    expect(config.listen.extAuthz?.address).toEqual({ path: config.file.replace('sallyport.yaml', 'run/x.sock') });
  });

  it('requires an issuer with signing for the token service', () => {
    expect(problemsOf('version: 1\nlisten: { tokens: 127.0.0.1:1 }\nroutes: []')).toEqual([
      '2:19: listen.tokens: the token service needs an issuer with signing: accounts and their tokens belong to it; add one, or leave listen.tokens out',
    ]);
  });
});

const OWN = '{ name: own, issuer: us, signing: { algorithm: EdDSA } }';
const NOBODY =
  '2:19: listen.access: no caller could authenticate: expected a Unix socket, tls.clientCa, an issuer with signing, or an issuer with access:check in its allowScopes';

function partner(more: string): string {
  return `{ name: partner, issuer: them, audience: any, algorithms: [HS256], secrets: [{ env: PARTNER }]${more} }`;
}

describe('listen.access without a caller', () => {
  it.each([
    ['127.0.0.1:9194', OWN, []],
    ['unix:/run/x.sock', partner(''), []],
    ['127.0.0.1:9194', partner(''), [NOBODY]],
    ['127.0.0.1:9194', partner(', allowScopes: ["access:check"]'), []],
    ['127.0.0.1:9194', partner(', allowScopes: ["access:introspect"]'), [NOBODY]],
    ['127.0.0.1:9194', partner(', grant: ["access:check"]'), []],
    ['127.0.0.1:9194', partner(', grant: ["a:b"], allowScopes: ["access:check"]'), [NOBODY]],
    ['127.0.0.1:9194', '', [NOBODY]],
  ])('%s with the issuers [%s]', (address, issuers, problems) => {
    const text = `version: 1\nlisten: { access: "${address}" }\nscopes: { a:b: {} }\nissuers: [${issuers}]\nroutes: []`;
    expect(problemsOf(text, { env: { PARTNER: 'x'.repeat(32) } })).toEqual(problems);
  });
});

describe('listen.verify with a mode', () => {
  it.each([
    ['127.0.0.1:9193', '[127.0.0.0/8, "::1"]', []],
    ['127.0.0.1:9193', '[10.0.0.0/8]', []],
    [
      '127.0.0.1:9193',
      '[]',
      ['/auth denies every gateway: trustedProxies lists none; add the addresses of your gateways'],
    ],
    ['"unix:/run/x.sock"', '[]', []],
    ['0.0.0.0:9193', '["::1", 10.0.0.0/8]', []],
    [
      '0.0.0.0:9193',
      '[127.0.0.0/8, "::1"]',
      ['/auth denies every gateway on another machine: trustedProxies lists none; add the addresses of your gateways'],
    ],
  ])('at %s with trustedProxies %s warns of %j', (address, trusted, expected) => {
    const listener = `{ verify: { address: ${address}, insecure: true, mode: path } }`;
    expect(warningsOf(`${fileListening(listener)}\ntrustedProxies: ${trusted}`)).toEqual(expected);
  });
});
