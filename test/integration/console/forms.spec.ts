import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { ada, FORM, make, port, service, useConsole, visit } from '../../support/console.ts';
import { sendRequest } from '../../support/servers/http-client.ts';

useConsole();

describe('a form that is sent twice', () => {
  const tokenIn = (body: string): string | undefined => /<textarea[^>]*>([^<]+)</.exec(body)?.[1];
  const formIn = async (path: string): Promise<string> => {
    const { body } = await visit('GET', path, { cookie: ada });
    return / name="form_id" value="([^"]+)"/.exec(body)?.[1] ?? '';
  };
  /** Resolves to the number of tokens with this name. */
  const count = async (name: string): Promise<number> => {
    const login = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
    const { access_token } = (await login.json()) as Record<string, string>;
    const listed = await service.call('GET', '/v1/tokens?limit=100', `Bearer ${access_token}`);
    const { tokens } = (await listed.json()) as { tokens: { name: string | null }[] };
    return tokens.filter((token) => token.name === name).length;
  };

  it('by a double click or a reload creates one token, which each response shows', async () => {
    const form = { ...FORM, name: 'double', form_id: await formIn('/console/tokens/new') };
    const send = () => visit('POST', '/console/tokens/new', { cookie: ada, form });
    const answers = [...(await Promise.all([send(), send(), send()])), await send()];
    const ids = answers.map(({ body }) => decodeJwt(tokenIn(body) ?? '').jti);
    expect(new Set(ids).size).toBe(1);
    expect(await count('double')).toBe(1);
  });

  it('to rotate a token shows the same successor', async () => {
    const { id } = await make(ada, { name: 'rotated twice' });
    const path = `/console/tokens/${id}/rotate`;
    const form = { ...FORM, form_id: await formIn(path) };
    const answers = await Promise.all([1, 2].map(() => visit('POST', path, { cookie: ada, form })));
    answers.push(await visit('POST', path, { cookie: ada, form }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const ids = answers.map(({ body }) => decodeJwt(tokenIn(body) ?? '').jti);
    expect(new Set(ids).size).toBe(1);
    expect(await count('rotated twice')).toBe(2);
  });

  it('with other values asks whether to create another token', async () => {
    const form = { ...FORM, name: 'first', form_id: await formIn('/console/tokens/new') };
    await visit('POST', '/console/tokens/new', { cookie: ada, form });
    const again = await visit('POST', '/console/tokens/new', { cookie: ada, form: { ...form, name: 'second' } });
    expect(again.status).toBe(400);
    expect(again.body).toContain('this form already created a token');
    const [, formId = ''] = / name="form_id" value="([^"]+)"/.exec(again.body) ?? [];
    const other = { ...form, name: 'second', form_id: formId };
    expect((await visit('POST', '/console/tokens/new', { cookie: ada, form: other })).status).toBe(200);
    expect([await count('first'), await count('second')]).toEqual([1, 1]);
  });

  it('is accepted if the first one was refused', async () => {
    const form = { ...FORM, name: 'mended', form_id: await formIn('/console/tokens/new') };
    const refused = await visit('POST', '/console/tokens/new', { cookie: ada, form: { ...form, scopes: 'nonsense' } });
    expect(refused.status).toBe(400);
    expect((await visit('POST', '/console/tokens/new', { cookie: ada, form })).status).toBe(200);
    expect(await count('mended')).toBe(1);
  });
});

describe('the expiry of a token without script', () => {
  const date = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);

  it('must be confirmed if a date is entered and days are chosen, with the date preselected', async () => {
    for (const path of ['/console/tokens/new', `/console/tokens/${(await make(ada)).id}/rotate`]) {
      const form = { ...FORM, ends: '30', date };
      const answer = await visit('POST', path, { cookie: ada, form });
      expect(answer.status).toBe(400);
      expect(answer.body).toContain('you entered a date and chose a number of days');
      expect(answer.body).toMatch(/value="date" required checked/);
      expect(answer.body).toContain(`name="date" min="`);
      expect(answer.body).toContain(`value="${date}"`);
      const made = await visit('POST', path, { cookie: ada, form: { ...form, ends: 'date' } });
      const [, token = ''] = /<textarea[^>]*>([^<]+)</.exec(made.body) ?? [];
      expect(decodeJwt(token).exp).toBe(Date.parse(`${date}T23:59:59Z`) / 1000);
    }
  });

  it('is a number of days away if the date is empty', async () => {
    const made = await visit('POST', '/console/tokens/new', { cookie: ada, form: { ...FORM, ends: '7', date: '' } });
    expect(made.status).toBe(200);
  });
});

describe('the log-in', () => {
  it('begins a session of one hour in a cookie that is bound to this host', async () => {
    const answer = await visit('POST', '/console/login', { form: { name: 'ada', password: 'secret' } });
    expect([answer.status, answer.headers.location]).toEqual([303, '/console']);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-sallyport=[\w.-]+; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/),
      expect.stringMatching(/^__Host-sallyport-device=/),
    ]);
  });

  it('is refused with the message of the call, whether or not the account exists', async () => {
    const refused = async (name: string) => {
      const answer = await visit('POST', '/console/login', { form: { name, password: 'wrong' } });
      const { status, headers, body } = answer;
      return [status, headers['set-cookie'], headers['www-authenticate'], body.replaceAll(name, 'NAME')];
    };
    const headers = { 'content-type': 'application/json', origin: 'x' };
    const body = JSON.stringify({ name: 'ada', password: 'wrong' });
    const call = await fetch(`http://127.0.0.1:${port}/v1/login`, { method: 'POST', headers, body });
    const { message } = (await call.json()) as Record<string, string>;
    expect(await refused('ada')).toEqual([
      call.status,
      undefined,
      call.headers.get('www-authenticate'),
      expect.stringContaining(`>${message}<`),
    ]);
    expect(await refused('ada')).toEqual(await refused('nobody'));
  });

  it.each([{ name: 'ada' }, { password: 'secret' }, { name: '', password: '' }])(
    'needs a name and a password: %j',
    async (form) => {
      const answer = await visit('POST', '/console/login', { form });
      expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
    },
  );

  it.each([
    ['application/json', '{"name":"ada","password":"secret"}', 415],
    ['multipart/form-data; boundary=x', '--x--', 415],
    ['application/x-www-form-urlencoded', `name=${'x'.repeat(70_000)}`, 413],
  ])('accepts only forms of limited size, and not %s', async (type, body, status) => {
    const headers = [
      ['Origin', `http://127.0.0.1:${port}`],
      ['Content-Type', type],
    ] as const;
    const answer = await sendRequest({ port, method: 'POST', path: '/console/login', headers, body });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
  });
});
