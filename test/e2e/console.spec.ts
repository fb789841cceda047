import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../../tools/chromium.ts';
import { openVisitor, startBrowser } from '../support/servers/browser.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';
import { freePorts } from '../support/servers/ports.ts';

/** `SCREENSHOTS=1` writes the pictures of the documentation again. */
const PICTURES =
  process.env['SCREENSHOTS'] === '1' ? fileURLToPath(new URL('../../docs/console', import.meta.url)) : '';
const SHOWN = ['desktop-tokens', 'desktop-created', 'phone-tokens', 'phone-revoke', 'phone-dark-rotate'];
const PASSWORD = 'correct horse:battery staple';
const MESSAGES = '/3rdparty/v1/messages';
/** The longest possible name, without a place to break it, and dangerous if it is interpreted as markup. */
const HOSTILE = `"><img src=x onerror=alert(1)>${'W'.repeat(98)}`;

const chromium = await findChromium();

let platform: Platform;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  if (chromium === undefined) return;
  const env = { SALLYPORT_ACCOUNT: `demo:${PASSWORD}` };
  platform = await startPlatform({ env });
  origin = `http://127.0.0.1:${platform.port}`;
  browser = await startBrowser(chromium);
});

afterAll(async () => {
  if (chromium === undefined) return;
  await browser.close();
  await platform.close();
});

beforeEach(({ skip }) => {
  skip(chromium === undefined, 'no Chromium: put one on the PATH, or name it in CHROMIUM');
});

describe('the console, in Chromium and through Envoy', { timeout: 240_000 }, () => {
  it('covers the whole life of a token', async () => {
    const visitor = await openVisitor(browser);
    const { page, complaints } = visitor;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await page.goto(`${origin}/console`);
    expect(page.url()).toBe(`${origin}/console/login`);
    await logIn(page);
    const attributes = { httpOnly: true, secure: true, sameSite: 'Strict', path: '/' };
    expect(await page.context().cookies()).toEqual([
      expect.objectContaining({ name: '__Host-sallyport', ...attributes }),
      expect.objectContaining({ name: '__Host-sallyport-device', ...attributes }),
    ]);
    expect(await page.evaluate('document.cookie')).toBe('');

    const token = await create(page, 'billing server');
    await page.getByRole('button', { name: 'Copy the token' }).click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(token);
    expect(await curl(token)).toBe('200');
    expect(await runExample(page, token)).toContain('{"scopes":[{"name":"messages:send"');

    await page.reload();
    expect(await heading(page)).toBe('Tokens');
    expect(await page.getByRole('row', { name: 'billing server' }).count()).toBe(1);
    await page.getByRole('row', { name: 'billing server' }).getByRole('link', { name: 'Rotate' }).click();
    await page.getByLabel('is revoked at once').check();
    await page.getByRole('button', { name: 'Rotate the token' }).click();
    const heir = await shownToken(page);
    expect(heir).not.toBe(token);
    expect([await curl(token), await curl(heir)]).toEqual(['401', '200']);

    await page.getByRole('link', { name: 'billing server' }).click();
    await page.getByRole('link', { name: 'Revoke', exact: true }).click();
    expect(await heading(page)).toBe('Revoke this token?');
    await page.getByRole('link', { name: 'Cancel' }).click();
    expect(await curl(heir)).toBe('200');
    await page.getByRole('link', { name: 'Revoke', exact: true }).click();
    await page.getByLabel('Reason').fill('server sold');
    await page.getByRole('button', { name: 'Revoke the token' }).click();
    await page.getByText('The token is revoked.').waitFor();
    expect(await page.getByRole('definition').allTextContents()).toContain('server sold');
    expect(await curl(heir)).toBe('401');

    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You are logged out.').waitFor();
    const left = await page.context().cookies();
    expect(left.map(({ name }) => name)).toEqual(['__Host-sallyport-device']);
    await page.goBack();
    expect(page.url()).toContain('/console/login');
    expect(complaints).toEqual([]);
    for (const secret of [token, heir, PASSWORD]) expect(platform.sallyport.output()).not.toContain(secret);
    await visitor.close();
  });

  it('works by keyboard alone', async () => {
    const visitor = await openVisitor(browser);
    const { page, tabTo, focused, complaints } = visitor;
    const { keyboard } = page;
    await page.goto(`${origin}/console`);
    await expect.poll(focused).toMatch(/^Name or e-mail/);
    await keyboard.type('demo');
    await tabTo('Password');
    await keyboard.type(PASSWORD);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Tokens' }).waitFor();

    await tabTo('Skip to content');
    await tabTo('Create a token');
    await follow(page, 'Create a token');
    await tabTo('Name');
    await keyboard.type('by keyboard');
    await tabTo('messages:list');
    await keyboard.press('Space');
    await tabTo('in 30 days');
    await keyboard.press('ArrowUp');
    await tabTo('Create the token');
    await follow(page, 'Your new token');
    expect(await shownToken(page)).toMatch(/^ey/);
    await tabTo('Copy the token');
    await keyboard.press('Enter');
    await page.getByText(/Copied|The token is selected/).waitFor();

    await page.goto(`${origin}/console`);
    await tabTo('by keyboard');
    await follow(page, 'by keyboard');
    await tabTo('Revoke');
    await follow(page, 'Revoke this token?');
    await tabTo('Reason');
    await keyboard.type('tried');
    await tabTo('Revoke the token');
    await follow(page, 'by keyboard');
    await page.getByText('The token is revoked.').waitFor();
    await tabTo('Log out');
    await follow(page, 'Log in');
    expect(complaints).toEqual([]);
    await visitor.close();
  });

  it('works without scripts', async () => {
    const visitor = await openVisitor(browser, { javaScriptEnabled: false });
    const { page } = visitor;
    await page.goto(`${origin}/console`);
    await logIn(page);
    const token = await create(page, 'without script');
    expect(await page.getByRole('button', { name: 'Copy the token' }).count()).toBe(0);
    expect(await curl(token)).toBe('200');
    await page.getByRole('link', { name: 'without script' }).click();
    await page.getByRole('link', { name: 'Revoke', exact: true }).click();
    await page.getByRole('button', { name: 'Revoke the token' }).click();
    await page.getByText('The token is revoked.').waitFor();
    expect(await curl(token)).toBe('401');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You are logged out.').waitFor();
    await visitor.close();
  });

  it('shows each mistake at its field, before and after the form is sent', async () => {
    const visitor = await openVisitor(browser);
    const { page, focused } = visitor;
    await page.goto(`${origin}/console`);
    await logIn(page, 'wrong');
    await page.getByText('invalid credentials').waitFor();
    expect(await page.getByLabel('Name or e-mail').inputValue()).toBe('demo');
    await expect.poll(focused).toMatch(/^Password/);
    await logIn(page);
    await page.getByRole('link', { name: 'Create a token' }).first().click();
    await page.getByLabel('Name').fill('too long');
    await page.getByLabel('messages:send').check();
    await page.getByText('That is too long for messages:send.').waitFor();
    await page.getByRole('button', { name: 'Create the token' }).click();
    await page.getByText('must not be later than').waitFor();
    await expect.poll(focused).toMatch(/^Nothing was changed/);
    expect(await page.getByLabel('Name').inputValue()).toBe('too long');
    await page.getByLabel('in 1 day', { exact: true }).check();
    await page.getByRole('button', { name: 'Create the token' }).click();
    expect(await shownToken(page)).toMatch(/^ey/);
    await visitor.close();
  });

  it('rejects forms of another origin, of the same site and in a frame', async () => {
    const visitor = await openVisitor(browser);
    const { page, complaints } = visitor;
    await page.goto(`${origin}/console`);
    await logIn(page);
    const token = await create(page, 'wanted');
    await page.getByRole('link', { name: 'wanted' }).click();
    const target = page.url();
    const [port = 0] = await freePorts(1);
    // Another port of the same host is the same site, so the browser sends even a SameSite=Strict cookie.
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<form method="post" action="${target}/revoke"><button>Win a prize</button></form>
        <iframe src="${target}"></iframe>`);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect.poll(() => complaints.join()).toContain('frame-ancestors');
    await page.getByRole('button').click();
    await page.getByText('This form was not sent by a page of this console').waitFor();
    expect(await curl(token)).toBe('200');
    server.close().closeAllConnections();
    await visitor.close();
  });

  it('works behind a proxy that rewrites the host, and accepts a chosen date without scripts', async () => {
    const proxy = createServer((incoming, response) => {
      const headers = { ...incoming.headers, host: 'sallyport.internal' };
      const { method, url: path } = incoming;
      const outgoing = request({ port: platform.port, method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      incoming.pipe(outgoing);
    });
    const [port = 0] = await freePorts(1);
    await once(proxy.listen(port, '127.0.0.1'), 'listening');
    const visitor = await openVisitor(browser, { javaScriptEnabled: false });
    const { page } = visitor;
    await page.goto(`http://127.0.0.1:${port}/console`);
    await logIn(page);
    await page.getByRole('link', { name: 'Create a token' }).first().click();
    await page.getByLabel('Name').fill('until then');
    await page.getByLabel('messages:list').check();
    const date = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
    await page.getByRole('textbox', { name: /^Date/ }).fill(date);
    await page.getByRole('button', { name: 'Create the token' }).click();
    await page.getByText('you entered a date and chose a number of days').waitFor();
    expect(await page.getByLabel('on a date').isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Create the token' }).click();
    const payload = (await shownToken(page)).split('.')[1] ?? '';
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number };
    expect(exp).toBe(Date.parse(`${date}T23:59:59Z`) / 1000);
    await visitor.close();
    proxy.closeAllConnections();
    await once(proxy.close(), 'close');
  });

  it('creates one token on a double click', async () => {
    const visitor = await openVisitor(browser);
    const { page } = visitor;
    await page.goto(`${origin}/console`);
    await logIn(page);
    await page.getByRole('link', { name: 'Create a token' }).first().click();
    await page.getByLabel('Name').fill('clicked twice');
    await page.getByLabel('messages:list').check();
    await page.getByRole('button', { name: 'Create the token' }).dblclick();
    expect(await shownToken(page)).toMatch(/^ey/);
    await page.goto(`${origin}/console`);
    expect(await page.getByRole('row', { name: 'clicked twice' }).count()).toBe(1);
    await visitor.close();
  });

  it('shows a page to a browser that opens an API path or an unknown one', async () => {
    const visitor = await openVisitor(browser);
    const { page } = visitor;
    for (const [path, words] of [
      ['/v1/tokens', 'credentials required'],
      ['/console/nothing', 'no such path'],
    ] as const) {
      await page.goto(`${origin}${path}`);
      await page.getByText(words).waitFor();
      await page.getByRole('link', { name: 'Go to your tokens' }).waitFor();
    }
    await visitor.close();
  });

  it('keeps a session on http://localhost as well', async () => {
    const visitor = await openVisitor(browser);
    await visitor.page.goto(`${origin.replace('127.0.0.1', 'localhost')}/console`);
    await logIn(visitor.page);
    expect(await heading(visitor.page)).toBe('Tokens');
    await visitor.close();
  });

  it.each([
    ['desktop', 1_280, 'light'],
    ['phone', 360, 'light'],
    ['phone-dark', 360, 'dark'],
  ] as const)('is accessible: %s', async (device, width, colorScheme) => {
    const visitor = await openVisitor(browser, {
      viewport: { width, height: 800 },
      colorScheme,
      reducedMotion: 'reduce',
    });
    const { page, complaints } = visitor;
    const look = async (state: string): Promise<void> => {
      expect(await visitor.barriers(), state).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), state).toBeLessThanOrEqual(width);
      if (PICTURES === '' || !SHOWN.includes(`${device}-${state}`)) return;
      await page.screenshot({ path: `${PICTURES}/${device}-${state}.png`, fullPage: width < 1_000 });
    };
    await page.goto(`${origin}/console`);
    await look('log-in');
    await logIn(page);
    await create(page, 'night report', 'in 90 days');
    await create(page, 'billing server');
    await look('created');
    await page.getByRole('link', { name: 'Tokens' }).click();
    await look('tokens');
    await page.getByRole('row', { name: 'billing server' }).getByRole('link', { name: 'Rotate' }).click();
    await look('rotate');
    await page.getByRole('link', { name: 'Cancel' }).click();
    await page.getByRole('link', { name: 'Revoke', exact: true }).click();
    await look('revoke');
    await page.getByRole('button', { name: 'Revoke the token' }).click();
    await look('revoked');
    await page.getByRole('link', { name: 'Create a token' }).click();
    await look('create');
    await page.getByRole('link', { name: 'Tokens' }).click();
    await page.getByRole('link', { name: 'Revoke night report' }).click();
    await page.getByRole('button', { name: 'Revoke the token' }).click();
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    expect(complaints).toEqual([]);
    await visitor.close();
  });

  it.each([
    ['a phone', 360],
    ['the narrowest window that has a table', 961],
  ])('shows the longest and most dangerous name unchanged within %s', async (_what, width) => {
    const visitor = await openVisitor(browser, { viewport: { width, height: 640 } });
    const { page, complaints } = visitor;
    await page.goto(`${origin}/console`);
    await logIn(page);
    await create(page, HOSTILE);
    const id = (await page.getByRole('link', { name: HOSTILE }).first().getAttribute('href')) ?? '';
    for (const path of ['/console', '/console?show=all', id, `${id}/rotate`, `${id}/revoke`]) {
      await page.goto(origin + path);
      await page.getByText(HOSTILE).first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
      expect(await page.locator('img').count()).toBe(0);
    }
    expect(complaints).toEqual([]);
    await visitor.close();
  });
});

async function logIn(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('Name or e-mail').fill('demo');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function create(page: Page, name: string, ends = 'in 7 days'): Promise<string> {
  await page.getByRole('link', { name: 'Create a token' }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('messages:list').check();
  await page.getByLabel(ends).check();
  await page.getByRole('button', { name: 'Create the token' }).click();
  return shownToken(page);
}

async function shownToken(page: Page): Promise<string> {
  return page.getByLabel('Token', { exact: true }).inputValue();
}

async function heading(page: Page): Promise<string | null> {
  return page.getByRole('heading', { level: 1 }).textContent();
}

/** Presses Enter and waits for the next page. */
async function follow(page: Page, title: string): Promise<void> {
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
}

/** Resolves to the status of a request for messages with this token, through the gateway. */
async function curl(token: string): Promise<string> {
  const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', `Authorization: Bearer ${token}`];
  const { stdout } = await promisify(execFile)('curl', [...args, origin + MESSAGES]);
  return stdout;
}

/** Runs the example of the page in a shell with the token as input; resolves to its output. */
async function runExample(page: Page, token: string): Promise<string> {
  const shell = spawn('bash', ['-c', (await page.locator('#example').textContent()) ?? ''], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  shell.stdin.end(`${token}\n`);
  return text(shell.stdout);
}
