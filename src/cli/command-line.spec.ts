import { describe, expect, it } from 'vitest';
import { runSallyport } from '../../test/support/servers/run-sallyport.ts';
import { readVersion } from '../lib/version.ts';

const GROUPS = {
  account: ['add', 'list', 'show', 'password', 'scopes', 'email', 'disable', 'enable', 'unlock', 'remove'],
  store: ['export', 'import', 'accept-loss'],
  keys: ['list', 'rotate', 'revoke', 'reseal'],
  token: ['issue', 'list', 'revoke', 'unrevoke'],
};
const COMMANDS = [
  'init',
  'status',
  'revocations',
  'completion',
  'serve',
  'check',
  'envoy',
  'routes',
  'explain',
  'test',
  'account',
  'store',
  'keys',
  'token',
  'migration',
];

describe('a command line that is not understood', () => {
  it.each([
    [[], 'a command is missing'],
    [['frobnicate'], "no such command: 'frobnicate'"],
    [['--config', 'x', 'check'], "the command comes first and its options after it: found '--config'"],
    [['serve', '--confg', 'x'], 'there is no option --confg, did you mean --config?'],
    [['serve', 'other.yaml'], 'too many arguments for `sallyport serve`'],
    [['check', 'other.yaml'], 'too many arguments for `sallyport check`'],
    [['account'], 'expected one of add, list, show, password'],
    [['account', 'delete', 'x'], 'expected one of add, list, show, password'],
    [['account', 'add'], 'NAME is missing'],
    [['account', 'add', 'ada'], '--scopes is missing'],
    [['account', 'add', 'ada', '--scopes', ''], '--scopes is missing'],
    [['account', 'scopes', 'ada'], 'SCOPE[,SCOPE ...] is missing'],
    [['account', 'list', 'ada'], 'too many arguments for `sallyport account list`'],
    [['account', 'list', '--scopes', 'x'], '--scopes is not an option of `sallyport account list`'],
    [['account', 'disable', 'ada', '--email', 'x'], '--email is not an option of `sallyport account disable`'],
    [['account', 'disable', 'ada', '--by', ''], '--by takes 1 to 100 characters'],
    [['store', 'copy'], 'expected one of export, import, accept-loss'],
    [['store', 'import'], 'FILE is missing'],
    [['store', 'export', 'x'], 'too many arguments for `sallyport store export`'],
    [['store', 'accept-loss', 'x'], 'too many arguments for `sallyport store accept-loss`'],
    [
      ['store', 'import', 'x', '--out', 'y'],
      '--out is not an option of `sallyport store import`, only of `sallyport store export`',
    ],
    [['token'], 'expected one of issue, list, revoke, unrevoke'],
    [['token', 'revoke'], 'expected one of --token-file'],
    [['token', 'revoke', 'x'], 'name a token by its id with --issuer NAME --jti ID, or put it into a file'],
    [['token', 'unrevoke', 'x'], 'name a token by its id with --issuer NAME --jti ID, or put it into a file'],
    [
      ['token', 'unrevoke', '--thumbprint', 'a'.repeat(64), '--expires', '2030-01-01'],
      '--expires is not an option of `sallyport token unrevoke`',
    ],
    [
      ['token', 'list', '--jti', 'x'],
      '--jti is not an option of `sallyport token list`, only of `sallyport token revoke`, `sallyport token unrevoke`',
    ],
    [['keys', 'frobnicate'], 'expected one of list, rotate, revoke, reseal'],
    [['keys', 'revoke'], 'KID is missing'],
    [['keys', 'rotate', 'x'], 'too many arguments for `sallyport keys rotate`'],
    [['keys', 'list', '--yes'], '--yes is not an option of `sallyport keys list`, only of `sallyport keys revoke`'],
    [['explain'], 'expected METHOD and PATH, or a reason'],
    [['explain', 'token_invalid', '--host', 'h'], '--host needs METHOD and PATH'],
    [['explain', 'token_invalid', '--token-file', 'f'], '--token-file needs METHOD and PATH'],
    [['test'], 'FILE is missing'],
    [['test', '--filter', '', 'x'], '--filter needs a text'],
    [['routes', '--host', 'h'], '--host needs METHOD and PATH'],
    [['routes', 'GET'], 'expected METHOD and PATH'],
    [['migration', 'ada'], 'too many arguments for `sallyport migration`'],
    [['migration', '--days', '0'], '--days takes a whole number from 1 to 90'],
    [['migration', '--days', '91'], '--days takes a whole number from 1 to 90'],
    [['migration', '--days', '1.5'], '--days takes a whole number from 1 to 90'],
  ])('exits with 2: %j, %s', async (args, message) => {
    const { code, output } = await runSallyport(args);
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(`sallyport: ${message}`) });
    expect(output).toMatch(/^.*; see `sallyport .*--help`\n$/);
  });

  it('is not repeated where a password may stand', async () => {
    const { code, output } = await runSallyport(['account', 'password', 'ada', 'hunter2']);
    expect(code).toBe(2);
    expect(output).not.toContain('hunter2');
  });

  it('is answered with one line that names the help of the sub-command', async () => {
    const { output } = await runSallyport(['keys', 'revoke', '--yes']);
    expect(output).toBe('sallyport: KID is missing; see `sallyport keys revoke --help`\n');
  });

  it('is a line of JSON with --json', async () => {
    const { code, output } = await runSallyport(['keys', 'revoke', '--json', '--yes']);
    expect(code).toBe(2);
    expect(JSON.parse(output)).toEqual({ error: { kind: 'usage', message: 'KID is missing' } });
    expect(JSON.parse((await runSallyport(['frobnicate', '--json'])).output).error.kind).toBe('usage');
  });
});

describe('--help', () => {
  it('lists the commands', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, output } = await runSallyport(args);
      expect(code).toBe(0);
      for (const command of COMMANDS) expect(output).toMatch(new RegExp(`^ {2}${command} +\\S`, 'm'));
    }
  });

  it.each(COMMANDS)('shows the usage of %s', async (command) => {
    for (const option of ['--help', '-h']) {
      const { code, output } = await runSallyport([command, option]);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`usage: sallyport ${command}`) });
    }
  });

  it.each(Object.entries(GROUPS))('of %s shows each sub-command', async (command, actions) => {
    const { output } = await runSallyport([command, '--help']);
    for (const action of actions) {
      expect(output).toContain(`sallyport ${command} ${action}`);
      expect(output).toMatch(new RegExp(`^ {2}${action} +\\S`, 'm'));
    }
  });

  it.each(Object.entries(GROUPS).flatMap(([command, actions]) => actions.map((action) => [command, action] as const)))(
    'of %s %s shows each of its options with a line of help',
    async (command, action) => {
      const { code, output } = await runSallyport([command, action, '--help']);
      expect(code).toBe(0);
      const [usage = '', options = ''] = output.split('\noptions:\n');
      const named = new Set(usage.match(/--[a-z0-9-]+/g));
      for (const option of named) expect(options).toMatch(new RegExp(`^ {2}${option}( [A-Z[\\],. ]+)? {2,}\\S`, 'm'));
      expect(output.split('\n').filter((line) => line.length > 120 && !line.includes('sallyport'))).toEqual([]);
    },
  );

  it('shows an option once, as it is declared', async () => {
    expect((await runSallyport(['store', 'export', '--help'])).output).toContain(`
options:
  --out FILE     write to this new file; by default to standard output
  --config FILE  the configuration file; by default sallyport.yaml
  --json         print JSON, for programs
  --help         print this help

JSON: {accounts, signingKeys, tokens, revocations}: numbers. Without --out, it goes to standard error
`);
  });
});

it('--version prints the version', async () => {
  const { output } = await runSallyport(['--version', '--json']);
  expect(JSON.parse(output)).toEqual({ version: readVersion(), node: process.versions.node });
  expect(await runSallyport(['--version'])).toEqual({ code: 0, output: `${readVersion()}\n` });
});
