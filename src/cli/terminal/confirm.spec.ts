import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CommandError, type Terminal, UsageError } from '../command.ts';
import { confirm } from './confirm.ts';

/** A terminal on which `typed` is typed, and then input ends. */
function terminalWith(typed: string, isTTY: boolean) {
  const told: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY });
  stdin.end(typed);
  // The other members of a terminal's stream are not used.
  const terminal = { env: {}, stdin, out: () => {}, err: (text: string) => told.push(text) } as unknown as Terminal;
  return { terminal, told };
}

describe('confirm()', () => {
  it.each(['y\n', 'Y\n', 'yes\n', ' yes \nno\n', 'y'])('resolves after %j', async (typed) => {
    const { terminal, told } = terminalWith(typed, true);
    await confirm('this ends all', false, terminal);
    expect(told).toEqual(['this ends all. Continue? [y/N] ']);
  });

  it.each(['', '\n', 'n\n', 'yess\n', '\ny\n'])('rejects after %j', async (typed) => {
    await expect(confirm('this ends all', false, terminalWith(typed, true).terminal)).rejects.toThrow(CommandError);
  });

  it('does not ask if it was confirmed before', async () => {
    const { terminal, told } = terminalWith('n\n', true);
    await confirm('this ends all', true, terminal);
    expect(told).toEqual([]);
  });

  it('requires --yes where there is no terminal', async () => {
    await expect(confirm('this ends all', false, terminalWith('y\n', false).terminal)).rejects.toThrow(UsageError);
  });
});
