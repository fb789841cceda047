import { describe, expect, it } from 'vitest';
import { bearers, issue, PASSWORD, post, service, useOauth } from '../../support/oauth.ts';
import { basic } from '../../support/servers/http-client.ts';

useOauth();

describe('an error in the format of RFC 6749', () => {
  const FORM = 'token=x';

  it.each(['/oauth2/revoke', '/oauth2/introspect'])('is sent by %s', async (path) => {
    const revoked = await issue('messages:send');
    const good = bearers.get('bob');
    await post('/oauth2/revoke', bearers.get('ada'), `token=${revoked.access_token}`);
    const cases: [Promise<Response>, number, string, string][] = [
      [post(path, undefined, FORM), 401, 'invalid_client', 'credentials required'],
      [post(path, basic('bob', 'wrong'), FORM), 401, 'invalid_client', 'invalid credentials'],
      [post(path, basic('bob', 'wr%6Fng'), FORM), 401, 'invalid_client', 'invalid credentials'],
      [post(path, basic('bob', '%zz'), FORM), 401, 'invalid_client', 'invalid credentials'],
      [post(path, 'Bearer x.y.z', FORM), 401, 'invalid_token', 'invalid token'],
      [post(path, `Bearer ${revoked.access_token}`, FORM), 401, 'invalid_token', 'token revoked'],
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
    for (const [call, status, error, error_description] of cases) {
      const answer = await call;
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.has('www-authenticate')).toBe(status === 401 || error_description.startsWith('more'));
      expect(await answer.json()).toEqual({ error, error_description, code: expect.any(String) });
      expect(answer.status).toBe(status);
    }
  });
});

describe('a client that authenticates in the form', () => {
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
    ['only a name', form({ client_id: 'bob' }), undefined, 401, 'invalid_client'],
    ['Basic as well', form(bob), () => basic('bob', PASSWORD), 400, 'invalid_request'],
    ['a bearer token as well', form(bob), () => bearers.get('bob'), 400, 'invalid_request'],
    ['its name, and Basic', form({ client_id: 'bob' }), () => basic('bob', PASSWORD), 200, undefined],
  ])('is admitted or refused with %s', async (_credentials, body, authorization, status, error) => {
    for (const path of ['/oauth2/introspect', '/oauth2/revoke']) {
      const answer = await post(path, authorization?.(), body);
      expect(answer.status).toBe(status);
      if (error !== undefined) expect(await answer.json()).toMatchObject({ error });
    }
    expect(service.lines.join('')).not.toContain(PASSWORD);
  });

  it('is not admitted to other calls', async () => {
    expect((await post('/v1/revocations', undefined, bob)).status).toBe(401);
  });
});
