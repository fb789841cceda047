import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  type AccountName,
  auditOf,
  bearers,
  forgetRecord,
  ids,
  introspect,
  issue,
  PASSWORD,
  partnerToken,
  post,
  service,
  store,
  useOauth,
} from '../../support/oauth.ts';
import { basic } from '../../support/servers/http-client.ts';
import { readValues } from '../../support/store/revocations.ts';

useOauth();

describe('POST /oauth2/revoke', () => {
  const revoke = async (name: AccountName, token: string) => {
    const form = new URLSearchParams({ token, token_type_hint: 'refresh_token' }).toString();
    const answer = await post('/oauth2/revoke', bearers.get(name), form);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  };

  it('revokes a token of the same account, and the token that the call presents', async () => {
    const one = await issue('messages:send');
    await revoke('ada', one.access_token);
    expect(await introspect('ada', one.access_token)).toEqual({ active: false });
    const other = await issue('messages:send');
    const bearer = `Bearer ${other.access_token}`;
    expect((await post('/oauth2/revoke', bearer, `token=${other.access_token}`)).status).toBe(200);
    expect(await introspect('ada', other.access_token)).toEqual({ active: false });
    expect(auditOf(one.id)).toMatchObject({ msg: 'token revoked', account: ids.get('ada'), client: '127.0.0.1' });
  });

  it('revokes a token without a record only for its own account', async () => {
    const { id, access_token } = await issue('messages:send');
    forgetRecord(id);
    await revoke('bob', access_token);
    expect(await introspect('ada', access_token)).toMatchObject({ active: true });
    await revoke('ada', access_token);
    expect(await introspect('ada', access_token)).toEqual({ active: false });
  });

  it('responds 200 without revoking a token of another account or issuer, or what is not a token', async () => {
    const { access_token, id } = await issue('messages:send');
    const foreign = partnerToken({ jti: 'left-alone' });
    const namesake = partnerToken({ jti: id });
    await revoke('ada', namesake);
    for (const token of [access_token, foreign, namesake, `${access_token.slice(0, -4)}AAAA`, 'none'])
      await revoke('bob', token);
    expect(await introspect('auditor', access_token)).toMatchObject({ active: true });
    expect(await introspect('auditor', foreign)).toMatchObject({ active: true });
  });

  it('revokes any token with revocations:write, an unverifiable one by its thumbprint', async () => {
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
  it('revokes a token without a record, but no token of another account', async () => {
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

it('POST /3rdparty/v1/auth/token issues nothing if its body arrives after the caller’s token was revoked', async () => {
  const { id, access_token } = await issue('tokens:manage');
  const url = `${service.origin}/3rdparty/v1/auth/token`;
  const body = JSON.stringify({ scopes: ['messages:send'] });
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' };
  const call = request(url, { method: 'POST', headers: { ...headers, 'content-length': body.length } });
  const answered = once(call, 'response');
  call.write(body.slice(0, 5));
  // By then the caller is admitted.
  await wait(500);
  await store.revocations.write({ key: `sallyport:revoked:sallyport:${id}`, value: '', expiresAtSeconds: undefined });
  await expect.poll(() => introspect('ada', access_token)).toEqual({ active: false });
  call.end(body.slice(5));
  const [answer] = await answered;
  answer.resume();
  expect(answer.statusCode).toBe(401);
});

function thumbprintKey(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'));
  return `sallyport:revoked-thumbprint:${createHash('sha256').update(signed).digest('hex')}`;
}
