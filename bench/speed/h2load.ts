import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One load on one port of the loopback address. */
export interface Load {
  readonly port: number;
  /** One path, or several in turn. */
  readonly paths: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  /** The request's body; a request without one is a GET. */
  readonly body?: Buffer;
  readonly connections: number;
  /** In flight on each connection. */
  readonly streams: number;
  readonly requests: number;
  readonly core: number;
}

export interface LoadFigures {
  readonly perSecond: number;
  /** Microseconds, unless only throughput was asked for. */
  readonly p50Micros: number;
  readonly p99Micros: number;
}

/** Sends requests with h2load. Rejects unless each of them is answered with a status of 2xx. */
export async function runH2load(load: Load): Promise<LoadFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  try {
    return await run(load, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(load: Load, folder: string): Promise<LoadFigures> {
  const { port, paths, fields, body, connections, streams, requests, core } = load;
  const times = join(folder, 'times');
  const args = ['-n', requests, '-c', connections, '-m', streams, '-t', 1, `--log-file=${times}`].map(String);
  args.push(...Object.entries(fields).flatMap(([name, value]) => ['-H', `${name}: ${value}`]));
  if (body !== undefined) {
    await writeFile(join(folder, 'body'), body);
    args.push('-d', join(folder, 'body'));
  }
  const base = `http://127.0.0.1:${port}`;
  if (paths.length === 1) {
    args.push(`${base}${paths[0]}`);
  } else {
    await writeFile(join(folder, 'paths'), paths.map((path) => `${base}${path}\n`).join(''));
    args.push('-i', join(folder, 'paths'));
  }
  const { stdout } = await promisify(execFile)('taskset', ['-c', String(core), 'h2load', ...args], {
    maxBuffer: 10_000_000,
  });
  const perSecond = Number(/finished in [^,]+, ([\d.]+) req\/s/.exec(stdout)?.[1]);
  const good = Number(/status codes: (\d+) 2xx/.exec(stdout)?.[1]);
  if (good !== requests) throw new Error(`only ${good} of ${requests} requests were answered with 2xx:\n${stdout}`);
  return { perSecond, ...(await latencies(times)) };
}

/** Reads a line for each request: when it began, its status, and how many microseconds it took. */
async function latencies(file: string): Promise<Pick<LoadFigures, 'p50Micros' | 'p99Micros'>> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const sorted = Float64Array.from(lines, (line) => Number(line.slice(line.lastIndexOf('\t') + 1))).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Micros: at(0.5), p99Micros: at(0.99) };
}
