import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ACCOUNT, OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { basic, sendRequest } from '../support/servers/http-client.ts';
import { startPlatform } from '../support/servers/platform.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import type { Sallyport } from '../support/servers/sallyport.ts';

const MESSAGES = '/3rdparty/v1/messages';
const DEVICES = '/3rdparty/v1/devices';
const PASSWORD = 'correct horse battery';
const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

it('sallyport migration shows which accounts used Basic through the gateway, and with which errors', async () => {
  const platform = await startPlatform({ env: WITH_ACCOUNT });
  onTestFinished(() => platform.close());
  const { sallyport, port } = platform;
  const call = async (method: string, path: string, authorization: string, body = ''): Promise<string> => {
    const headers = [['Authorization', authorization] as const, ['Content-Type', 'application/json'] as const];
    const answer = await sendRequest({ port, method, path, headers, body });
    return `${answer.status} ${answer.body}`;
  };
  const command = (...args: readonly string[]) => runSallyport([...args, '--config', configOf(sallyport)]);
  expect(await command('migration')).toEqual({
    code: 0,
    output:
      '4 routes can be reached with Basic until 2027-06-30T00:00:00Z.\n' +
      'In the last 30 days, 0 accounts used Basic successfully (0 of them also used tokens), ' +
      '0 used it without success, and 1 did not use it.\n',
  });

  await add(sallyport, 'reader', 'messages:list');
  await add(sallyport, 'gone', 'messages:list');
  await add(sallyport, 'modern', 'messages:list');
  const issued = await call('POST', '/3rdparty/v1/auth/token', OWNER, '{"scopes":["messages:list"]}');
  const { access_token: token } = JSON.parse(issued.slice(4)) as { access_token: string };
  for (const [method, path, authorization, status] of [
    ['GET', MESSAGES, OWNER, 200],
    ['GET', MESSAGES, OWNER, 200],
    ['POST', MESSAGES, OWNER, 202],
    ['GET', MESSAGES, `Bearer ${token}`, 200],
    ['GET', MESSAGES, basic('reader', PASSWORD), 200],
    ['GET', DEVICES, basic('reader', PASSWORD), 403],
    ['GET', MESSAGES, basic('READER', 'wrong'), 401],
    ['DELETE', MESSAGES, basic('reader', PASSWORD), 403],
    ['GET', MESSAGES, basic('gone', PASSWORD), 200],
    ['GET', MESSAGES, basic('a password by mistake', ''), 401],
  ] as const) {
    expect(await call(method, path, authorization)).toMatch(new RegExp(`^${status} `));
  }
  await command('account', 'remove', 'gone', '--yes');
  await sallyport.rewrite((config) => {
    config['basic'] = { routes: true, sunset: '2026-01-01' };
  });
  await expect.poll(() => sallyport.output(), { timeout: 10_000 }).toContain('configuration taken up');
  expect(await call('GET', DEVICES, OWNER)).toMatch(/^401 .*"credentials_required"/);
  // A stop writes the counts, although the minute is not over.
  await sallyport.stop();

  const { code, output } = await command('migration', '--json');
  expect(code, output).toBe(0);
  const last = expect.stringMatching(SECOND);
  expect(JSON.parse(output)).toEqual({
    basic: { routes: 4, sunset: '2026-01-01T00:00:00Z', ended: true },
    days: 30,
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT00:00:00Z$/),
    accounts: [
      {
        id: expect.any(String),
        name: ACCOUNT.name,
        tokenLastUsed: last,
        routes: [
          { route: `GET ${MESSAGES}`, passed: 2, denied: {}, last },
          { route: `GET ${DEVICES}`, passed: 0, denied: { credentials_required: 1 }, last },
          { route: `POST ${MESSAGES}`, passed: 1, denied: {}, last },
        ],
      },
      {
        id: expect.any(String),
        name: 'reader',
        tokenLastUsed: null,
        routes: [
          { route: `GET ${MESSAGES}`, passed: 1, denied: { credentials_invalid: 1 }, last },
          { route: `GET ${DEVICES}`, passed: 0, denied: { scope_required: 1 }, last },
          { route: null, passed: 0, denied: { route_denied: 1 }, last },
        ],
      },
      {
        id: expect.any(String),
        name: null,
        tokenLastUsed: null,
        routes: [{ route: `GET ${MESSAGES}`, passed: 1, denied: {}, last }],
      },
      {
        id: null,
        name: null,
        tokenLastUsed: null,
        routes: [{ route: `GET ${MESSAGES}`, passed: 0, denied: { credentials_invalid: 1 }, last }],
      },
    ],
    others: 1,
  });
  const lines = (await command('migration', '--days', '1')).output.trimEnd().split('\n');
  expect(lines[0]).toBe('4 routes could be reached with Basic until 2026-01-01T00:00:00Z.');
  expect(lines[1]).toBe(
    'In the last 1 day, 3 accounts used Basic successfully (1 of them also used tokens), ' +
      '0 used it without success, and 1 did not use it.',
  );
  expect(lines[3]).toMatch(/^account +route +passed +denied +last +last used a token$/);
  expect(lines.slice(4).map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
    [ACCOUNT.name, `GET ${MESSAGES}`, '2', '-'],
    [ACCOUNT.name, `GET ${DEVICES}`, '0', '1 credentials_required'],
    [ACCOUNT.name, `POST ${MESSAGES}`, '1', '-'],
    ['reader', `GET ${MESSAGES}`, '1', '1 credentials_invalid'],
    ['reader', `GET ${DEVICES}`, '0', '1 scope_required'],
    ['reader', '(no route)', '0', '1 route_denied'],
    [expect.stringMatching(/^\(removed: \S+\)$/), `GET ${MESSAGES}`, '1', '-'],
    ['(no account)', `GET ${MESSAGES}`, '0', '1 credentials_invalid'],
  ]);
});

it.each([
  [['--days', '0'], '--days takes a whole number from 1 to 90'],
  [['--days', '91'], '--days takes a whole number from 1 to 90'],
  [['--days', '1.5'], '--days takes a whole number from 1 to 90'],
  [['alice'], 'too many arguments for `sallyport migration`'],
])('sallyport migration %j is refused', async (args, words) => {
  const { code, output } = await runSallyport(['migration', ...args]);
  expect([code, output.split('\n')[0]]).toEqual([2, `sallyport: ${words}; see \`sallyport migration --help\``]);
});

function configOf({ folder }: Sallyport): string {
  return join(folder, 'sallyport.yaml');
}

async function add(sallyport: Sallyport, name: string, scope: string): Promise<void> {
  const args = ['account', 'add', name, '--scopes', scope, '--config', configOf(sallyport)];
  const { code, output } = await runSallyport(args, { input: `${PASSWORD}\n` });
  expect(code, output).toBe(0);
}
