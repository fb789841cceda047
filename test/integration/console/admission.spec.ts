import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { ask, type HttpAnswer } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const CLEARED = ['__Host-sallyport=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict'];
const FORM = { ends: '7', scopes: 'messages:list', name: 'x', overlap: '0', reason: '', password: 'x' };

/** Every page but the log-in, with what it answers who may. */
const PAGES = [
  ['GET', () => '/console', 200],
  ['GET', () => '/console/tokens/new', 200],
  ['POST', () => '/console/tokens/new', 200],
  ['GET', (id: string) => `/console/tokens/${id}`, 200],
  ['GET', (id: string) => `/console/tokens/${id}/rotate`, 200],
  ['POST', (id: string) => `/console/tokens/${id}/rotate`, 200],
  ['GET', (id: string) => `/console/tokens/${id}/revoke`, 200],
  ['POST', (id: string) => `/console/tokens/${id}/revoke`, 303],
  ['POST', () => '/console/logout', 303],
] as const;
const POSTS = [...PAGES.filter(([method]) => method === 'POST'), ['POST', () => '/console/login', 401] as const];

const time = { aheadMs: 0 };
const now = (): number => Date.now() + time.aheadMs;

let service: TokenService;
let port: number;
let ada: string;
let bob: string;

beforeAll(async () => {
  service = await startTokenService({
    config: { scopes: { 'messages:send': { maxTtl: '1d' }, 'messages:list': { description: '<i>List</i>' } } },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
    clock: { wallMs: now, monotonicMs: () => performance.now() },
  });
  port = Number(new URL(service.origin).port);
  await service.addAccount({ name: 'bob', password: 'another secret of bob', scopes: ['messages:list'] });
  ada = await logIn('ada', 'secret');
  bob = await logIn('bob', 'another secret of bob');
});

afterAll(() => service.close());

interface Asked {
  readonly cookie?: string | undefined;
  readonly form?: Readonly<Record<string, string>>;
  /** Other header fields; an `Origin` of its own replaces ours. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

function visit(method: string, path: string, { cookie, form = FORM, headers }: Asked = {}): Promise<HttpAnswer> {
  const origin = [['Origin', `http://127.0.0.1:${port}`]] as const;
  const type = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  const all = [
    ...(cookie === undefined ? [] : [['Cookie', cookie] as const]),
    ...(method === 'POST' ? [...(headers ? [] : origin), ...type] : []),
    ...(headers ?? []),
  ];
  return ask({ port, method, path, headers: all, body: method === 'POST' ? new URLSearchParams(form).toString() : '' });
}

async function logIn(name: string, password: string): Promise<string> {
  const { headers } = await visit('POST', '/console/login', { form: { name, password } });
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** Makes a private token by the page; its id, and itself. */
async function make(cookie: string, form: Partial<typeof FORM> = {}): Promise<{ id: string; token: string }> {
  const { body } = await visit('POST', '/console/tokens/new', { cookie, form: { ...FORM, ...form } });
  const [, token = ''] = /<textarea[^>]*>([^<]+)</.exec(body) ?? [];
  return { id: decodeJwt(token).jti ?? '', token };
}

/** What the service says of a token, to a log-in by the call. */
async function statusOf(id: string): Promise<unknown> {
  const login = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
  const { access_token } = (await login.json()) as Record<string, string>;
  const shown = await service.call('GET', `/v1/tokens/${id}`, `Bearer ${access_token}`);
  return ((await shown.json()) as Record<string, unknown>)['status'];
}

describe('who is not logged in', () => {
  const sentAway = ({ status, headers }: HttpAnswer) => [status, headers.location, headers['set-cookie']];

  it.each(PAGES)('%s %s goes to the log-in', async (method, path) => {
    const { id, token } = await make(ada);
    const asked = path(id);
    expect(sentAway(await visit(method, asked))).toEqual([303, '/console/login', undefined]);
    const authorization = [['Authorization', `Bearer ${ada.split('=')[1]}`] as const];
    const origin = [['Origin', `http://127.0.0.1:${port}`] as const];
    const byHeader = await visit(method, asked, { headers: [...authorization, ...origin] });
    expect(sentAway(byHeader)).toEqual([303, '/console/login', undefined]);

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
      const answer = await visit(method, asked, { cookie });
      expect(sentAway(answer), cookie).toEqual([303, '/console/login?notice=ended', CLEARED]);
    }
    time.aheadMs += 2 * 3_600_000;
    const expired = await visit(method, asked, { cookie: ada });
    time.aheadMs -= 2 * 3_600_000;
    expect(sentAway(expired)).toEqual([303, '/console/login?notice=ended', CLEARED]);
    expect(await statusOf(id)).toBe('active');
  });

  it('reads that the session has ended', async () => {
    expect((await visit('GET', '/console/login?notice=ended')).body).toContain('Your session has ended.');
    expect((await visit('GET', '/console/login?notice=constructor')).body).not.toContain('class="notice"');
  });
});

describe('a form that another page sent', () => {
  const foreign: readonly (readonly [string, Asked['headers']])[] = [
    ['without Origin', []],
    ['of another origin', [['Origin', 'https://evil.example']]],
    ['of no origin', [['Origin', 'null']]],
    ['of another port', [['Origin', 'http://127.0.0.1:1']]],
    [
      'of a sibling site',
      [
        ['Origin', 'https://evil.example'],
        ['Sec-Fetch-Site', 'same-site'],
      ],
    ],
    ['with a referrer alone', [['Referer', 'http://127.0.0.1/console']]],
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

  it('is taken by Sec-Fetch-Site: same-origin alone', async () => {
    const answer = await visit('POST', '/console/tokens/new', {
      cookie: ada,
      headers: [['Sec-Fetch-Site', 'same-origin']],
    });
    expect(answer.status).toBe(200);
  });
});

describe('who is logged in', () => {
  it.each(PAGES)('%s %s is admitted, and told nothing that is kept', async (method, path, status) => {
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
    "%s %s does not know another account's token, nor one that is none",
    async (method, path) => {
      const { id } = await make(ada);
      for (const unknown of [id, 'nothing', '%3Cscript%3E']) {
        const answer = await visit(method, path(unknown), { cookie: bob });
        expect(answer.status).toBe(404);
        expect(answer.body).toContain('There is no such token, or it is not yours.');
      }
      expect(await statusOf(id)).toBe('active');
    },
  );

  it("does not see another account's tokens in the list", async () => {
    const { id } = await make(ada);
    expect((await visit('GET', '/console?show=all', { cookie: ada })).body).toContain(id);
    expect((await visit('GET', '/console?show=all', { cookie: bob })).body).not.toContain(id);
    expect((await visit('GET', `/console?after=${id}`, { cookie: bob })).status).toBe(404);
  });

  it('is shown every name, scope and reason as text', async () => {
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

  it('is offered its own scopes, and gets no other', async () => {
    const page = (await visit('GET', '/console/tokens/new', { cookie: bob })).body;
    expect([...page.matchAll(/name="scopes" value="([^"]+)"/g)].map(([, scope]) => scope)).toEqual(['messages:list']);
    const form = { ...FORM, scopes: 'messages:send' };
    const refused = await visit('POST', '/console/tokens/new', { cookie: bob, form });
    expect(refused.status).toBe(400);
    expect(refused.body).toContain('<b>Scopes</b>: the account does not have messages:send');
  });

  it('is told how long a token with a scope may live, with all of them as with the shortest', async () => {
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
    [{ name: ' ' }, '<b>Name</b>: not empty'],
    [{ scopes: 'messages:send' }, '<b>End</b>: is later than'],
    [{ ends: 'date', date: '2020-01-01' }, '<b>End</b>: is not in the future'],
    [{ ends: 'date', date: 'soon' }, '<b>End</b>: choose when it ends'],
    [{ ends: '31' }, '<b>End</b>: choose when it ends'],
    [{ scopes: 'no:such' }, '<b>Scopes</b>: no such scope'],
  ])('reads what is wrong with %j, and keeps what was filled in', async (wrong, message) => {
    const form = { ...FORM, name: 'kept', ...wrong };
    const { status, body } = await visit('POST', '/console/tokens/new', { cookie: ada, form });
    expect(status).toBe(400);
    expect(body).toContain(message);
    if (!('name' in wrong)) expect(body).toContain('value="kept"');
  });

  it.each([
    [{ overlap: '-1' }, '<b>Old token</b>: choose one'],
    [{ overlap: '604801' }, '<b>Old token</b>'],
    [{ ends: '' }, '<b>End</b>: choose when it ends'],
  ])('reads what is wrong with a rotation by %j', async (wrong, message) => {
    const { id } = await make(ada);
    const form = { ...FORM, ...wrong };
    const { status, body } = await visit('POST', `/console/tokens/${id}/rotate`, { cookie: ada, form });
    expect([status, await statusOf(id)]).toEqual([400, 'active']);
    expect(body).toContain(message);
  });

  it('is led to what became of a token that cannot be rotated or revoked any more', async () => {
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

  it('reads, before a rotated token is revoked, that its successor goes on', async () => {
    const { id } = await make(ada);
    const page = async () => (await visit('GET', `/console/tokens/${id}/revoke`, { cookie: ada })).body;
    expect(await page()).not.toContain('successor');
    await visit('POST', `/console/tokens/${id}/rotate`, { cookie: ada, form: { ...FORM, overlap: '3600' } });
    const [, successor] =
      /It was rotated: its successor <a href="\/console\/tokens\/([\w-]+)"/.exec(await page()) ?? [];
    expect(successor).not.toBe(id);
    expect(await statusOf(successor ?? '')).toBe('active');
  });

  it('turns the pages of a long list', async () => {
    const cookie = await logIn('bob', 'another secret of bob');
    const made: string[] = [];
    for (let count = 0; count < 30; count += 1) made.push((await make(cookie, { ends: '30' })).id);
    const seen: string[] = [];
    let path: string | undefined = '/console';
    while (path !== undefined) {
      const { body }: HttpAnswer = await visit('GET', path, { cookie });
      seen.push(
        ...[...body.matchAll(/<th role="rowheader" scope="row"><a href="[^"]*\/([\w-]+)"/g)].map(([, id = '']) => id),
      );
      path = /rel="next" href="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    }
    // Within a second they have no order; none is left out, and none comes twice.
    expect(seen.toSorted()).toEqual(made.toSorted());
  });
});

describe('the log-in', () => {
  it('begins a session of one hour in a cookie for this host alone', async () => {
    const answer = await visit('POST', '/console/login', { form: { name: 'ada', password: 'secret' } });
    expect([answer.status, answer.headers.location]).toEqual([303, '/console']);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-sallyport=[\w.-]+; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/),
      expect.stringMatching(/^__Host-sallyport-device=/),
    ]);
  });

  it('refuses in the words of the call, and alike whether or not the account exists', async () => {
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

  it.each([{ name: 'ada' }, { password: 'secret' }, { name: '', password: '' }])('needs both: %j', async (form) => {
    const answer = await visit('POST', '/console/login', { form });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
  });

  it.each([
    ['application/json', '{"name":"ada","password":"secret"}', 415],
    ['multipart/form-data; boundary=x', '--x--', 415],
    ['application/x-www-form-urlencoded', `name=${'x'.repeat(70_000)}`, 413],
  ])('takes forms of reasonable size alone, and not %s', async (type, body, status) => {
    const headers = [
      ['Origin', `http://127.0.0.1:${port}`],
      ['Content-Type', type],
    ] as const;
    const answer = await ask({ port, method: 'POST', path: '/console/login', headers, body });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
  });
});

describe('a session', () => {
  it('ends at log-out also for who has a copy of it', async () => {
    const cookie = await logIn('ada', 'secret');
    const answer = await visit('POST', '/console/logout', { cookie });
    expect([answer.headers.location, answer.headers['set-cookie']]).toEqual([
      '/console/login?notice=logged-out',
      CLEARED,
    ]);
    expect((await visit('GET', '/console', { cookie })).headers.location).toBe('/console/login?notice=ended');
  });

  it('is a credential nowhere else', async () => {
    for (const path of ['/v1/tokens', '/v1/scopes']) {
      const answer = await visit('GET', path, { cookie: ada });
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'credentials_required']);
    }
  });

  it('has no scope, whatever the account has', () => {
    expect(decodeJwt(ada)['scopes']).toEqual([]);
  });
});

it.each(['console.css', 'console.js', 'icon.svg'])('%s is served to everybody, and asked about again', async (name) => {
  const path = `/console/assets/${name}`;
  const { status, headers } = await visit('GET', path);
  expect(status).toBe(200);
  expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
  const again = await visit('GET', path, { headers: [['If-None-Match', headers.etag ?? '']] });
  expect([again.status, again.body]).toEqual([304, '']);
});

it('a form that arrives after its log-in was ended makes no token', async () => {
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
  // Until the session was found.
  await wait(500);
  expect((await visit('POST', '/console/logout', { cookie })).status).toBe(303);
  call.end(form.slice(5));
  const [answer] = await answered;
  answer.resume();
  expect([answer.statusCode, answer.headers.location]).toEqual([303, expect.stringContaining('/console/login')]);
});

describe('a form that is sent twice', () => {
  const tokenIn = (body: string): string | undefined => /<textarea[^>]*>([^<]+)</.exec(body)?.[1];
  const formIn = async (path: string): Promise<string> => {
    const { body } = await visit('GET', path, { cookie: ada });
    return / name="form_id" value="([^"]+)"/.exec(body)?.[1] ?? '';
  };
  /** Private tokens of this name. */
  const count = async (name: string): Promise<number> => {
    const login = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
    const { access_token } = (await login.json()) as Record<string, string>;
    const listed = await service.call('GET', '/v1/tokens?limit=100', `Bearer ${access_token}`);
    const { tokens } = (await listed.json()) as { tokens: { name: string | null }[] };
    return tokens.filter((token) => token.name === name).length;
  };

  it('by a double click makes one token, which each shows; so does loading the answer again', async () => {
    const form = { ...FORM, name: 'double', form_id: await formIn('/console/tokens/new') };
    const send = () => visit('POST', '/console/tokens/new', { cookie: ada, form });
    const answers = [...(await Promise.all([send(), send(), send()])), await send()];
    const ids = answers.map(({ body }) => decodeJwt(tokenIn(body) ?? '').jti);
    expect(new Set(ids).size).toBe(1);
    expect(await count('double')).toBe(1);
  });

  it('to rotate shows the same successor', async () => {
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

  it('and was filled in anew asks whether to make another one', async () => {
    const form = { ...FORM, name: 'first', form_id: await formIn('/console/tokens/new') };
    await visit('POST', '/console/tokens/new', { cookie: ada, form });
    const again = await visit('POST', '/console/tokens/new', { cookie: ada, form: { ...form, name: 'second' } });
    expect(again.status).toBe(400);
    expect(again.body).toContain('it made a token already');
    const [, formId = ''] = / name="form_id" value="([^"]+)"/.exec(again.body) ?? [];
    const other = { ...form, name: 'second', form_id: formId };
    expect((await visit('POST', '/console/tokens/new', { cookie: ada, form: other })).status).toBe(200);
    expect([await count('first'), await count('second')]).toEqual([1, 1]);
  });

  it('and was refused may be sent again', async () => {
    const form = { ...FORM, name: 'mended', form_id: await formIn('/console/tokens/new') };
    const refused = await visit('POST', '/console/tokens/new', { cookie: ada, form: { ...form, scopes: 'nonsense' } });
    expect(refused.status).toBe(400);
    expect((await visit('POST', '/console/tokens/new', { cookie: ada, form })).status).toBe(200);
    expect(await count('mended')).toBe(1);
  });
});

describe('the list of tokens', () => {
  it('shows what is in use, and what ends soon, behind very many newer records', async () => {
    const scopes = ['messages:list'];
    const accountId = await service.addAccount({ name: 'busy', password: 'quite busy all day long', scopes });
    const cookie = await logIn('busy', 'quite busy all day long');
    const store = await openSqliteStore(join(service.folder, 'store.db'));
    const nowSeconds = Math.floor(Date.now() / 1000);
    const record = { accountId, scopes, createdAtSeconds: nowSeconds - 1_000, expiresAtSeconds: nowSeconds + 86_400 };
    await store.tokens.add({ ...record, id: 'oldest-of-them', use: 'private', name: 'behind the crowd' }, 0);
    const crowd = Array.from({ length: 2_500 }, (_, index) => {
      const [createdAtSeconds, use] = [nowSeconds - 900, index % 2 === 0 ? 'login' : 'access'] as const;
      return { ...record, id: `crowd-${index}`, use, createdAtSeconds, expiresAtSeconds: nowSeconds - 1 };
    });
    await Promise.all(crowd.map((one) => store.tokens.add(one, 0)));
    await store.close();
    const { body } = await visit('GET', '/console', { cookie });
    expect(body).toContain('End within 7 days');
    expect(body).not.toContain('There is none yet');
    expect(body.match(/behind the crowd<\/bdi>/g)).toHaveLength(2);
  });

  it('goes on behind a token that has gone', async () => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const gone = await visit('GET', `/console?show=all&after=${nowSeconds + 60}.gone`, { cookie: ada });
    expect(gone.status).toBe(200);
    expect(gone.body).toContain('Log-in');
  });
});

describe('the end of a token without script', () => {
  const date = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);

  it('is asked for again where a date is filled in and days are chosen, with the date chosen then', async () => {
    for (const path of ['/console/tokens/new', `/console/tokens/${(await make(ada)).id}/rotate`]) {
      const form = { ...FORM, ends: '30', date };
      const asked = await visit('POST', path, { cookie: ada, form });
      expect(asked.status).toBe(400);
      expect(asked.body).toContain('you gave a date and chose a number of days');
      expect(asked.body).toMatch(/value="date" required checked/);
      expect(asked.body).toContain(`name="date" min="`);
      expect(asked.body).toContain(`value="${date}"`);
      const made = await visit('POST', path, { cookie: ada, form: { ...form, ends: 'date' } });
      const [, token = ''] = /<textarea[^>]*>([^<]+)</.exec(made.body) ?? [];
      expect(decodeJwt(token).exp).toBe(Date.parse(`${date}T23:59:59Z`) / 1000);
    }
  });

  it('is so many days away where the date is empty', async () => {
    const made = await visit('POST', '/console/tokens/new', { cookie: ada, form: { ...FORM, ends: '7', date: '' } });
    expect(made.status).toBe(200);
  });
});

describe('what a browser is shown of a problem', () => {
  const BROWSER = [['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8']] as const;
  it.each([
    ['GET', '/console/nothing', 404, 'no such call'],
    ['PUT', '/console/login', 405, 'PUT is not taken here, but GET, HEAD, OPTIONS, POST'],
    ['GET', '/v1/tokens', 401, 'credentials required'],
    ['GET', '/favicon', 404, 'no such call'],
  ])('%s %s is a page, and JSON for a program', async (method, path, status, message) => {
    const page = await visit(method, path, { headers: BROWSER });
    expect([page.status, page.headers['content-type']]).toEqual([status, 'text/html; charset=utf-8']);
    expect([page.headers['content-security-policy'], page.headers.vary]).toEqual([POLICY, 'Accept']);
    expect(page.body).toContain(message);
    expect(page.body).toContain('<a href="/console">Go to the tokens</a>');
    for (const accept of ['*/*', 'application/json', 'text/html, application/json;q=0.5']) {
      const json = await visit(method, path, { headers: [['Accept', accept]] });
      expect([json.status, json.headers['content-type']]).toEqual([status, 'application/problem+json']);
    }
  });
});
