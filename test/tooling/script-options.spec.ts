import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readOptions, UsageError, wholeNumber } from '../../tools/script-options.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(script: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

describe('wholeNumber()', () => {
  it.each(['1', '07', '1000'])('reads %s', (text) => {
    expect(wholeNumber('rounds', text, 1, 1_000)).toBe(Number(text));
  });

  it.each(['', 'x', '0', '1001', '-1', '+1', '1.5', '1e2', '0x5', ' 5', '99999999999999999999'])(
    'refuses %j',
    (text) => {
      const read = (): number => wholeNumber('rounds', text, 1, 1_000);
      expect(read).toThrow(UsageError);
      expect(read).toThrow(`--rounds: expected a whole number from 1 to 1000, found '${text}'`);
    },
  );
});

describe('readOptions()', () => {
  it.each([
    [['--nope'], "Unknown option '--nope'"],
    [['more'], "Unexpected argument 'more'"],
    [['--seconds'], "Option '--seconds <value>' argument missing"],
    [['--seconds', '--x'], "Option '--seconds' argument is ambiguous"],
  ])('refuses %j in one sentence', (args, message) => {
    const read = () => readOptions({ args, options: { seconds: { type: 'string' } } });
    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });
});

describe('npm run bench', () => {
  it.each([
    [['direct', '--rounds', 'x'], "--rounds: expected a whole number from 1 to 1000, found 'x'"],
    [['direct', '--against', '10.0.0.1:9191'], '--against 10.0.0.1:9191: expected NAME=127.0.0.1:PORT or'],
  ])('refuses %j, and says where the help is', async (args, message) => {
    const { code, stderr } = await run('bench/run.ts', ...args);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n').at(-1)).toBe('See npm run bench -- --help');
    expect(code).toBe(2);
  });
});

describe('npm run test:fuzz', () => {
  it('prints its help', async () => {
    expect(await run('test/fuzz/http2/run.ts', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--frames N'),
      stderr: '',
    });
  });
});
