import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sendSecurely } from '../support/binding/secure-request.ts';
import { type Certificate, certify, hasOpenssl } from '../support/certificates.ts';
import { forgeWith, hmac } from '../support/jwt/forge.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import type { HttpResponse } from '../support/servers/http-client.ts';
import { LOGGED } from '../support/servers/process.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const SECRET = 'the secret of the bank, of 32 bytes and more';
const PATH = '/3rdparty/v1/messages';

/** Tokens that are bound to the certificate of their client (RFC 8705), behind Envoy with TLS. */
describe.skipIf(!hasOpenssl)('tokens bound to a client certificate (needs the openssl command)', () => {
  let folder: string;
  let services: Services;
  let sallyport: Sallyport;
  let envoy: RunningEnvoy;
  let alice: Certificate;
  let mallory: Certificate;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-bound-'));
    for (const name of ['gateway', 'clients']) certify(folder, name);
    alice = certify(folder, 'alice', 'clients');
    mallory = certify(folder, 'mallory', 'clients');
    services = await startServices();
    sallyport = await startSallyport({ env: { BANK_SECRET: SECRET }, edit });
    const { extAuthz, tokens } = sallyport.ports;
    const listeners = [
      { name: 'shows certificates', clientCertificates: folder, edit: showCertificate, ...PLAIN },
      { name: 'hides certificates', clientCertificates: folder, edit: forwardXfcc, ...PLAIN },
    ];
    envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, { listeners });
  });

  afterAll(async () => {
    await envoy.close();
    await sallyport.close();
    services.close();
    await rm(folder, { recursive: true });
  });

  beforeEach(() => {
    services.received.length = 0;
  });

  const PLAIN = { normalises: true, rawHeaders: true };

  function edit(config: Record<string, unknown>): void {
    const bank = { name: 'bank', issuer: 'https://bank.example', audience: 'sms', algorithms: ['HS256'] };
    // The demo's file has these lists.
    (config['issuers'] as object[]).push({ ...bank, secrets: [{ env: 'BANK_SECRET' }] });
    (config['routes'] as object[]).push({ method: 'GET', path: `${PATH}/bound`, authenticated: true, bound: 'mtls' });
    config['revocation'] = { keep: '700ms' };
  }

  function showCertificate(manager: ConnectionManager): void {
    manager.http_filters[0].typed_config.include_peer_certificate = true;
    manager.access_log[0].typed_config.log_format.json_format['sallyport'] =
      '%DYNAMIC_METADATA(envoy.filters.http.ext_authz)%';
  }

  /** Envoy passes on what a client says in this header, as no gateway should. */
  function forwardXfcc(manager: ConnectionManager): void {
    manager.forward_client_cert_details = 'ALWAYS_FORWARD_ONLY';
  }

  function tokenOf(cnf?: object): string {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const claims = { iss: 'https://bank.example', aud: 'sms', sub: 'acme', scope: 'messages:list', exp, cnf };
    return forgeWith({ alg: 'HS256' }, claims, hmac(SECRET));
  }

  function thumbprintOf({ cert }: Certificate): string {
    return Buffer.from(new X509Certificate(cert).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  }

  function boundTo(certificate: Certificate): string {
    return tokenOf({ 'x5t#S256': thumbprintOf(certificate) });
  }

  function send(
    token: string,
    client: Certificate | undefined,
    { gateway = 0, path = PATH, more = [] as (readonly [string, string])[] } = {},
  ): Promise<HttpResponse> {
    const headers = [['Authorization', `Bearer ${token}`] as const, ...more];
    return sendSecurely({ port: envoy.gateways[gateway]?.port ?? 0, method: 'GET', path, headers }, client);
  }

  function outcomeOf({ status, body }: HttpResponse): number | string {
    return status < 300 ? status : JSON.parse(body).code;
  }

  it('pass with that certificate, on one connection and the next', async () => {
    const token = boundTo(alice);
    for (let attempt = 0; attempt < 2; attempt++) expect(outcomeOf(await send(token, alice))).toBe(200);
    expect(services.received[0]?.headers).toMatchObject({ 'x-auth-subject': 'acme', 'x-auth-scheme': 'bearer' });
  });

  it('are refused with another certificate of the same CA, and without one, although they are known', async () => {
    const token = boundTo(alice);
    expect(outcomeOf(await send(token, alice))).toBe(200);
    services.received.length = 0;
    for (const client of [mallory, undefined]) {
      const answer = await send(token, client);
      expect([answer.status, outcomeOf(answer)]).toEqual([401, 'token_invalid']);
      expect(answer.challenges).toEqual(['Bearer realm="sallyport", error="invalid_token"']);
    }
    expect(services.received).toEqual([]);
    await expect.poll(() => sallyport.output(), LOGGED).toContain('"check":"another client certificate"');
    await expect.poll(() => sallyport.output(), LOGGED).toContain('"check":"no client certificate"');
  });

  it('are refused at a gateway that does not show certificates, whatever a header says', async () => {
    const hash = Buffer.from(thumbprintOf(alice), 'base64url').toString('hex');
    const cert = encodeURIComponent(alice.cert);
    for (const xfcc of [`Hash=${hash}`, `Hash=${hash};Cert="${cert}"`]) {
      for (const client of [alice, mallory]) {
        const more = [['X-Forwarded-Client-Cert', xfcc] as const];
        expect(outcomeOf(await send(boundTo(alice), client, { gateway: 1, more }))).toBe('token_invalid');
        if (client === mallory) expect(outcomeOf(await send(boundTo(alice), client, { more }))).toBe('token_invalid');
      }
    }
  });

  it('are not kept by the gateway, unlike other tokens', async () => {
    expect(outcomeOf(await send(tokenOf(), alice))).toBe(200);
    await expect.poll(() => envoy.output()).toContain('"keep_ms"');
    const before = envoy.output().split('"keep_ms"').length;
    expect(outcomeOf(await send(boundTo(alice), alice))).toBe(200);
    expect(outcomeOf(await send(tokenOf(), alice))).toBe(200);
    await expect.poll(() => envoy.output().split('"keep_ms"').length).toBe(before + 1);
  });

  it('are required where the route says so', async () => {
    const at = { path: `${PATH}/bound` };
    expect(outcomeOf(await send(boundTo(alice), alice, at))).toBe(200);
    expect(outcomeOf(await send(tokenOf(), alice, at))).toBe('token_invalid');
    await expect.poll(() => sallyport.output(), LOGGED).toContain('"check":"binding required here"');
  });

  it.each([{ kid: 'x' }, { jwk: {} }, { jku: 'https://a.example' }])(
    'are refused if they are bound to something else besides: %j',
    async (more) => {
      const token = tokenOf({ 'x5t#S256': thumbprintOf(alice), ...more });
      expect(outcomeOf(await send(token, alice))).toBe('token_invalid');
    },
  );
});
