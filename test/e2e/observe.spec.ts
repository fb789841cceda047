import { readFile, stat } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import {
  ACCOUNT,
  type CaseIssuers,
  claims,
  corporateToken,
  OWNER,
  startCaseIssuers,
} from '../support/servers/case-issuers.ts';
import { basic, call, type HttpResponse } from '../support/servers/http-client.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';

const MESSAGES = '/3rdparty/v1/messages';
const TOKENS = '/3rdparty/v1/auth/token';
/** The gateway that does not change paths. */
const RAW_PATHS = 2;
/** A secret that is in paths and queries only. */
const MARK = 'mark-4711';

let issuers: CaseIssuers;
let platform: Platform;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    config['log'] = { audit: './audit.log' };
  };
  platform = await startPlatform({ env: issuers.env, edit });
});

afterAll(async () => {
  await platform.close();
  issuers.close();
});

describe('/metrics, after requests through Envoy', () => {
  it('counts every decision by door, outcome, reason, scheme, route and issuer', async () => {
    const token = corporateToken(issuers, 'RS256');
    const expired = corporateToken(issuers, 'RS256', claims({ exp: 1_000_000_000 }));
    const { id, access_token: revoked } = await issue();
    await send('GET', '/health');
    await send('GET', '/health', `Bearer ${token}`);
    for (let count = 0; count < 3; count++) await send('POST', MESSAGES, `Bearer ${token}`);
    await send('POST', MESSAGES, OWNER);
    await send('GET', `${MESSAGES}/${MARK}?q=${MARK}`, OWNER);
    await send('POST', MESSAGES, `Bearer ${revoked}`);
    await send('DELETE', `${TOKENS}/${id}`, OWNER);
    for (const count of [1, 2])
      expect([count, (await send('POST', MESSAGES, `Bearer ${revoked}`)).status]).toEqual([count, 401]);
    await send('POST', MESSAGES);
    await send('POST', MESSAGES, 'Bearer nonsense');
    await send('POST', MESSAGES, `Bearer ${expired}`);
    await send('POST', MESSAGES, `Bearer ${token}, Bearer ${token}`);
    await send('POST', MESSAGES, basic(ACCOUNT.name, 'wrong'));
    await send('GET', '/3rdparty/v1/devices', `Bearer ${token}`);
    await send('GET', `/${MARK}?q=${MARK}`, `Bearer ${token}`);
    await send('GET', `/x/../${MARK}`, undefined, RAW_PATHS);
    await send('GET', `${MESSAGES}/x/shadow`, `Bearer ${token}`);
    await send('GET', `${MESSAGES}/x/shadow`);

    expect(decisionsOf(await scrape())).toEqual({
      'tokens allow basic /3rdparty/v1/auth/token sallyport': 1,
      'tokens allow basic /3rdparty/v1/auth/token/{jti} sallyport': 1,
      'ext-authz allow none /3rdparty/v1/auth/**': 2,
      'ext-authz allow none /health': 2,
      'ext-authz allow bearer /3rdparty/v1/messages corporate': 3,
      'ext-authz allow bearer /3rdparty/v1/messages sallyport': 1,
      'ext-authz allow basic /3rdparty/v1/messages sallyport': 1,
      'ext-authz allow basic /3rdparty/v1/messages/{id} sallyport': 1,
      'ext-authz deny token_revoked bearer /3rdparty/v1/messages sallyport': 2,
      'ext-authz deny credentials_required none /3rdparty/v1/messages': 1,
      'ext-authz deny token_invalid bearer /3rdparty/v1/messages': 1,
      'ext-authz deny token_expired bearer /3rdparty/v1/messages corporate': 1,
      'ext-authz deny invalid_request bearer /3rdparty/v1/messages': 1,
      'ext-authz deny credentials_invalid basic /3rdparty/v1/messages': 1,
      'ext-authz deny scope_required bearer /3rdparty/v1/devices corporate': 1,
      'ext-authz deny route_denied bearer': 1,
      'ext-authz deny path_rejected none': 1,
      'ext-authz shadow scope_required bearer /3rdparty/v1/messages/x/shadow corporate': 1,
      'ext-authz shadow credentials_required none /3rdparty/v1/messages/x/shadow': 1,
    });
  });

  it('shows cache sizes, durations and ages', async () => {
    const seen = await scrape();
    expect(seen.value('sallyport_decision_duration_seconds_count', { cache: 'miss' })).toBeGreaterThan(3);
    expect(seen.value('sallyport_known_tokens')).toBe(2);
    expect(seen.value('sallyport_known_token_lookups_total', { result: 'hit' })).toBeGreaterThan(3);
    expect(seen.value('sallyport_standings')).toBeGreaterThan(3);
    expect(seen.value('sallyport_feed_age_seconds')).toBeLessThan(1);
    expect(seen.value('sallyport_key_set_age_seconds', { issuer: 'corporate' })).toBeLessThan(60);
    expect(seen.value('sallyport_store_errors_total')).toBe(0);
    expect(seen.value('sallyport_config_last_reload_successful')).toBe(1);
  });

  it('contains no token, no password, no path and no query', async () => {
    const { body } = await admin('/metrics');
    expect(body).toContain('/3rdparty/v1/messages/{id}');
    expect(body).not.toContain(MARK);
    expect([...issuers.secrets].filter((secret) => body.includes(secret))).toEqual([]);
  });
});

describe('/livez and /readyz', () => {
  it('report a healthy instance', async () => {
    expect((await admin('/livez')).status).toBe(200);
    const { status, body } = await admin('/readyz');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      status: 'ready',
      components: { store: { status: 'ok' }, feed: { status: 'ok' }, config: { status: 'ok' } },
    });
  });
});

describe('the logs', () => {
  it('keep the audit log in a file that only its owner can read', async () => {
    const file = join(platform.sallyport.folder, 'audit.log');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const messages = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
    expect(messages).toEqual(['first account created from SALLYPORT_ACCOUNT', 'token issued', 'token revoked']);
    expect(linesOf('audit')).toEqual([]);
  });

  it('stay limited under 5,000 denials, all of which are counted', async () => {
    const labels = {
      door: 'ext-authz',
      outcome: 'deny',
      reason: 'route_denied',
      scheme: 'none',
      route: '',
      issuer: '',
    };
    const began = performance.now();
    const before = linesOf('decision').length;
    await flood(5_000, '/flood');
    expect((await scrape()).value('sallyport_decisions_total', labels)).toBe(5_000);
    await expect.poll(() => accountedFor(before), { timeout: 5_000 }).toBe(5_000);
    const seconds = (performance.now() - began) / 1_000;
    expect(linesOf('decision').length - before).toBeLessThan(102 * (seconds + 2));
  });
});

/** Returns the lines written since, and the number of lines that they report as left out. */
function accountedFor(before: number): number {
  return linesOf('decision')
    .slice(before)
    .reduce((sum, line) => sum + (typeof line['suppressed'] === 'number' ? line['suppressed'] : 1), 0);
}

function linesOf(log: string): Record<string, unknown>[] {
  const complete = platform.sallyport.output().split('\n').slice(0, -1);
  return complete.map((line) => JSON.parse(line)).filter((line) => line.log === log);
}

async function flood(count: number, path: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const port = platform.envoy.gateways[0]?.port;
  const one = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, agent }).once('error', reject).end();
      sent.once('response', (response) => response.resume().once('end', () => resolve(response.statusCode)));
    });
  const statuses = await Promise.all(Array.from({ length: count }, one));
  expect(new Set(statuses)).toEqual(new Set([403]));
  agent.destroy();
}

/** Formats labels as `door outcome reason scheme route issuer`, without empty ones. */
function decisionsOf(seen: Exposition): Record<string, number> {
  const entries = Object.entries(seen.all('sallyport_decisions_total')).map(([written, value]) => {
    const { door, outcome, reason, scheme, route, issuer } = JSON.parse(written);
    return [[door, outcome, reason, scheme, route, issuer].filter((label) => label !== '').join(' '), value];
  });
  return Object.fromEntries(entries);
}

async function scrape(): Promise<Exposition> {
  return parseExposition((await admin('/metrics')).body);
}

function admin(path: string): Promise<HttpResponse> {
  return call(platform.sallyport.ports.admin, 'GET', path);
}

async function issue(): Promise<{ readonly id: string; readonly access_token: string }> {
  const answer = await send('POST', TOKENS, OWNER, 0, { scopes: ['messages:send'] });
  expect(answer.status).toBe(201);
  return JSON.parse(answer.body);
}

function send(method: string, path: string, authorization?: string, gateway = 0, body?: object): Promise<HttpResponse> {
  if (authorization !== undefined) rememberSecrets(authorization);
  return call(platform.envoy.gateways[gateway]?.port ?? 0, method, path, authorization, body);
}

function rememberSecrets(authorization: string): void {
  for (const part of authorization.split(/[ .,]+/)) if (part.length > 20) issuers.secrets.add(part);
}
