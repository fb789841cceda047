import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { forgeWith, hmac } from '../../support/jwt/forge.ts';
import { basic } from '../../support/servers/http-client.ts';
import { readValues } from '../../support/store/revocations.ts';
import { OWN_ISSUER, startTokenService, type TokenService } from '../../support/token-service.ts';

const PARTNER_SECRET = 'a secret of a partner, long enough for it';
const PARTNER = { name: 'partner', issuer: 'https://partner.example' };
const GONE = { name: 'gone', issuer: 'https://gone.example' };
const ISSUER = OWN_ISSUER.issuer;
/** Not even one character of it stands for itself in a form. */
const PASSWORD = 'p+ss %41:wörd+é =&';

/** Accounts, by name, and the scopes of each. */
const ACCOUNTS = {
  ada: ['messages:send', 'tokens:manage'],
  bob: ['messages:send'],
  auditor: ['access:introspect'],
  officer: ['revocations:write'],
  eve: ['messages:send'],
} as const;
type AccountName = keyof typeof ACCOUNTS;

let service: TokenService;
/** A second hand on the store. */
let store: Store;
const ids = new Map<string, string>();
/** Of each account a token with all of its scopes: passwords take their time. */
const bearers = new Map<AccountName, string>();

beforeAll(async () => {
  service = await startTokenService({
    config: {
      issuers: [
        { ...OWN_ISSUER, audience: 'sms-api' },
        { ...PARTNER, audience: 'any', algorithms: ['HS256'], secrets: [{ env: 'PARTNER' }] },
        { ...GONE, audience: 'any', algorithms: ['RS256'], jwks: 'http://127.0.0.1:1/' },
      ],
    },
    env: { PARTNER: PARTNER_SECRET },
  });
  store = await openSqliteStore(join(service.folder, 'store.db'));
  for (const [name, scopes] of Object.entries(ACCOUNTS)) {
    const email = `${name}@example.com`;
    ids.set(name, await service.addAccount({ name, email, password: PASSWORD, scopes }));
  }
  for (const name of ['ada', 'bob', 'auditor', 'officer'] as const) {
    const { access_token } = await madeBy(
      post('/3rdparty/v1/auth/token', basic(name, PASSWORD), { scopes: ACCOUNTS[name] }),
    );
    bearers.set(name, `Bearer ${access_token}`);
  }
});

afterAll(async () => {
  await store.close();
  await service.close();
});

/** A form as it is written, or a body of JSON. */
function post(path: string, authorization: string | undefined, body: string | object): Promise<Response> {
  return service.call('POST', path, authorization, body);
}

interface Made {
  readonly id: string;
  readonly access_token: string;
}

/** A token of ada's, by whom alone others are issued here. */
async function issue(...scopes: string[]): Promise<Made> {
  return madeBy(post('/3rdparty/v1/auth/token', bearers.get('ada'), { scopes }));
}

async function madeBy(asked: Promise<Response>): Promise<Made> {
  const answer = await asked;
  expect(answer.status).toBe(201);
  // As the call says.
  return (await answer.json()) as Made;
}

const now = (): number => Math.floor(Date.now() / 1000);

function partnerToken(claims: object = {}, secret = PARTNER_SECRET): string {
  const payload = { iss: 'https://partner.example', sub: 'p', jti: 'p1', exp: now() + 600, iat: now() };
  return forgeWith({ alg: 'HS256', typ: 'JWT' }, { ...payload, scope: 'messages:send x', ...claims }, hmac(secret));
}

async function introspect(name: AccountName, token: string): Promise<Record<string, unknown>> {
  const answer = await post('/oauth2/introspect', bearers.get(name), new URLSearchParams({ token }).toString());
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  // An object of JSON, as RFC 7662 has it.
  return (await answer.json()) as Record<string, unknown>;
}

describe('POST /oauth2/introspect', () => {
  it('tells an account of its own token, and whoever may of everybody’s', async () => {
    const { id, access_token } = await issue('messages:send');
    const told = {
      active: true,
      scope: 'messages:send',
      username: 'ada',
      token_type: 'Bearer',
      exp: expect.any(Number),
      iat: expect.any(Number),
      sub: ids.get('ada'),
      aud: ['sms-api'],
      iss: ISSUER,
      jti: id,
    };
    expect(await introspect('ada', access_token)).toEqual(told);
    expect(await introspect('auditor', access_token)).toEqual(told);
    expect(await introspect('bob', access_token)).toEqual({ active: false });
    expect(await introspect('officer', access_token)).toEqual({ active: false });
  });

  it('tells of a foreign token what counts of it here', async () => {
    const token = partnerToken({ exp: now() + 60.5, nbf: now() - 5, aud: 'x', client_id: 'c' });
    const told = { active: true, scope: 'messages:send', client_id: 'c', token_type: 'Bearer', sub: 'p', jti: 'p1' };
    const rest = { iss: 'https://partner.example', aud: 'x', exp: expect.any(Number), iat: expect.any(Number) };
    const { nbf, ...found } = await introspect('auditor', token);
    expect(found).toEqual({ ...told, ...rest });
    expect([nbf, found['exp'], found['iat']].every(Number.isInteger)).toBe(true);
    expect(await introspect('ada', token)).toEqual({ active: false });
  });

  it.each<[what: string, token: () => string | Promise<string>]>([
    ['none', () => 'none'],
    ['two', async () => `${(await issue('messages:send')).access_token}, Bearer x`],
    ['of a wrong signature', () => partnerToken({}, 'x'.repeat(40))],
    ['that has expired', () => partnerToken({ exp: now() - 60 })],
    ['of an issuer that nobody knows', () => partnerToken({ iss: 'https://else.example' })],
    ['that was revoked', async () => revoked((await issue('messages:send')).id)],
  ])('tells nothing of a token %s', async (_what, token) => {
    expect(await introspect('auditor', await token())).toEqual({ active: false });
  });

  async function revoked(id: string): Promise<string> {
    const { access_token } = await issue('messages:send');
    const { jti } = decodeJwt(access_token);
    await store.revocations.write({
      key: `sallyport:revoked:sallyport:${jti}`,
      value: '',
      expiresAtSeconds: undefined,
    });
    expect(id).not.toBe(jti);
    await expect.poll(() => introspect('ada', access_token)).toEqual({ active: false });
    return access_token;
  }

  it('does not say that a token does not count where nobody can tell', async () => {
    const token = forgeWith({ alg: 'RS256', kid: 'k' }, { iss: 'https://gone.example', exp: now() + 60 }, hmac('x'));
    const answer = await post('/oauth2/introspect', bearers.get('auditor'), `token=${token}`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });

  it('neither counts nor logs as a decision what it is asked about', async () => {
    const token = partnerToken({ jti: 'asked-about', exp: now() - 60 });
    await introspect('auditor', token);
    expect(service.lines.filter((line) => line.includes('asked-about'))).toEqual([]);
  });
});

describe('POST /oauth2/revoke', () => {
  const revoke = async (name: AccountName, token: string) => {
    const form = new URLSearchParams({ token, token_type_hint: 'refresh_token' }).toString();
    const answer = await post('/oauth2/revoke', bearers.get(name), form);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  };

  it('ends a token of the account’s own, and by itself', async () => {
    const one = await issue('messages:send');
    await revoke('ada', one.access_token);
    expect(await introspect('ada', one.access_token)).toEqual({ active: false });
    const other = await issue('messages:send');
    const bearer = `Bearer ${other.access_token}`;
    expect((await post('/oauth2/revoke', bearer, `token=${other.access_token}`)).status).toBe(200);
    expect(await introspect('ada', other.access_token)).toEqual({ active: false });
    expect(auditOf(one.id)).toMatchObject({ msg: 'token revoked', account: ids.get('ada'), client: '127.0.0.1' });
  });

  it('ends a token of the account’s own whose record the store has lost, and nobody else’s', async () => {
    const { id, access_token } = await issue('messages:send');
    forgetRecord(id);
    await revoke('bob', access_token);
    expect(await introspect('ada', access_token)).toMatchObject({ active: true });
    await revoke('ada', access_token);
    expect(await introspect('ada', access_token)).toEqual({ active: false });
  });

  it('leaves alone another account’s, a foreign one and what is none, and does not say so', async () => {
    const { access_token, id } = await issue('messages:send');
    const foreign = partnerToken({ jti: 'left-alone' });
    const namesake = partnerToken({ jti: id });
    await revoke('ada', namesake);
    for (const token of [access_token, foreign, namesake, `${access_token.slice(0, -4)}AAAA`, 'none'])
      await revoke('bob', token);
    expect(await introspect('auditor', access_token)).toMatchObject({ active: true });
    expect(await introspect('auditor', foreign)).toMatchObject({ active: true });
  });

  it('ends any, with revocations:write; one that cannot be verified by its thumbprint', async () => {
    const { access_token } = await issue('messages:send');
    const foreign = partnerToken({ jti: 'p2' });
    const forged = partnerToken({ jti: 'p3', scope: 'x' }, 'x'.repeat(40));
    for (const token of [access_token, foreign, forged, 'none']) await revoke('officer', token);
    expect(await introspect('ada', access_token)).toEqual({ active: false });
    expect(await introspect('auditor', foreign)).toEqual({ active: false });
    expect(await introspect('auditor', partnerToken({ jti: 'p3' }))).toMatchObject({ active: true });
    expect(await readValues(store, [thumbprintKey(forged), 'sallyport:revoked:partner:p3'])).toEqual([
      expect.stringContaining('"by"'),
      undefined,
    ]);
  });
});

describe('DELETE /3rdparty/v1/auth/token/{jti}', () => {
  it('ends a token whose record the store has lost, and leaves another account’s alone', async () => {
    const { id, access_token } = await issue('messages:send', 'tokens:manage');
    const other = await issue('messages:send');
    const revoke = async (name: AccountName, jti: string): Promise<number> => {
      const headers = { authorization: basic(name, PASSWORD) };
      const url = `${service.origin}/3rdparty/v1/auth/token/${jti}`;
      return (await fetch(url, { method: 'DELETE', headers })).status;
    };
    forgetRecord(id);
    expect(await revoke('ada', id)).toBe(204);
    expect(await introspect('ada', access_token)).toEqual({ active: false });
    expect(await revoke('bob', other.id)).toBe(204);
    expect(await introspect('ada', other.access_token)).toMatchObject({ active: true });
  });
});

it('a call whose body arrives after its token was revoked issues nothing', async () => {
  const { id, access_token } = await issue('tokens:manage');
  const url = `${service.origin}/3rdparty/v1/auth/token`;
  const body = JSON.stringify({ scopes: ['messages:send'] });
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
  const call = request(url, { method: 'POST', headers: { ...headers, 'content-length': body.length } });
  const answered = once(call, 'response');
  call.write(body.slice(0, 5));
  // Until the caller was admitted.
  await wait(500);
  await store.revocations.write({ key: `sallyport:revoked:sallyport:${id}`, value: '', expiresAtSeconds: undefined });
  await expect.poll(() => introspect('ada', access_token)).toEqual({ active: false });
  call.end(body.slice(5));
  const [answer] = await answered;
  answer.resume();
  expect(answer.statusCode).toBe(401);
});

describe('what goes wrong, as RFC 6749 has it', () => {
  const FORM = 'token=x';

  it.each(['/oauth2/revoke', '/oauth2/introspect'])('%s', async (path) => {
    const used = await issue('messages:send');
    const good = bearers.get('bob');
    await post('/oauth2/revoke', bearers.get('ada'), `token=${used.access_token}`);
    const cases: [Promise<Response>, number, string, string][] = [
      [post(path, undefined, FORM), 401, 'invalid_client', 'credentials required'],
      [post(path, basic('bob', 'wrong'), FORM), 401, 'invalid_client', 'invalid credentials'],
      [post(path, basic('bob', 'wr%6Fng'), FORM), 401, 'invalid_client', 'invalid credentials'],
      [post(path, basic('bob', '%zz'), FORM), 401, 'invalid_client', 'invalid credentials'],
      [post(path, 'Bearer x.y.z', FORM), 401, 'invalid_token', 'invalid token'],
      [post(path, `Bearer ${used.access_token}`, FORM), 401, 'invalid_token', 'token revoked'],
      [post(path, `${good}, Bearer x`, FORM), 400, 'invalid_request', 'more than one credential'],
      [post(path, good, ''), 400, 'invalid_request', 'token: must be given exactly once'],
      [post(path, good, 'token='), 400, 'invalid_request', 'token: must be given exactly once'],
      [post(path, good, 'token=a&token=b'), 400, 'invalid_request', 'token: must be given exactly once'],
      [post(path, good, `token=${'a'.repeat(70_000)}`), 413, 'invalid_request', 'the body is larger than 65536 bytes'],
      [
        post(path, good, { token: 'x' }),
        415,
        'invalid_request',
        'the body must be application/json, or application/x-www-form-urlencoded for a path under /oauth2/',
      ],
    ];
    for (const [asked, status, error, error_description] of cases) {
      const answer = await asked;
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.has('www-authenticate')).toBe(status === 401 || error_description.startsWith('more'));
      expect(await answer.json()).toEqual({ error, error_description, code: expect.any(String) });
      expect(answer.status).toBe(status);
    }
  });
});

describe('a client that authenticates by the form', () => {
  const form = (more: object) => new URLSearchParams({ token: 'x', ...more }).toString();
  const bob = { client_id: 'bob', client_secret: PASSWORD };

  it.each([
    ['its name and password', form(bob), undefined, 200, undefined],
    ['its e-mail address', form({ ...bob, client_id: 'bob@example.com' }), undefined, 200, undefined],
    ['a wrong password', form({ client_id: 'eve', client_secret: 'wrong' }), undefined, 401, 'invalid_client'],
    [
      'an encoded password',
      form({ client_id: 'eve', client_secret: encodeURIComponent(PASSWORD) }),
      undefined,
      401,
      'invalid_client',
    ],
    ['a name with a colon', form({ client_id: 'bob:p', client_secret: 'w' }), undefined, 401, 'invalid_client'],
    ['no name', form({ client_secret: PASSWORD }), undefined, 400, 'invalid_request'],
    ['two names', `${form(bob)}&client_id=ada`, undefined, 400, 'invalid_request'],
    ['two passwords', `${form(bob)}&client_secret=x`, undefined, 400, 'invalid_request'],
    ['a name alone', form({ client_id: 'bob' }), undefined, 401, 'invalid_client'],
    ['Basic beside it', form(bob), () => basic('bob', PASSWORD), 400, 'invalid_request'],
    ['a token beside it', form(bob), () => bearers.get('bob'), 400, 'invalid_request'],
    ['Basic beside its name', form({ client_id: 'bob' }), () => basic('bob', PASSWORD), 200, undefined],
  ])('with %s', async (_what, body, authorization, status, error) => {
    for (const path of ['/oauth2/introspect', '/oauth2/revoke']) {
      const answer = await post(path, authorization?.(), body);
      expect(answer.status).toBe(status);
      if (error !== undefined) expect(await answer.json()).toMatchObject({ error });
    }
    expect(service.lines.join('')).not.toContain(PASSWORD);
  });

  it('is admitted to no call but these', async () => {
    expect((await post('/v1/revocations', undefined, bob)).status).toBe(401);
  });
});

describe('POST /v1/revocations', () => {
  const revoke = async (body: object) => {
    const answer = await post('/v1/revocations', bearers.get('officer'), body);
    return [answer.status, answer.status === 204 ? undefined : await answer.json()];
  };

  it.each<[body: object, key: string, value: unknown]>([
    [{ issuer: 'partner', jti: 'a/b' }, 'revoked:partner:a%2Fb', { reason: undefined }],
    [{ issuer: 'partner', jti: 'c', reason: 'lost' }, 'revoked:partner:c', { reason: 'lost' }],
    [{ issuer: 'gone', kid: 'k' }, 'revoked-key:gone:k', { reason: undefined }],
    [{ issuer: 'partner', subject: 's', before: 1_700_000_000 }, 'notbefore:partner:s', 1_700_000_000],
    [{ issuer: 'partner', subject: 't', before: '2023-11-14T22:13:20Z' }, 'notbefore:partner:t', 1_700_000_000],
    [{ issuer: 'partner', subject: 'u', before: '2023-11-14T23:13:19.5+01:00' }, 'notbefore:partner:u', 1_700_000_000],
    [{ issuer: 'partner', subject: 'v', before: '1969-12-31T23:59:59Z' }, 'notbefore:partner:v', 0],
    [{ issuer: 'partner', before: 1_600_000_000 }, 'notbefore-issuer:partner', 1_600_000_000],
  ])('%j is written', async (body, key, value) => {
    expect(await revoke(body)).toEqual([204, undefined]);
    const [written = ''] = await readValues(store, [`sallyport:${key}`]);
    const by = ids.get('officer');
    expect(JSON.parse(written)).toEqual(
      typeof value === 'number' ? value : { at: expect.any(Number), by, ...Object(value) },
    );
  });

  it('ends by default what was issued until now, of a subject and of an issuer', async () => {
    const began = now();
    expect(await revoke({ issuer: 'gone', subject: 's' })).toEqual([204, undefined]);
    expect(await revoke({ issuer: 'gone' })).toEqual([204, undefined]);
    const marks = await readValues(store, ['sallyport:notbefore:gone:s', 'sallyport:notbefore-issuer:gone']);
    for (const mark of marks) {
      expect(Number(mark)).toBeGreaterThanOrEqual(began);
      expect(Number(mark)).toBeLessThanOrEqual(now());
    }
  });

  it.each([
    ['id', () => ids.get('eve') ?? ''],
    ['name', () => 'EVE'],
    ['e-mail address', () => 'eve@example.com'],
    ['id, though there is no such account any more,', () => 'a-removed-account_s_id'],
  ])('ends the tokens of an account that is named by its %s', async (what, who) => {
    const before = 1_700_000_000 + what.length;
    expect(await revoke({ issuer: 'sallyport', subject: who(), before })).toEqual([204, undefined]);
    const id = who().length === 22 ? who() : ids.get('eve');
    expect(await readValues(store, [`sallyport:notbefore:sallyport:${id}`])).toEqual([`${before}`]);
  });

  it('ends a token of ours, which its owner is shown with the reason', async () => {
    const made = await issue('messages:send');
    expect(await revoke({ issuer: 'sallyport', jti: made.id, reason: 'lost' })).toEqual([204, undefined]);
    expect(await introspect('ada', made.access_token)).toEqual({ active: false });
    const manager = await issue('tokens:manage');
    const shown = await fetch(`${service.origin}/v1/tokens/${made.id}`, {
      headers: { authorization: `Bearer ${manager.access_token}` },
    });
    expect(await shown.json()).toMatchObject({
      status: 'revoked',
      revoked: { by: ids.get('officer'), reason: 'lost' },
    });
  });

  it('takes null for a field that is left out, where that ends no more than is named', async () => {
    const nothing = { subject: null, kid: null, before: null, reason: null };
    expect(await revoke({ issuer: 'partner', jti: 'beside-null', token: null, ...nothing })).toEqual([204, undefined]);
    const token = partnerToken({ jti: 'given-beside-null' });
    expect(await revoke({ token, issuer: null, jti: null, ...nothing, reason: '' })).toEqual([204, undefined]);
    const keys = ['beside-null', 'given-beside-null'].map((jti) => `sallyport:revoked:partner:${jti}`);
    expect(await readValues(store, keys)).toEqual([expect.any(String), expect.any(String)]);
  });

  it('ends a token that it is given', async () => {
    const token = partnerToken({ jti: 'given' });
    expect(await revoke({ token, reason: `it was ${token}` })).toEqual([204, undefined]);
    expect(await introspect('auditor', token)).toEqual({ active: false });
    expect(auditOf('given')).toMatchObject({ reason: 'it was [redacted]', account: ids.get('officer') });
  });

  it.each<[body: object, field: string, message: string]>([
    [{}, 'issuer', 'must be the name of a configured issuer, unless token is given'],
    [[], '', 'the body must be a JSON object'],
    [{ jti: 'j' }, 'issuer', 'must be the name of a configured issuer, unless token is given'],
    [{ issuer: 'nobody', jti: 'j' }, 'issuer', 'no such issuer: "nobody"'],
    [{ issuer: 'partner', jti: 'j', subject: 's' }, 'subject', 'only one of jti, subject and kid may be given'],
    [{ issuer: 'partner', jti: 'j', kid: 'k' }, 'kid', 'only one of jti, subject and kid may be given'],
    [{ issuer: 'partner', jti: '' }, 'jti', 'must not be empty'],
    [{ issuer: 'partner', jti: 7 }, 'jti', 'must be a string'],
    [{ issuer: 'partner', jti: null }, 'jti', "must not be null; leave it out to revoke all of the issuer's tokens"],
    [{ issuer: 'partner', subject: null, kid: null }, 'subject', 'must not be null'],
    [{ issuer: null, jti: 'j' }, 'issuer', 'must be the name of a configured issuer, unless token is given'],
    [{ issuer: 'partner', jti: 'j', before: 1 }, 'before', 'may be given only with subject, or with issuer alone'],
    [{ issuer: 'sallyport', subject: 'evee' }, 'subject', 'no account has this id, name or e-mail address'],
    [{ issuer: 'sallyport', subject: 'x'.repeat(23) }, 'subject', 'no account has this id, name or e-mail address'],
    [{ issuer: 'partner', kid: 'k' }, 'kid', 'the issuer has no keys with a kid'],
    [
      { issuer: 'partner', before: 'now' },
      'before',
      'must be Unix seconds, or a date and time such as 2027-06-30T12:00:00Z',
    ],
    [
      { issuer: 'partner', before: 1.5 },
      'before',
      'must be Unix seconds, or a date and time such as 2027-06-30T12:00:00Z',
    ],
    [{ issuer: 'partner', before: 1_800_000_000_000 }, 'before', 'must be Unix seconds, or a date'],
    [{ token: 'x', issuer: 'partner' }, 'issuer', 'must not be given with token'],
    [{ token: 'x', before: 1 }, 'before', 'must not be given with token'],
    [{ token: 'none' }, 'token', 'is neither a JWT nor an opaque token of a configured issuer'],
    [{ issuer: 'partner', jti: 'j', reason: 'x'.repeat(501) }, 'reason', 'must have at most 500 characters'],
    [{ issuer: 'partner', jit: 'j' }, 'jit', 'is not a field of this call'],
  ])('%j writes nothing', async (body, field, message) => {
    const audited = service.lines.length;
    const [status, answered] = await revoke(body);
    expect([status, answered]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_body', errors: [{ field, message: expect.stringContaining(message) }] }),
    ]);
    expect(service.lines.slice(audited).filter((line) => line.includes('"log":"audit"'))).toEqual([]);
  });
});

describe('a client library that knows nothing of us', () => {
  it.each([
    ['client_secret_basic', oauth.ClientSecretBasic],
    ['client_secret_post', oauth.ClientSecretPost],
  ])('finds the calls, introspects and revokes by %s', async (_method, authenticate) => {
    const { access_token, id } = await issue('messages:send');
    // The gateway has the issuer's name, and passes what goes there to us.
    const options = {
      [oauth.customFetch]: (url: string, init: object) => fetch(url.replace(ISSUER, `${service.origin}`), init),
    };
    const issuer = new URL(ISSUER);
    const found = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const client = { client_id: 'ada' };
    const auth = authenticate(PASSWORD);

    const asked = await oauth.introspectionRequest(server, client, auth, access_token, options);
    const told = await oauth.processIntrospectionResponse(server, client, asked);
    expect(told).toMatchObject({ active: true, jti: id, username: 'ada' });

    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, access_token, options));
    const again = await oauth.introspectionRequest(server, client, auth, access_token, options);
    expect(await oauth.processIntrospectionResponse(server, client, again)).toEqual({ active: false });

    const wrong = await oauth.introspectionRequest(server, client, authenticate('x'), access_token, options);
    await expect(oauth.processIntrospectionResponse(server, client, wrong)).rejects.toMatchObject({ status: 401 });
  });

  it('is told where the calls are, and may keep that', async () => {
    const answer = await fetch(`${service.origin}/.well-known/oauth-authorization-server`);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await answer.json()).toEqual({
      issuer: ISSUER,
      response_types_supported: [],
      grant_types_supported: [],
      scopes_supported: ['messages:send', 'messages:list'],
      introspection_endpoint: `${ISSUER}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      revocation_endpoint: `${ISSUER}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
  });
});

/** As where the store came back from a backup, or another server took over that had not heard of it. */
function forgetRecord(id: string): void {
  const database = new DatabaseSync(join(service.folder, 'store.db'), { timeout: 5_000 });
  database.prepare('DELETE FROM token WHERE id = ?').run(id);
  database.close();
}

function auditOf(tokenId: string): unknown {
  const line = service.lines.findLast((one) => one.includes(tokenId) && one.includes('"log":"audit"'));
  return line === undefined ? undefined : JSON.parse(line);
}

function thumbprintKey(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'));
  return `sallyport:revoked-thumbprint:${createHash('sha256').update(signed).digest('hex')}`;
}
