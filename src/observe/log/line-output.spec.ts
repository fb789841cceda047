import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openPipe } from '../../../test/support/pipe.ts';
import { LineOutput } from './line-output.ts';

const LINE = `${'x'.repeat(1023)}\n`;
const LINES = 3_000;

it('LineOutput writes each line at once', () => {
  const path = join(tmpdir(), `sallyport-output-${process.pid}`);
  const descriptor = openSync(path, 'w');
  onTestFinished(() => {
    closeSync(descriptor);
    rmSync(path);
  });
  const output = new LineOutput(descriptor);
  output.write('one\n');
  output.write('two\n');
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  expect(output.lost).toBe(0);
});

it('LineOutput keeps a bounded number of lines while the disk is full, and does not throw', () => {
  const descriptor = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(descriptor));
  const output = new LineOutput(descriptor);
  for (let count = 0; count < LINES; count++) output.write(LINE);
  expect(output.lost).toBe(LINES - 1_024);
});

it('LineOutput counts lines as lost if the reader of its pipe is gone, and reports that once', () => {
  const pipe = openPipe();
  onTestFinished(() => closeSync(pipe.writeEnd));
  const failures: unknown[] = [];
  const output = new LineOutput(pipe.writeEnd, ({ code }) => failures.push(code));
  output.write('read\n');
  expect([output.lost, output.isFailing]).toEqual([0, false]);
  closeSync(pipe.readEnd);
  for (let count = 0; count < 3; count++) output.write(LINE);
  expect([output.lost, output.isFailing]).toEqual([3, true]);
  expect(failures).toEqual(['EPIPE']);
});

it('LineOutput does not wait for a reader that is not reading, and continues with whole lines when it reads again', async () => {
  const pipe = openPipe();
  const script = `
    const { standardOutput } = await import(${JSON.stringify(new URL('./logger.ts', import.meta.url).href)});
    const output = standardOutput();
    for (let count = 0; count < ${LINES}; count++) output.write('x'.repeat(1023) + '\\n');
    process.stderr.write(output.lost + '\\n');
    process.stdin.resume();
  `;
  const args = ['--input-type=module', '--eval', script];
  const child = spawn(process.execPath, args, { stdio: ['pipe', pipe.writeEnd, 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdin === null || child.stderr === null) throw new Error('it has no pipes');
  const closed = once(child, 'close');
  closeSync(pipe.writeEnd);
  // Nothing is read until all lines are written.
  const [text] = await once(child.stderr.setEncoding('utf8'), 'data');
  const lost = Number(text);
  expect(lost).toBeGreaterThan(1_000);

  let read = '';
  const reader = new Socket({ fd: pipe.readEnd, readable: true, writable: false });
  reader.setEncoding('utf8').on('data', (chunk: string) => (read += chunk));
  await expect.poll(() => read.length, { timeout: 30_000 }).toBe((LINES - lost) * LINE.length);
  child.stdin.end();
  await closed;
  const lines = read.split('\n').slice(0, -1);
  expect(lines).toHaveLength(LINES - lost);
  expect(new Set(lines)).toEqual(new Set(['x'.repeat(1023)]));
});
