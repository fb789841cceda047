import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ForwardAuthMode } from '../../src/config/config.ts';
import { FORWARD_AUTH_MODES } from '../../src/config/config.ts';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import type { RawRequest, RawResponse } from '../support/servers/raw-client.ts';
import { sendRawRequest } from '../support/servers/raw-client.ts';
import { startVerify, type Verify } from '../support/servers/verify.ts';
import { denialOf, QUESTIONS } from './forward-auth-client.ts';

type Field = readonly [name: string, value: string];

const TRUSTED = '127.0.0.1';
const UNTRUSTED = '127.0.0.2';
const PROTECTED = '/3rdparty/v1/devices';
const PUBLIC = '/health';
const ADMIN_HOST = 'admin.example.com';

/** With a host whose every path is public, so that a wrong host shows. */
function edit(config: Record<string, unknown>): void {
  config['trustedProxies'] = [TRUSTED];
  // The demo's file has them as a list.
  const routes = config['routes'] as object[];
  routes.push(
    { hosts: [ADMIN_HOST], path: '/**', public: true },
    { path: '/shadow', scope: 'devices:list', shadow: true },
  );
}

/** A request without credentials, to which only the bypass could give access. */
function question(mode: ForwardAuthMode, path = PROTECTED, host = 'api.example.com'): RawRequest {
  return QUESTIONS[mode]({ method: 'GET', host, path, headers: [] });
}

/** The fields that describe the request, in each mode. */
const OWN: Readonly<Record<ForwardAuthMode, readonly string[]>> = {
  nginx: ['x-original-method', 'x-original-url'],
  forwarded: ['x-forwarded-method', 'x-forwarded-host', 'x-forwarded-uri'],
  path: ['host'],
};

/** What clients send in the hope that it counts. */
const FORGED: readonly Field[] = [
  ['X-Original-Method', 'OPTIONS'],
  ['X-Original-URL', PUBLIC],
  ['X-Original-URL', `http://${ADMIN_HOST}/`],
  ['X-Forwarded-Method', 'OPTIONS'],
  ['X-Forwarded-Host', ADMIN_HOST],
  ['X-Forwarded-Uri', PUBLIC],
  ['X-Original-URI', PUBLIC],
  ['X-Original-Host', ADMIN_HOST],
  ['X-Rewrite-URL', PUBLIC],
  ['X-Forwarded-Path', PUBLIC],
  ['X-Forwarded-Prefix', PUBLIC],
  ['X-Forwarded-Server', ADMIN_HOST],
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Auth-Request-Redirect', PUBLIC],
  ['X-Envoy-Original-Path', PUBLIC],
  ['X-Http-Method-Override', 'OPTIONS'],
  ['X-Host', ADMIN_HOST],
  ['Forwarded', `host=${ADMIN_HOST}`],
  ['Referer', `http://${ADMIN_HOST}/`],
  ['User-Agent', 'kube-probe/1.30'],
  ['X-Auth-Subject', 'mallory'],
];

describe.each(FORWARD_AUTH_MODES)('/auth, mode %s', (mode) => {
  let verify: Verify;

  beforeAll(async () => {
    verify = await startVerify({ listener: { address: '127.0.0.1:0', mode }, edit });
  });

  afterAll(() => verify.close());

  function ask(request: RawRequest, localAddress = TRUSTED): Promise<RawResponse> {
    return sendRawRequest({ host: TRUSTED, port: verify.port, localAddress }, request);
  }

  /** Resolves to the reason of the denial. */
  async function denied(request: RawRequest, localAddress?: string): Promise<string> {
    const answer = await ask(request, localAddress);
    expect(answer.status).not.toBe(200);
    return (JSON.parse(denialOf(mode, answer).body) as { code: string }).code;
  }

  /** The check that failed, from the last line of the decision log. */
  function lastCheck(): unknown {
    return (JSON.parse(verify.lines.at(-1) ?? '{}') as Record<string, unknown>)['check'];
  }

  const counts = (name: string): boolean => OWN[mode].includes(name.toLowerCase());
  const otherModes = FORGED.filter(([name]) => !counts(name));

  it('lets a public path pass, and another host with its own routes', async () => {
    expect((await ask(question(mode, PUBLIC))).status).toBe(200);
    expect((await ask(question(mode, PROTECTED, ADMIN_HOST))).status).toBe(200);
    expect(await denied(question(mode))).toBe('credentials_required');
  });

  it.each(otherModes)('ignores %s: %s', async (...forged) => {
    const { line, headers } = question(mode);
    expect(await denied({ line, headers: [forged, ...headers] })).toBe('credentials_required');
    expect(await denied({ line, headers: [...headers, forged] })).toBe('credentials_required');
  });

  it.each(OWN[mode])('denies a request with two of %s, in either order', async (name) => {
    const { line, headers } = question(mode, PUBLIC);
    for (const value of headers.filter(([field]) => field.toLowerCase() === name).map(([, own]) => own)) {
      expect(await denied({ line, headers: [[name, value], ...headers] })).toBe('path_rejected');
      expect(await denied({ line, headers: [...headers, [name.toUpperCase(), value]] })).toBe('path_rejected');
      expect(lastCheck()).toMatch(/^several /);
    }
  });

  it.each(OWN[mode])('denies a request without %s, or with an empty one', async (name) => {
    const { line, headers } = question(mode, PUBLIC);
    const others = headers.filter(([field]) => field.toLowerCase() !== name);
    expect(await denied({ line, headers: others })).toBe('path_rejected');
    expect(lastCheck()).toMatch(/^no /);
    expect(await denied({ line, headers: [...others, [name, '']] })).toBe('path_rejected');
  });

  it.each(OWN[mode])('denies a request into whose %s another value was joined', async (name) => {
    const { line, headers } = question(mode, PUBLIC);
    for (const comma of [',', ', ', ' ,\t']) {
      const joined = headers.map(
        ([field, value]): Field => [field, field.toLowerCase() === name ? `${value}${comma}${value}` : value],
      );
      expect(await denied({ line, headers: joined })).toBe('path_rejected');
    }
  });

  it('reads every header of a request with three thousand', async () => {
    const { line, headers } = question(mode, PUBLIC);
    const many = Array.from({ length: 3_000 }, (): Field => ['a', 'b']);
    expect((await ask({ line, headers: [...many, ...headers] })).status).toBe(200);
    const [last] = headers.slice(-1);
    if (last === undefined) throw new Error('no header');
    expect(await denied({ line, headers: [...headers, ...many, last] })).toBe('path_rejected');
  });

  it('does not let shadow mode pass what it cannot read', async () => {
    const { line, headers } = question(mode, '/shadow');
    expect((await ask({ line, headers })).status).toBe(200);
    expect(await denied({ line, headers: [...headers, ...headers.slice(-1)] })).toBe('path_rejected');
    expect(await denied({ line, headers }, UNTRUSTED)).toBe('path_rejected');
  });

  it('believes nothing of a peer outside trustedProxies, logs it once, counts it and names it', async () => {
    const before = (await scrape()).value('sallyport_forwarded_for_ignored_total', { door: 'verify' }) ?? 0;
    for (const forged of [undefined, ...FORGED]) {
      const { line, headers } = question(mode, PUBLIC);
      const request = { line, headers: forged === undefined ? headers : [...headers, forged] };
      expect(await denied(request, UNTRUSTED)).toBe('path_rejected');
      expect(lastCheck()).toBe('untrusted peer');
    }
    const after = (await scrape()).value('sallyport_forwarded_for_ignored_total', { door: 'verify' }) ?? 0;
    expect(after - before).toBe(FORGED.length + 1);
    const { components } = (await (await fetch(`${verify.admin}/readyz`)).json()) as { components: object };
    expect(components).toMatchObject({ ignoredForwardedFor: [{ door: 'verify', requests: after, peer: UNTRUSTED }] });
    const warnings = verify.lines.filter((line) => line.includes('trustedProxies') && line.includes('"warn"'));
    expect(warnings).toEqual([expect.stringContaining(`"peer":"${UNTRUSTED}"`)]);
  });

  async function scrape(): Promise<Exposition> {
    return parseExposition(await (await fetch(`${verify.admin}/metrics`)).text());
  }
});

/** Ways to write a target so that its host or its path could be read in two ways. The path is public only in one of them. */
describe.each([
  ['nginx', 'X-Original-URL'],
  ['forwarded', 'X-Forwarded-Uri'],
] as const)('/auth, mode %s', (mode, name) => {
  let verify: Verify;

  beforeAll(async () => {
    verify = await startVerify({ listener: { address: '127.0.0.1:0', mode }, edit });
  });

  afterAll(() => verify.close());

  it('denies a request with another spelling of a header that only Sallyport sets', async () => {
    const { line, headers } = question(mode, PUBLIC);
    for (const spelling of ['x_auth_subject', 'X.Auth.Subject', 'X_Original_URL', 'x_forwarded_uri', 'x!method']) {
      const request = { line, headers: [...headers, [spelling, 'x'] as const] };
      const answer = await sendRawRequest({ host: TRUSTED, port: verify.port }, request);
      expect(JSON.parse(denialOf(mode, answer).body)).toMatchObject({ code: 'path_rejected' });
      expect(verify.lines.at(-1)).toContain('"check":"disguised header"');
    }
  });

  it.each([
    `http://api.example.com${PROTECTED}#${PUBLIC}`,
    `http://api.example.com#${PUBLIC}`,
    `http://api.example.com?${PUBLIC}`,
    `http://api.example.com\\${PUBLIC}`,
    `http://${ADMIN_HOST}@api.example.com${PUBLIC}`,
    `http://api.example.com:80@${ADMIN_HOST}/`,
    `http://${ADMIN_HOST},api.example.com/`,
    'http:///health',
    'http://',
    'http:/health',
    `//${ADMIN_HOST}/`,
    `ftp://${ADMIN_HOST}/`,
    `HTTP://${ADMIN_HOST}/`,
    `javascript:${PUBLIC}`,
    'health',
    '*',
    '?/health',
    '/health/../3rdparty/v1/devices',
    '/health#',
    '/health /3rdparty/v1/devices',
    '/health\t',
    '/health,/3rdparty/v1/devices',
    '/health, http://api.example.com/3rdparty/v1/devices',
    '/health?,https://api.example.com/3rdparty/v1/devices',
    '/health%00',
    '/health%2f..',
    '/h\u00e9alth',
  ])(`denies ${name}: %s`, async (target) => {
    const { line, headers } = question(mode, PUBLIC);
    const written = headers.map(([field, value]): Field => [field, field === name ? target : value]);
    const answer = await sendRawRequest({ host: TRUSTED, port: verify.port }, { line, headers: written });
    // A tab at the end is not part of the value.
    const code = target.endsWith('\t') ? undefined : 'path_rejected';
    expect(answer.status === 200 ? undefined : JSON.parse(denialOf(mode, answer).body).code).toBe(code);
  });
});

describe('/auth, mode path', () => {
  let verify: Verify;

  beforeAll(async () => {
    verify = await startVerify({ listener: { address: '127.0.0.1:0', mode: 'path' }, edit });
  });

  afterAll(() => verify.close());

  it.each([
    ['GET /auth', 400],
    ['GET /auth?/health', 400],
    ['GET /auth#/health', 400],
    ['GET /authhealth', 400],
    ['GET /auth//health', 400],
    ['GET /auth/../health', 400],
    ['GET /auth/./health', 400],
    ['GET /auth%2fhealth', 400],
    ['GET /auth\\health', 400],
    ['GET /auth*', 400],
    ['GET /auth/health;a', 400],
    ['get /auth/health', 400],
    ['GETX /auth/health', 400],
    ['CONNECT admin.example.com:80', 400],
    ['CONNECT /auth/health', 400],
    ['GET http://admin.example.com/auth/health', 404],
    ['GET /%61uth/health', 404],
    ['GET //auth/health', 404],
    ['GET /AUTH/health', 404],
    ['GET /health', 404],
    ['OPTIONS *', 404],
  ])('does not let pass: %s', async (start, status) => {
    const request = { line: `${start} HTTP/1.1`, headers: [['Host', 'api.example.com']] as const };
    const answer = await sendRawRequest({ host: TRUSTED, port: verify.port }, request);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status });
  });
});
