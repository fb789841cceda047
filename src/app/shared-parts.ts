import { randomBytes } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import { GuessThrottle } from '../accounts/guesses/guess-throttle.ts';
import { KnownDevices } from '../accounts/guesses/known-devices.ts';
import { LOG_IN_HISTORY, LogInDigests } from '../accounts/guesses/log-in-digests.ts';
import { LogInHistory } from '../accounts/guesses/log-in-history.ts';
import { Passwords } from '../accounts/passwords/passwords.ts';
import { AuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import type { Clock, DecisionTracer } from '../core/ports.ts';
import { DecisionPoints } from '../decision-points/decision-points.ts';
import { systemTimers } from '../lib/clock.ts';
import type { Events } from '../observe/events/events.ts';
import type { Observation } from '../observe/observation.ts';
import { RevocationWatches } from '../revocation/revocation-watches.ts';
import { UnrecordedBudget } from '../revocation/unrecorded-budget.ts';
import { RevocationSet } from '../revocation-set/revocation-set.ts';
import type { Standings } from '../revocation-set/standings.ts';
import { MemoryLogInHistory } from '../store/memory/log-in-history.ts';
import { findNetworkFileSystem } from '../store/sqlite/database/network-file-system.ts';
import type { Store } from '../store/store.ts';
import { EndingTokensCount } from '../tokens/ending-tokens-count.ts';
import { LastUses } from '../tokens/last-uses.ts';
import { TokenViews } from '../tokens/token-views.ts';
import { UnknownKeyBudget } from '../verification/api-keys/unknown-key-budget.ts';
import { BasicUseCounter } from '../verification/basic/basic-use-counter.ts';
import { PasswordCache } from '../verification/basic/password-cache.ts';
import type { UsedProofs } from '../verification/dpop/used-proofs.ts';
import { RecentProofs } from '../verification/dpop/used-proofs.ts';
import type { FetchDocument } from '../verification/key-sets/fetch-document.ts';
import { fetchDocument } from '../verification/key-sets/fetch-document.ts';
import { KeySets } from '../verification/key-sets/key-sets.ts';
import { Introspection } from '../verification/opaque/introspection.ts';
import { VerificationPace } from '../verification/pace/verification-pace.ts';
import { Signatures } from '../verification/signatures/signatures.ts';
import type { SignerFinder } from '../verification/signatures/signer.ts';
import { TokenCache, tokenMemory } from '../verification/token-cache.ts';
import type { OwnSigning } from './own-signing.ts';
import { openOwnSigning, ownIssuer } from './own-signing.ts';

/** Bounds of the caches: a token takes about 4 KB with its answer and its entries of the revocation set. */
const MAX_KNOWN_TOKENS = 125_000;
const MAX_STANDINGS = 500_000;

/** The parts that outlive a configuration: caches, and what only a restart replaces. */
export interface SharedParts {
  readonly events: Events;
  readonly audit: AuditLog;
  readonly tracer: DecisionTracer;
  readonly store: Store;
  readonly clock: Clock;
  readonly revocationSet: Pick<RevocationSet, 'status' | 'revocations'>;
  readonly standings: Standings;
  /** The callers that follow the revocation set. */
  readonly watches: RevocationWatches;
  readonly known: TokenCache;
  /** Who signed a token, and when there is time to find that out. */
  readonly signers: SignerFinder;
  readonly pace: VerificationPace;
  readonly keySets: KeySets;
  readonly introspection: Introspection;
  readonly decisionPoints: Pick<DecisionPoints, 'rulings' | 'reconfigure'>;
  readonly passwords: Passwords;
  readonly throttle: GuessThrottle;
  readonly devices: KnownDevices;
  readonly knownPasswords: PasswordCache;
  /** The DPoP proofs that were used: at all instances, and at this one. */
  readonly usedProofs: Readonly<Record<'store' | 'memory', UsedProofs>>;
  readonly unrecorded: UnrecordedBudget;
  readonly unknownKeys: UnknownKeyBudget;
  /** The keys that sign our tokens; `undefined` if no issuer is our own. */
  readonly own: OwnSigning | undefined;
  /** Counts the passwords on routes; `undefined` if nothing counts them. */
  readonly basicUses: Pick<BasicUseCounter, 'note'> | undefined;
}

/** The parts that are opened before our own keys, and before anything is counted. */
export type BaseParts = Omit<SharedParts, 'own' | 'basicUses' | 'throttle' | 'devices'>;

/** Opens the base parts on an open store, which is closed with them. Rejects if the revocation set cannot be opened. */
export async function openSharedParts(
  config: Config,
  observation: Observation,
  clock: Clock,
  opened: (() => Promise<void>)[],
  store: Store,
): Promise<BaseParts> {
  const { events, issuerEvents, revocationEvents, decisionPointEvents, sources, tracing: tracer } = observation;
  opened.push(() => observation.telemetry.close());
  await observation.telemetry.prepare(config);
  observation.telemetry.reconfigure();
  opened.push(() => store.close());
  if (store.warning !== undefined) events.storeWarned(store.warning);
  const parts = { store, clock, observer: revocationEvents, limits: limitsOf(config), maxStandings: MAX_STANDINGS };
  const revocationSet = await RevocationSet.open(parts);
  const { standings } = revocationSet;
  opened.push(async () => revocationSet.end());
  const watches = new RevocationWatches({ set: revocationSet, clock, timers: systemTimers });
  opened.push(async () => watches.stop());
  const keysEnded = (): void => watches.reset('answers changed');
  const fetchTraced: FetchDocument = (url, signal, access) =>
    tracer.io('fetch key set', () => fetchDocument(url, signal, access));
  const keySets = new KeySets({ clock, observer: issuerEvents, keysEnded, fetchDocument: fetchTraced });
  opened.push(async () => keySets.close());
  const introspection = new Introspection({ clock, observer: issuerEvents, tracer });
  opened.push(() => introspection.close());
  const decisionPoints = new DecisionPoints({ clock, observer: decisionPointEvents });
  opened.push(() => decisionPoints.close());
  const known = new TokenCache(MAX_KNOWN_TOKENS, tokenMemory(getHeapStatistics().heap_size_limit));
  const signers = new Signatures({ clock, freed: () => pace.resume(), goOn: (work) => pace.goOn(work) });
  const pace = new VerificationPace({ clock, hasRoom: () => signers.hasRoom() });
  opened.push(() => signers.close());
  sources.standings = standings;
  sources.revocationSet = revocationSet;
  sources.watches = watches;
  sources.tokenCache = known;
  sources.keySets = keySets;
  sources.introspection = introspection;
  sources.decisionPoints = decisionPoints;
  const budgets = { unrecorded: new UnrecordedBudget(clock), unknownKeys: new UnknownKeyBudget(clock) };
  const remembering = { known, knownPasswords: new PasswordCache(), ...budgets };
  return {
    events,
    audit: new AuditLog(observation.auditOutput, observation.repeats),
    tracer,
    store,
    clock,
    revocationSet,
    standings,
    watches,
    signers,
    pace,
    keySets,
    introspection,
    decisionPoints,
    passwords: new Passwords(),
    usedProofs: { store: new RecentProofs(store.usedProofs), memory: new RecentProofs(undefined) },
    ...remembering,
  };
}

/** What {@link openParts} needs besides the configuration. */
export interface OpeningParts {
  readonly observation: Observation;
  readonly clock: Clock;
  /** Open. */
  readonly store: Store;
  /** Receives what closes each part. */
  readonly opened: (() => Promise<void>)[];
  /** Does what must come before our own keys are opened. */
  readonly prepare?: (parts: BaseParts) => Promise<void>;
}

/** Opens all parts of a process on an open store. Rejects if one of them cannot be opened. */
export async function openParts(
  config: Config,
  { observation, clock, store, opened, prepare }: OpeningParts,
): Promise<SharedParts> {
  const parts = await openSharedParts(config, observation, clock, opened, store);
  await prepare?.(parts);
  const basicUses = ownIssuer(config) && writeUses(parts, opened);
  const keysEnded = (): void => parts.watches.reset('answers changed');
  const own = await openOwnSigning(config, { ...parts, keysEnded }, 'create the first key');
  opened.push(async () => own?.keys.close());
  observation.sources.ownKeys = own?.keys;
  return { ...parts, ...boundLogIns(config, parts, own), own, basicUses };
}

/** Writes to the store at intervals how accounts and their tokens are used. */
function writeUses({ store, known, clock, events }: BaseParts, opened: (() => Promise<void>)[]): BasicUseCounter {
  const { accounts, tokens, basicUses: uses } = store;
  const lastUses = new LastUses({ known, tokens, clock, failed: (error) => events.lastUsesFailed(error) });
  const basicUses = new BasicUseCounter({ accounts, uses, clock, failed: (error) => events.basicUsesFailed(error) });
  opened.push(
    () => lastUses.close(),
    () => basicUses.close(),
  );
  return basicUses;
}

/** Counts the tokens of accounts that end soon, now and at intervals. */
export function watchEndingTokens(
  issuer: string,
  { store, revocationSet, clock, events }: BaseParts,
  opened: (() => Promise<void>)[],
): EndingTokensCount {
  const { accounts, tokens } = store;
  const views = new TokenViews({ issuer, tokens, revocations: revocationSet.revocations, clock });
  const count = new EndingTokensCount({ accounts, views, clock }, (error) => events.endingTokensFailed(error));
  opened.push(() => count.close());
  void count.run();
  return count;
}

/** Limits guesses at passwords. Without our own keys there are no accounts, so a random secret is enough. */
export function boundLogIns(
  { timeouts }: Config,
  { store, clock, events }: Pick<BaseParts, 'clock' | 'events'> & { readonly store: Pick<Store, 'logInHistory'> },
  own: OwnSigning | undefined,
): Pick<SharedParts, 'throttle' | 'devices'> {
  const digests = new LogInDigests(own?.sealer.deriveKey(LOG_IN_HISTORY) ?? randomBytes(32));
  const devices = new KnownDevices(digests, clock);
  const history = new LogInHistory({
    shared: store.logInHistory,
    local: new MemoryLogInHistory(),
    limitMs: timeouts.storeMs,
    failed: (error) => events.logInHistoryFailed(error),
  });
  return { devices, throttle: new GuessThrottle({ clock, digests, devices, history }) };
}

/** The limits that a configuration sets for reads of the revocation set. */
export function limitsOf({ revocation, timeouts }: Config) {
  return { ...revocation, storeTimeoutMs: timeouts.storeMs };
}

/** Logs a warning if SQLite's file is on a network file system. */
export async function warnOfNetworkFileSystem({ store }: Config, events: Events): Promise<void> {
  if (store.kind !== 'sqlite') return;
  const fileSystem = await findNetworkFileSystem(store.path);
  if (fileSystem !== undefined) events.storeOnNetworkFileSystem(store.path, fileSystem);
}
