import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LineOutput } from './line-output.ts';

/** A command of the system's. */
const MKFIFO = 'mkfifo';
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

it('LineOutput keeps no more than it may while the disk is full, and does not throw', () => {
  const descriptor = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(descriptor));
  const output = new LineOutput(descriptor);
  for (let count = 0; count < LINES; count++) output.write(LINE);
  expect(output.lost).toBe(LINES - 1_024);
});

it('LineOutput waits for nobody who does not read, and goes on in whole lines when somebody does', async () => {
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
  // Nobody has read until now, when all is written.
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

/** A pipe as a shell makes it: what Node makes for a child is a socket. */
function openPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-output-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pipe');
  execFileSync(MKFIFO, [path]);
  // An open for writing waits for a reader, one for reading that does not block does not wait for a writer.
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { readEnd, writeEnd: openSync(path, 'w') };
}
