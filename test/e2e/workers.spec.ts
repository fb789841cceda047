import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { type CaseIssuers, corporateToken, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { basic, call, sendRequest } from '../support/servers/http-client.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';
import { LOGGED } from '../support/servers/process.ts';

const MAX_STALENESS_MS = 1_000;
const MESSAGES = '/3rdparty/v1/messages';
const TOKENS = '/3rdparty/v1/auth/token';
const NEW = `${MESSAGES}/x/new`;
const REVOCATIONS = 25;
/** More than one worker has when another one has none. */
const CONNECTIONS = 20;

/** What `/readyz` says of a worker. */
interface WorkerState {
  readonly worker: number;
  readonly status: string;
  /** Absent while it waits to be replaced. */
  readonly pid?: number;
  readonly replaced: number;
}

let issuers: CaseIssuers;
let platform: Platform;
let token: string;
/** A client for each worker, with a connection of its own. */
let checks: CheckClient[];

beforeAll(async () => {
  issuers = await startCaseIssuers();
  platform = await startPlatform({ env: issuers.env, edit }, { concurrency: 4 });
  token = corporateToken(issuers, 'RS256');
});

afterAll(async () => {
  for (const client of checks ?? []) client.close();
  await platform.close();
  issuers.close();
});

function edit(config: Record<string, unknown>): void {
  issuers.configure(config);
  config['workers'] = 2;
  config['log'] = { audit: './audit.log' };
  config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms` };
}

async function readiness(): Promise<{ readonly status: number; readonly workers: readonly WorkerState[] }> {
  const response = await fetch(`http://127.0.0.1:${platform.sallyport.ports.admin}/readyz`);
  // It always has components.
  const { components } = (await response.json()) as { components: { workers: WorkerState[] } };
  return { status: response.status, workers: components.workers };
}

async function workerNumber(number: number): Promise<WorkerState> {
  const found = (await readiness()).workers.find(({ worker }) => worker === number);
  if (found === undefined) throw new Error(`there is no worker ${number}`);
  return found;
}

async function metrics(): Promise<Exposition> {
  const request = { port: platform.sallyport.ports.admin, method: 'GET', path: '/metrics', headers: [] };
  return parseExposition((await sendRequest(request)).body);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function decisionsOf(exposition: Exposition, worker: number): number {
  return exposition.value('sallyport_worker_decisions_total', { worker: String(worker) }) ?? Number.NaN;
}

/** A connection to Envoy that is kept open, so that one of its threads serves all its requests, at one worker. */
interface Stream {
  readonly worker: number;
  send(): Promise<number>;
  close(): void;
}

/** Sends with `send` and resolves to the number of the worker that decided. */
async function workerThatDecides(send: () => Promise<void>): Promise<number> {
  const before = await metrics();
  await send();
  const after = await metrics();
  const found = [1, 2].filter((number) => decisionsOf(after, number) > decisionsOf(before, number));
  const [worker] = found;
  // A worker that does not answer a scrape in time keeps its former counts until a later one.
  return worker !== undefined && found.length === 1 ? worker : workerThatDecides(send);
}

async function openStream(): Promise<Stream> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = [['Authorization', `Bearer ${token}`]] as const;
  const send = async (): Promise<number> =>
    (await sendRequest({ port: platform.port, method: 'POST', path: MESSAGES, headers, agent })).status;
  const worker = await workerThatDecides(async () => expect(await send()).toBe(202));
  return { worker, send, close: () => agent.destroy() };
}

/** Opens connections until there are some at each worker. */
async function openStreams(): Promise<readonly Stream[]> {
  const streams: Stream[] = [];
  const at = (worker: number): number => streams.filter((stream) => stream.worker === worker).length;
  while (at(1) < 2 || at(2) < 2) {
    expect(streams.length).toBeLessThan(50);
    streams.push(await openStream());
  }
  return streams;
}

/** `passes`, or the status of the denial. */
async function check(client: CheckClient, access: string): Promise<'passes' | number> {
  const headers = [['authorization', `Bearer ${access}`]] as const;
  const outcome = await client.check({ method: 'POST', path: MESSAGES, host: 'api.example.com', headers }, 'raw');
  return outcome.outcome === 'passes' ? 'passes' : outcome.answer.status;
}

/** Connects a client to each worker: the one with the fewest connections gets the next one, and Envoy has some too. */
async function connectToEach(): Promise<CheckClient[]> {
  const clients = new Map<number, CheckClient>();
  const spare: CheckClient[] = [];
  while (clients.size < 2) {
    const client = connectChecks(platform.sallyport.ports.extAuthz);
    const worker = await workerThatDecides(async () => expect(await check(client, token)).toBe('passes'));
    if (clients.has(worker)) spare.push(client);
    else clients.set(worker, client);
  }
  for (const client of spare) client.close();
  return [...clients].toSorted(([left], [right]) => left - right).map(([, client]) => client);
}

it('shows the decisions of all workers in one scrape, and its workers in /readyz', async () => {
  for (const stream of await openStreams()) stream.close();
  const exposition = await metrics();
  const all = Object.values(exposition.all('sallyport_outcomes_total')).reduce((sum, value) => sum + value, 0);
  expect(all).toBe(decisionsOf(exposition, 1) + decisionsOf(exposition, 2));
  expect(exposition.value('sallyport_workers', { status: 'ready' })).toBe(2);
  const { status, workers } = await readiness();
  expect([status, workers.map((worker) => worker.status)]).toEqual([200, ['ready', 'ready']]);
  expect(workers.map(({ pid }) => pid)).not.toContain(platform.sallyport.pid);
});

it('a revocation at the token API reaches every worker within maxStaleness', async () => {
  checks = await connectToEach();
  for (let round = 0; round < REVOCATIONS; round++) {
    const { ports } = platform.sallyport;
    const issued = await call(ports.tokens, 'POST', TOKENS, OWNER, { scopes: ['messages:send'] });
    const { id, access_token: access } = JSON.parse(issued.body);
    for (const client of checks) expect(await check(client, access)).toBe('passes');
    expect((await call(ports.tokens, 'DELETE', `${TOKENS}/${id}`, OWNER)).status).toBe(204);
    const revokedMs = performance.now();
    for (const client of checks) {
      for (let sentMs = performance.now(); (await check(client, access)) === 'passes'; sentMs = performance.now()) {
        expect(sentMs - revokedMs).toBeLessThanOrEqual(MAX_STALENESS_MS);
      }
    }
  }
});

it('a reload takes effect in every worker, and a bad one in none', async () => {
  const newRoute = async (): Promise<readonly number[]> =>
    Promise.all(
      checks.map(async (client) => {
        const headers = [['authorization', `Bearer ${token}`]] as const;
        const outcome = await client.check({ method: 'GET', path: NEW, host: 'api.example.com', headers }, 'raw');
        return outcome.outcome === 'passes' ? 200 : outcome.answer.status;
      }),
    );
  expect(await newRoute()).toEqual([403, 403]);
  const withRoute = (config: Record<string, unknown>, route: object): void => {
    edit(config);
    (config['routes'] as object[]).push(route);
  };
  await platform.sallyport.rewrite((config) => withRoute(config, { path: NEW, scope: 'messages:send' }));
  await expect.poll(newRoute, { timeout: 10_000 }).toEqual([200, 200]);
  await platform.sallyport.rewrite((config) => withRoute(config, { path: NEW, scope: 'messages:sent' }));
  const output = (): string => platform.sallyport.output();
  await expect.poll(output, { timeout: 10_000 }).toContain('"msg":"configuration not taken up');
  expect(await newRoute()).toEqual([200, 200]);
  await platform.sallyport.rewrite((config) => withRoute(config, { path: NEW, scope: 'messages:send' }));
});

it('a worker that is killed under load fails no request at another one, and is replaced', async () => {
  const streams = await openStreams();
  const { pid = 0 } = await workerNumber(1);
  const statuses = new Map<Stream, number[]>(streams.map((stream) => [stream, []]));
  const totals: number[] = [];
  let isRunning = true;
  const load = streams.map(async (stream) => {
    while (isRunning) statuses.get(stream)?.push(await stream.send());
  });
  const scrapes = (async () => {
    while (isRunning) {
      const counts = Object.values((await metrics()).all('sallyport_decisions_total'));
      totals.push(counts.reduce((sum, value) => sum + value, 0));
    }
  })();
  await wait(300);
  process.kill(pid, 'SIGKILL');
  const replaced = async (): Promise<boolean> => {
    const { status, workers } = await readiness();
    expect(status).toBe(200);
    return workers.every((worker) => worker.status === 'ready' && worker.pid !== pid);
  };
  await expect.poll(replaced, { timeout: 30_000 }).toBe(true);
  await wait(300);
  isRunning = false;
  await Promise.all([...load, scrapes]);
  for (const [stream, own] of statuses) {
    if (stream.worker === 2) expect(own.filter((status) => status !== 202)).toEqual([]);
    // Those at the other one found another worker.
    expect(own.at(-1)).toBe(202);
    stream.close();
  }
  expect(totals).toEqual(totals.toSorted((left, right) => left - right));
  expect((await workerNumber(1)).replaced).toBe(1);
  await expect
    .poll(() => platform.sallyport.output(), LOGGED)
    .toMatch(/"worker":1,"pid":\d+,"how":"signal SIGKILL",.*"a worker ended and is replaced"/);
});

it('a replacement has the configuration in force', async () => {
  for (const client of checks) client.close();
  checks = await connectToEach();
  const headers = [['authorization', `Bearer ${token}`]] as const;
  for (const client of checks) {
    const outcome = await client.check({ method: 'GET', path: NEW, host: 'api.example.com', headers }, 'raw');
    expect(outcome.outcome).toBe('passes');
  }
});

it('a stopped worker delays no other one, and decides nothing by what it knew before', async () => {
  const [first, second] = checks;
  if (first === undefined || second === undefined) throw new Error('there are two workers');
  const issued = await call(platform.sallyport.ports.tokens, 'POST', TOKENS, OWNER, { scopes: ['messages:send'] });
  const { id, access_token: access } = JSON.parse(issued.body);
  expect(await check(first, access)).toBe('passes');
  const { pid = 0 } = await workerNumber(1);
  process.kill(pid, 'SIGSTOP');
  try {
    expect((await call(platform.sallyport.ports.tokens, 'DELETE', `${TOKENS}/${id}`, OWNER)).status).toBe(204);
    await expect.poll(async () => (await workerNumber(1)).status, { timeout: 10_000 }).toBe('silent');
    // Fails if the machine is so busy that the worker is replaced meanwhile.
    const waiting = check(first, access).catch(() => 'no answer');
    expect(await check(second, token)).toBe('passes');
    expect((await readiness()).status).toBe(200);
    process.kill(pid, 'SIGCONT');
    expect(await waiting).not.toBe('passes');
  } finally {
    if (isAlive(pid)) process.kill(pid, 'SIGCONT');
  }
  const denied = (): Promise<unknown> => check(first, access).catch(() => 'no answer');
  await expect.poll(denied, { timeout: 20_000 }).toBe(401);
  await expect.poll(async () => (await workerNumber(1)).status, { timeout: 10_000 }).toBe('ready');
});

it('an audit record of a worker is a line of the one audit log', async () => {
  const [client] = checks;
  for (let guess = 0; guess < 12; guess++) {
    const headers = [['authorization', basic('nobody', `wrong ${guess}`)]] as const;
    await client?.check({ method: 'POST', path: MESSAGES, host: 'api.example.com', headers }, 'raw');
  }
  const records = async (): Promise<readonly object[]> => {
    const lines = (await readFile(join(platform.sallyport.folder, 'audit.log'), 'utf8')).trimEnd().split('\n');
    return lines.map((line): object => JSON.parse(line));
  };
  const msg = 'too many wrong passwords: further log-ins have to wait';
  const spent = expect.objectContaining({ log: 'audit', worker: expect.any(Number), msg });
  await expect.poll(records, { timeout: 10_000 }).toContainEqual(spent);
  expect(platform.sallyport.output()).not.toContain('"log":"audit"');
});

/** Opens so many connections that each worker is handed at least one. Returns how many of them Sallyport has ended. */
function connectSome(): () => number {
  let ended = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => connect(platform.sallyport.ports.extAuthz, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => {}).once('close', () => (ended += 1));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return () => ended;
}

/** Stops a worker that is ready, and returns its process id. */
async function stopWorker(): Promise<number> {
  const status = async (): Promise<string> => (await workerNumber(1)).status;
  await expect.poll(status, { timeout: 30_000 }).toBe('ready');
  const { pid = 0 } = await workerNumber(1);
  process.kill(pid, 'SIGSTOP');
  return pid;
}

it('a connection that a stopped worker does not take is ended, so that a gateway opens another', async () => {
  const pid = await stopWorker();
  const ended = connectSome();
  // The other worker has all the others, as long as this one does not take it.
  await expect.poll(ended, { timeout: 30_000 }).toBe(1);
  process.kill(pid, 'SIGCONT');
});

it('a connection that a worker does not take before it ends goes to another one', async () => {
  for (const client of checks) client.close();
  checks = await connectToEach();
  const pid = await stopWorker();
  const clients = Array.from({ length: CONNECTIONS }, () => connectChecks(platform.sallyport.ports.extAuthz));
  const outcomes = clients.map((client) => check(client, token));
  // One has the stopped worker.
  await Promise.any(outcomes);
  process.kill(pid, 'SIGKILL');
  expect(await Promise.all(outcomes)).toEqual(Array(CONNECTIONS).fill('passes'));
  for (const client of clients) client.close();
});

it('the workers end with the primary process, also if it is killed', async () => {
  const { workers } = await readiness();
  await platform.sallyport.kill9();
  const alive = (): readonly WorkerState[] => workers.filter(({ pid }) => pid !== undefined && isAlive(pid));
  await expect.poll(alive, { timeout: 10_000 }).toEqual([]);
});
