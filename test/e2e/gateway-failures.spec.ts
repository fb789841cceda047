import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAYS } from '../../deploy/gateways/kinds.ts';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { installedGateways, type RunningGateway, startGateway } from '../support/servers/gateways/gateway.ts';
import { INGRESS_NGINX } from '../support/servers/gateways/ingress-nginx.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Services, startServices } from '../support/servers/services.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What Sallyport could do wrong. None of it may let a request pass. */
const FAILURES: Readonly<Record<string, Answer>> = {
  'never answers': () => {},
  'ends the connection': (request) => void request.socket.destroy(),
  'sends something other than HTTP': (request) => void request.socket.end('OK\r\n'),
  'ends the connection within the header': (request) => void request.socket.end('HTTP/1.1 200 OK\r\nx-auth-sub'),
  'answers 500': (_request, response) => void response.writeHead(500).end(),
  'answers 502': (_request, response) => void response.writeHead(502).end(),
  'answers 503': (_request, response) => void response.writeHead(503).end(),
  'answers 302': (_request, response) => void response.writeHead(302, { location: '/health' }).end(),
  'answers 404': (_request, response) => void response.writeHead(404).end(),
  'answers 429': (_request, response) => void response.writeHead(429).end(),
  'answers 101': (request) => void request.socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
};

const PATH = '/3rdparty/v1/messages';

describe.each(await installedGateways([...GATEWAYS, INGRESS_NGINX]))('$label', ({ kind, isMissing }) => {
  let services: Services;
  let fake: FakeVerify;
  let gateway: RunningGateway;

  beforeAll(async () => {
    if (isMissing) return;
    services = await startServices();
    fake = await startFakeVerify();
    gateway = await startGateway(kind, { verify: fake.port, tokens: fake.port, ...services.ports });
  });

  afterAll(async () => {
    if (isMissing) return;
    await gateway.close();
    fake.close();
    services.close();
  });

  beforeEach(() => {
    if (!isMissing) services.received.length = 0;
  });

  const ask = (): Promise<HttpResponse> =>
    sendRequest({ port: gateway.port, method: 'POST', path: PATH, headers: [], body: '{}' });

  it.skipIf(isMissing)('lets a request pass that Sallyport allows', async () => {
    fake.answer = (_request, response) => response.writeHead(200).end();
    expect((await ask()).status).toBe(202);
    expect(services.received).toHaveLength(1);
  });

  it.skipIf(isMissing).each(Object.entries(FAILURES))('lets nothing pass if Sallyport %s', async (_name, answer) => {
    fake.answer = answer;
    const { status } = await ask();
    expect(status >= 200 && status < 300).toBe(false);
    expect(services.received).toEqual([]);
  });

  it.skipIf(isMissing)('denies while Sallyport is down, and passes requests again afterwards', async () => {
    const [closed = 0] = await freePorts(1);
    const other = await startGateway(kind, { verify: closed, tokens: closed, ...services.ports });
    try {
      const request = { port: other.port, method: 'POST', path: PATH, headers: [], body: '{}' };
      expect((await sendRequest(request)).status).toBe(kind === INGRESS_NGINX ? 500 : 503);
      expect(services.received).toEqual([]);
      const back = await startFakeVerify(closed);
      back.answer = (_request, response) => response.writeHead(200).end();
      await expect.poll(async () => (await sendRequest(request)).status, { timeout: 10_000 }).toBe(202);
      back.close();
    } finally {
      await other.close();
    }
  });
});
