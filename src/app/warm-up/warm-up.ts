import { setTimeout as wait } from 'node:timers/promises';
import type { Config } from '../../config/config.ts';
import type { IssuerConfig } from '../../config/issuer-config.ts';
import type { Clock } from '../../core/ports.ts';
import type { Gateway } from '../../edge/gateway.ts';
import { within } from '../../lib/timers/within.ts';
import type { RevocationReader } from '../../revocation-set/checked-revocations.ts';
import type { Standings } from '../../revocation-set/standings.ts';
import { createRehearsal } from './rehearsal.ts';

/** A start never waits longer for the warm-up, in milliseconds. */
const LIMIT_MS = 1_000;
const LOOK_AGAIN_MS = 5;

const REQUEST = {
  door: 'access-api',
  method: 'GET',
  host: '',
  path: '/',
  fromBrowser: false,
  client: () => undefined,
} as const;

/** A door that can decide a rehearsal as it decides a request. */
export interface WarmDoor {
  /** Never rejects. */
  warmUp(gateway: Gateway, authorizations: readonly string[]): Promise<void>;
}

export interface WarmUpParts {
  readonly config: Config;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly revocations: RevocationReader;
  readonly standings: Pick<Standings, 'freshness'>;
  /** The algorithm of our own keys, which may differ from the one that is configured. */
  readonly ownAlgorithm: string | undefined;
  /** If there is none, the decisions are made without a door. */
  readonly doors: readonly WarmDoor[];
  /** Longest wait in milliseconds; a second by default. */
  readonly limitMs?: number;
}

/**
 * Does what the first decision would otherwise wait for: loads and compiles code, verifies a token of every algorithm that
 * the issuers use, and reads the revocation set by the connection that decisions use. Waits for the feed. Leaves no trace in
 * caches, logs, metrics or the store, and asks no issuer. Takes a second at most, and never rejects: an instance whose
 * store or feed is slow becomes ready all the same.
 */
export async function warmUp({ limitMs = LIMIT_MS, ...parts }: WarmUpParts): Promise<void> {
  const late = (): Error => new Error(`the warm-up took more than ${limitMs} ms`);
  const work = Promise.all([rehearse(parts, limitMs), feedHeard(parts, limitMs)]);
  await within(work, limitMs, late).catch(() => {});
}

async function rehearse(parts: WarmUpParts, limitMs: number): Promise<void> {
  const { config, gateway, clock, revocations, ownAlgorithm, doors } = parts;
  const algorithms = algorithmsOf(config, ownAlgorithm);
  const { decider, authorizations } = await createRehearsal({ config, algorithms, clock, revocations, limitMs });
  for (const door of doors) await door.warmUp({ ...gateway, decider, basicNotice: [] }, authorizations);
  if (doors.length > 0) return;
  for (const authorization of authorizations) await decider.decide({ ...REQUEST, authorization });
}

/** The algorithms of the tokens that are to be expected. Our own keys have one, though others are accepted. */
function algorithmsOf({ issuers }: Config, ownAlgorithm: string | undefined): readonly string[] {
  const own = ownAlgorithm === undefined ? [] : [ownAlgorithm];
  return [...new Set([...own, ...issuers.flatMap(algorithmsOfIssuer)])];
}

function algorithmsOfIssuer(issuer: IssuerConfig): readonly string[] {
  if (issuer.kind === 'introspection') return [];
  return issuer.kind === 'signing' ? [issuer.signing.algorithm] : issuer.algorithms;
}

/** Resolves when the feed has told how far it can be trusted: until then, every decision reads the store. */
async function feedHeard({ clock, standings }: WarmUpParts, limitMs: number): Promise<void> {
  const endMs = clock.monotonicMs() + limitMs;
  while (standings.freshness.heardUpToMs === Number.NEGATIVE_INFINITY && clock.monotonicMs() < endMs) {
    await wait(LOOK_AGAIN_MS);
  }
}
