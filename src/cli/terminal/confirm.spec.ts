import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CommandError, type Terminal, UsageError } from '../command.ts';
import { confirm } from './confirm.ts';

/** A terminal on which somebody types `typed` and ends. */
function terminalWith(typed: string, isTTY: boolean) {
  const told: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY });
  stdin.end(typed);
  // What a stream of a terminal has beyond that is not asked for.
  const terminal = { env: {}, stdin, out: () => {}, err: (text: string) => told.push(text) } as unknown as Terminal;
  return { terminal, told };
}

describe('confirm()', () => {
  it.each(['y\n', 'Y\n', 'yes\n', ' yes \nno\n', 'y'])('goes on after %j', async (typed) => {
    const { terminal, told } = terminalWith(typed, true);
    await confirm('this ends all', false, terminal);
    expect(told).toEqual(['this ends all. Go on? [y/N] ']);
  });

  it.each(['', '\n', 'n\n', 'yess\n', '\ny\n'])('ends after %j', async (typed) => {
    await expect(confirm('this ends all', false, terminalWith(typed, true).terminal)).rejects.toThrow(CommandError);
  });

  it('asks nobody where that was said before', async () => {
    const { terminal, told } = terminalWith('n\n', true);
    await confirm('this ends all', true, terminal);
    expect(told).toEqual([]);
  });

  it('wants --yes where nobody could answer', async () => {
    await expect(confirm('this ends all', false, terminalWith('y\n', false).terminal)).rejects.toThrow(UsageError);
  });
});
