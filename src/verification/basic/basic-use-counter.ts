import type { AccountStore } from '../../accounts/account-store.ts';
import { findAccount } from '../../accounts/find-account.ts';
import { MAX_EMAIL_LENGTH } from '../../accounts/name-rules.ts';
import { readCredential } from '../../core/credential/credential.ts';
import type { VerifiedCredential } from '../../core/credential/verified-credential.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import type { Clock } from '../../core/ports.ts';
import type { Reason } from '../../core/reason.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Route } from '../../core/route.ts';
import { inBatches } from '../../lib/lists.ts';
import { PeriodicJob } from '../../lib/timers/periodic-job.ts';
import { readBasicPair } from './basic-pair.ts';
import type { BasicUse, BasicUseStore } from './basic-use.ts';

/** Uses in one write, so that it does not delay other writes for long. */
const BATCH = 500;
/** Names in one round of look-ups. Decisions that need the same store wait behind them. */
const LOOK_UPS = 50;
/** The most separate counts between two writes. Uses beyond that are counted without an account. */
const MAX_PROVEN = 20_000;
/** The same for unproven names, which anyone can invent: each costs a query to the store. */
const MAX_PRESENTED = 1_000;

export interface BasicUseCounterParts {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly uses: Pick<BasicUseStore, 'add'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Called with the error if a write fails; the next write repeats it. */
  readonly failed: (error: unknown) => void;
}

/** The user of a Basic credential: the account if it was verified, or else the presented name. */
interface BasicUser {
  readonly accountId?: string | undefined;
  readonly name?: string | undefined;
}

interface Count extends BasicUser {
  readonly route: string;
  readonly reason: Reason | undefined;
  count: number;
  lastAtSeconds: number;
}

/**
 * Counts the use of Basic by account and route, for operators who migrate clients away from it, and writes the counts to
 * the store once a minute. It then looks up unproven names: since people type passwords in place of names, it writes
 * nothing but account ids.
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

  /** Counts a decision if the request presented Basic. */
  note(request: AccessRequest, decision: Decision): void {
    const denial = decision.outcome === 'deny' ? decision : decision.shadowed;
    const { credential } = denial ?? decision;
    if (credential !== undefined) this.noteProven(credential, decision.route, denial?.reason);
    else if (denial !== undefined) this.notePresented(request, denial);
  }

  /** Writes the counts. Resolves after the attempt, even if it failed. */
  async write(): Promise<void> {
    await this.writes.run();
  }

  /** Writes the remaining counts and stops. */
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
    const user = name === undefined || name.length > MAX_EMAIL_LENGTH ? {} : { name };
    this.count(this.presented, user, route, reason);
  }

  private count(counts: Counts, user: BasicUser, route: Route | undefined, reason: Reason | undefined): void {
    counts.add(user, this.nameOf(route), reason, Math.floor(this.parts.clock.wallMs() / 1000));
  }

  private nameOf(route: Route | undefined): string {
    if (route === undefined) return '';
    const existing = this.routeNames.get(route);
    if (existing !== undefined) return existing;
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

  /** Looks up many names at once. One by one, invented names would delay a shutdown while the store is slow. */
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

  add(user: BasicUser, route: string, reason: Reason | undefined, atSeconds: number): void {
    const key = keyOf(user, route, reason);
    const existing = this.byKey.get(key);
    if (existing === undefined) {
      this.begin(user, route, reason, atSeconds);
      return;
    }
    existing.count += 1;
    existing.lastAtSeconds = atSeconds;
  }

  /** Returns copies of all current counts. */
  batches(): readonly (readonly Count[])[] {
    return inBatches(
      Array.from(this.byKey.values(), (count) => ({ ...count })),
      BATCH,
    );
  }

  /** Subtracts what was written; keeps what was counted in the meantime. */
  subtract(batch: readonly Count[]): void {
    for (const written of batch) {
      const key = keyOf(written, written.route, written.reason);
      const existing = this.byKey.get(key);
      if (existing === undefined) continue;
      existing.count -= written.count;
      if (existing.count === 0) this.byKey.delete(key);
    }
  }

  /** Counts without a user may exceed `max`: there is at most one for each route and reason. */
  private begin(user: BasicUser, route: string, reason: Reason | undefined, atSeconds: number): void {
    const hasUser = user.accountId !== undefined || user.name !== undefined;
    if (hasUser && this.byKey.size >= this.max) this.add({}, route, reason, atSeconds);
    else this.byKey.set(keyOf(user, route, reason), { ...user, route, reason, count: 1, lastAtSeconds: atSeconds });
  }
}

function keyOf({ accountId, name }: BasicUser, route: string, reason: Reason | undefined): string {
  return JSON.stringify([accountId, name, route, reason]);
}
