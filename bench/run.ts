import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../src/lib/errors.ts';
import { list } from '../src/lib/wording.ts';
import { findProgram } from '../tools/program.ts';
import { readOptions, runScript, UsageError, wholeNumber } from '../tools/script-options.ts';
import { expectAllow } from './speed/answers.ts';
import { measureBehindEnvoy } from './speed/behind-envoy.ts';
import { measureChain } from './speed/chain.ts';
import { checkFrame, makeTokens } from './speed/checks.ts';
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

const COMMAND = 'npm run bench';
const HELP = `${COMMAND} -- [GROUP...] [OPTIONS]

Measures Sallyport beside other servers, on loopback, in turns. Needs Linux, two cores, h2load and taskset; Go and Rust
for two of the stand-ins, which are left out without. Without a group, all of them:

  direct    the authorizer alone
  envoy     the authorizer behind Envoy
  chain     Envoy and the authorizer together, also with kept answers
  tokens    many tokens in rotation, and the memory they take
  start     from the start until ready, and the memory then
  workers   two workers beside one process

  --rounds N            rounds (3)
  --seconds N           of each contender in each round (3)
  --against NAME=127.0.0.1:PORT[,PID]
                        another ext_authz server that runs already, with direct, envoy and chain. Its CPU time
                        counts if its process is named. docs/performance.md says what it must allow
  --picture FILE        draw the chain as SVG
  --help
`;

const GROUPS = ['direct', 'envoy', 'chain', 'tokens', 'start', 'workers'];
/** The groups with other servers. */
const COMPARING = ['direct', 'envoy', 'chain'];
const MOST_ROUNDS = 1_000;
const MOST_SECONDS = 3_600;
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

await runScript(COMMAND, async () => {
  const { values, positionals } = readOptions({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      against: { type: 'string', multiple: true, default: [] },
      picture: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return print(HELP);
  const groups = readGroups(positionals);
  if (values.against.length > 0 && !COMPARING.some((group) => groups.has(group))) {
    throw new UsageError(`--against has no effect without ${list(COMPARING)}`);
  }
  if (values.picture !== undefined && !groups.has('chain'))
    throw new UsageError('--picture has no effect without chain');
  const rounds = wholeNumber('rounds', values.rounds, 1, MOST_ROUNDS);
  const seconds = wholeNumber('seconds', values.seconds, 1, MOST_SECONDS);
  const others = values.against.map(otherServer);
  await requireMachine();
  await measure(groups, { effort: { rounds, seconds, cores: [0, 1] }, others, picture: values.picture });
});

/** What is measured how. */
interface Plan {
  readonly effort: Effort;
  readonly others: readonly Contender[];
  readonly picture: string | undefined;
}

function readGroups(names: readonly string[]): ReadonlySet<string> {
  const unknown = names.find((name) => !GROUPS.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no group '${unknown}': expected ${list(GROUPS)}`);
  return new Set(names.length === 0 ? GROUPS : names);
}

async function requireMachine(): Promise<void> {
  if (availableParallelism() < 2)
    throw new UsageError('the bench needs two cores: one for the servers, one for the load');
  for (const [name, from, versionPattern] of [
    ['h2load', 'nghttp2-client', /nghttp2\/(\d+\.\d+\.\d+)/],
    ['taskset', 'util-linux', /(\d+\.\d+(?:\.\d+)?)/],
  ] as const) {
    const kind = { name, variable: '', versionArgs: ['--version'], versionPattern, oldest: [1, 0] } as const;
    if ((await findProgram(kind)) === undefined) {
      throw new UsageError(`${name} is not on the PATH: install it (Debian and Ubuntu: the package ${from})`);
    }
  }
}

async function measure(groups: ReadonlySet<string>, plan: Plan): Promise<void> {
  print(
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  const { effort } = plan;
  try {
    if (COMPARING.some((group) => groups.has(group))) await compare(groups, folder, plan);
    if (groups.has('tokens')) await rotateTokens(folder, effort);
    if (groups.has('start')) report('from the start of the process', await measureStart([SMALL, FULL]));
    if (groups.has('workers')) {
      report('workers', await measureWorkers({ ...FAST, doors: [] }, makeTokens(1)[0] ?? '', effort));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(groups: ReadonlySet<string>, folder: string, plan: Plan): Promise<void> {
  const { effort, others } = plan;
  const [token = ''] = makeTokens(1);
  const ground = { core: effort.cores[0], folder, tokens: [token] };
  await requireAllows(others, token);
  await writeKnown(ground);
  const contenders: Contender[] = [];
  try {
    contenders.push(...(await startStandIns(ground)));
    contenders.push(...others);
    contenders.push(await startSallyport({ ...FAST, name: 'Sallyport, grpc-js', transport: 'grpc-js' }, ground));
    contenders.push(await startSallyport(FAST, ground));
    if (groups.has('direct')) {
      const [many, single] = await measureDirect(contenders, token, effort);
      report('direct, 4 connections with 64 calls in flight on each', many);
      report('direct, one call in flight', single);
    }
    if (groups.has('envoy')) {
      report('behind Envoy on another core, 128 in flight', await measureBehindEnvoy(contenders, token, effort));
    }
    if (groups.has('chain')) await compareChains(contenders, token, ground, plan);
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

/** Asks the other servers before anything is built and started. */
async function requireAllows(others: readonly Contender[], token: string): Promise<void> {
  for (const other of others) {
    await expectAllow(other, checkFrame(token, crypto.randomUUID())).catch((error: unknown) => {
      throw new UsageError(`--against ${messageOf(error)}\ndocs/performance.md says what the server must allow`);
    });
  }
}

async function compareChains(
  contenders: readonly Contender[],
  token: string,
  ground: Ground,
  { effort, picture }: Plan,
): Promise<void> {
  const more = { revocation: { maxStaleness: '1s', keep: '700ms' } };
  const keeping = await startSallyport({ ...FAST, name: 'Sallyport, kept', more }, ground);
  try {
    const [many, single] = await measureChain(contenders, keeping, token, effort);
    report('Envoy and the authorizer on one core, 128 requests in flight', many);
    report('Envoy and the authorizer on one core, one request in flight', single);
    if (picture !== undefined && many !== undefined) {
      await writeFile(picture, chainPicture(many, 'CPU time of a request in Envoy and the authorizer'));
    }
  } finally {
    await keeping.stop();
  }
}

async function rotateTokens(folder: string, effort: Effort): Promise<void> {
  const tokens = makeTokens(MOST_TOKENS);
  for (const [setting, counts] of [
    [SMALL, [1, 10_000, MOST_TOKENS]],
    [FULL, [10_000]],
  ] as const) {
    const service = await startFullService(setting);
    await pin(service.pid, effort.cores[0]);
    try {
      const table = await measureManyTokens({ ...service, name: setting.name }, tokens, counts, folder, effort);
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
