import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAYS } from '../../deploy/gateways/kinds.ts';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { installedGateways, type RunningGateway, startGateway } from '../support/servers/gateways/gateway.ts';
import { INGRESS_NGINX } from '../support/servers/gateways/ingress-nginx.ts';
import { rawRequest, sendRaw } from '../support/servers/gateways/raw-http.ts';
import { sendRequest } from '../support/servers/http-client.ts';

const MESSAGES = '/3rdparty/v1/messages';
const DEVICES = '/3rdparty/v1/devices';

describe.each(await installedGateways([...GATEWAYS, INGRESS_NGINX]))('$label', ({ kind, isMissing }) => {
  let verify: FakeVerify;
  let messages: FakeVerify;
  let devices: FakeVerify;
  let gateway: RunningGateway;

  beforeAll(async () => {
    if (isMissing) return;
    [verify, messages, devices] = await Promise.all([startFakeVerify(), startFakeVerify(), startFakeVerify()]);
    gateway = await startGateway(kind, {
      verify: verify.port,
      tokens: verify.port,
      messages: messages.port,
      devices: devices.port,
    });
    verify.answer = (_request, response) => response.writeHead(200).end();
    devices.answer = (_request, response) => response.writeHead(200).end('the devices');
  });

  afterAll(async () => {
    if (isMissing) return;
    await gateway.close();
    for (const server of [verify, messages, devices]) server.close();
  });

  beforeEach(() => {
    if (!isMissing) for (const server of [messages, devices]) server.asked.length = 0;
  });

  // Rack writes X-Accel-Redirect as a client tells it to, by x-sendfile-type and x-accel-mapping (CVE-2025-61780).
  it.skipIf(isMissing).each(['X-Accel-Redirect', 'X-Sendfile', 'X-LIGHTTPD-send-file', 'X-Reproxy-URL'])(
    'does not send a request on to where a service points by %s',
    async (name) => {
      messages.answer = (_request, response) => response.writeHead(200, { [name]: DEVICES }).end('the messages');
      const answer = await sendRequest({ port: gateway.port, method: 'GET', path: MESSAGES, headers: [] });
      expect([answer.status, answer.body, devices.asked]).toEqual([200, 'the messages', []]);
    },
  );

  // HAProxy drops trailers from 3.2 on; docs/gateways/haproxy.md tells what follows for older ones.
  if (kind.name !== 'haproxy') {
    it.skipIf(isMissing)('passes no field on that stands behind a chunked body', async () => {
      const passed: string[] = [];
      messages.answer = (request, response) =>
        void request.resume().once('end', () => {
          passed.push(...request.rawTrailers);
          response.end();
        });
      const fields = ['Host: gateway', 'Transfer-Encoding: chunked', 'Trailer: x-auth-subject', 'TE: trailers'];
      const body = '2\r\n{}\r\n0\r\nx-auth-subject: mallory\r\nx-auth-issuer: mallory\r\n\r\n';
      expect(await sendRaw(gateway.port, rawRequest(`POST ${MESSAGES}`, fields, body))).toBe(200);
      expect([messages.asked.length, passed]).toEqual([1, []]);
    });
  }

  // Over h2c a client would send the service requests of which neither the gateway nor Sallyport knows.
  it.skipIf(isMissing).each([
    ['h2c', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']],
    ['h2c without settings', ['Connection: Upgrade', 'Upgrade: h2c']],
    ['h2c beside websocket', ['Connection: Upgrade', 'Upgrade: websocket, h2c', 'Sec-WebSocket-Version: 13']],
    [
      'h2c behind websocket',
      ['Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c', 'Sec-WebSocket-Version: 13'],
    ],
    ['TLS/1.0', ['Connection: Upgrade', 'Upgrade: TLS/1.0']],
  ])('passes no upgrade to another protocol than WebSocket on: %s', async (_protocol, fields) => {
    messages.answer = (_request, response) => response.writeHead(200).end();
    await sendRaw(gateway.port, [`GET ${MESSAGES} HTTP/1.1`, 'Host: gateway', ...fields, '', ''].join('\r\n'));
    const passed = messages.asked.map(({ headers }) => headers.upgrade?.toLowerCase() ?? 'none');
    expect(['none', 'websocket']).toEqual(expect.arrayContaining(passed));
  });

  // ingress-nginx chooses the service by the host of the request line, and shows Sallyport and the service the other.
  if (kind !== INGRESS_NGINX) return;
  it.skipIf(isMissing)('refuses a request with two different hosts', async () => {
    messages.answer = (_request, response) => response.writeHead(200).end();
    const ask = (target: string, host: string) => sendRaw(gateway.port, rawRequest(`GET ${target}`, [`Host: ${host}`]));
    expect(await ask(`http://messages.example.com${MESSAGES}`, 'public.example.com')).toBe(400);
    expect(await ask(`http://messages.example.com${MESSAGES}`, 'messages.example.com.evil.example')).toBe(400);
    expect(await ask(`http://messages.example.com${MESSAGES}`, 'xmessages.example.com')).toBe(400);
    expect(messages.asked).toEqual([]);
    for (const host of ['messages.example.com', 'Messages.example.com:8080', 'messages.example.com.', '[::1]:80'])
      expect([host, await ask(MESSAGES, host)]).toEqual([host, 200]);
    expect(await ask(`http://MESSAGES.example.com${MESSAGES}`, 'messages.example.com')).toBe(200);
  });
});
