import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
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

it('LineOutput keeps no more than it may while the disk is full, and does not throw', () => {
  const descriptor = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(descriptor));
  const output = new LineOutput(descriptor);
  for (let count = 0; count < LINES; count++) output.write(LINE);
  expect(output.lost).toBe(LINES - 1_024);
});

it('LineOutput waits for nobody who does not read, and goes on in whole lines when somebody does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-output-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = `
    const { standardOutput } = await import(${JSON.stringify(new URL('./logger.ts', import.meta.url).href)});
    const output = standardOutput();
    for (let count = 0; count < ${LINES}; count++) output.write('x'.repeat(1023) + '\\n');
    process.stderr.write(String(output.lost));
    setTimeout(() => {}, 2_500);
  `;
  // A pipe as a shell makes it: what Node makes for a child is a socket.
  const pipe = '"$0" --input-type=module -e "$1" 2> lost | { sleep 1.5; cat > read; }';
  await once(spawn('sh', ['-c', pipe, process.execPath, script], { cwd: folder, stdio: 'ignore' }), 'close');
  const lost = Number(readFileSync(join(folder, 'lost'), 'utf8'));
  expect(lost).toBeGreaterThan(1_000);
  const lines = readFileSync(join(folder, 'read'), 'utf8').split('\n').slice(0, -1);
  expect(lines).toHaveLength(LINES - lost);
  expect(new Set(lines)).toEqual(new Set(['x'.repeat(1023)]));
}, 20_000);
