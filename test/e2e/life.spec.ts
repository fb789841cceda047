import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { otherForm } from '../support/jwt/forge.ts';
import {
  ACCOUNT,
  type CaseIssuers,
  claims,
  corporateToken,
  OWNER,
  startCaseIssuers,
} from '../support/servers/case-issuers.ts';
import { basic, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { optionsFor, type Platform, startPlatform } from '../support/servers/platform.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { STORES, type StoreUnderTest } from '../support/servers/stores.ts';

const TOKENS = '/3rdparty/v1/auth/token';
const MESSAGES = '/3rdparty/v1/messages';

let issuers: CaseIssuers;
let store: StoreUnderTest;
let platform: Platform;

describe.each(STORES)('on $name', (kind) => {
  beforeAll(async () => {
    issuers = await startCaseIssuers();
    store = await kind.start();
    platform = await startPlatform(optionsFor(issuers, store));
  });

  afterAll(async () => {
    await platform.close();
    await store.close();
    issuers.close();
  });

  beforeEach(() => {
    platform.services.received.length = 0;
  });

  describe('the life of a token, through Envoy', () => {
    it('is issued, used, misses a scope, is revoked and refused from then on', async () => {
      const issued = await issue({ ttl: 3600, scopes: ['messages:send'] });
      expect(issued.status).toBe(201);
      const { id, token_type, access_token, expires_at } = JSON.parse(issued.body);
      expect({ id, token_type }).toEqual({ id: expect.stringMatching(/^[\w-]{21}$/), token_type: 'Bearer' });
      expect(Date.parse(expires_at)).toBeGreaterThan(Date.now() + 3_590_000);
      expect(expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

      expect((await send(access_token)).status).toBe(202);
      expect(platform.services.received[0]?.headers).toMatchObject({
        'x-auth-issuer': 'sallyport',
        'x-auth-scheme': 'bearer',
        'x-auth-scopes': 'messages:send',
        'x-auth-token-id': id,
      });
      expect(platform.services.received[0]?.headers.authorization).toBeUndefined();

      const devices = await call('GET', '/3rdparty/v1/devices', `Bearer ${access_token}`);
      expect(messageOf(devices)).toEqual([403, 'scope required: devices:list']);

      expect((await call('DELETE', `${TOKENS}/${id}`, OWNER)).status).toBe(204);
      expect(messageOf(await send(access_token))).toEqual([401, 'token revoked']);
      expect((await call('DELETE', `${TOKENS}/${id}`, OWNER)).status).toBe(204);
    });

    it('lasts 24 hours by default, as its claims say', async () => {
      const { access_token, id } = JSON.parse((await issue({ scopes: ['messages:list'] })).body);
      const payload = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString());
      expect(payload).toMatchObject({ iss: 'https://sallyport.local', jti: id, scopes: ['messages:list'] });
      expect(payload).toMatchObject({ token_use: 'access', sub: expect.any(String) });
      expect(payload.exp - payload.iat).toBe(86_400);
      expect(JSON.parse(Buffer.from(access_token.split('.')[0], 'base64url').toString())).toMatchObject({
        typ: 'at+jwt',
      });
    });

    it('with tokens:manage issues and revokes others of its account', async () => {
      const manager = JSON.parse((await issue({ scopes: ['tokens:manage'] })).body).access_token;
      const made = await call('POST', TOKENS, `Bearer ${manager}`, { scopes: ['messages:send'] });
      expect(made.status).toBe(201);
      const { id, access_token } = JSON.parse(made.body);
      expect((await send(access_token)).status).toBe(202);
      expect((await call('DELETE', `${TOKENS}/${id}`, `Bearer ${manager}`)).status).toBe(204);
      expect(messageOf(await send(access_token))).toEqual([401, 'token revoked']);
      expect(messageOf(await send(manager))).toEqual([403, 'scope required: messages:send']);
    });

    it('is introspected and revoked by an OAuth client', async () => {
      const { access_token } = JSON.parse((await issue({ scopes: ['messages:send'] })).body);
      const oauth = (name: string) => post(`/oauth2/${name}`, OWNER, `token=${access_token}`);
      expect(JSON.parse((await oauth('introspect')).body)).toMatchObject({ active: true, username: ACCOUNT.name });
      expect((await oauth('revoke')).status).toBe(200);
      expect(JSON.parse((await oauth('introspect')).body)).toEqual({ active: false });
      expect(messageOf(await send(access_token))).toEqual([401, 'token revoked']);
      const { body } = await call('GET', '/.well-known/oauth-authorization-server');
      expect(JSON.parse(body)).toMatchObject({ revocation_endpoint: 'https://sallyport.local/oauth2/revoke' });
    });

    it('without tokens:manage, or of another issuer, issues nothing', async () => {
      const plain = JSON.parse((await issue({ scopes: ['messages:send'] })).body).access_token;
      const refused = await call('POST', TOKENS, `Bearer ${plain}`, { scopes: ['messages:send'] });
      expect(messageOf(refused)).toEqual([403, 'scope required: tokens:manage']);
      const foreign = corporateToken(issuers, 'RS256', claims({ scope: 'tokens:manage' }));
      const alien = await call('POST', TOKENS, `Bearer ${foreign}`, { scopes: ['messages:send'] });
      expect(messageOf(alien)).toEqual([401, 'invalid token']);
    });

    it('is refused with messages that say what to change', async () => {
      const answer = await issue({ ttl: 700_000, scopes: ['messages:sent', 'messages:send'], extra: 1 });
      expect(messageOf(answer)[0]).toBe(400);
      const { errors } = JSON.parse((await issue({ ttl: 700_000, scopes: ['messages:sent'] })).body);
      expect(errors).toEqual([
        { field: 'scopes[0]', message: 'no such scope: "messages:sent", did you mean "messages:send"?' },
        { field: 'ttl', message: '700000 seconds is over the maximum of 604800' },
      ]);
      const limited = JSON.parse((await issue({ ttl: 100_000, scopes: ['messages:send'] })).body);
      expect(limited.errors).toEqual([
        { field: 'ttl', message: '100000 seconds is over the maximum of 86400 for messages:send' },
      ]);
      expect(JSON.parse((await issue({ scopes: [] })).body).code).toBe('invalid_body');
      expect((await call('POST', TOKENS, basic(ACCOUNT.name, 'wrong'), { scopes: ['messages:send'] })).status).toBe(
        401,
      );
      expect(messageOf(await call('POST', TOKENS, undefined, { scopes: ['messages:send'] }))[0]).toBe(401);
    });
  });

  describe('a password on routes', () => {
    it('has the permissions of the account, and the scheme Basic', async () => {
      expect((await call('GET', '/3rdparty/v1/devices', OWNER)).status).toBe(200);
      const { headers } = platform.services.received[0] ?? {};
      expect(headers).toMatchObject({ 'x-auth-issuer': 'sallyport', 'x-auth-scheme': 'basic' });
      expect(headers).not.toHaveProperty('authorization');
    });
  });

  describe('an entry that an operator writes into the store', () => {
    it('revokes a token by its thumbprint, also in the second form of its signature', async () => {
      const token = corporateToken(issuers, 'ES256');
      const twin = otherForm(token);
      expect([(await send(token)).status, (await send(twin)).status]).toEqual([202, 202]);
      const signed = token.slice(0, token.lastIndexOf('.'));
      await writeDirectly(`sallyport:revoked-thumbprint:${createHash('sha256').update(signed).digest('hex')}`, '');
      await expect.poll(async () => messageOf(await send(token))).toEqual([401, 'token revoked']);
      expect(messageOf(await send(twin))).toEqual([401, 'token revoked']);
    });

    it.each([
      ['its id', 'sallyport:revoked:corporate:j%2F1', '{"by":"me"}'],
      ['a mark for its subject', 'sallyport:notbefore:corporate:bob%20b', String(Math.floor(Date.now() / 1000) + 5)],
      ['its key', 'sallyport:revoked-key:corporate:ed', ''],
      ['a mark for its issuer', 'sallyport:notbefore-issuer:corporate', String(Math.floor(Date.now() / 1000) + 5)],
    ])('revokes a token by %s', async (_what, key, value) => {
      const token = corporateToken(issuers, 'EdDSA', claims({ sub: 'bob b', jti: 'j/1' }));
      await writeDirectly('sallyport:revoked:corporate:somebody-else', '');
      expect([202, 401]).toContain((await send(token)).status);
      await writeDirectly(key, value);
      await expect.poll(async () => messageOf(await send(token))).toEqual([401, 'token revoked']);
    });
  });

  describe('sallyport account, while Sallyport runs', () => {
    it('limits an account to 30 unknown ids a minute, but not for known tokens', async () => {
      await account(['add', 'flooder', '--scopes', 'messages:send'], 'a password that floods');
      const flooder = basic('flooder', 'a password that floods');
      const issued = await call('POST', TOKENS, flooder, { scopes: ['messages:send'] });
      const { id, access_token } = JSON.parse(issued.body);
      const answers: HttpResponse[] = [];
      // More than the budget, which grows by one id every two seconds.
      while (answers.length < 300 && answers.at(-1)?.status !== 429) {
        const madeUp = randomBytes(16).toString('base64url').slice(0, 21);
        answers.push(await call('DELETE', `${TOKENS}/${madeUp}`, flooder));
      }
      expect(answers.length).toBeGreaterThan(30);
      const [last] = answers.slice(-1);
      expect(JSON.parse(last?.body ?? '{}')).toMatchObject({ status: 429, code: 'too_many_attempts' });
      expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0);
      expect((await call('DELETE', `${TOKENS}/${id}`, flooder)).status).toBe(204);
      expect(messageOf(await send(access_token))).toEqual([401, 'token revoked']);
      expect(await account(['remove', 'flooder', '--yes'])).toMatchObject({ code: 0 });
    });

    it('adds an account with fewer scopes, lists it, and removes it with its tokens', async () => {
      const added = await account(['add', 'reader', '--scopes', 'messages:list'], 'another password');
      expect(added).toMatchObject({ code: 0, output: expect.stringMatching(/^added reader \([\w-]{22}\)$/m) });
      expect((await account(['list'])).output).toMatch(/^demo\t.*all:any,tokens:manage\nreader\t.*\tmessages:list\n$/);
      const reader = basic('reader', 'another password');
      expect((await call('GET', MESSAGES, reader)).status).toBe(200);
      expect((await call('GET', '/3rdparty/v1/devices', reader)).status).toBe(403);
      const greedy = await call('POST', TOKENS, reader, { scopes: ['messages:send'] });
      expect(JSON.parse(greedy.body).errors).toEqual([
        { field: 'scopes[0]', message: 'the account does not have messages:send' },
      ]);

      const { access_token, id } = JSON.parse((await call('POST', TOKENS, reader, { scopes: ['messages:list'] })).body);
      expect((await call('DELETE', `${TOKENS}/${id}`, OWNER)).status).toBe(204);
      expect((await call('GET', MESSAGES, `Bearer ${access_token}`)).status).toBe(200);

      expect(await account(['remove', 'reader', '--yes'])).toMatchObject({ code: 0 });
      await expect
        .poll(async () => messageOf(await call('GET', MESSAGES, `Bearer ${access_token}`)))
        .toEqual([401, 'token revoked']);
      expect((await call('GET', MESSAGES, reader)).status).toBe(401);
      expect(await account(['remove', 'reader', '--yes'])).toMatchObject({
        code: 1,
        output: "sallyport: no account 'reader'\n",
      });
    });

    function account(args: readonly string[], input = ''): Promise<{ readonly code: number; readonly output: string }> {
      const config = join(platform.sallyport.folder, 'sallyport.yaml');
      return runSallyport(['account', ...args, '--config', config], { env: optionsFor(issuers, store).env, input });
    }
  });
});

function writeDirectly(key: string, value: string): Promise<void> {
  return store.writeDirectly(platform.sallyport, key, value);
}

function issue(body: object): Promise<HttpResponse> {
  return call('POST', TOKENS, OWNER, body);
}

function send(token: string): Promise<HttpResponse> {
  return call('POST', MESSAGES, `Bearer ${token}`);
}

function call(...request: Parameters<Platform['call']>): Promise<HttpResponse> {
  return platform.call(...request);
}

function post(path: string, authorization: string, form: string): Promise<HttpResponse> {
  const headers = [
    ['Authorization', authorization],
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ] as const;
  return sendRequest({ port: platform.port, method: 'POST', path, headers, body: form });
}

function messageOf({ status, body }: HttpResponse): [number, string | undefined] {
  return [status, body.startsWith('{') ? JSON.parse(body).message : undefined];
}
