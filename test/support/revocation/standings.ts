import type { VerifiedCredential } from '../../../src/core/credential/verified-credential.ts';
import type { RevocationObserver } from '../../../src/core/ports.ts';
import type { Freshness, Verdict } from '../../../src/core/standing.ts';
import { judge } from '../../../src/core/standing.ts';
import type { StandingsParts } from '../../../src/revocation-set/standings.ts';
import { Standings } from '../../../src/revocation-set/standings.ts';
import { makeCredential, makeMoment, NOW_MS } from '../core.ts';

export const MAX_STALENESS_MS = 1000;
export const STORE_TIMEOUT_MS = 80;

/** An observer that ignores everything. */
export const SILENT_OBSERVER: RevocationObserver = {
  feedLost: () => undefined,
  feedBack: () => undefined,
  outageBegan: () => undefined,
  outageEnded: () => undefined,
  setLost: () => undefined,
  setAccepted: () => undefined,
  entriesRewritten: () => undefined,
  entriesVanished: () => undefined,
};

/** A sound set of which nothing is known but what is read. */
export const SOUND_SET = {
  known: { reachOf: () => undefined, begun: () => undefined },
  set: { isSound: true },
  found: () => undefined,
} as const;

/** One read of the store of a {@link StandingsFixture}. */
export interface StoreRead {
  readonly keys: readonly string[];
  isOpen: boolean;
  resolve(values: readonly (string | undefined)[]): void;
  reject(error: Error): void;
}

type StandingsFixtureOptions = Partial<
  Pick<StandingsParts, 'maxEntries' | 'keepMs' | 'allowKnownForMs' | 'known' | 'found' | 'set'>
> &
  Pick<StandingsParts['store'], 'readAtOnce'>;

/** Standings over a store whose reads the test answers, on clocks that the test advances. */
export class StandingsFixture {
  readonly questions: StoreRead[] = [];
  readonly standings: Standings;
  /** The monotonic clock. */
  nowMs = 10_000;
  /** The wall clock. */
  wallMs = NOW_MS;
  breaks = false;

  constructor({ maxEntries = 100, keepMs = 0, allowKnownForMs, readAtOnce, ...more }: StandingsFixtureOptions = {}) {
    this.standings = new Standings({
      store: { read: (keys) => this.read(keys), readAtOnce },
      clock: { monotonicMs: () => this.nowMs, wallMs: () => this.wallMs },
      observer: SILENT_OBSERVER,
      ...SOUND_SET,
      ...more,
      allowKnownForMs,
      maxStalenessMs: MAX_STALENESS_MS,
      keepMs,
      storeTimeoutMs: STORE_TIMEOUT_MS,
      maxEntries,
    });
    this.hear();
  }

  /** Reports that the feed has delivered every change up to now. */
  hear(): void {
    this.standings.heardUpTo(this.nowMs, this.wallMs);
  }

  /** Advances both clocks. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.wallMs += ms;
  }

  /** Returns a token that these entries could revoke. */
  token(...keys: readonly string[]): VerifiedCredential {
    return makeCredential({ standings: keys.map((key) => this.standings.at(key)) });
  }

  answer(nth: number, ...values: readonly (string | undefined)[]): void {
    this.questions[nth]?.resolve(values);
  }

  /** Refreshes a token and answers the read that this causes. */
  async answerNext(token: VerifiedCredential, ...values: readonly (string | undefined)[]): Promise<void> {
    const done = this.standings.refresh(token);
    this.answer(this.questions.length - 1, ...values);
    await done;
  }

  /** Reads one entry, which has this value. */
  async learn(key: string, value: string | undefined): Promise<void> {
    await this.answerNext(this.token(key), value);
  }

  /** Returns the core's verdict on a token's standings, by default for a decision that begins now. */
  judge(
    { standings }: VerifiedCredential,
    beganMs = this.nowMs + 1,
    issuedAtSeconds = 0,
    freshness: Freshness = this.standings.freshness,
  ): Verdict {
    const moment = makeMoment({ monotonicMs: this.nowMs, wallMs: this.wallMs, beganMs });
    const verdicts = standings.map((entry) => judge(entry, issuedAtSeconds, freshness, moment));
    return (
      verdicts.find((verdict) => verdict === 'revoked') ?? verdicts.find((verdict) => verdict === 'unknown') ?? 'clear'
    );
  }

  private read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (this.breaks) throw new Error('broken');
    const { promise, resolve, reject } = Promise.withResolvers<readonly (string | undefined)[]>();
    const question: StoreRead = {
      keys: [...keys],
      isOpen: true,
      resolve: (values: readonly (string | undefined)[]) => {
        question.isOpen = false;
        resolve(values);
      },
      reject: (error: Error) => {
        question.isOpen = false;
        reject(error);
      },
    };
    this.questions.push(question);
    return promise;
  }
}
