import { once } from 'node:events';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Authorizer } from '../src/authorizer/authorizer.ts';
import type { FastTransportConfig } from '../src/config/transport-config.ts';
import type { ExtAuthzDoor } from '../src/edge/ext-authz/door.ts';
import { openFastDoor } from '../src/edge/ext-authz/transports/fast/door.ts';
import { Health } from '../src/observe/health.ts';
import { VerificationPace } from '../src/verification/pace/verification-pace.ts';
import { Signatures } from '../src/verification/signatures/signatures.ts';
import { HEADERS, IGNORED_TRANSPORT, transportOf } from '../test/support/ext-authz.ts';
import { IGNORED_CONNECTIONS } from '../test/support/http2/ignored-connections.ts';
import type { BurstTerms } from './parts/burst-client.ts';
import { authorizerOf, clock, PAIRS, shared } from './parts/first-seen.ts';
import { Spread } from './parts/spread.ts';
import { printRow } from './parts/table.ts';

/**
 * Measures what a burst of new tokens delays: a client sends checks with them on one connection, all at once, and asks about
 * a known token on another one meanwhile, again and again. A *turn* is one of the event loop; its CPU time is that of the
 * main thread alone, which a busy machine does not change. The collections of garbage in it count.
 */
const TOKENS = Number(process.env['TOKENS'] ?? 1_000);
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);

const CLIENT = new URL('./parts/burst-client.ts', import.meta.url);

/** CPU milliseconds of this thread. The first call has the kernel bring the second one's figure up to date. */
function cpuMs(): number {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Takes the CPU time of each turn until it is stopped. */
function watchTurns(turns: Spread): () => void {
  let isOn = true;
  let beganMs = cpuMs();
  const turn = (): void => {
    const nowMs = cpuMs();
    turns.add(nowMs - beganMs);
    beganMs = cpuMs();
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    isOn = false;
  };
}

/** Opens the real door; nothing observes it, and the revocation set needs no read. */
function open(decider: Authorizer): Promise<ExtAuthzDoor> {
  const nothing = new Set<string>();
  const gateway = {
    decider,
    headers: HEADERS,
    trustedProxies: ['127.0.0.1'],
    basicNotice: [],
    wantedFields: nothing,
    credentialFields: nothing,
    maxStalenessMs: 1_000,
  };
  const transport = transportOf('fast') as FastTransportConfig;
  const listener = { address: { host: '127.0.0.1', port: 0 }, tls: undefined, transport };
  return openFastDoor(listener, {
    gateway: () => gateway,
    failed: (error) => {
      throw error;
    },
    health: new Health(),
    observer: { ...IGNORED_CONNECTIONS, handshakeFailed: () => {}, forwardedForIgnored: () => {} },
    transport: IGNORED_TRANSPORT,
  });
}

async function burst(algorithm: string): Promise<Record<'turns' | 'waits' | 'collections', Spread>> {
  const { privateKey, publicKey } = PAIRS[algorithm] ?? shared;
  const signers = new Signatures({ clock, freed: () => pace.resume(), goOn: (work) => pace.goOn(work) });
  const pace = new VerificationPace({ clock, hasRoom: () => signers.hasRoom() });
  const door = await open(authorizerOf(algorithm, publicKey, { signers, pace }));
  const terms: BurstTerms = { port: Number(door.address.split(':').at(-1)), algorithm, privateKey, tokens: TOKENS };
  const client = new Worker(CLIENT, { workerData: terms });
  await once(client, 'message');
  const [turns, waits, collections] = [new Spread(), new Spread(), new Spread()];
  const collected = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collections.add(duration);
  });
  collected.observe({ entryTypes: ['gc'] });
  const stop = watchTurns(turns);
  client.postMessage('go');
  const [found] = (await once(client, 'message')) as [readonly number[]];
  stop();
  for (const wait of found) waits.add(wait);
  // The observer of collections learns of them later.
  await nextTurn();
  collected.disconnect();
  await door.close(0);
  await signers.close();
  return { turns, waits, collections };
}

const ms = (figure: number): string => (Number.isNaN(figure) ? '-' : figure.toFixed(2));

for (const algorithm of (process.env['ALGS'] ?? 'RS256 ES256 EdDSA').split(' ')) {
  for (let round = 0; round < ROUNDS; round++) {
    const { turns, waits, collections } = await burst(algorithm);
    printRow({
      burst: algorithm,
      turns: String(turns.count),
      'CPU p99': ms(turns.at(0.99)),
      max: ms(turns.at(1)),
      '2nd': ms(turns.at((turns.count - 1) / turns.count)),
      '3rd': ms(turns.at((turns.count - 2) / turns.count)),
      'GCs ': String(collections.count),
      'longest GC': ms(collections.at(1)),
      calls: String(waits.count),
      'wait p50': ms(waits.at(0.5)),
      'wait p99': ms(waits.at(0.99)),
      'wait max': ms(waits.at(1)),
    });
  }
}
