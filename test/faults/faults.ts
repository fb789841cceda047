import type { ConnectionFilter, TcpProxy } from '../support/redis/tcp-proxy.ts';
import { B_ALONE, BOTH, type Fault, type Heal, NOBODY } from './fault.ts';
import type { SingleRedis } from './truth.ts';
import { type FaultWorld, SIDES, type Side } from './world.ts';

const LASTS_MS = 3_000;

/** The connection that receives changes. */
const EAR: ConnectionFilter = { sent: '__redis__:invalidate' };
/** That connection, and the one that writes heartbeats. */
const FEED: ConnectionFilter = { sent: '\r\nsallyport-feed' };
/** The other connections, which read and write the store. */
const COMMANDS: ConnectionFilter = { sent: '\r\nsallyport\r\n' };

export const KILLED: Fault = {
  name: 'Redis killed, and back with its append-only file',
  darkness: BOTH,
  lastsMs: LASTS_MS,
  strike: async (world) => {
    await world.truth.redis.kill9();
    return () => world.truth.restart();
  },
};

const restarted: Fault = {
  name: 'Redis killed and started again at once',
  darkness: BOTH,
  lastsMs: 0,
  strike: KILLED.strike,
};

export const FROZEN: Fault = {
  name: 'Redis stopped by SIGSTOP',
  darkness: BOTH,
  lastsMs: LASTS_MS,
  strike: ({ truth: { redis } }) => {
    redis.freeze();
    return () => redis.thaw();
  },
};

export const DEAF: Fault = {
  name: 'what tells B of changes leads nowhere',
  darkness: NOBODY,
  lastsMs: LASTS_MS,
  strike: swallow(['b'], EAR),
};

const noFeed: Fault = {
  name: 'the feed of both leads nowhere',
  darkness: NOBODY,
  lastsMs: LASTS_MS,
  strike: swallow(SIDES, FEED),
};

const lateFeed: Fault = {
  name: 'B is told of changes 5 s late',
  darkness: NOBODY,
  lastsMs: 6_000,
  strike: ({ instances: { b } }) => {
    b.way.proxy.delay(5_000, EAR);
    return () => b.way.proxy.delay(0);
  },
};

const noCommands: Fault = {
  name: 'questions of B lead nowhere, its feed lives',
  darkness: { a: 'nothing', b: 'unknown' },
  lastsMs: LASTS_MS,
  strike: swallow(['b'], COMMANDS),
};

const noCommandsAtAll: Fault = {
  name: 'questions of both lead nowhere, the feeds live',
  darkness: { a: 'unknown', b: 'unknown' },
  lastsMs: LASTS_MS,
  strike: swallow(SIDES, COMMANDS),
};

export const CUT_OFF: Fault = {
  name: 'all of Redis leads nowhere for B',
  darkness: B_ALONE,
  lastsMs: LASTS_MS,
  strike: swallow(['b']),
};

const cutOffWriter: Fault = {
  name: 'all of Redis leads nowhere for A',
  darkness: { a: 'all', b: 'nothing' },
  lastsMs: LASTS_MS,
  strike: swallow(['a']),
};

const halfOpen: Fault = {
  name: 'connections of both are half-open, new ones work',
  darkness: BOTH,
  lastsMs: 0,
  strike: swallow(SIDES),
};

const latency: Fault = {
  name: '500 ms latency between both and Redis',
  darkness: NOBODY,
  lastsMs: 4_000,
  strike: (world) => {
    const lag = (ms: number): void => {
      for (const proxy of proxiesOf(world, SIDES)) {
        proxy.delay(ms);
        proxy.delayRequests(ms);
      }
    };
    lag(250);
    return () => lag(0);
  },
};

const resets: Fault = {
  name: 'every connection to Redis is reset every 200 ms',
  darkness: BOTH,
  lastsMs: 4_000,
  strike: (world) => {
    const storm = setInterval(() => {
      for (const proxy of proxiesOf(world, SIDES)) proxy.reset();
    }, 200);
    return () => clearInterval(storm);
  },
};

const paused: Fault = {
  name: 'B stopped by SIGSTOP',
  darkness: B_ALONE,
  lastsMs: LASTS_MS,
  strike: pause('b'),
};

const pausedWriter: Fault = {
  name: 'A stopped by SIGSTOP',
  darkness: { a: 'all', b: 'nothing' },
  lastsMs: LASTS_MS,
  strike: pause('a'),
};

const crashed: Fault = {
  name: 'B killed, and started again',
  darkness: B_ALONE,
  lastsMs: 1_000,
  strike: async (world) => {
    await world.instances.b.sallyport.kill9();
    return () => world.restart('b');
  },
};

const flushed: Fault = {
  name: 'FLUSHALL',
  darkness: BOTH,
  lastsMs: 2_000,
  calmMs: 1_000,
  losesRecords: true,
  strike: async (world) => {
    await world.truth.redis.client.flushall();
    return acceptLoss(world);
  },
};

const emptied: Fault = {
  name: 'Redis killed, and started without its data',
  darkness: BOTH,
  lastsMs: 2_000,
  calmMs: 1_000,
  losesRecords: true,
  strike: async (world) => {
    await world.truth.restartEmpty();
    return acceptLoss(world);
  },
};

/** For instances with `allowKnownFor`, whose promise is suspended while Redis does not answer. */
export const KNOWN_PASSES: Fault = {
  name: 'Redis killed for 3 s, `allowKnownFor: 30s`',
  darkness: { a: 'unknown', b: 'unknown' },
  lastsMs: LASTS_MS,
  calmMs: 1_000,
  strike: KILLED.strike,
};

/** Each of these loses all data, including accounts and keys, so each needs its own world. */
export const LOSSES: readonly Fault[] = [flushed, emptied];

/** The faults of `npm test`. */
export const QUICK: readonly Fault[] = [KILLED, DEAF, paused];

/** All faults that one world survives, one after the other. */
export const FAULTS: readonly Fault[] = [
  KILLED,
  restarted,
  FROZEN,
  DEAF,
  noFeed,
  lateFeed,
  noCommands,
  noCommandsAtAll,
  CUT_OFF,
  cutOffWriter,
  halfOpen,
  latency,
  resets,
  paused,
  pausedWriter,
  crashed,
];

function proxiesOf({ instances }: FaultWorld<SingleRedis>, sides: readonly Side[]): TcpProxy[] {
  return sides.map((side) => instances[side].way.proxy);
}

/** Accepts the loss, like an operator. */
function acceptLoss(world: FaultWorld<SingleRedis>): Heal {
  return () => world.command('store', 'accept-loss', '--yes');
}

/** Swallowed connections stay half-open; connections that are opened after the healing work. */
function swallow(sides: readonly Side[], which?: ConnectionFilter): Fault['strike'] {
  return (world) => {
    const proxies = proxiesOf(world, sides);
    for (const proxy of proxies) proxy.swallow(which);
    return () => {
      for (const proxy of proxies) proxy.heal();
    };
  };
}

function pause(side: Side): Fault['strike'] {
  return ({ instances }) => {
    const { pid = 0 } = instances[side].sallyport;
    process.kill(pid, 'SIGSTOP');
    return () => process.kill(pid, 'SIGCONT');
  };
}
