import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExposition } from '../support/exposition.ts';
import { forge } from '../support/jwt/forge.ts';
import { p256 } from '../support/jwt/keys.ts';
import {
  AUDIENCE,
  type AuthorizationServer,
  GATEWAY,
  startAuthorizationServer,
} from '../support/servers/authorization-server.ts';
import { type CheckClient, connectChecks, type Outcome } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { LOGGED } from '../support/servers/process.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { SQLITE } from '../support/servers/stores.ts';

const DECISION_MS = 1_000;
/** Longer than a decision may take, but shorter than Sallyport waits for a response to cache. */
const SLOW_MS = 1_400;

const ENV = { AS_SECRET: GATEWAY.secret };
const secrets = new Set([GATEWAY.secret, 'very-private']);

let server: AuthorizationServer;
let other: AuthorizationServer;
let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  server = await startAuthorizationServer();
  sallyport = await startSallyport({ env: ENV, edit: configure });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  checks.close();
  await sallyport.close();
  await server.stop();
});

function configure(config: Record<string, unknown>): void {
  config['timeouts'] = { decision: `${DECISION_MS}ms`, store: '500ms' };
  config['log'] = { level: 'trace', passes: 1 };
  const introspection = { url: server.introspection, clientId: GATEWAY.id, clientSecret: { env: 'AS_SECRET' } };
  // The demo's file has a list.
  const issuers = config['issuers'] as object[];
  issuers.push({ name: 'legacy-opaque', issuer: server.origin, audience: AUDIENCE, introspection });
}

describe('an opaque token', () => {
  it('passes with its scope as its client, after one introspection', async () => {
    const token = await issue();
    expect(token).not.toContain('.');
    const before = server.introspections();
    for (let index = 0; index < 5; index++) {
      const outcome = await send(token);
      expect(outcome.outcome).toBe('passes');
      expect(Object.fromEntries(outcome.outcome === 'passes' ? outcome.upstream : [])).toEqual({
        'x-auth-issuer': 'legacy-opaque',
        'x-auth-subject': 'app',
        'x-auth-scopes': 'messages:send',
        'x-auth-scheme': 'bearer',
      });
    }
    expect(server.introspections()).toBe(before + 1);
  });

  it('does not pass without the scope', async () => {
    expect(codeOf(await send(await issue(), 'GET'))).toBe('403 scope_required');
  });

  it('is refused if its server does not know it, and is introspected rarely', async () => {
    const before = server.introspections();
    const token = randomUUID();
    for (let index = 0; index < 20; index++) expect(codeOf(await send(token))).toBe('401 token_invalid');
    expect(server.introspections() - before).toBeLessThan(10);
  });

  it('is explained by sallyport explain', async () => {
    const args = ['explain', '--token-file', '-', 'POST', '/3rdparty/v1/messages', '--config', configFile()];
    const { code, output } = await runSallyport(args, { env: ENV, input: await issue() });
    expect(output).toMatch(/^ok +verification +issuer legacy-opaque, subject app$/m);
    expect(code).toBe(0);
    const refused = await runSallyport(args, { env: ENV, input: 'made-up' });
    expect(refused.output).toMatch(
      /^FAIL +verification +failed check: inactive, issuer legacy-opaque: active is false; /m,
    );
  });
});

it('a token of three parts is sent to no introspection server', async () => {
  const before = server.introspections();
  const foreign = { iss: 'https://nobody.example', sub: 'alice' };
  for (const token of [forge({ alg: 'ES256' }, foreign, p256.privateKey), 'a.b.c', 'a.b.c.', '..']) {
    expect(codeOf(await send(token))).toBe('401 token_invalid');
  }
  expect(server.introspections()).toBe(before);
});

describe('a revoked token', () => {
  it('is denied at once if it was revoked here, without introspection', async () => {
    const token = await issue();
    expect((await send(token)).outcome).toBe('passes');
    const thumbprint = createHash('sha256').update(token).digest('hex');
    await SQLITE.start().then(({ writeDirectly }) =>
      writeDirectly(sallyport, `sallyport:revoked-thumbprint:${thumbprint}`, ''),
    );
    const before = server.introspections();
    await expect.poll(async () => codeOf(await send(token)), { timeout: 5_000 }).toBe('401 token_revoked');
    expect(server.introspections()).toBe(before);
  });

  it('is denied within ten seconds if it was revoked at its server', async () => {
    const token = await issue();
    expect((await send(token)).outcome).toBe('passes');
    await server.revoke(token);
    await expect.poll(async () => codeOf(await send(token)), { timeout: 20_000 }).toBe('401 token_invalid');
  });
});

describe('an introspection server', () => {
  it('that is slow does not delay decisions, and its response is cached', async () => {
    const token = await issue();
    server.disturbance = (_, response) => {
      setTimeout(() => response.end(JSON.stringify(answerFor('messages:send'))), SLOW_MS);
    };
    expect(codeOf(await send(token))).toBe('503 unavailable');
    await expect.poll(async () => (await send(token)).outcome, { timeout: 10_000 }).toBe('passes');
    server.disturbance = undefined;
  });

  it('that refuses our credentials or sends an invalid response is unavailable, and the log says why', async () => {
    const token = await issue();
    server.disturbance = (_, response) => response.writeHead(401).end('very-private');
    for (let index = 0; index < 20; index++) expect(codeOf(await send(token))).toBe('503 unavailable');
    await expect.poll(() => logged('introspection is misconfigured')).toEqual(['it answered 401']);
    server.disturbance = (_, response) => response.end('very-private');
    expect(codeOf(await send(token))).toBe('503 unavailable');
    await expect.poll(() => sallyport.output(), LOGGED).toContain('introspection: it answered no JSON');
    server.disturbance = undefined;
    expect((await send(token)).outcome).toBe('passes');
  });

  it('that cannot be reached affects no other issuer, and the log and /readyz report it until it is back', async () => {
    const [knownBefore, fresh] = [await issue(), await issue()];
    expect((await send(knownBefore)).outcome).toBe('passes');
    await server.stop();
    for (let index = 0; index < 20; index++) expect(codeOf(await send(fresh))).toBe('503 unavailable');
    expect((await send(knownBefore)).outcome).toBe('passes');
    expect(await metric('failed')).toBeGreaterThan(10);
    const failing = [{ issuer: 'legacy-opaque', status: 'failing', failures: expect.any(Number) }];
    await expect.poll(() => send(fresh).then(components), { timeout: 20_000 }).toEqual(failing);
    expect(logged('introspection fails')).toHaveLength(1);
    await server.start();
    await expect.poll(async () => (await send(fresh)).outcome, { timeout: 20_000 }).toBe('passes');
    expect(await components()).toEqual([{ issuer: 'legacy-opaque', status: 'ok', failures: 0 }]);
    await expect.poll(() => sallyport.output(), LOGGED).toContain('"msg":"introspection works again"');
  });
});

describe('a reload', () => {
  it('applies to cached results, and may name another server', async () => {
    const token = await issue();
    expect((await send(token)).outcome).toBe('passes');
    await edit((text) => text.replace(`audience: ${AUDIENCE}`, 'audience: another'));
    await expect.poll(async () => codeOf(await send(token)), { timeout: 10_000 }).toBe('401 token_invalid');
    other = await startAuthorizationServer();
    await edit((text) => text.replaceAll(server.origin, other.origin).replace('audience: another', 'audience: any'));
    const theirs = await other.issue('messages:send');
    await expect.poll(async () => (await send(theirs)).outcome, { timeout: 10_000 }).toBe('passes');
    expect(codeOf(await send(token))).toBe('401 token_invalid');
    await other.stop();
  });

  async function edit(change: (text: string) => string): Promise<void> {
    const text = await readFile(configFile(), 'utf8');
    expect(change(text)).not.toBe(text);
    await writeFile(configFile(), change(text));
    process.kill(sallyport.pid ?? 0, 'SIGHUP');
  }
});

it('Sallyport logs no token, no secret and no part of a response that it could not read', async () => {
  await expect.poll(() => sallyport.output(), LOGGED).toContain('"reason":"token_revoked"');
  for (const secret of secrets) expect(sallyport.output()).not.toContain(secret);
});

async function issue(): Promise<string> {
  const token = await server.issue('messages:send');
  secrets.add(token);
  return token;
}

function send(token: string, method = 'POST'): Promise<Outcome> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  return checks.check({ method, path: '/3rdparty/v1/messages', host: 'localhost', headers }, 'plain');
}

/** Returns the status and code of a denial. */
function codeOf(outcome: Outcome): string {
  if (outcome.outcome === 'passes') return 'passes';
  return `${outcome.answer.status} ${JSON.parse(outcome.answer.body).code}`;
}

function answerFor(scope: string): object {
  return { active: true, client_id: 'app', aud: AUDIENCE, scope };
}

/** Returns the causes in the log lines with this message. */
function logged(message: string): string[] {
  const lines = sallyport.output().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line)).flatMap(({ msg, cause }) => (msg.startsWith(message) ? [cause] : []));
}

async function metric(outcome: string): Promise<number | undefined> {
  const { body } = await admin('/metrics');
  return parseExposition(body).value('sallyport_introspections_total', { issuer: 'legacy-opaque', outcome });
}

async function components(): Promise<unknown> {
  return JSON.parse((await admin('/readyz')).body).components.introspection;
}

function admin(path: string) {
  return call(sallyport.ports.admin, 'GET', path);
}

function configFile(): string {
  return join(sallyport.folder, 'sallyport.yaml');
}
