import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeApiKey } from '../../../src/lib/api-key/api-key.ts';
import { sendRequest } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const PASSWORD = 'a long secret of mine';
const URL_OF_LEAK = 'https://github.com/octocat/Hello-World/blob/1/foo.txt';
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = publicKey.export({ type: 'spki', format: 'pem' });

/** The server that publishes the reporter's keys, as api.github.com does. */
const keyServer = createServer((_request, response) => {
  response.end(JSON.stringify({ public_keys: [{ key_identifier: 'key-1', key: PEM, is_current: true }] }));
});

let service: TokenService;
let login: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
  const { port } = keyServer.address() as AddressInfo; // it listens on TCP
  service = await startTokenService({
    config: {
      apiKeys: { prefix: 'sp', leakReports: { keys: `http://127.0.0.1:${port}/meta/public_keys/secret_scanning` } },
      listen: { tokens: '127.0.0.1:0', verify: { address: '127.0.0.1:0', mode: 'nginx' } },
    },
  });
  const scopes = ['messages:send', 'tokens:manage'];
  await service.addAccount({ name: 'ada', password: PASSWORD, scopes });
  const answer = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: PASSWORD });
  login = `Bearer ${((await answer.json()) as { access_token: string }).access_token}`;
});

afterAll(async () => {
  await service.close();
  keyServer.close();
});

async function issue(form: 'jwt' | 'key') {
  const expires_at = new Date(Date.now() + 86_400_000).toISOString();
  const body = { name: 'server', scopes: ['messages:send'], expires_at, form };
  const answer = await service.call('POST', '/v1/tokens', login, body);
  return (await answer.json()) as { id: string; access_token: string };
}

async function statusOf(token: string): Promise<number> {
  const described = { 'x-original-method': 'GET', 'x-original-url': '/messages' };
  const answer = await fetch(`${service.verify}/auth`, { headers: { authorization: `Bearer ${token}`, ...described } });
  return answer.status;
}

function signatureOf(body: string): string {
  return createSign('sha256').update(body).sign(privateKey, 'base64');
}

interface Message {
  readonly signature?: string;
  readonly keyId?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

/** Sends a message as GitHub does. */
async function report(body: string, { signature = signatureOf(body), keyId = 'key-1', headers = [] }: Message = {}) {
  const { status, body: text } = await sendRequest({
    port: Number(new URL(service.origin).port),
    method: 'POST',
    path: '/v1/leaks',
    headers: [
      ['Accept', '*/*'],
      ['Content-Type', 'application/json'],
      ['GITHUB-PUBLIC-KEY-IDENTIFIER', keyId],
      ['GITHUB-PUBLIC-KEY-SIGNATURE', signature],
      ...headers,
    ],
    body,
  });
  return { status, body: JSON.parse(text) as unknown };
}

function match(token: string, more: object = {}): object {
  return { token, type: 'sallyport_api_key', url: URL_OF_LEAK, source: 'content', ...more };
}

function answerTo(token: string, label: string): object {
  return { token_hash: createHash('sha256').update(token).digest('hex'), token_type: 'sallyport_api_key', label };
}

const auditOf = (id: string) =>
  service.lines.filter((line) => line.includes('"audit"') && line.includes(id) && line.includes('revoked'));

describe('POST /v1/leaks', () => {
  it.each(['key', 'jwt'] as const)('revokes a %s of ours at once, and says where it was found', async (form) => {
    const { id, access_token: token } = await issue(form);
    expect(await statusOf(token)).toBe(200);
    expect(await report(JSON.stringify([match(token)]))).toEqual({
      status: 200,
      body: [answerTo(token, 'true_positive')],
    });
    await expect.poll(() => statusOf(token)).toBe(401);
    const shown = (await (await service.call('GET', `/v1/tokens/${id}`, login)).json()) as object;
    expect(shown).toMatchObject({
      status: 'revoked',
      revoked: { by: 'reporter of leaks', reason: `reported as leaked: ${URL_OF_LEAK}` },
    });
    const [record = '{}', ...more] = auditOf(id);
    expect(JSON.parse(record)).toMatchObject({ by: 'reporter of leaks', client: '127.0.0.1', tokenId: id });
    expect(more).toEqual([]);
    expect(service.lines.join('')).not.toContain(token);
  });

  it('changes nothing when it is repeated', async () => {
    const { id, access_token: token } = await issue('key');
    const body = JSON.stringify([match(token), match(token, { url: '' })]);
    const expected = [answerTo(token, 'true_positive'), answerTo(token, 'true_positive')];
    for (let times = 0; times < 3; times++) expect(await report(body)).toEqual({ status: 200, body: expected });
    expect(auditOf(id)).toHaveLength(1);
  });

  it('labels everything else a false positive, and writes nothing', async () => {
    const { access_token: token } = await issue('jwt');
    const [header, payload, signature = ''] = token.split('.');
    const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const others = [makeApiKey('sp'), 'sp_wrong', 'some_token', forged, 'a.b.c', 'ä', ' '];
    const before = entries();
    const answer = await report(JSON.stringify(others.map((one) => match(one))));
    expect(answer).toEqual({ status: 200, body: others.map((one) => answerTo(one, 'false_positive')) });
    expect(entries()).toBe(before);
    expect(await statusOf(token)).toBe(200);
  });

  it('makes the place printable, and removes tokens from it', async () => {
    const { id, access_token: token } = await issue('key');
    const url = `https://x.example/\u001b[2J?key=${token}\n${'x'.repeat(2_000)}`;
    expect((await report(JSON.stringify([match(token, { url })]))).status).toBe(200);
    const text = await (await service.call('GET', `/v1/tokens/${id}`, login)).text();
    expect(text).toContain('sp_[redacted]');
    expect(text).not.toContain('\\u001b');
    expect(text.length).toBeLessThan(1_500);
    expect(service.lines.join('')).not.toContain(token);
  });

  it.each<[string, Message & { body?: string }]>([
    ['another body', { signature: signatureOf('[]') }],
    ['no signature', { signature: '' }],
    ['an unknown key', { keyId: 'key-2' }],
    ['no key', { keyId: '' }],
    ['two signatures', { headers: [['Github-Public-Key-Signature', 'x']] }],
  ])('refuses a message with %s', async (_what, message) => {
    const { access_token: token } = await issue('key');
    const refused = await report(JSON.stringify([match(token)]), message);
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_signature' } });
    expect(await statusOf(token)).toBe(200);
  });

  it.each([
    ['no JSON', '[', 'invalid_body'],
    ['no list', '{}', 'invalid_body'],
    ['an empty list', '[]', 'invalid_body'],
    ['a match without a token', '[{"type":"x"}]', 'invalid_body'],
    ['over 1,000 matches', JSON.stringify(Array.from({ length: 1_001 }, () => match('x'))), 'invalid_body'],
  ])('refuses %s', async (_what, body, code) => {
    expect(await report(body)).toMatchObject({ status: 400, body: { code } });
  });

  it('leaves no part of a token where it cuts a long place', async () => {
    const { id, access_token: token } = await issue('key');
    const url = `https://github.com/${'a'.repeat(360)}/${token}`;
    expect(await report(JSON.stringify([match(token, { url })]))).toMatchObject({ status: 200 });
    const shown = await (await service.call('GET', `/v1/tokens/${id}`, login)).text();
    expect(shown).toContain('reported as leaked: https://github.com/aaa');
    expect(shown).not.toContain(token.slice(0, 10));
  });

  it('refuses over 1 MiB, another type and a coding before it reads the body', async () => {
    expect(await report(JSON.stringify([match('x'.repeat(1_050_000))]))).toMatchObject({ status: 413 });
    expect(await report('[]', { headers: [['Content-Encoding', 'gzip']] })).toMatchObject({ status: 415 });
    const form = await service.call('POST', '/v1/leaks', undefined, 'token=x');
    expect(form.status).toBe(415);
  });

  it('handles many matches in one message', async () => {
    const { access_token: token } = await issue('key');
    const tokens = [...Array.from({ length: 500 }, () => makeApiKey('sp')), token];
    const { status, body } = await report(JSON.stringify(tokens.map((one) => match(one))));
    expect(status).toBe(200);
    expect((body as { label: string }[]).filter(({ label }) => label === 'true_positive')).toHaveLength(1);
  });
});

it('without apiKeys.leakReports there is no such path', async () => {
  const other = await startTokenService({ config: { apiKeys: { prefix: 'sp' } } });
  const answer = await other.call('POST', '/v1/leaks', undefined, []);
  const body = await answer.json();
  await other.close();
  expect(body).toMatchObject({ status: 404, code: 'not_found' });
});

function entries(): number {
  const database = new DatabaseSync(join(service.folder, 'store.db'), { readOnly: true });
  const rows = database.prepare('SELECT key FROM revocation').all();
  database.close();
  return rows.length;
}
