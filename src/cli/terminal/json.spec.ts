import { expect, it } from 'vitest';
import { CommandError, ConfigError, UsageError } from '../command.ts';
import { errorJson, jsonTerminal, show } from './json.ts';

function recording() {
  const written = { out: '', err: '' };
  const out = (text: string): void => void (written.out += text);
  const err = (text: string): void => void (written.err += text);
  return { written, terminal: { env: {}, stdin: process.stdin, out, err } };
}

it('show() prints the text, or with --json the value', () => {
  const { written, terminal } = recording();
  show(terminal, { a: 1 }, 'one\n');
  show(jsonTerminal(terminal), { a: 1 }, () => 'one\n');
  expect(written.out).toBe('one\n{\n  "a": 1\n}\n');
});

it('jsonTerminal() makes each line for standard error an object, and leaves objects as they are', () => {
  const { written, terminal } = recording();
  const { err } = jsonTerminal(terminal);
  err('warning: a "word"\n');
  err('sallyport: x; the record goes here\n{"log":"audit"}\n');
  expect(
    written.err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { level: 'warning', message: 'a "word"' },
    { level: 'info', message: 'x; the record goes here' },
    { log: 'audit' },
  ]);
});

const PROBLEM = { file: 'f', line: 2, column: 3, path: 'a', message: 'no' };

it.each([
  [new UsageError('NAME is missing'), { kind: 'usage', message: 'NAME is missing' }],
  [new CommandError('sallyport: no store'), { kind: 'failed', message: 'no store' }],
  [new Error('broken'), { kind: 'failed', message: 'broken' }],
  [new ConfigError([PROBLEM]), { kind: 'configuration', message: 'f:2:3: a: no', problems: [PROBLEM] }],
])('errorJson() makes one line of %s', (error, expected) => {
  const line = errorJson(error);
  expect(line).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(line)).toEqual({ error: expected });
});
