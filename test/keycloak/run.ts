/**
 * Runs the recipe of docs/issuers/keycloak.md with Keycloak itself: real tokens through a real Sallyport. Prints each step; the
 * exit code is 1 if one fails.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { examplesOf, readRecipe } from '../support/issuers/recipe.ts';
import { forge } from '../support/jwt/forge.ts';
import { otherRsa } from '../support/jwt/keys.ts';
import { Steps } from '../support/report/steps.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type RunningKeycloak, startKeycloak } from './keycloak.ts';

/** An unknown key makes Sallyport fetch the key set again, but not within ten seconds of the last time. */
const ROTATION_MS = 30_000;
/** A system command: Keycloak runs on it. */
const JAVA = 'java';
const SEND = { method: 'POST', path: '/messages' };
const LIST = { method: 'GET', path: '/messages' };

const recipe = readRecipe('keycloak.md');
const steps = new Steps();

/** The answer to a request with a token: `200` with the subject, or the status with the failed check. */
async function decide(running: Running, token: string, request = SEND): Promise<string> {
  const id = randomUUID();
  const headers = [
    ['authorization', `Bearer ${token}`],
    ['x-request-id', id],
  ] as const;
  const outcome = await running.checks.check({ ...request, host: 'h', headers }, 'raw');
  if (outcome.outcome === 'passes') return `200 ${outcome.upstream.get('x-auth-scopes') ?? ''}`;
  const line = (): string | undefined =>
    running.sallyport
      .output()
      .split('\n')
      .find((one) => one.includes(id));
  while (line() === undefined) await delay(20);
  const { check } = JSON.parse(line() ?? '{}') as { readonly check: string };
  return `${outcome.answer.status} ${check}`;
}

async function expectAnswer(running: Running, token: string, expected: string, request = SEND): Promise<void> {
  const answer = await decide(running, token, request);
  if (answer !== expected) throw new Error(`${request.method} is answered with ${answer} instead of ${expected}`);
}

async function untilAnswer(running: Running, token: string, expected: string, nudge?: string): Promise<void> {
  for (const deadline = Date.now() + ROTATION_MS; (await decide(running, token)) !== expected; await delay(500)) {
    if (Date.now() > deadline) throw new Error(`never answered with ${expected}`);
    if (nudge !== undefined) await decide(running, nudge);
  }
}

interface Running {
  readonly keycloak: RunningKeycloak;
  readonly sallyport: Sallyport;
  readonly checks: CheckClient;
}

function payloadOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

/** The page may leave claims out, but it shows none that Keycloak does not write, and none of another type. */
function expectShape(name: string, token: string): string {
  const real = payloadOf(token);
  const documented = recipe.tokens.get(name)?.payload ?? {};
  const odd = Object.entries(documented).filter(([claim, value]) => kindOf(real[claim]) !== kindOf(value));
  if (odd.length > 0) throw new Error(`the page shows ${odd.map(([claim]) => claim).join(', ')}, the token does not`);
  return `${Object.keys(documented).length} claims as on the page`;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value;
}

function configure(issuer: string): (config: Record<string, unknown>) => void {
  return (config) => {
    const own = (config['issuers'] as object[]).slice(0, 1);
    const common = parse(examplesOf('README.md').get('sallyport.yaml') ?? '') as object;
    Object.assign(config, common, { issuers: [...own, ...recipe.issuers.map((one) => ({ ...one, issuer }))] });
  };
}

async function grants(running: Running): Promise<void> {
  const { keycloak } = running;
  await steps.run('client credentials, with a mapped realm role', async () => {
    const { access_token: token } = await keycloak.issue('reports');
    // The keys are fetched at the start, in the background.
    await untilAnswer(running, token, '200 messages:send');
    await expectAnswer(running, token, '403 scope', LIST);
    return `${expectShape('client', token)}; POST is allowed, GET is not`;
  });
  await steps.run('a password, with a realm role and a client role', async () => {
    const { access_token: token } = await keycloak.issue('web', 'ada');
    await expectAnswer(running, token, '200 messages:list', LIST);
    await expectAnswer(running, token, '403 scope');
    return `${expectShape('user', token)}; GET is allowed, POST is not`;
  });
  await steps.run('a user without a mapped role', async () => {
    const { access_token: token } = await keycloak.issue('web', 'bob');
    await expectAnswer(running, token, '403 scope', LIST);
    return '403';
  });
}

async function otherTokens(running: Running): Promise<void> {
  const { keycloak } = running;
  await steps.run('ID token and refresh token', async () => {
    const { id_token: id = '', refresh_token: refresh = '' } = await keycloak.issue('web', 'ada');
    await expectAnswer(running, id, '401 token_type');
    await expectAnswer(running, refresh, '401 algorithm');
    return 'both are refused: token_type, algorithm';
  });
  await steps.run('a client that require does not list', async () => {
    await expectAnswer(running, (await keycloak.issue('wiki')).access_token, '401 require');
    return 'refused: require';
  });
}

async function revocation({ keycloak, ...rest }: Running): Promise<void> {
  const running = { keycloak, ...rest };
  await steps.run('a revoked subject', async () => {
    const { access_token: token } = await keycloak.issue('reports');
    await expectAnswer(running, token, '200 messages:send');
    const subject = String(payloadOf(token)['sub']);
    const config = join(rest.sallyport.folder, 'sallyport.yaml');
    const args = ['token', 'revoke', '--config', config, '--issuer', 'keycloak', '--subject', subject];
    const { code, output } = await runSallyport(args);
    if (code !== 0) throw new Error(output);
    const revokedAt = performance.now();
    while ((await decide(running, token)).startsWith('200')) await delay(20);
    const afterMs = Math.round(performance.now() - revokedAt);
    await delay(1_500);
    await expectAnswer(running, (await keycloak.issue('reports')).access_token, '200 messages:send');
    return `denied ${afterMs} ms after the command; a token of later is allowed`;
  });
}

async function rotation(running: Running): Promise<void> {
  const { keycloak } = running;
  await steps.run('rotation of the signing key', async () => {
    const { access_token: old } = await keycloak.issue('reports');
    await keycloak.addKey();
    const { access_token: next } = await keycloak.issue('reports');
    if (kidOf(old) === kidOf(next)) throw new Error('the new key does not sign');
    await untilAnswer(running, next, '200 messages:send');
    await expectAnswer(running, old, '200 messages:send');
    await keycloak.removeFormerKeys();
    const unknown = forge({ alg: 'RS256', kid: 'unknown' }, payloadOf(next), otherRsa.privateKey);
    await untilAnswer(running, old, '401 key', unknown);
    await expectAnswer(running, next, '200 messages:send');
    return 'both keys while both are published, then only the new one';
  });
}

function kidOf(token: string): unknown {
  return (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { readonly kid?: string }).kid;
}

function javaVersion(): string {
  const { stderr } = spawnSync(JAVA, ['-version'], { encoding: 'utf8' });
  return /version "([^"]+)"/.exec(stderr)?.[1] ?? 'unknown';
}

async function main(): Promise<void> {
  let keycloak: RunningKeycloak | undefined;
  let sallyport: Sallyport | undefined;
  let checks: CheckClient | undefined;
  try {
    await steps.run('start Keycloak', async () => {
      keycloak = await startKeycloak();
      return `Keycloak ${keycloak.version} on Java ${javaVersion()}, realm imported`;
    });
    if (keycloak === undefined) return;
    const { issuer } = keycloak;
    await steps.run('start Sallyport', async () => {
      sallyport = await startSallyport({ edit: configure(issuer) });
      const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
      return `at ${revision}, Node ${process.versions.node}, with the configuration of docs/issuers/keycloak.md`;
    });
    if (sallyport === undefined) return;
    checks = connectChecks(sallyport.ports.extAuthz);
    const running = { keycloak, sallyport, checks };
    await grants(running);
    await otherTokens(running);
    await revocation(running);
    await rotation(running);
  } catch (error) {
    // A step has printed its own failure.
    if (!steps.hasFailed) throw error;
  } finally {
    checks?.close();
    await sallyport?.close();
    await keycloak?.close();
  }
}

await main();
process.exitCode = steps.end() ? 0 : 1;
