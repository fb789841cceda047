import type { Config } from '../../config/config.ts';
import type { IssuerConfig } from '../../config/issuer-config.ts';
import type { TestCase } from '../../config/tests/test-case.ts';
import type { RulingSource } from '../../core/condition/ruling.ts';
import type { Clock } from '../../core/ports.ts';
import type { Gateway } from '../../edge/gateway.ts';
import { systemClock } from '../../lib/clock.ts';
import { Observation } from '../../observe/observation.ts';
import { MemoryLogInHistory } from '../../store/memory/log-in-history.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import type { Store } from '../../store/store.ts';
import { PasswordCache } from '../../verification/basic/password-cache.ts';
import { KeySets } from '../../verification/key-sets/key-sets.ts';
import { Introspection } from '../../verification/opaque/introspection.ts';
import { TokenCache } from '../../verification/token-cache.ts';
import { buildActiveConfig } from '../active-config.ts';
import { closeAll, guard } from '../opened-parts.ts';
import type { OwnSigning } from '../own-signing.ts';
import { openOwnSigning } from '../own-signing.ts';
import type { BaseParts } from '../shared-parts.ts';
import { boundLogIns, openSharedParts } from '../shared-parts.ts';
import { placeOf } from './test-config.ts';
import type { TestKeys } from './test-keys.ts';

/** The claims of the opaque tokens that a test made, by token, for each server. */
export type OpaqueTokens = Map<string, Map<string, Readonly<Record<string, unknown>>>>;

/** All that decides at one instant: the real parts, on a store in memory and without a network. */
export interface Stage extends Pick<BaseParts, 'store' | 'revocationSet'> {
  readonly clock: Clock;
  readonly own: OwnSigning | undefined;
  /**
   * A gateway that has seen no credential and no guess yet.
   *
   * @param accounts those that exist for it.
   * @param rulings what each policy decision point answers.
   */
  gateway(accounts: Store['accounts'], rulings: TestCase['rulings']): Gateway;
  close(): Promise<void>;
}

/** @param config as `testConfig` returned it. @param nowMs the time of every decision, in Unix milliseconds. */
export function openStage(config: Config, keys: TestKeys, opaque: OpaqueTokens, nowMs: number): Promise<Stage> {
  return guard(async (opened) => {
    const clock: Clock = { wallMs: () => nowMs, monotonicMs: () => systemClock.monotonicMs() };
    const observation = new Observation(config.log, { clock, destination: { write: () => {} } });
    const store = openMemoryStore(clock.wallMs);
    const parts = await openSharedParts(config, observation, clock, opened, store);
    const foreign = openForeign(config.issuers, keys, opaque, { clock, observer: observation.issuerEvents }, opened);
    const own = await openOwnSigning(config, parts, 'create the first key');
    opened.push(async () => own?.keys.close());
    const gateway: Stage['gateway'] = (accounts, rulings) => {
      const logInHistory = new MemoryLogInHistory();
      const logIns = boundLogIns(config, { ...parts, store: { logInHistory } }, own);
      const fresh = { ...foreign, ...logIns, known: new TokenCache(1), knownPasswords: new PasswordCache() };
      const decisionPoints = { reconfigure: () => {}, rulings: () => answering(rulings) };
      const shared = { ...parts, ...fresh, decisionPoints, store: { ...store, accounts }, own, basicUses: undefined };
      return buildActiveConfig(config, shared, 1).gateway;
    };
    const { revocationSet } = parts;
    return { store, revocationSet, clock, own, gateway, close: () => closeAll(opened) };
  });
}

/** Policy decision points that answer as a case says. */
function answering(rulings: TestCase['rulings']): RulingSource {
  return {
    find: () => undefined,
    ask: async ({ decisionPoint }) => {
      const answer = rulings.get(decisionPoint) ?? 'unavailable';
      if (answer === 'unavailable') return { outcome: 'failed', failure: 'no answer' };
      return { outcome: answer === 'allow' ? 'permitted' : 'refused' };
    },
  };
}

/** The servers of foreign issuers: what they publish and answer is made here. */
function openForeign(
  issuers: readonly IssuerConfig[],
  keys: TestKeys,
  opaque: OpaqueTokens,
  parts: { readonly clock: Clock; readonly observer: Observation['issuerEvents'] },
  opened: (() => Promise<void>)[],
): { readonly keySets: KeySets; readonly introspection: Introspection } {
  const fetchDocument = async (url: URL): Promise<{ readonly text: string; readonly maxAgeMs: undefined }> => {
    const issuer = issuers.find((one) => one.kind === 'jwks' && placeOf(one).href === url.href);
    if (issuer?.kind !== 'jwks') throw new Error('a test asks no server');
    return { text: await keys.keySetOf(issuer), maxAgeMs: undefined };
  };
  const keySets = new KeySets({ ...parts, fetchDocument });
  opened.push(async () => keySets.close());
  const ask = ({ url }: { readonly url: URL }, token: string): Promise<string> => {
    const claims = opaque.get(url.href)?.get(token);
    return Promise.resolve(JSON.stringify(claims === undefined ? { active: false } : { active: true, ...claims }));
  };
  const introspection = new Introspection({ ...parts, ask });
  opened.push(() => introspection.close());
  keySets.reconfigure(issuers);
  introspection.reconfigure(issuers);
  return { keySets, introspection };
}
