import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  ada,
  bob,
  CLEARED,
  FORM,
  logIn,
  make,
  PAGES,
  POLICY,
  POSTS,
  port,
  statusOf,
  time,
  useConsole,
  type VisitOptions,
  visit,
} from '../../support/console.ts';
import type { HttpResponse } from '../../support/servers/http-client.ts';

useConsole();

describe('without a session', () => {
  const redirectIn = ({ status, headers }: HttpResponse) => [status, headers.location, headers['set-cookie']];

  it.each(PAGES)('%s %s leads to the log-in', async (method, path) => {
    const { id, token } = await make(ada);
    const target = path(id);
    expect(redirectIn(await visit(method, target))).toEqual([303, '/console/login', undefined]);
    const authorization = [['Authorization', `Bearer ${ada.split('=')[1]}`] as const];
    const origin = [['Origin', `http://127.0.0.1:${port}`] as const];
    const byHeader = await visit(method, target, { headers: [...authorization, ...origin] });
    expect(redirectIn(byHeader)).toEqual([303, '/console/login', undefined]);

    const ended = await logIn('ada', 'secret');
    await visit('POST', '/console/logout', { cookie: ended });
    const [head, payload] = ada.split('.');
    const wrong = [
      '__Host-sallyport=',
      '__Host-sallyport=x',
      `${ada}; ${ada}`,
      `${head}.${payload}.AAAA`,
      `__Host-sallyport=${token}`,
      ended,
    ];
    for (const cookie of wrong) {
      const answer = await visit(method, target, { cookie });
      expect(redirectIn(answer), cookie).toEqual([303, '/console/login?notice=ended', CLEARED]);
    }
    time.aheadMs += 2 * 3_600_000;
    const expired = await visit(method, target, { cookie: ada });
    time.aheadMs -= 2 * 3_600_000;
    expect(redirectIn(expired)).toEqual([303, '/console/login?notice=ended', CLEARED]);
    expect(await statusOf(id)).toBe('active');
  });

  it('the log-in says that the session has ended', async () => {
    expect((await visit('GET', '/console/login?notice=ended')).body).toContain('Your session has ended.');
    expect((await visit('GET', '/console/login?notice=constructor')).body).not.toContain('class="notice"');
  });
});

describe('a form from another page', () => {
  const foreign: readonly (readonly [string, VisitOptions['headers']])[] = [
    ['without Origin', []],
    ['from another origin', [['Origin', 'https://evil.example']]],
    ['with an opaque origin', [['Origin', 'null']]],
    ['from another port', [['Origin', 'http://127.0.0.1:1']]],
    [
      'from a sibling site',
      [
        ['Origin', 'https://evil.example'],
        ['Sec-Fetch-Site', 'same-site'],
      ],
    ],
    ['with only a referrer', [['Referer', 'http://127.0.0.1/console']]],
  ];
  const cases = foreign.flatMap(([what, headers]) => POSTS.map(([, path]) => [what, path, headers] as const));

  it.each(cases)('%s is refused at %s', async (_what, path, headers) => {
    const { id } = await make(ada);
    const answer = await visit('POST', path(id), { cookie: ada, headers: headers ?? [] });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
    expect(answer.body).toContain('This form was not sent by a page of this console');
    expect(await statusOf(id)).toBe('active');
    expect((await visit('GET', '/console', { cookie: ada })).status).toBe(200);
  });

  it('is accepted with only Sec-Fetch-Site: same-origin', async () => {
    const answer = await visit('POST', '/console/tokens/new', {
      cookie: ada,
      headers: [['Sec-Fetch-Site', 'same-origin']],
    });
    expect(answer.status).toBe(200);
  });
});

describe('with a session', () => {
  it.each(PAGES)('%s %s is admitted, with a response that must not be stored', async (method, path, status) => {
    const cookie = await logIn('ada', 'secret');
    const { id } = await make(cookie);
    const answer = await visit(method, path(id), { cookie });
    expect(answer.status, answer.body).toBe(status);
    expect(answer.headers).toMatchObject({
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(answer.body).not.toMatch(/ on\w+="|style="|<script(?! type="module" src="\/console\/)|javascript:/);
    expect(answer.body).not.toContain(cookie.split('.')[2]);
  });

  it.each(PAGES.filter(([, path]) => path('x').includes('/x')))(
    '%s %s responds 404 for a token of another account or an unknown one',
    async (method, path) => {
      const { id } = await make(ada);
      for (const unknown of [id, 'nothing', '%3Cscript%3E']) {
        const answer = await visit(method, path(unknown), { cookie: bob });
        expect(answer.status).toBe(404);
        expect(answer.body).toContain('This token does not exist, or it belongs to another account.');
      }
      expect(await statusOf(id)).toBe('active');
    },
  );

  it('the list does not contain tokens of other accounts', async () => {
    const { id } = await make(ada);
    expect((await visit('GET', '/console?show=all', { cookie: ada })).body).toContain(id);
    expect((await visit('GET', '/console?show=all', { cookie: bob })).body).not.toContain(id);
    expect((await visit('GET', `/console?after=${id}`, { cookie: bob })).status).toBe(404);
  });

  it('every name, scope and reason is escaped', async () => {
    const hostile = `"><script>alert(1)</script>'&amp;`;
    const { id } = await make(ada, { name: hostile });
    await visit('POST', `/console/tokens/${id}/revoke`, { cookie: ada, form: { reason: hostile } });
    for (const path of ['/console?show=all', `/console/tokens/${id}`, '/console/tokens/new']) {
      const { body } = await visit('GET', path, { cookie: ada });
      expect(body).not.toContain('<script>');
      expect(body).not.toContain('<i>List');
    }
    expect((await visit('GET', `/console/tokens/${id}`, { cookie: ada })).body).toContain(
      '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;amp;',
    );
    const form = { ...FORM, name: hostile, ends: hostile, scopes: hostile };
    expect((await visit('POST', '/console/tokens/new', { cookie: ada, form })).body).not.toContain('<script>');
    expect((await visit('POST', '/console/login', { form: { name: hostile, password: 'x' } })).body).not.toContain(
      '<script>',
    );
  });

  it("the form offers only the account's scopes, and no other is accepted", async () => {
    const page = (await visit('GET', '/console/tokens/new', { cookie: bob })).body;
    expect([...page.matchAll(/name="scopes" value="([^"]+)"/g)].map(([, scope]) => scope)).toEqual(['messages:list']);
    const form = { ...FORM, scopes: 'messages:send' };
    const refused = await visit('POST', '/console/tokens/new', { cookie: bob, form });
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('<b>Scopes</b>: the account does not have messages:send');
  });

  it('the form shows the longest life of a token with a scope; for all:any that is the shortest limit', async () => {
    const page = (await visit('GET', '/console/tokens/new', { cookie: ada })).body;
    const limits = [
      ...page.matchAll(/value="([^"]+)" data-max-seconds="(\d+)"> <code>[^<]+<\/code> <small>[^<]*at most 1 day</g),
    ];
    expect(limits.map(([, scope, seconds]) => [scope, seconds])).toEqual([
      ['messages:send', '86400'],
      ['all:any', '86400'],
    ]);
  });

  it.each([
    [{ name: ' ' }, '<b>Name</b>: must not be empty'],
    [{ scopes: 'messages:send' }, '<b>Expiry</b>: must not be later than'],
    [{ ends: 'date', date: '2020-01-01' }, '<b>Expiry</b>: must be in the future'],
    [{ ends: 'date', date: 'soon' }, '<b>Expiry</b>: choose a number of days or a valid date'],
    [{ ends: '31' }, '<b>Expiry</b>: choose a number of days or a valid date'],
    [{ scopes: 'no:such' }, '<b>Scopes</b>: no such scope'],
  ])('the form names what is wrong with %j and keeps the other values', async (wrong, message) => {
    const form = { ...FORM, name: 'kept', ...wrong };
    const { status, body } = await visit('POST', '/console/tokens/new', { cookie: ada, form });
    expect(status).toBe(400);
    expect(body).toContain(message);
    if (!('name' in wrong)) expect(body).toContain('value="kept"');
  });

  it.each([
    [{ overlap: '-1' }, '<b>Old token</b>: choose one of the options'],
    [{ overlap: '604801' }, '<b>Old token</b>: choose one of the options'],
    [{ ends: '' }, '<b>Expiry</b>: choose a number of days or a valid date'],
  ])('the form for a rotation names what is wrong with %j', async (wrong, message) => {
    const { id } = await make(ada);
    const form = { ...FORM, ...wrong };
    const { status, body } = await visit('POST', `/console/tokens/${id}/rotate`, { cookie: ada, form });
    expect([status, await statusOf(id)]).toEqual([400, 'active']);
    expect(body).toContain(message);
  });

  it('a form for a revoked token leads to its page', async () => {
    const { id } = await make(ada);
    await visit('POST', `/console/tokens/${id}/revoke`, { cookie: ada });
    for (const [method, action] of [
      ['GET', 'rotate'],
      ['POST', 'rotate'],
      ['GET', 'revoke'],
    ] as const) {
      const answer = await visit(method, `/console/tokens/${id}/${action}`, { cookie: ada });
      expect([answer.status, answer.headers.location]).toEqual([303, `/console/tokens/${id}`]);
    }
  });

  it('the form to revoke a rotated token says that its successor stays valid', async () => {
    const { id } = await make(ada);
    const page = async () => (await visit('GET', `/console/tokens/${id}/revoke`, { cookie: ada })).body;
    expect(await page()).not.toContain('successor');
    await visit('POST', `/console/tokens/${id}/rotate`, { cookie: ada, form: { ...FORM, overlap: '3600' } });
    const [, successor] =
      /This token was rotated, and its successor <a href="\/console\/tokens\/([\w-]+)"/.exec(await page()) ?? [];
    expect(successor).not.toBe(id);
    expect(await statusOf(successor ?? '')).toBe('active');
  });

  it('a long list has pages', async () => {
    const cookie = await logIn('bob', 'another secret of bob');
    const made: string[] = [];
    for (let count = 0; count < 30; count += 1) made.push((await make(cookie, { ends: '30' })).id);
    const seen: string[] = [];
    let path: string | undefined = '/console';
    while (path !== undefined) {
      const { body }: HttpResponse = await visit('GET', path, { cookie });
      seen.push(
        ...[...body.matchAll(/<th role="rowheader" scope="row"><a href="[^"]*\/([\w-]+)"/g)].map(([, id = '']) => id),
      );
      path = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    }
    // Tokens of the same second have no order, but none is missing or repeated.
    expect(seen.toSorted()).toEqual(made.toSorted());
  });
});

describe('a session', () => {
  it('ends at log-out for every copy of its cookie', async () => {
    const cookie = await logIn('ada', 'secret');
    const answer = await visit('POST', '/console/logout', { cookie });
    expect([answer.headers.location, answer.headers['set-cookie']]).toEqual([
      '/console/login?notice=logged-out',
      CLEARED,
    ]);
    expect((await visit('GET', '/console', { cookie })).headers.location).toBe('/console/login?notice=ended');
  });

  it('is not a credential for calls', async () => {
    for (const path of ['/v1/tokens', '/v1/scopes']) {
      const answer = await visit('GET', path, { cookie: ada });
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'credentials_required']);
    }
  });

  it('has no scopes, whichever the account has', () => {
    expect(decodeJwt(ada)['scopes']).toEqual([]);
  });
});

it('a form whose body arrives after the log-out creates no token', async () => {
  const cookie = await logIn('ada', 'secret');
  const form = new URLSearchParams(FORM).toString();
  const headers = {
    cookie,
    origin: `http://127.0.0.1:${port}`,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': form.length,
  };
  const call = request({ host: '127.0.0.1', port, method: 'POST', path: '/console/tokens/new', headers });
  const answered = once(call, 'response');
  call.write(form.slice(0, 5));
  // By then the session is admitted.
  await wait(500);
  expect((await visit('POST', '/console/logout', { cookie })).status).toBe(303);
  call.end(form.slice(5));
  const [answer] = await answered;
  answer.resume();
  expect([answer.statusCode, answer.headers.location]).toEqual([303, expect.stringContaining('/console/login')]);
});
