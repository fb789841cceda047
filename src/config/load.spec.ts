import { basename, resolve } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configFrom, configOf, fileWith, loadConfigText, problemsOf } from '../../test/support/config.ts';
import { loadConfig } from './load.ts';
import { DEFAULT_TRANSPORT } from './transport-config.ts';

/** The contract's example, without keys that this version does not support. */
const EXAMPLE = `version: 1
listen:
  extAuthz: 127.0.0.1:9191
  tokens: 127.0.0.1:9192
store: sqlite:./sallyport.db
clockSkew: 30s
timeouts: { decision: 150ms, store: 80ms }
trustedProxies: [127.0.0.0/8, "::1"]
scopes:
  messages:send: { description: Send messages, maxTtl: 24h }
  messages:read: {}
  messages:list: {}
  devices:list: {}
issuers:
  - name: sallyport
    issuer: https://sallyport.local
    signing: { algorithm: EdDSA }
    ttl: { default: 24h, max: 168h }
  - name: corporate
    issuer: https://login.example.com
    audience: sms-api
    algorithms: [RS256, ES256]
    jwks: https://login.example.com/jwks.json
    scopeClaim: scope
    allowScopes: [messages:send, messages:list]
  - name: auth0-sms
    requireSubject: urn:Auth0
    audience: urn:sms-gateway
    algorithms: [HS256]
    secrets: [{ env: AUTH0_SMS_SECRET, encoding: base64url }]
    grant: [messages:send]
basic: { routes: true, sunset: 2027-06-30 }
routes:
  - { method: POST, path: /3rdparty/v1/messages, scope: "messages:send" }
  - { method: GET,  path: /3rdparty/v1/messages, scope: "messages:list" }
  - { method: GET,  path: "/3rdparty/v1/messages/{id}", scope: "messages:read" }
  - { method: GET,  path: /3rdparty/v1/devices,  scope: "devices:list" }
  - { path: "/3rdparty/v1/auth/**", public: true }
  - { path: "/v1/**", public: true }
  - { path: /health, public: true }
revocation: { maxStaleness: 1s, keep: 0s, onOutage: deny }
identity:
  headers: { subject: x-auth-subject, scopes: x-auth-scopes, tokenId: x-auth-token-id, issuer: x-auth-issuer, scheme: x-auth-scheme }
  forwardCredential: false
`;
const SECRET = 'correct-horse-battery-staple-of-the-partner';
const env = { AUTH0_SMS_SECRET: Buffer.from(SECRET).toString('base64url') };

describe('loadConfig() on a valid file', () => {
  it('reads the whole example', () => {
    const config = configFrom(EXAMPLE, { env });
    expect(config).toMatchObject({
      listen: {
        extAuthz: { address: { host: '127.0.0.1', port: 9191 } },
        tokens: { address: { host: '127.0.0.1', port: 9192 } },
      },
      store: { kind: 'sqlite', path: config.file.replace('sallyport.yaml', 'sallyport.db') },
      clockSkewMs: 30_000,
      basic: { routes: true, sunsetMs: Date.UTC(2027, 5, 30) },
      log: { level: 'info' },
    });
    expect(config.issuers.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'sallyport signing',
      'corporate jwks',
      'auth0-sms secrets',
    ]);
    expect(config.routes).toHaveLength(7);
    expect(JSON.stringify(config)).not.toContain(SECRET);
  });

  it('fills in every default', () => {
    const { file, ...config } = configOf('');
    expect(file).toMatch(/^\/.*\/sallyport\.yaml$/);
    expect(config).toEqual({
      listen: {
        extAuthz: {
          address: { host: '127.0.0.1', port: 9191 },
          maxConnections: 10_000,
          tls: undefined,
          transport: expect.objectContaining({ kind: DEFAULT_TRANSPORT }),
        },
        tokens: undefined,
        admin: undefined,
      },
      workers: 1,
      store: { kind: 'sqlite', path: file.replace('sallyport.yaml', 'sallyport.db') },
      clockSkewMs: 30_000,
      timeouts: { decisionMs: 150, storeMs: 80 },
      trustedProxies: ['127.0.0.0/8', '::1'],
      scopes: new Map(),
      issuers: [],
      decisionPoints: new Map(),
      resources: [],
      cors: { rule: undefined },
      basic: { routes: false, sunsetMs: Infinity },
      routes: [],
      routePlaces: new Map(),
      shadow: false,
      dpop: { kind: 'off' },
      revocation: { maxStalenessMs: 1000, keepMs: 0, allowKnownForMs: undefined },
      limits: { token: 16_384 },
      shutdown: { delayMs: 0, drainMs: 10_000 },
      identity: {
        headers: {
          subject: 'x-auth-subject',
          scopes: 'x-auth-scopes',
          tokenId: 'x-auth-token-id',
          issuer: 'x-auth-issuer',
          scheme: 'x-auth-scheme',
        },
        claims: [],
        metadata: [],
        token: undefined,
        forwardCredential: false,
        everySpelling: false,
      },
      log: { level: 'info', passes: 0, audit: undefined },
      authzen: { url: undefined, accountTypes: new Set(), requireToken: true },
      apiKeys: { prefix: undefined, leakReports: undefined },
      telemetry: { kind: 'off' },
    });
  });

  it('freezes the configuration', () => {
    const config = configFrom(EXAMPLE, { env });
    const parts = [
      config,
      config.listen,
      config.issuers,
      config.issuers[0],
      config.routes[0]?.methods,
      config.identity,
    ];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
  });

  it.each([
    ['store: "memory:"', { store: { kind: 'memory' } }],
    ['store: sqlite:/var/lib/x.db', { store: { kind: 'sqlite', path: '/var/lib/x.db' } }],
    ['trustedProxies: []', { trustedProxies: [] }],
    ['shadow: true', { shadow: true }],
    ['log: { level: silent }', { log: { level: 'silent' } }],
    ['log: { passes: 0.01, audit: /var/log/audit.log }', { log: { passes: 0.01, audit: '/var/log/audit.log' } }],
    ['identity: { forwardCredential: true }', { identity: { forwardCredential: true } }],
    ['basic: { sunset: "2027-06-30T12:00:00+02:00" }', { basic: { sunsetMs: Date.UTC(2027, 5, 30, 10) } }],
  ])('reads %s', (sections, part) => {
    expect(configOf(sections)).toMatchObject(part);
  });
});

const STORE = "expected 'memory:', 'sqlite:PATH', 'redis://HOST', or a map with url";

describe('loadConfig() with onOutage', () => {
  it('reads allowKnownFor in milliseconds', () => {
    const { revocation } = configOf('revocation: { onOutage: { allowKnownFor: 30s } }');
    expect(revocation).toEqual({ maxStalenessMs: 1000, keepMs: 0, allowKnownForMs: 30_000 });
  });

  it('accepts a time to keep answers, up to maxStaleness', () => {
    expect(configOf('revocation: { keep: 700ms }').revocation).toMatchObject({ maxStalenessMs: 1000, keepMs: 700 });
    const whole = configOf('revocation: { maxStaleness: 3s, keep: 3s }').revocation;
    expect(whole).toMatchObject({ maxStalenessMs: 3000, keepMs: 3000 });
  });
});

describe('loadConfig() on an invalid file', () => {
  it.each([
    ['store: memory', [`3:8: store: ${STORE}`]],
    ['store: "sqlite:"', [`3:8: store: ${STORE}`]],
    ['store: mysql://u:hunter2@h', [`3:8: store: ${STORE}`]],
    ['store:', [`3:1: store: ${STORE}`]],
    [
      'trustedProxies: [10.0.0.0/8, proxy]',
      ["3:30: trustedProxies[1]: expected an IP address or a CIDR range such as '10.0.0.0/8', found 'proxy'"],
    ],
    ['shadow: "true"', ['3:9: shadow: expected true or false, found a string']],
    [
      'revocation: { onOutage: { allowKnownFor: 999ms } }',
      [
        "3:42: revocation.onOutage.allowKnownFor: expected a duration from 1s to 1h, such as 150ms, 30s, 5m or 24h, found '999ms'",
      ],
    ],
    [
      'revocation: { maxStaleness: 30s, onOutage: { allowKnownFor: 30s } }',
      ['3:61: revocation.onOutage.allowKnownFor: must be longer than revocation.maxStaleness'],
    ],
    ['revocation: { keep: 1001ms }', ['3:21: revocation.keep: must be at most revocation.maxStaleness, which is 1 s']],
    [
      'revocation: { maxStaleness: 500ms, keep: 700ms }',
      ['3:42: revocation.keep: must be at most revocation.maxStaleness, which is 0.5 s'],
    ],
    [
      'revocation: { keep: 61s }',
      ["3:21: revocation.keep: expected a duration from 0s to 60s, such as 150ms, 30s, 5m or 24h, found '61s'"],
    ],
    [
      'revocation: { keep: 700 }',
      ['3:21: revocation.keep: expected a duration from 0s to 60s, such as 150ms, 30s, 5m or 24h, found 700'],
    ],
    [
      'revocation: { onOutage: { allowFor: 30s } }',
      [
        '3:15: revocation.onOutage.allowKnownFor: missing: expected a duration from 1s to 1h, such as 150ms, 30s, 5m or 24h',
        "3:27: revocation.onOutage: unknown key 'allowFor', expected allowKnownFor",
      ],
    ],
    [
      'revocation: { onOutage: allow }',
      ["3:25: revocation.onOutage: expected deny, or a map with allowKnownFor, found 'allow'"],
    ],
    [
      'log: { level: inof }',
      ["3:15: log.level: expected trace, debug, info, warn, error or silent, found 'inof', did you mean 'info'?"],
    ],
    ['log: { passes: 1.5 }', ['3:16: log.passes: expected a number from 0 to 1, found 1.5']],
    ['log: { passes: all }', ["3:16: log.passes: expected a number from 0 to 1, found 'all'"]],
    ['log: { audit: "" }', ['3:15: log.audit: must not be empty']],
    ['timeouts:', ['3:1: timeouts: expected a map, found nothing']],
  ])('refuses %s', (sections, problems) => {
    expect(problemsOf(fileWith(sections))).toEqual(problems);
  });

  it.each([
    ['', ['1:1: version: missing: expected 1']],
    ['version: 2', ['1:10: version: expected 1, found 2']],
    ['version: "1"', ["1:10: version: expected 1, found '1'"]],
  ])('refuses the version %j', (version, problems) => {
    expect(
      problemsOf(`${version}\nlisten: { extAuthz: 127.0.0.1:1 }\nroutes: []`).map((problem) =>
        problem.replace(/^2:1:/, '1:1:'),
      ),
    ).toEqual(problems);
  });

  it('reports five mistakes as five problems, each with its line', () => {
    const text = EXAMPLE.replace('algorithm: EdDSA', 'algoritm: EdDSA')
      .replace('clockSkew: 30s', 'clockSkew: 30')
      .replace('"devices:list"', '"device:list"')
      .replace('env: AUTH0_SMS_SECRET', 'env: AUTH0_SECRET')
      .replace('onOutage: deny', 'onOutage: allow');
    expect(problemsOf(text, { env })).toEqual([
      '6:12: clockSkew: expected a duration from 0s to 5m, such as 150ms, 30s, 5m or 24h, found 30',
      "17:16: issuers[0].signing: unknown key 'algoritm', did you mean 'algorithm'?",
      '30:22: issuers[2].secrets[0].env: the environment variable AUTH0_SECRET is not set',
      "37:57: routes[3].scope: unknown scope 'device:list', did you mean 'devices:list'?",
      "41:53: revocation.onOutage: expected deny, or a map with allowKnownFor, found 'allow'",
    ]);
  });

  it('reports duplicate keys along with every other problem', () => {
    expect(problemsOf(fileWith('shadow: true\nclockSkew: 1\nshadow: 5'))).toEqual([
      '4:12: clockSkew: expected a duration from 0s to 5m, such as 150ms, 30s, 5m or 24h, found 1',
      '5:1: duplicate key',
      '5:9: shadow: expected true or false, found 5',
    ]);
  });

  it.each([
    ['', ["1:1: the file is empty: begin with 'version: 1'"]],
    ['# yet to come\n', ["1:1: the file is empty: begin with 'version: 1'"]],
    ['hunter2', ['1:1: expected a map, found a string']],
    ['- version: 1', ['1:1: expected a map, found a list']],
    ['version: 1: 2', ["1:10: a value that contains ': ' needs quotes"]],
  ])('refuses %j as a whole', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('refuses a file that is not UTF-8', () => {
    const text = Buffer.from(fileWith('# Schlüssel'), 'latin1');
    expect(problemsOf(text)).toEqual(['1:1: the file is not UTF-8: save it as UTF-8']);
  });

  it('refuses a missing file', () => {
    expect(loadConfig('no/such/file.yaml', {})).toEqual({
      ok: false,
      problems: [
        { file: 'no/such/file.yaml', line: 1, column: 1, path: '', message: 'cannot read the file: no such file' },
      ],
      files: [resolve('no/such/file.yaml')],
      globs: [],
    });
  });

  it('lists every file that the configuration depends on, readable or not', () => {
    const issuers =
      'issuers: [{ name: a, audience: b, algorithms: [HS256], secrets: [{ file: here }, { file: gone }] }]';
    const loaded = loadConfigText(fileWith(issuers), { files: { here: 'x'.repeat(32) } });
    expect(loaded.files.map((file) => basename(file))).toEqual(['sallyport.yaml', 'here', 'gone']);
  });

  it('survives text that is built to exhaust the stack or the memory', () => {
    expect(problemsOf('['.repeat(20_000))[0]).toMatch(/^1:[0-9]+: /);
    expect(problemsOf('version: &v [*v]\nlisten: *v\nroutes: *v\nscopes: &s { a:b: *s }').length).toBeGreaterThan(3);
    const bomb = Array.from(
      { length: 9 },
      (_, i) => `k${i}: &a${i} [${`*a${i - 1},`.repeat(i === 0 ? 0 : 9) || 'x'}]`,
    ).join('\n');
    expect(problemsOf(bomb)).toEqual([
      '1:1: cannot read the file: it is nested too deeply, or repeats its aliases too often',
    ]);
  });
});

describe('loadConfig() on any file', () => {
  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(loadConfigText(text).ok).toBe(false);
      }),
    );
  });

  it('never throws on a file that is almost valid', () => {
    const lines = EXAMPLE.split('\n');
    const line = fc.nat(lines.length - 1);
    const text = fc.constantFrom(
      '',
      '{',
      ']',
      '- ',
      'x: ',
      '*a',
      '&a ',
      '!t',
      '"',
      '5',
      '{}',
      '[]',
      '\t',
      '---',
      'null',
      '__proto__: {}',
    );
    fc.assert(
      fc.property(line, fc.nat(60), fc.nat(20), text, (index, start, length, inserted) => {
        const before = lines[index] ?? '';
        const changed = lines.with(index, `${before.slice(0, start)}${inserted}${before.slice(start + length)}`);
        for (const { line, column, message } of problemList(changed.join('\n'))) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(message).toMatch(/^[^\n]+$/);
        }
      }),
    );
  });

  it('never quotes a value in the place of a secret', () => {
    const marker = 'hunter2';
    const written = fc.constantFrom(
      marker,
      `"${marker}`,
      `'${marker}`,
      `!${marker}`,
      `*${marker}`,
      `&${marker}`,
      `%${marker}`,
      `@${marker}`,
      `|${marker}`,
      `"\\${marker}"`,
      `{ ${marker} }`,
      `{ ${marker}: 1, ${marker}: 2 }`,
      `[${marker}]`,
      `{ env: ${marker} }`,
      `{ file: ${marker} }`,
      `{ file: "${marker}\\0" }`,
      `{ env: A, encoding: ${marker} }`,
      `{ env: A, ${marker}: ${marker} }`,
      `} ${marker}`,
      `]] ${marker}: {`,
      `, ${marker}, `,
      `# ${marker}`,
      `${marker}: ${marker}: ${marker}`,
    );
    const place = fc.constantFrom(
      (secret: string) => EXAMPLE.replace('[{ env: AUTH0_SMS_SECRET, encoding: base64url }]', secret),
      (secret: string) => EXAMPLE.replace('{ env: AUTH0_SMS_SECRET, encoding: base64url }', secret),
      (secret: string) => EXAMPLE.replace('algorithm: EdDSA', `algorithm: EdDSA, sealWith: ${secret}`),
      (secret: string) => EXAMPLE.replace('sqlite:./sallyport.db', secret),
      (secret: string) => EXAMPLE.replace('sqlite:./sallyport.db', `{ url: ${secret} }`),
      (secret: string) => EXAMPLE.replace('sqlite:./sallyport.db', `redis://${secret}@redis`),
      (secret: string) => EXAMPLE.replace('sqlite:./sallyport.db', `{ url: "redis://redis", password: ${secret} }`),
      (secret: string) => EXAMPLE.replace('https://login.example.com/jwks.json', secret),
      (secret: string) => EXAMPLE.replace('https://login.example.com/jwks.json', `{ url: ${secret} }`),
      (secret: string) => EXAMPLE.replace('https://login.example.com/jwks.json', `{ tokenFile: ${secret} }`),
      (secret: string) =>
        EXAMPLE.replace('https://login.example.com/jwks.json', `\n      headers:\n        Authorization: ${secret}`),
      (secret: string) =>
        EXAMPLE.replace('127.0.0.1:9191', `{ address: 127.0.0.1:1, tls: { cert: x, key: ${secret} } }`),
    );
    fc.assert(
      fc.property(place, written, (put, secret) => {
        expect(problemsOf(put(secret), { env }).join('\n')).not.toContain(marker);
      }),
      { numRuns: 500 },
    );
  });
});

function problemList(text: string) {
  const loaded = loadConfigText(text, { env });
  return loaded.ok ? [] : loaded.problems;
}
