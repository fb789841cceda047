import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureBehindEnvoy } from './speed/behind-envoy.ts';
import { measureChain } from './speed/chain.ts';
import { makeTokens } from './speed/checks.ts';
import type { Contender, Ground } from './speed/contenders.ts';
import { otherServer, startSallyport, startStandIns, writeKnown } from './speed/contenders.ts';
import { pin } from './speed/cpu.ts';
import type { Effort } from './speed/direct.ts';
import { measureDirect } from './speed/direct.ts';
import type { Table } from './speed/figures.ts';
import { startFullService } from './speed/full-service.ts';
import { measureManyTokens } from './speed/many-tokens.ts';
import { measureWorkers } from './speed/more-workers.ts';
import { chainPicture } from './speed/picture.ts';
import { measureStart } from './speed/start.ts';

const HELP = `npm run bench -- [GROUP...] [OPTIONS]

Measures Sallyport beside other servers, on loopback, in turns. Needs h2load and taskset; Go and Rust for two of the
stand-ins. Without a group, all of them:

  direct    the authorizer alone
  envoy     the authorizer behind Envoy
  chain     Envoy and the authorizer together, also with kept answers
  tokens    many tokens in rotation, and the memory they take
  start     from the start until ready, and the memory then
  workers   two workers beside one process

  --rounds N            rounds (3)
  --seconds N           of each contender in each round (3)
  --against NAME=127.0.0.1:PORT[,PID]
                        another ext_authz server that runs already; its CPU time counts if its process is named
  --picture FILE        draw the chain as SVG
  --help
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    against: { type: 'string', multiple: true, default: [] },
    picture: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const GROUPS = ['direct', 'envoy', 'chain', 'tokens', 'start', 'workers'];
const EFFORT: Effort = { rounds: Number(values.rounds), seconds: Number(values.seconds), cores: [0, 1] };
const FAST = { name: 'Sallyport', transport: 'fast' } as const;
const MOST_TOKENS = 100_000;
/** Nothing listens there: what is sent is lost, as with a collector that is down. */
const COLLECTOR = 'http://127.0.0.1:9';
/** The two set-ups whose start and memory have goals. */
const SMALL = { ...FAST, name: 'ext-authz door, embedded store', doors: [] } as const;
const FULL = {
  ...FAST,
  name: 'all doors, embedded store, telemetry',
  doors: ['tokens', 'verify', 'access'],
  more: { telemetry: { endpoint: COLLECTOR } },
} as const;

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const groups = new Set(positionals.length === 0 ? GROUPS : positionals);
  const unknown = [...groups].filter((group) => !GROUPS.includes(group));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; expected ${GROUPS.join(', ')}`);
  print(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  try {
    if (['direct', 'envoy', 'chain'].some((group) => groups.has(group))) await compare(groups, folder);
    if (groups.has('tokens')) await rotateTokens(folder);
    if (groups.has('start')) report('from the start of the process', await measureStart([SMALL, FULL]));
    if (groups.has('workers')) {
      report('workers', await measureWorkers({ ...FAST, doors: [] }, makeTokens(1)[0] ?? '', EFFORT));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(groups: ReadonlySet<string>, folder: string): Promise<void> {
  const [token = ''] = makeTokens(1);
  const ground = { core: EFFORT.cores[0], folder, tokens: [token] };
  await writeKnown(ground);
  const contenders: Contender[] = [];
  try {
    contenders.push(...(await startStandIns(ground)));
    contenders.push(...values.against.map(otherServer));
    contenders.push(await startSallyport({ ...FAST, name: 'Sallyport, grpc-js', transport: 'grpc-js' }, ground));
    contenders.push(await startSallyport(FAST, ground));
    if (groups.has('direct')) {
      const [many, single] = await measureDirect(contenders, token, EFFORT);
      report('direct, 4 connections with 64 calls in flight on each', many);
      report('direct, one call in flight', single);
    }
    if (groups.has('envoy')) {
      report('behind Envoy on another core, 128 in flight', await measureBehindEnvoy(contenders, token, EFFORT));
    }
    if (groups.has('chain')) await compareChains(contenders, token, ground);
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

async function compareChains(contenders: readonly Contender[], token: string, ground: Ground): Promise<void> {
  const more = { revocation: { maxStaleness: '1s', keep: '700ms' } };
  const keeping = await startSallyport({ ...FAST, name: 'Sallyport, kept', more }, ground);
  try {
    const [many, single] = await measureChain(contenders, keeping, token, EFFORT);
    report('Envoy and the authorizer on one core, 128 requests in flight', many);
    report('Envoy and the authorizer on one core, one request in flight', single);
    if (values.picture !== undefined && many !== undefined) {
      await writeFile(values.picture, chainPicture(many, 'CPU time of a request in Envoy and the authorizer'));
    }
  } finally {
    await keeping.stop();
  }
}

async function rotateTokens(folder: string): Promise<void> {
  const tokens = makeTokens(MOST_TOKENS);
  for (const [setting, counts] of [
    [SMALL, [1, 10_000, MOST_TOKENS]],
    [FULL, [10_000]],
  ] as const) {
    const service = await startFullService(setting);
    await pin(service.pid, EFFORT.cores[0]);
    try {
      const table = await measureManyTokens({ ...service, name: setting.name }, tokens, counts, folder, EFFORT);
      report(`tokens in rotation at 16 connections: ${setting.name}`, table);
    } finally {
      await service.stop();
    }
  }
}

function report(title: string, table: Table | undefined): void {
  print(`\n${title}\n\n${table?.text()}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
