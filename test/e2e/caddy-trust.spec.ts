import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { installedGateways, startGateway } from '../support/servers/gateways/gateway.ts';
import { sendRequest } from '../support/servers/http-client.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const caddy = (await installedGateways()).filter(({ kind }) => kind.name === 'caddy');

describe.each(caddy)('$label behind a proxy that it trusts', ({ kind, isMissing }) => {
  let services: Services;
  let verify: FakeVerify;

  beforeAll(async () => {
    services = await startServices();
    verify = await startFakeVerify();
  });

  afterAll(() => {
    verify.close();
    services.close();
  });

  it.skipIf(isMissing)('takes the address of the client from the proxy, and nothing else', async () => {
    verify.answer = (_request, response) => response.writeHead(200).end();
    const ports = { verify: verify.port, tokens: verify.port, ...services.ports };
    const gateway = await startGateway(kind, ports, [['uri /auth', 'uri /auth\n\ttrusted_proxies 127.0.0.0/8']]);
    const headers = [
      ['Host', 'api.example.com'],
      ['X-Forwarded-For', '203.0.113.9'],
      ['X-Forwarded-Host', 'admin.example.com'],
      ['X-Forwarded-Method', 'GET'],
      ['X-Forwarded-Uri', '/health'],
    ] as const;
    await sendRequest({ port: gateway.port, method: 'POST', path: '/3rdparty/v1/messages', headers });
    await gateway.close();
    expect(verify.asked[0]?.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
      'x-forwarded-host': 'api.example.com',
      'x-forwarded-method': 'POST',
      'x-forwarded-uri': '/3rdparty/v1/messages',
    });
    expect(services.received[0]?.headers.host).toBe('api.example.com');
  });
});
