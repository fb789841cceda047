import type { AccountStore } from '../../accounts/account-store.ts';
import { findAccount } from '../../accounts/find-account.ts';
import { MAX_EMAIL_LENGTH } from '../../accounts/name-rules.ts';
import { readCredential } from '../../core/credential.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import type { Clock } from '../../core/ports.ts';
import type { Reason } from '../../core/reason.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Route } from '../../core/route.ts';
import type { VerifiedCredential } from '../../core/verified-credential.ts';
import { inBatches } from '../../lib/lists.ts';
import { PeriodicJob } from '../../lib/periodic-job.ts';
import { readBasicPair } from './basic-pair.ts';
import type { BasicUse, BasicUseStore } from './basic-use.ts';

/** So that one write of many does not hold up the others for long. */
const BATCH = 500;
/** How many names are looked up at once: decisions, which may need the same store, wait behind them. */
const LOOK_UPS = 50;
/** How much is counted apart until it is written; what comes beyond that is counted as nobody's. */
const MAX_PROVEN = 20_000;
/** The same for names that nobody has proven, which anybody can make up: each costs a question to the store. */
const MAX_PRESENTED = 1_000;

export interface BasicUseCounterParts {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly uses: Pick<BasicUseStore, 'add'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told what went wrong; the same uses are written the next time. */
  readonly failed: (error: unknown) => void;
}

/** Who came with Basic: the account that was proven, or else the name that was presented. */
interface Who {
  readonly accountId?: string | undefined;
  readonly name?: string | undefined;
}

interface Count extends Who {
  readonly route: string;
  readonly reason: Reason | undefined;
  count: number;
  lastAtSeconds: number;
}

/**
 * Counts Basic on routes by account and route, for whoever leads clients away from it, and writes the counts to the
 * store once a minute. Names that nobody has proven are looked up then: since people type passwords in their place,
 * nothing but an account's id is written.
 */
export class BasicUseCounter {
  private readonly parts: BasicUseCounterParts;
  private readonly writes: PeriodicJob;
  private readonly routeNames = new WeakMap<Route, string>();
  private readonly proven = new Counts(MAX_PROVEN);
  private readonly presented = new Counts(MAX_PRESENTED);

  constructor(parts: BasicUseCounterParts) {
    this.parts = parts;
    this.writes = new PeriodicJob(() => this.writeNew(), parts.failed);
  }

  /** Takes note of a decision on a route, where that is about Basic. */
  note(request: AccessRequest, decision: Decision): void {
    const denial = decision.outcome === 'deny' ? decision : decision.shadowed;
    const { credential } = denial ?? decision;
    if (credential !== undefined) this.noteProven(credential, decision.route, denial?.reason);
    else if (denial !== undefined) this.notePresented(request, denial);
  }

  /** Resolves once it was tried. */
  async write(): Promise<void> {
    await this.writes.run();
  }

  /** Writes what is left, and ends. */
  async close(): Promise<void> {
    await this.writes.close();
  }

  private noteProven({ identity }: VerifiedCredential, route: Route | undefined, reason: Reason | undefined): void {
    if (identity.scheme === 'basic') this.count(this.proven, { accountId: identity.subject }, route, reason);
  }

  private notePresented({ authorization }: AccessRequest, { route, reason }: Deny): void {
    const presented = readCredential(authorization);
    if (presented.scheme !== 'basic') return;
    const name = readBasicPair(presented.value)?.name;
    const who = name === undefined || name.length > MAX_EMAIL_LENGTH ? {} : { name };
    this.count(this.presented, who, route, reason);
  }

  private count(counts: Counts, who: Who, route: Route | undefined, reason: Reason | undefined): void {
    counts.add(who, this.nameOf(route), reason, Math.floor(this.parts.clock.wallMs() / 1000));
  }

  private nameOf(route: Route | undefined): string {
    if (route === undefined) return '';
    const standing = this.routeNames.get(route);
    if (standing !== undefined) return standing;
    const { methods, hosts, pattern } = route;
    const name = `${methods.join(',') || '*'} ${hosts.join(',')}${pattern}`;
    this.routeNames.set(route, name);
    return name;
  }

  private async writeNew(): Promise<void> {
    for (const counts of [this.proven, this.presented]) {
      for (const batch of counts.batches()) {
        await this.parts.uses.add(await this.usesOf(batch));
        counts.subtract(batch);
      }
    }
  }

  /** Asks for many names at once: one after the other, made-up ones would hold up a stop for as long as the store is far. */
  private async usesOf(batch: readonly Count[]): Promise<readonly BasicUse[]> {
    const uses: BasicUse[] = [];
    for (const counts of inBatches(batch, LOOK_UPS)) {
      uses.push(...(await Promise.all(counts.map((count) => this.useOf(count)))));
    }
    return uses;
  }

  private async useOf({ accountId, name, ...rest }: Count): Promise<BasicUse> {
    return { ...rest, accountId: name === undefined ? accountId : (await findAccount(this.parts.accounts, name))?.id };
  }
}

/** A bounded number of counts. */
class Counts {
  private readonly max: number;
  private readonly byKey = new Map<string, Count>();

  constructor(max: number) {
    this.max = max;
  }

  add(who: Who, route: string, reason: Reason | undefined, atSeconds: number): void {
    const key = keyOf(who, route, reason);
    const standing = this.byKey.get(key);
    if (standing === undefined) {
      this.begin(who, route, reason, atSeconds);
      return;
    }
    standing.count += 1;
    standing.lastAtSeconds = atSeconds;
  }

  /** Copies of all that there is at this moment. */
  batches(): readonly (readonly Count[])[] {
    return inBatches(
      Array.from(this.byKey.values(), (count) => ({ ...count })),
      BATCH,
    );
  }

  /** Takes away what was written; what came meanwhile stays. */
  subtract(batch: readonly Count[]): void {
    for (const written of batch) {
      const key = keyOf(written, written.route, written.reason);
      const standing = this.byKey.get(key);
      if (standing === undefined) continue;
      standing.count -= written.count;
      if (standing.count === 0) this.byKey.delete(key);
    }
  }

  /** Nobody's are as few as there are routes and reasons. */
  private begin(who: Who, route: string, reason: Reason | undefined, atSeconds: number): void {
    const isNobody = who.accountId === undefined && who.name === undefined;
    if (!isNobody && this.byKey.size >= this.max) this.add({}, route, reason, atSeconds);
    else this.byKey.set(keyOf(who, route, reason), { ...who, route, reason, count: 1, lastAtSeconds: atSeconds });
  }
}

function keyOf({ accountId, name }: Who, route: string, reason: Reason | undefined): string {
  return JSON.stringify([accountId, name, route, reason]);
}
