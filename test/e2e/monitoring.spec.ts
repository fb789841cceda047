import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findPrometheus } from '../../tools/prometheus.ts';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { type Panel, readDashboard } from '../support/monitoring/dashboard.ts';
import { documentedMetrics } from '../support/monitoring/metrics-table.ts';
import { type Prometheus, type Series, startPrometheus } from '../support/monitoring/prometheus.ts';
import { selectorsIn } from '../support/monitoring/queries.ts';
import { readRules } from '../support/monitoring/rules.ts';
import { type RedisServer, startRedis } from '../support/redis/server.ts';
import {
  ACCOUNT,
  type CaseIssuers,
  claims,
  corporateToken,
  OWNER,
  startCaseIssuers,
} from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { basic, call } from '../support/servers/http-client.ts';
import { type IssuerServer, startIssuerServer } from '../support/servers/issuer-server.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { seal } from '../support/servers/stores.ts';

const MESSAGES = '/3rdparty/v1/messages';
const DAY_MS = 86_400_000;
const hasPrometheus = (await findPrometheus('prometheus')) !== undefined;

/** Alerts that this run need not provoke, and why. Their queries must still find series. */
const NOT_PROVOKED: Readonly<Record<string, string>> = {
  SallyportOneInstanceLeft: 'looks back in steps of five minutes',
  SallyportRestarting: 'needs three starts',
  SallyportWorkersRestarting: 'needs three workers that end',
  SallyportVersionsDiffer: 'needs another version',
  SallyportEventLoopBlocked: 'needs a machine without time',
  SallyportKeySetOld: 'needs hours',
  SallyportSigningKeysFailing: 'the keys are read more seldom',
  SallyportAuditErrors: 'needs a full disk',
  SallyportLogLost: 'needs a broken standard output',
  SallyportInternalErrors: 'needs a bug',
  SallyportConnectionsFull: 'needs more connections than this run opens',
  SallyportConnectionLimits: 'needs five minutes of a flood',
};
/** It has series only where a gateway keeps answers: `kept-envoy.spec.ts`. */
const KEPT_PASSES = 'sallyport_kept_passes_total';

let issuers: CaseIssuers;
let redis: RedisServer;
let introspection: IssuerServer;
let isServerDown = false;
let a: Sallyport;
let b: Sallyport;
let checks: readonly CheckClient[];
let prometheus: Prometheus;
let closedPort: number;
let verifyPort: number;
let certificates: string;
const fired = new Map<string, readonly Series[]>();
let scraped: string;

describe.skipIf(!hasPrometheus || !hasOpenssl)('monitoring (needs prometheus and openssl)', () => {
  beforeAll(async () => {
    await startAll();
    await everyReason();
    await useTokens();
    await breakParts();
    scraped = (await call(a.ports.admin, 'GET', '/metrics')).body + (await call(b.ports.admin, 'GET', '/metrics')).body;
  });

  afterAll(async () => {
    for (const client of checks ?? []) client.close();
    await prometheus?.close();
    for (const sallyport of [a, b]) await sallyport?.close();
    await introspection?.stop();
    await redis?.close();
    issuers?.close();
    await rm(certificates, { recursive: true, force: true });
  });

  it('scrapes every metric of docs/observability.md, with its labels, and no other', () => {
    const documented = new Map(documentedMetrics());
    const names = new Set(Array.from(scraped.matchAll(/^# TYPE (\w+) /gm), ([, name = '']) => name));
    expect([...names].toSorted()).toEqual([...documented.keys()].toSorted());
    const labels = new Map<string, Set<string>>();
    for (const [, series = '', written = ''] of scraped.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
      const name = names.has(series) ? series : series.replace(/_(?:bucket|sum|count)$/, '');
      const own = Array.from(written.matchAll(/(\w+)="/g), ([, label = '']) => label).filter((label) => label !== 'le');
      labels.set(name, (labels.get(name) ?? new Set()).union(new Set(own)));
    }
    const seen = new Map(Array.from(labels, ([name, own]) => [name, [...own].toSorted()]));
    documented.delete(KEPT_PASSES);
    expect(seen).toEqual(new Map(Array.from(documented, ([name, own]) => [name, own.toSorted()])));
  });

  it.each(readRules().filter(({ record }) => record !== undefined))('$record records', async ({ record = '' }) => {
    expect((await prometheus.query(`last_over_time(${record}[10m]) >= 0`)).length).toBeGreaterThan(0);
  });

  it.each(hasPrometheus ? readDashboard().panels : [])('the panel "$title" shows data', async (panel) => {
    for (const { expr, refId } of panel.targets) {
      const series = await answersTo(panel, expr);
      const numbers = series.flatMap(({ values }) => values.filter(([, value]) => value !== 'NaN'));
      expect([refId, numbers.length > 0]).toEqual([refId, true]);
    }
  });

  it('has values for the variables of the dashboard', async () => {
    const values = async (selector: string, label: string) =>
      (await prometheus.labelValues(selector, label)).toSorted();
    expect(await values('sallyport_build_info{job=~".*sallyport.*"}', 'job')).toEqual(['sallyport']);
    expect(await values('sallyport_build_info', 'instance')).toHaveLength(2);
    expect(await values('sallyport_decisions_total', 'door')).toEqual(['ext-authz', 'tokens']);
    expect(await values('sallyport_decisions_total', 'route')).toContain('/3rdparty/v1/messages/{id}');
    expect(await values('{__name__=~"sallyport_decisions_total|sallyport_key_set_failures"}', 'issuer')).toContain(
      'down',
    );
  });

  it('finds no token, password, path or account in a label', async () => {
    const secrets = [...issuers.secrets, 'mark-4711', ACCOUNT.name, 'alice'];
    const text = JSON.stringify(await prometheus.query('{job="sallyport"}'));
    expect(secrets.filter((secret) => text.includes(`"${secret}`) || text.includes(`${secret}"`))).toEqual([]);
  });

  describe('alerts, once the instances have stopped too', () => {
    beforeAll(async () => {
      const stopped = Promise.all([a.stop(), b.stop()]);
      await until('sallyport_ready == 0');
      await watchAlerts();
      await stopped;
      await until('absent(sallyport_build_info)');
      await watchAlerts();
    });

    it.each(readRules().filter(({ alert }) => alert !== undefined))(
      '$alert fires, or reads series that exist',
      async (rule) => {
        const { alert = '', expr } = rule;
        if (!(alert in NOT_PROVOKED)) {
          expect(fired.has(alert)).toBe(true);
          return;
        }
        for (const selector of selectorsIn(expr)) {
          expect([selector, (await prometheus.query(`last_over_time(${selector}[10m])`)).length]).not.toEqual([
            selector,
            0,
          ]);
        }
      },
    );
  });
});

/** Two instances on one Redis, a proxy that neither trusts, an issuer that is down, and Prometheus. */
async function startAll(): Promise<void> {
  [closedPort = 0, verifyPort = 0] = await freePorts(2);
  certificates = mkdtempSync(join(tmpdir(), 'sallyport-monitoring-'));
  certify(certificates, 'door');
  issuers = await startCaseIssuers();
  redis = await startRedis();
  introspection = await startIssuerServer((_request, response) => {
    response.writeHead(isServerDown ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ active: true, sub: 'app', scope: 'messages:list', exp: Date.now() / 1_000 + 60 }));
  });
  const env = { ...issuers.env, SEAL_SECRET: 'a secret of thirty-two bytes, ok', AS_SECRET: 'secret' };
  a = await startSallyport({ env, edit });
  await makeEndingToken();
  b = await startSallyport({ env, edit: withDoor });
  checks = [a, b].map(({ ports }) => connectChecks(ports.extAuthz));
  prometheus = await startPrometheus([a.ports.admin, b.ports.admin, closedPort]);
  await until('sum(sallyport_ready) == 2');
}

function edit(config: Record<string, unknown>): void {
  issuers.configure(config);
  // The demo's file has a list.
  const list = config['issuers'] as object[];
  const url = `${introspection.origin}/introspect`;
  const client = { url, clientId: 'gw', clientSecret: { env: 'AS_SECRET' }, cache: '100ms' };
  list.push(
    { name: 'legacy', issuer: 'https://legacy.example.com', audience: 'any', introspection: client },
    {
      name: 'down',
      issuer: 'https://down.example.com',
      audience: 'any',
      algorithms: ['RS256'],
      jwks: `http://127.0.0.1:${closedPort}/jwks.json`,
    },
  );
  config['decisionPoints'] = { opa: { url: `http://127.0.0.1:${closedPort}/access/v1/evaluation` } };
  // The demo's file has a list.
  const routes = config['routes'] as object[];
  routes.push({ method: 'GET', path: '/ruled', authenticated: true, where: { authzen: 'opa' } });
  config['log'] = { passes: 0, audit: './audit.log' };
  // Nothing listens at the discard port, so that every export fails.
  config['telemetry'] = { endpoint: 'http://127.0.0.1:9', metrics: { interval: '5s' } };
  config['store'] = `redis://127.0.0.1:${redis.port}`;
  config['timeouts'] = { decision: '2s', store: '500ms' };
  config['trustedProxies'] = [];
  config['shutdown'] = { delay: '3s', drain: '1s' };
  config['basic'] = { routes: true, sunset: new Date(Date.now() + 10 * DAY_MS).toISOString().slice(0, 10) };
  seal(config);
}

/** Only one instance has a door with TLS, and workers. */
function withDoor(config: Record<string, unknown>): void {
  edit(config);
  config['workers'] = 2;
  const tls = { cert: join(certificates, 'door.pem'), key: join(certificates, 'door.key') };
  Object.assign(config['listen'] as object, { verify: { address: `127.0.0.1:${verifyPort}`, mode: 'nginx', tls } });
}

/** A token that was made long ago, is in use, and ends within a day. No call makes it: its past is written by hand. */
async function makeEndingToken(): Promise<void> {
  const login = await send('POST', '/v1/login', undefined, { email: ACCOUNT.name, password: ACCOUNT.password });
  const expires_at = new Date(Date.now() + DAY_MS / 2).toISOString();
  const made = await send('POST', '/v1/tokens', `Bearer ${login['access_token']}`, {
    name: 'billing server',
    scopes: ['messages:list'],
    expires_at,
  });
  const key = `sallyport:token:${made['id']}`;
  const record = JSON.parse((await redis.client.hget(key, 'record')) ?? '{}');
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const createdAtSeconds = nowSeconds - 60 * 86_400;
  await redis.client.hset(key, { record: JSON.stringify({ ...record, createdAtSeconds }), used: nowSeconds });
}

async function send(method: string, path: string, authorization?: string, body?: object) {
  const { body: text } = await call(a.ports.tokens, method, path, authorization, body);
  // An object of our own API.
  return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
}

async function check(method: string, path: string, authorization?: string): Promise<void> {
  const headers = authorization === undefined ? [] : [['authorization', authorization] as const];
  const request = { method, path, host: 'h', headers };
  await Promise.all(checks.map((client) => client.check(request, 'raw')));
}

/** Provokes every reason for denial that needs no outage, and passes of every kind. */
async function everyReason(): Promise<void> {
  const token = corporateToken(issuers, 'RS256');
  const expired = corporateToken(issuers, 'RS256', claims({ exp: 1_000_000_000 }));
  const mine = await send('POST', '/3rdparty/v1/auth/token', OWNER, { scopes: ['messages:send'] });
  await check('POST', MESSAGES, `Bearer ${mine['access_token']}`);
  await send('DELETE', `/3rdparty/v1/auth/token/${mine['id']}`, OWNER);
  for (let round = 0; round < 3; round++) {
    await Promise.all([
      check('GET', '/health'),
      check('POST', MESSAGES, OWNER),
      check('GET', `${MESSAGES}/mark-4711`, OWNER),
      check('POST', MESSAGES),
      check('POST', MESSAGES, `Bearer ${token}, Bearer ${token}`),
      check('POST', MESSAGES, 'Bearer nonsense'),
      check('POST', MESSAGES, `Bearer ${expired}`),
      check('POST', MESSAGES, `Bearer ${mine['access_token']}`),
      check('GET', '/3rdparty/v1/devices', `Bearer ${token}`),
      check('GET', '/mark-4711', `Bearer ${token}`),
      check('GET', '/ruled', `Bearer ${token}`),
      check('GET', '/x/../y'),
      check('GET', `${MESSAGES}/x/shadow`),
      check('GET', MESSAGES, `Bearer ${corporateToken(issuers, 'RS256', claims({ iss: 'https://down.example.com' }))}`),
    ]);
    await pause();
  }
  // One in 64 of the decisions on known tokens is measured.
  for (let count = 0; count < 300; count++) await check('POST', MESSAGES, `Bearer ${token}`);
  // An operator deletes the entry of a revocation by hand.
  await redis.client.del(`sallyport:revoked:sallyport:${mine['id']}`);
}

/** Guesses, opaque tokens, a sender that is not trusted, and clients that cannot speak TLS. */
async function useTokens(): Promise<void> {
  for (let guess = 0; guess < 80; guess += 8) {
    await Promise.all(
      Array.from({ length: 8 }, (_, at) => check('GET', MESSAGES, basic('demo', `guess ${guess + at}`))),
    );
  }
  await check('GET', MESSAGES, 'Bearer an-opaque-token');
  isServerDown = true;
  const forwarded = { 'x-forwarded-for': '192.0.2.1' };
  for (let count = 0; count < 6; count++) {
    await check('GET', MESSAGES, 'Bearer an-opaque-token');
    await fetch(`http://127.0.0.1:${a.ports.tokens}/.well-known/jwks.json`, { headers: forwarded });
    await speakPlainly();
    await pause();
  }
  await watchAlerts();
}

/** Sends something other than TLS to the door with TLS, several times at once. */
async function speakPlainly(): Promise<void> {
  const attempts = Array.from({ length: 12 }, async () => {
    const socket = connect(verifyPort, '127.0.0.1').on('error', () => undefined);
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
  });
  await Promise.all(attempts);
}

/** Files that are refused, or need a restart; a Redis that hangs, and one that loses its data; an instance that stops. */
async function breakParts(): Promise<void> {
  await b.rewrite((config) => {
    withDoor(config);
    config['clockSkew'] = '31s';
    Object.assign(config['listen'] as object, { extAuthz: `127.0.0.1:${closedPort}` });
  });
  await a.rewrite((config) => {
    edit(config);
    config['routes'] = 'none';
  });
  await until('sallyport_config_restart_needed == 1');
  await until('sallyport_config_last_reload_successful == 0');
  await watchAlerts();
  redis.freeze();
  const token = `Bearer ${corporateToken(issuers, 'RS256')}`;
  for (let round = 0; round < 4; round++) {
    const strangers = Array.from({ length: 6 }, (_, at) =>
      check('GET', MESSAGES, basic(`nobody ${round} ${at}`, 'x'.repeat(20))),
    );
    await Promise.all([...strangers, ...Array.from({ length: 5 }, () => check('POST', MESSAGES, token))]);
    await watchAlerts();
  }
  redis.thaw();
  await until('count(sallyport_feed_age_seconds < 1) == 2');
  await redis.client.flushall();
  await check('POST', MESSAGES, token).catch(() => undefined);
  await until('sallyport_revocation_set_lost == 1');
  await watchAlerts();
}

/** Waits until Prometheus has scraped once more. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 600));
}

async function until(expr: string): Promise<void> {
  const answered = async (): Promise<void> => {
    if ((await prometheus.query(expr)).length === 0) throw new Error(`no series: ${expr}`);
  };
  await vi.waitFor(answered, { timeout: 20_000, interval: 250 });
}

/** Remembers which alerts are due now. */
async function watchAlerts(): Promise<void> {
  await pause();
  for (const { alert, expr } of readRules()) {
    if (alert === undefined || fired.has(alert)) continue;
    const series = await prometheus.query(expr);
    if (series.length > 0) fired.set(alert, series);
  }
}

function answersTo({ type }: Panel, expr: string): Promise<readonly Series[]> {
  const query = expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '10m')
    .replaceAll('$job', '.*sallyport.*')
    .replaceAll(/\$(?:instance|door|route|issuer)/g, '.*');
  return type === 'stat' || type === 'table' ? prometheus.query(query) : prometheus.queryRange(query);
}
