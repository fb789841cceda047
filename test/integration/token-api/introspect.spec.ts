import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { forgeWith, hmac } from '../../support/jwt/forge.ts';
import {
  bearers,
  ISSUER,
  ids,
  introspect,
  issue,
  now,
  partnerToken,
  post,
  service,
  store,
  useOauth,
} from '../../support/oauth.ts';

useOauth();

describe('POST /oauth2/introspect', () => {
  it('describes a token to its own account, and with access:introspect every token', async () => {
    const { id, access_token } = await issue('messages:send');
    const expected = {
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
    expect(await introspect('ada', access_token)).toEqual(expected);
    expect(await introspect('auditor', access_token)).toEqual(expected);
    expect(await introspect('bob', access_token)).toEqual({ active: false });
    expect(await introspect('officer', access_token)).toEqual({ active: false });
  });

  it('describes a token of another issuer, with the scopes that are effective here', async () => {
    const token = partnerToken({ exp: now() + 60.5, nbf: now() - 5, aud: 'x', client_id: 'c' });
    const expected = {
      active: true,
      scope: 'messages:send',
      client_id: 'c',
      token_type: 'Bearer',
      sub: 'p',
      jti: 'p1',
    };
    const rest = { iss: 'https://partner.example', aud: 'x', exp: expect.any(Number), iat: expect.any(Number) };
    const { nbf, ...found } = await introspect('auditor', token);
    expect(found).toEqual({ ...expected, ...rest });
    expect([nbf, found['exp'], found['iat']].every(Number.isInteger)).toBe(true);
    expect(await introspect('ada', token)).toEqual({ active: false });
  });

  it.each<[which: string, token: () => string | Promise<string>]>([
    ['that is malformed', () => 'none'],
    ['followed by another', async () => `${(await issue('messages:send')).access_token}, Bearer x`],
    ['with a wrong signature', () => partnerToken({}, 'x'.repeat(40))],
    ['that has expired', () => partnerToken({ exp: now() - 60 })],
    ['of an unknown issuer', () => partnerToken({ iss: 'https://else.example' })],
    ['that was revoked', async () => revoked((await issue('messages:send')).id)],
  ])('responds only that a token %s is inactive', async (_which, token) => {
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

  it('responds 503 if a token cannot be checked', async () => {
    const token = forgeWith({ alg: 'RS256', kid: 'k' }, { iss: 'https://gone.example', exp: now() + 60 }, hmac('x'));
    const answer = await post('/oauth2/introspect', bearers.get('auditor'), `token=${token}`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
  });

  it('does not log a decision about the token', async () => {
    const token = partnerToken({ jti: 'asked-about', exp: now() - 60 });
    await introspect('auditor', token);
    expect(service.lines.filter((line) => line.includes('asked-about'))).toEqual([]);
  });
});
