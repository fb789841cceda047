import { expect, it } from 'vitest';
import { loadConfigText } from '../../../test/support/config.ts';
import { gatewayOf } from '../../../test/support/ext-authz.ts';
import type { Config } from '../../config/config.ts';
import type { Decision } from '../../core/decision.ts';
import { systemClock } from '../../lib/clock.ts';
import type { RevocationReader } from '../../revocation-set/checked-revocations.ts';
import type { WarmDoor, WarmUpParts } from './warm-up.ts';
import { warmUp } from './warm-up.ts';

const REAL = gatewayOf(() => {
  throw new Error('a rehearsal reached the real decider');
});
const HEARD = { epoch: 0, heardUpToMs: 0, heardUpToWallMs: 0, maxStalenessMs: 1_000, keepMs: 0, keepsAnswers: false };

interface World {
  readonly read: string[][];
  readonly decisions: Decision[];
  readonly parts: WarmUpParts;
}

/** A door that decides each `Authorization` value, and a store that answers as `answer` says. */
function worldOf(answer: (keys: readonly string[]) => ReturnType<RevocationReader['read']>): World {
  const [read, decisions]: [string[][], Decision[]] = [[], []];
  const door: WarmDoor = {
    warmUp: async ({ decider }, authorizations) => {
      for (const authorization of authorizations) {
        const request = { method: 'GET', host: '', path: '/', authorization, fromBrowser: false } as const;
        decisions.push(await decider.decide({ door: 'ext-authz', client: () => undefined, ...request }));
      }
    },
  };
  const revocations: RevocationReader = {
    read: (keys) => {
      read.push([...keys]);
      return answer(keys);
    },
  };
  const parts = { config: configure(), gateway: REAL, clock: systemClock, revocations, doors: [door] };
  return { read, decisions, parts: { ...parts, standings: { freshness: HEARD }, ownAlgorithm: 'HS256' } };
}

function configure(): Config {
  const loaded = loadConfigText(`version: 1
listen: { extAuthz: "127.0.0.1:0" }
store: "memory:"
issuers:
  - { name: sallyport, issuer: "https://s.local", signing: { algorithm: EdDSA } }
  - { name: other, issuer: "https://o.local", audience: a, algorithms: [RS256, ES256], jwks: "https://o.local/jwks" }
routes: [{ path: /, authenticated: true }]
`);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

function reasonOf(decision: Decision): string {
  return decision.outcome === 'deny' ? decision.reason : decision.outcome;
}

it('decides a token of each algorithm, and reads the revocation set for those that it can sign', async () => {
  const { parts, decisions, read } = worldOf(async (keys) => keys.map(() => undefined));
  await warmUp(parts);
  // HS256, EdDSA, RS256 and ES256.
  expect(decisions.map(reasonOf)).toEqual(['allow', 'allow', 'token_invalid', 'allow']);
  expect(read).toHaveLength(3);
});

it('reads the revocation set without a door, too', async () => {
  const { parts, read } = worldOf(async (keys) => keys.map(() => undefined));
  await warmUp({ ...parts, doors: [] });
  expect(read).toHaveLength(3);
});

it('resolves if the store fails', async () => {
  const { parts, decisions } = worldOf(() => Promise.reject(new Error('down')));
  await warmUp(parts);
  expect(decisions.map(reasonOf)).toEqual(['unavailable', 'unavailable', 'token_invalid', 'unavailable']);
});

it('resolves in the end if the store never answers', async () => {
  const { parts, decisions } = worldOf(() => new Promise(() => {}));
  await warmUp({ ...parts, limitMs: 30 });
  expect(decisions.map(reasonOf)).not.toContain('allow');
});

it('resolves if a door breaks', async () => {
  const { parts } = worldOf(async () => []);
  await warmUp({ ...parts, doors: [{ warmUp: () => Promise.reject(new Error('broken')) }] });
});

it('waits for the feed, but not for ever', async () => {
  const { parts } = worldOf(async (keys) => keys.map(() => undefined));
  const freshness = { ...HEARD, heardUpToMs: Number.NEGATIVE_INFINITY };
  let isWarm = false;
  const done = warmUp({ ...parts, standings: { freshness }, limitMs: 60_000 }).then(() => (isWarm = true));
  await warmUp({ ...parts, standings: { freshness }, limitMs: 30 });
  expect(isWarm).toBe(false);
  freshness.heardUpToMs = 1;
  await done;
});
