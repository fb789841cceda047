import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findPrometheus } from '../../../tools/prometheus.ts';
import { freePorts } from '../servers/ports.ts';
import { startProcess, untilReady } from '../servers/process.ts';
import { RULES_FOLDER } from './rules.ts';

/** One series of an answer: its labels, and its values with their Unix seconds. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [atSeconds: number, value: string])[];
}

/** A running Prometheus with the rules of `deploy/prometheus`. */
export interface Prometheus {
  /** Answers a query for now. Rejects if it is refused. */
  query(expr: string): Promise<readonly Series[]>;
  /** Answers a query for each second since the start. */
  queryRange(expr: string): Promise<readonly Series[]>;
  /** The values of a label, as a variable of a dashboard asks for them. */
  labelValues(selector: string, label: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Starts Prometheus, which scrapes these ports of the loopback address every half second. */
export async function startPrometheus(ports: readonly number[]): Promise<Prometheus> {
  const program = await findPrometheus('prometheus');
  if (program === undefined) throw new Error('there is no Prometheus: see PROMETHEUS in CONTRIBUTING.md');
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-prometheus-'));
  const file = join(folder, 'prometheus.yml');
  await writeFile(file, stringify(configFor(ports)));
  const [port = 0] = await freePorts(1);
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const running = startProcess({ command: program.path, args });
  await untilReady(running, [port]);
  const startSeconds = Date.now() / 1_000;
  const origin = `http://127.0.0.1:${port}/api/v1`;
  return {
    query: async (query) => seriesOf(await ask(`${origin}/query`, { query })),
    queryRange: async (query) => {
      const times = { start: String(startSeconds), end: String(Date.now() / 1_000), step: '1' };
      return seriesOf(await ask(`${origin}/query_range`, { query, ...times }));
    },
    // Prometheus's API.
    labelValues: async (selector, label) =>
      (await ask(`${origin}/label/${label}/values`, { 'match[]': selector })) as readonly string[],
    close: async () => {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configFor(ports: readonly number[]): object {
  return {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '1s' },
    rule_files: [`${RULES_FOLDER}rules.yaml`],
    scrape_configs: [
      { job_name: 'sallyport', static_configs: [{ targets: ports.map((port) => `127.0.0.1:${port}`) }] },
    ],
  };
}

async function ask(url: string, parameters: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${url}?${new URLSearchParams(parameters).toString()}`);
  // Prometheus's API.
  const body = (await response.json()) as { status: string; error?: string; data: unknown };
  if (body.status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${body.error}`);
  return body.data;
}

function seriesOf(data: unknown): readonly Series[] {
  // Prometheus's API: a vector has one value for each series, a matrix has several.
  const { result } = data as { result: readonly (Partial<Series> & { value?: Series['values'][number] })[] };
  return result.map(({ metric = {}, value, values = [] }) => ({
    metric,
    values: value === undefined ? values : [value],
  }));
}
