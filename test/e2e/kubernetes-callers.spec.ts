import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { forgeWith, signedBy } from '../support/jwt/forge.ts';
import { type ApiServerOptions, startApiServer } from '../support/kubernetes/api-server.ts';
import { KEY_SET_PATH, METADATA_PATH, RECORDED_HOST, readRecorded } from '../support/kubernetes/recorded.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import type { IssuerServer } from '../support/servers/issuer-server.ts';
import { LOGGED } from '../support/servers/process.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const PAGE = readFileSync(new URL('../../docs/kubernetes-callers.md', import.meta.url), 'utf8');
const ORDERS = 'system:serviceaccount:shop:orders';
const OWN_TOKEN = 'eyJhbGciOiJSUzI1NiJ9.the-token-of-sallyport.hunter2';
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface Documented extends Record<string, unknown> {
  readonly discovery?: { tokenFile: string; ca: string; keySetHosts: string[] };
  readonly jwks?: { url: string; tokenFile: string; ca: string };
  issuer: string;
  grant?: string[];
}

describe.skipIf(!hasOpenssl)('callers from Kubernetes (needs the openssl command)', () => {
  let folder: string;
  /** At the issuer's address, and at the address of the key set. */
  let service: IssuerServer;
  let node: IssuerServer;
  let sallyport: Sallyport;
  let gateway: CheckClient;
  const rbac = { isGranted: false };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-kubernetes-'));
    certify(folder, 'cluster');
    certify(folder, 'other');
    const shared = {
      tls: certify(folder, 'apiserver', 'cluster'),
      token: () => OWN_TOKEN,
      isGranted: () => rbac.isGranted,
    };
    node = await startApiServer({ ...shared, bodies: { [KEY_SET_PATH]: recordedKeySet() } });
    const bodies: Record<string, string> = {};
    service = await startApiServer({ ...shared, bodies } satisfies ApiServerOptions);
    bodies[METADATA_PATH] = recordedMetadata(service.origin, node.origin);
    replace('token', readRecorded().tokens.orders);
    replace('ca.crt', readFileSync(join(folder, 'other.pem'), 'utf8'));
    sallyport = await startSallyport({ edit: (config) => configure(config, documented()) });
    gateway = connectChecks(sallyport.ports.extAuthz);
  });

  afterAll(async () => {
    gateway.close();
    await sallyport.close();
    await Promise.all([service.stop(), node.stop()]);
    rmSync(folder, { recursive: true });
  });

  it('are unavailable until the API server gives access, and the log says what to do', {
    timeout: 60_000,
  }, async () => {
    expect(await statusOf(tokenWith())).toBe('unavailable');
    await cause('its certificate is not signed by the CA in ca');
    expect(service.requests).toEqual([]);
    replace('ca.crt', readFileSync(join(folder, 'cluster.pem'), 'utf8'));
    await cause('it answered 401: it refuses the token in tokenFile');
    replace('token', OWN_TOKEN);
    await cause('bind the ClusterRole system:service-account-issuer-discovery');
    rbac.isGranted = true;
    await cause('which may not receive headers and token: list it in discovery.keySetHosts');
    expect(node.requests).toEqual([]);
    // None of this is a change of the configuration.
    expect(sallyport.output()).not.toContain('configuration taken up');
    const issuer = documented();
    issuer.discovery?.keySetHosts.push(new URL(node.origin).host);
    await sallyport.rewrite((config) => configure(config, issuer));
    await expect.poll(() => statusOf(tokenWith()), { timeout: 10_000 }).toBe('passes');
    expect(node.requests).toEqual([KEY_SET_PATH]);
  });

  it('pass with the identity of their ServiceAccount and the granted scopes', async () => {
    const outcome = await send(tokenWith());
    expect(outcome).toMatchObject({ outcome: 'passes' });
    const upstream = outcome.outcome === 'passes' ? outcome.upstream : new Map<string, string>();
    expect(upstream.get('x-auth-issuer')).toBe('kubernetes');
    expect(upstream.get('x-auth-subject')).toBe(ORDERS);
    expect(upstream.get('x-auth-scopes')).toBe('messages:send messages:list');
    expect(upstream.has('authorization')).toBe(false);
  });

  const seconds = Math.floor(Date.now() / 1_000);
  it.each<[what: string, changes: object, status: string]>([
    ['of a cluster before 1.29, without a jti', { jti: undefined }, 'passes'],
    ['for several audiences', { aud: ['billing', 'sms-api'] }, 'passes'],
    ['for another audience', { aud: ['billing'] }, 'token_invalid'],
    ['for the API server', { aud: ['https://kubernetes.default.svc.cluster.local'] }, 'token_invalid'],
    ['of another ServiceAccount', { sub: 'system:serviceaccount:shop:billing' }, 'token_invalid'],
    ['that has expired', { exp: seconds - 60, iat: seconds - 660, nbf: seconds - 660 }, 'token_expired'],
    ['that is not yet valid', { nbf: seconds + 600 }, 'token_invalid'],
    ['that does not expire', { exp: undefined }, 'token_invalid'],
  ])('come with a token %s', async (_, changes, status) => {
    expect(await statusOf(tokenWith(changes))).toBe(status);
  });

  it('lose their access with the grant', async () => {
    const { grant: _, ...issuer } = documented();
    issuer.discovery?.keySetHosts.push(new URL(node.origin).host);
    await sallyport.rewrite((config) => configure(config, issuer));
    await expect.poll(() => statusOf(tokenWith()), { timeout: 10_000 }).toBe('scope_required');
  });

  it('need no metadata if the configuration names the key set', async () => {
    const issuer = documented(1);
    service.requests.length = 0;
    node.requests.length = 0;
    await sallyport.rewrite((config) => configure(config, issuer));
    await expect.poll(() => statusOf(tokenWith()), { timeout: 10_000 }).toBe('passes');
    expect(service.requests).toEqual([]);
    expect(node.requests).toEqual([KEY_SET_PATH]);
  });

  it('have a configuration that `sallyport check` judges with its files', async () => {
    const file = join(folder, 'sallyport.yaml');
    const opening = { version: 1, listen: { extAuthz: '127.0.0.1:9191' }, routes: [] };
    const scopes = { 'messages:send': {}, 'messages:list': {} };
    writeFileSync(file, stringify({ ...opening, scopes, issuers: [documented()] }));
    expect(await runSallyport(['check', '--config', file])).toMatchObject({ code: 0 });
    replace('token', '');
    const { code, output } = await runSallyport(['check', '--config', file]);
    expect([code, output]).toEqual([1, expect.stringContaining('issuers[0].discovery.tokenFile: the file is empty')]);
  });

  it('leave no token in the log', async () => {
    await expect.poll(() => sallyport.output(), LOGGED).toContain('"msg":"key set fetched"');
    for (const secret of ['hunter2', readRecorded().tokens.orders]) expect(sallyport.output()).not.toContain(secret);
  });

  /** Returns an issuer of the documentation, with the addresses and files of this test. */
  function documented(index: 0 | 1 = 0): Documented {
    const blocks = [...PAGE.matchAll(/```yaml\n(issuers:[^`]*)```/g)].map(([, block = '']) => block);
    const files = '/var/run/secrets/kubernetes.io/serviceaccount';
    const written = (blocks[index] ?? '')
      .replaceAll(`${files}/token`, join(folder, 'token'))
      .replaceAll(`${files}/ca.crt`, join(folder, 'ca.crt'))
      .replaceAll('https://kubernetes.default.svc/openid', `${node.origin}/openid`)
      .replaceAll('https://kubernetes.default.svc.cluster.local', service.origin);
    // The block is an excerpt of a configuration, which Sallyport validates.
    const [issuer] = (parse(written) as { readonly issuers: readonly Documented[] }).issuers;
    if (issuer === undefined) throw new Error(`the page has no configuration ${index}`);
    return issuer;
  }

  /** Writes a file as the kubelet does: whole, in place of the former. */
  function replace(name: string, contents: string): void {
    writeFileSync(join(folder, `${name}.new`), contents);
    renameSync(join(folder, `${name}.new`), join(folder, name));
  }

  async function cause(text: string): Promise<void> {
    await expect.poll(() => sallyport.output(), { timeout: 30_000 }).toContain(text);
  }

  function tokenWith(changes: object = {}): string {
    const claims = { ...recordedClaims(), iss: service.origin, iat: seconds, nbf: seconds, exp: seconds + 3_600 };
    const header = { alg: 'RS256', kid: 'test' };
    return forgeWith(header, { ...claims, ...changes }, signedBy('RS256', pair.privateKey));
  }

  function send(token: string) {
    const headers = [['authorization', `Bearer ${token}`]] as const;
    return gateway.check({ method: 'POST', path: '/3rdparty/v1/messages', host: 'gateway.example', headers }, 'raw');
  }

  async function statusOf(token: string): Promise<string> {
    const outcome = await send(token);
    return outcome.outcome === 'passes' ? 'passes' : String(JSON.parse(outcome.answer.body).code);
  }
});

function configure(config: Record<string, unknown>, issuer: object): void {
  config['timeouts'] = { decision: '2s', store: '500ms' };
  // The demo's file has a list.
  (config['issuers'] as object[]).push(issuer);
}

/** Returns the recorded key set with the key of this test in place of the cluster's. */
function recordedKeySet(): string {
  const { keys } = JSON.parse(readRecorded().granted[KEY_SET_PATH]?.body ?? '') as { readonly keys: readonly object[] };
  const key = { ...keys[0], ...pair.publicKey.export({ format: 'jwk' }), kid: 'test' };
  return JSON.stringify({ keys: [key] });
}

/** Returns the recorded metadata with other addresses. */
function recordedMetadata(issuer: string, keySet: string): string {
  return (readRecorded().granted[METADATA_PATH]?.body ?? '')
    .replace('https://kubernetes.default.svc.cluster.local', issuer)
    .replace(`https://${RECORDED_HOST}`, keySet);
}

/** Returns the claims of the recorded token: `aud`, `sub`, `jti` and `kubernetes.io` among them. */
function recordedClaims(): object {
  const [, payload = ''] = readRecorded().tokens.orders.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}
