import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certify, hasOpenssl, readCertificate } from '../support/certificates.ts';
import type { RawRequest, RawResponse } from '../support/servers/raw-client.ts';
import { sendRawRequest, valuesOf } from '../support/servers/raw-client.ts';
import { startVerify, type Verify, type VerifyOptions } from '../support/servers/verify.ts';
import { QUESTIONS } from './forward-auth-client.ts';

const ADDRESS = '127.0.0.1:0';
const HEALTH = { method: 'GET', host: 'gateway', path: '/health', headers: [] };
const DEVICES = { ...HEALTH, path: '/3rdparty/v1/devices' };

let verify: Verify | undefined;

afterEach(() => verify?.close());

async function start(options: VerifyOptions): Promise<Verify> {
  verify = await startVerify(options);
  return verify;
}

function ask({ port }: Verify, request: RawRequest): Promise<RawResponse> {
  return sendRawRequest({ host: '127.0.0.1', port }, request);
}

describe('the listener verify', () => {
  it('answers 404 with a problem document to every other path, and to /auth without a mode', async () => {
    const here = await start({ listener: { address: ADDRESS } });
    for (const line of ['GET /auth', 'GET /auth/health', 'POST /auth', 'GET /', 'GET /v1/tokens', 'DELETE /nothing']) {
      const answer = await ask(here, { line: `${line} HTTP/1.1`, headers: QUESTIONS.nginx(HEALTH).headers });
      expect([answer.status, valuesOf(answer, 'content-type')]).toEqual([404, ['application/problem+json']]);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'not_found', status: 404 });
    }
    const warnings = here.lines.filter((line) => line.includes('listen.verify.mode'));
    expect(warnings.map((line): unknown => JSON.parse(line))).toMatchObject([{ door: 'verify', peer: '127.0.0.1' }]);
  });

  it('logs that a gateway asks in another mode', async () => {
    const here = await start({ listener: { address: ADDRESS, mode: 'nginx' } });
    const answer = await ask(here, { line: 'GET /auth/health HTTP/1.1', headers: [['Host', 'sallyport']] });
    expect(answer.status).toBe(404);
    expect(here.lines.filter((line) => line.includes('listen.verify.mode'))).toHaveLength(1);
  });

  it.each([
    ['a broken request', 'GET /auth HTTP/9.9', 400, 'malformed_request'],
    ['a header that is too long', `GET /auth HTTP/1.1\r\nX: ${'x'.repeat(140_000)}`, 431, 'headers_too_large'],
  ])('answers %s with a problem document', async (_name, line, status, code) => {
    const here = await start({ listener: { address: ADDRESS, mode: 'nginx' } });
    const answer = await ask(here, { line, headers: [['Host', 'sallyport']] });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { code, status }]);
  });

  it.each(['/auth', '/auth?from=ingress'])('answers any method at %s', async (target) => {
    const here = await start({ listener: { address: ADDRESS, mode: 'nginx' } });
    const { headers } = QUESTIONS.nginx(HEALTH);
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const answer = await ask(here, { line: `${method} ${target} HTTP/1.1`, headers });
      expect([method, answer.status, answer.body]).toEqual([method, 200, '']);
    }
  });

  it('sends no body to HEAD in mode path, and the header fields of GET', async () => {
    const here = await start({ listener: { address: ADDRESS, mode: 'path' } });
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => ask(here, QUESTIONS.path({ ...DEVICES, method }))),
    );
    const fieldsOf = (answer?: RawResponse) => answer?.fields.filter(([name]) => name !== 'date');
    expect(head).toMatchObject({ status: 401, body: '' });
    expect(get?.body).toContain('credentials_required');
    expect(fieldsOf(head)).toEqual(fieldsOf(get));
  });

  it('takes up another mode without a restart, and closes /auth without one', async () => {
    const here = await start({ listener: { address: ADDRESS, mode: 'nginx' } });
    const statuses = async () =>
      Promise.all([
        ask(here, QUESTIONS.nginx(HEALTH)),
        ask(here, QUESTIONS.forwarded(HEALTH)),
        ask(here, QUESTIONS.path(HEALTH)),
      ]).then((answers) => answers.map(({ status }) => status));
    expect(await statuses()).toEqual([200, 403, 404]);
    await here.reload({ mode: 'forwarded' });
    expect(await statuses()).toEqual([400, 200, 404]);
    await here.reload({ mode: 'path' });
    expect(await statuses()).toEqual([400, 400, 200]);
    await here.reload({});
    expect(await statuses()).toEqual([404, 404, 404]);
    expect(here.lines.join('\n')).not.toContain('needRestart');
  });
});

describe('connections of the listener verify', () => {
  const QUESTION = written(QUESTIONS.nginx(HEALTH));

  it('stay open for the next request, also after a body', async () => {
    const { port } = await start({ listener: { address: ADDRESS, mode: 'nginx' } });
    const socket = connect(port, '127.0.0.1');
    const bodies = [
      QUESTION(''),
      QUESTION('x'.repeat(1000)),
      QUESTION('4\r\nbody\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'),
      QUESTION('x'.repeat(500_000)),
      QUESTION(''),
    ];
    for (const request of bodies) {
      socket.write(request);
      expect(await nextStatus(socket)).toBe(200);
    }
    socket.destroy();
  });

  it('end after a body without end, which does not delay the answer', async () => {
    const { port } = await start({ listener: { address: ADDRESS, mode: 'nginx' } });
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(QUESTION('', 'Content-Length: 1000000000'));
    expect(await nextStatus(socket)).toBe(200);
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const send = (): void => {
      for (; !socket.destroyed && socket.write(chunk); sent += chunk.length);
    };
    socket.on('drain', send);
    send();
    await closed;
    expect(sent).toBeLessThan(100_000_000);
  });

  it('are cut at a stop, once the last answer is sent', async () => {
    const here = await start({ listener: { address: ADDRESS, mode: 'nginx' } });
    const socket = connect(here.port, '127.0.0.1').on('error', () => {});
    socket.write(QUESTION(''));
    expect(await nextStatus(socket)).toBe(200);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    verify = undefined;
    await here.close();
    await closed;
    await expect(ask(here, QUESTIONS.nginx(HEALTH))).rejects.toThrow('ECONNREFUSED');
  });
});

/** Returns a function that adds a body, and a further field in place of its length. */
function written({ line, headers }: RawRequest): (body: string, field?: string) => string {
  const fields = headers.map(([name, value]) => `${name}: ${value}`);
  return (body, field = `Content-Length: ${body.length}`) => [line, ...fields, field, '', body].join('\r\n');
}

async function nextStatus(socket: Socket): Promise<number> {
  const text = await new Promise<string>((resolve, reject) => {
    socket.once('data', (data: Buffer) => resolve(data.toString('latin1')));
    socket.once('close', () => reject(new Error('closed')));
  });
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

describe('the listener verify on a Unix socket', () => {
  it('trusts its peers, whatever trustedProxies lists', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-socket-'));
    try {
      const path = join(folder, 'verify.sock');
      const listener = { address: `unix:${path}`, mode: 'forwarded' } as const;
      await start({ listener, edit: (config) => void (config['trustedProxies'] = []) });
      const to: NetConnectOpts = { path };
      expect((await sendRawRequest(to, QUESTIONS.forwarded(HEALTH))).status).toBe(200);
      expect((await sendRawRequest(to, QUESTIONS.forwarded(DEVICES))).status).toBe(401);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe.skipIf(!hasOpenssl)('the listener verify with mutual TLS (needs the openssl command)', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-verify-tls-'));
    for (const name of ['old', 'new', 'gateway', 'stranger']) certify(folder, name);
    return () => rm(folder, { recursive: true });
  });

  const install = async (name: string): Promise<void> => {
    for (const ending of ['pem', 'key'])
      await copyFile(join(folder, `${name}.${ending}`), join(folder, `tls.${ending}`));
  };

  /** Resolves to the status and the name in the certificate of the listener. Rejects without an answer. */
  async function askTls(port: number, client?: string): Promise<readonly [status: number, name: string]> {
    const own = client === undefined ? {} : readCertificate(folder, client);
    const socket: TLSSocket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own });
    socket.on('error', () => {}).write(written(QUESTIONS.path(HEALTH))(''));
    const status = await nextStatus(socket);
    const name = String(socket.getPeerCertificate().subject.CN);
    socket.destroy();
    return [status, name];
  }

  it('answers only clients with a certificate of its CA, and takes up a new certificate of its own', async () => {
    await install('old');
    const tls = { cert: join(folder, 'tls.pem'), key: join(folder, 'tls.key'), clientCa: join(folder, 'gateway.pem') };
    const here = await start({ listener: { address: ADDRESS, mode: 'path', tls } });
    expect(await askTls(here.port, 'gateway')).toEqual([200, 'old']);
    await expect(askTls(here.port, 'stranger')).rejects.toThrow('closed');
    await expect(askTls(here.port)).rejects.toThrow('closed');
    expect(here.lines.join('\n')).toContain('TLS handshake failed');
    await install('new');
    await here.reload({ mode: 'path', tls });
    expect(await askTls(here.port, 'gateway')).toEqual([200, 'new']);
    await expect(askTls(here.port)).rejects.toThrow('closed');
  });
});
