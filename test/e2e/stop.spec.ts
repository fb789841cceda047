import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { TRANSPORTS } from '../../src/config/transport-config.ts';
import { certify, hasOpenssl, readCertificate } from '../support/certificates.ts';
import { OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { call, sendRequest } from '../support/servers/http-client.ts';
import { startSallyport } from '../support/servers/sallyport.ts';
import { startServices } from '../support/servers/services.ts';

it.skipIf(!hasOpenssl).each(TRANSPORTS)(
  'with transport %s, Sallyport stops at once behind mTLS and the health checks of envoy.yaml, and starts again (needs the openssl command)',
  async (transport) => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-stop-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    for (const name of ['sallyport', 'envoy']) certify(folder, name);
    const services = await startServices();
    onTestFinished(() => services.close());
    const options = { env: WITH_ACCOUNT, transport, edit: (config: Record<string, unknown>) => edit(config, folder) };
    const first = await startSallyport(options);
    onTestFinished(() => first.close());
    const { extAuthz, tokens } = first.ports;
    const envoy = await startEnvoy({ sallyport: extAuthz, tokens, ...services.ports }, { certificates: folder });
    onTestFinished(() => envoy.close());
    await passes(envoy);
    // A stop must not wait for these: some send nothing, one negotiates no protocol, and none closes by itself.
    for (const port of Object.values(first.ports)) connect(port, '127.0.0.1').on('error', () => {});
    const client = {
      port: extAuthz,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...readCertificate(folder, 'envoy'),
    };
    connectTls(client).on('error', () => {});
    await expect
      .poll(() => first.output(), { timeout: 30_000 })
      .toMatch(/does not offer HTTP\/2.*"TLS handshake failed"/);
    // Envoy's health checks negotiate HTTP/2.
    const scrape = { port: first.ports.admin, method: 'GET', path: '/metrics', headers: [] };
    expect((await sendRequest(scrape)).body).toContain('\nsallyport_tls_handshake_failures_total{door="extAuthz"} 1\n');

    // A stop after shutdown.drain would end in SIGKILL.
    expect(await first.stop()).toBe(0);
    const second = await startSallyport({ ...options, after: first });
    await passes(envoy);
    expect(await second.stop()).toBe(0);
  },
);

function edit(config: Record<string, unknown>, folder: string): void {
  const tls = { cert: join(folder, 'sallyport.pem'), key: join(folder, 'sallyport.key') };
  // `startSallyport` writes addresses.
  const listen = config['listen'] as Record<string, unknown>;
  listen['extAuthz'] = { address: listen['extAuthz'], tls: { ...tls, clientCa: join(folder, 'envoy.pem') } };
  config['shutdown'] = { drain: '5m' };
}

async function passes(envoy: RunningEnvoy): Promise<void> {
  const port = envoy.gateways[0]?.port ?? 0;
  const status = async (): Promise<number> => (await call(port, 'GET', '/3rdparty/v1/messages', OWNER)).status;
  await expect.poll(status, { timeout: 30_000 }).toBe(200);
}
