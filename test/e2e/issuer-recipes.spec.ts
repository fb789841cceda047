import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { KeyServers } from '../support/issuers/key-servers.ts';
import { examplesOf, issuedNow, patched, type Row, readRecipe } from '../support/issuers/recipe.ts';
import { startTunnels, type Tunnels } from '../support/proxy/tunnels.ts';
import { type CheckClient, connectChecks, type Outcome } from '../support/servers/check-client.ts';
import { type IssuerServer, startIssuerServer } from '../support/servers/issuer-server.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const FOLDER = new URL('../../docs/issuers/', import.meta.url);
const RECIPES = readdirSync(FOLDER)
  .filter((page) => page !== 'README.md')
  .map(readRecipe);
const COMMON = parse(examplesOf('README.md').get('sallyport.yaml') ?? '') as Record<string, object>;
/** A path on which every valid token passes, so that its identity can be read. */
const ANY = '/any';
const SECRET = randomBytes(32);
const KEY_SERVERS = new KeyServers(RECIPES, SECRET);
const HEADINGS = [
  'At the issuer',
  'The configuration',
  'A token',
  'Scopes and roles',
  'What to require',
  'Tokens and answers',
  'Revocation',
];

let folder: string;
let server: IssuerServer;
let tunnels: Tunnels;
let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  if (!hasOpenssl) return;
  folder = mkdtempSync(join(tmpdir(), 'sallyport-recipes-'));
  certify(folder, 'ca');
  const hosts = KEY_SERVERS.hosts.map((host) => `DNS:${host}`).join();
  server = await startIssuerServer(KEY_SERVERS.answer, certify(folder, 'server', 'ca', hosts));
  tunnels = await startTunnels(Number(new URL(server.origin).port));
  const env = {
    ...tunnels.env,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    AUTH0_SMS_SECRET: SECRET.toString('base64url'),
  };
  sallyport = await startSallyport({ env, edit: configure });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  if (!hasOpenssl) return;
  checks.close();
  await sallyport.close();
  tunnels.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** The configurations of all recipes in one, as they are on the pages. */
function configure(config: Record<string, unknown>): void {
  const own = (config['issuers'] as object[]).slice(0, 1);
  const routes = COMMON['routes'] as object[];
  const issuers = RECIPES.flatMap((recipe) => recipe.issuers.map((issuer) => ({ ...issuer })));
  Object.assign(config, { scopes: COMMON['scopes'], issuers: [...own, ...issuers] });
  config['routes'] = [...routes, { path: ANY, authenticated: true }];
  for (const issuer of issuers) placeKeyFile(issuer);
}

/** The one thing that differs from the pages: where a file of keys lies. */
function placeKeyFile(issuer: Record<string, unknown>): void {
  const { jwks, name } = issuer as {
    readonly jwks?: { readonly file?: string; readonly trustDomain?: string };
    name: string;
  };
  if (jwks?.file === undefined) return;
  const recipe = RECIPES.find(({ issuers }) => issuers.some((one) => one['name'] === name));
  if (recipe === undefined) return;
  const bundle = KEY_SERVERS.keySetOf(recipe, { use: 'jwt-svid' });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ [jwks.trustDomain ?? '']: Buffer.from(bundle).toString('base64') }));
  issuer['jwks'] = { ...jwks, file };
}

function tokenOf(page: string, { token, changes }: Row): string {
  const documented = readRecipe(page).tokens.get(token);
  if (documented === undefined) throw new Error(`${page} shows no token '${token}'`);
  return KEY_SERVERS.sign(documented, patched(issuedNow(documented.payload), changes));
}

function send(token: string, method: string, path: string): Promise<Outcome> {
  const headers = [
    ['authorization', `Bearer ${token}`],
    ['x-request-id', token.slice(-20)],
  ] as const;
  return checks.check({ method, path, host: 'h', headers }, 'raw');
}

/** The log also says why the one entry without `issuer` refuses a token. A reader of another page has no such entry. */
function alone(page: string, text: unknown): string {
  if (page === 'auth0-sms-gateway.md') return String(text);
  return String(text).replace(/; (?:auth0-sms refuses \w+|alg is "\w+"$)/, '');
}

/** The line of the decision log about a token. */
function lineAbout(token: string): Record<string, unknown> {
  const lines = sallyport
    .output()
    .split('\n')
    .filter((line) => line.includes(token.slice(-20)));
  return JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
}

describe.each(RECIPES.map((recipe) => [recipe.page, recipe] as const))('docs/issuers/%s', (page, recipe) => {
  it('has the headings of every recipe, and shows each token in its tables', () => {
    const headings = Array.from(recipe.text.matchAll(/^## (.+)$/gm), ([, heading]) => heading);
    expect(headings).toEqual(HEADINGS);
    expect(new Set(recipe.accepted.map(({ token }) => token))).toEqual(new Set(recipe.tokens.keys()));
    expect(recipe.refused.length).toBeGreaterThan(2);
  });

  describe.skipIf(!hasOpenssl)('is what Sallyport decides (needs openssl)', () => {
    it.each(recipe.accepted.map((row) => [row.token, JSON.stringify(row.changes), row] as const))(
      'accepts %s with %s',
      async (_, __, row) => {
        const token = tokenOf(page, row);
        await expect.poll(async () => (await send(token, 'GET', ANY)).outcome, { timeout: 10_000 }).toBe('passes');
        const outcome = await send(token, 'GET', ANY);
        const upstream = outcome.outcome === 'passes' ? outcome.upstream : new Map<string, string>();
        const scopes = upstream.get('x-auth-scopes') ?? '';
        const subject = decodeURIComponent(upstream.get('x-auth-subject') ?? '');
        expect([`\`${subject}\``, scopes === '' ? 'none' : `\`${scopes}\``]).toEqual([...row.cells]);
      },
    );

    it.each(recipe.refused.map((row) => [row.token, row.cells[0], row] as const))(
      'refuses %s: %s',
      async (_, __, row) => {
        const token = tokenOf(page, row);
        expect((await send(token, 'POST', '/messages')).outcome).toBe('denied');
        await expect.poll(() => lineAbout(token)['check'], { timeout: 5_000 }).toBeDefined();
        const { check, found } = lineAbout(token);
        expect(`\`${alone(page, check)}\`: \`${alone(page, found)}\``).toBe(row.cells[1]);
      },
    );
  });
});
