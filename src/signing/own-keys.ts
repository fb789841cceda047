import type { SigningAlgorithm } from '../config/issuer-config.ts';
import type { Clock } from '../core/ports.ts';
import type { Instant } from '../core/request.ts';
import type { Timers } from '../lib/clock.ts';
import { instantOf } from '../lib/clock.ts';
import { isSameAlgorithm } from '../lib/jose/key-fit.ts';
import type { FoundKeys, KeySource, VerificationKey } from '../verification/keys.ts';
import { signingAt } from './key-life.ts';
import type { KeyRing } from './key-ring.ts';
import type { Sealer } from './sealer.ts';
import type { SigningKey } from './signing-key.ts';
import { openSigningKey } from './signing-key.ts';
import type { SealedSigningKey } from './signing-key-store.ts';
import type { SigningKeys } from './token-signer.ts';

/** The maximum age of the keys used to sign or publish. After this time, a revoked key is no longer used. */
const FRESH_MS = 1_000;
/**
 * The minimum time between two reads, which protects the store from a flood of unknown `kid`s. Fits into a decision.
 */
const COOL_DOWN_MS = 50;

/** Receives events of our own keys. Must not throw. */
export interface OwnKeysObserver {
  ownKeysChanged(added: readonly string[], dropped: readonly string[]): void;
  /** @param kid the id of the key that signs from now on. */
  ownKeySigns(kid: string): void;
  ownKeysFailed(error: unknown): void;
  ownKeysRecovered(): void;
}

/** The state of our own keys, for health checks. */
export interface OwnKeysState {
  /** The id of the key that signs. */
  readonly kid: string;
  /** When it started to sign, in Unix seconds. */
  readonly sinceSeconds: number;
  /** Whether the last read failed. */
  readonly failing: boolean;
}

export interface OwnKeysParts {
  readonly ring: Pick<KeyRing, 'reconcile'>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Returns a number from 0 to below 1, by which waits are shortened so that instances do not all read at once. */
  readonly random: () => number;
  readonly observer: OwnKeysObserver;
  /** Called when keys have ceased to be in force. Must not throw. */
  readonly keysEnded: () => void;
}

interface OwnKey {
  readonly sealed: SealedSigningKey;
  readonly opened: SigningKey;
}

/**
 * This instance's copy of our own keys, read from the store repeatedly. While the store cannot be read, the known keys
 * still verify, but nothing is signed, and an unknown `kid` is undecided because it may be new.
 */
export class OwnKeys implements KeySource, SigningKeys {
  private readonly parts: OwnKeysParts;
  private ring: OwnKeysParts['ring'];
  private known: readonly OwnKey[] = [];
  private signs: string | undefined;
  private failing = false;
  private beganAtMs = Number.NEGATIVE_INFINITY;
  /** When the last successful read began, on both clocks: the monotonic one stops while the machine is suspended. */
  private readAt: Instant | undefined;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private limitMs: number | undefined;
  private closed = false;
  private cancelTimer: () => void = () => undefined;

  constructor(parts: OwnKeysParts) {
    this.parts = parts;
    this.ring = parts.ring;
  }

  /** The state of the keys; `undefined` before the first read. */
  get state(): OwnKeysState | undefined {
    const { sealed } = this.signer() ?? {};
    return sealed && { kid: sealed.kid, sinceSeconds: sealed.signsFromSeconds, failing: this.failing };
  }

  /** The algorithm of the key that signs now. */
  get algorithm(): SigningAlgorithm | undefined {
    return this.signer()?.opened.algorithm;
  }

  /** Replaces the known keys. Throws, and changes nothing, if one of the new keys cannot be opened. */
  replaceKeys(keys: readonly SealedSigningKey[]): void {
    const former = new Map(this.known.map((key) => [key.sealed.kid, key]));
    const known = keys.map((sealed) => {
      const opened = former.get(sealed.kid)?.opened ?? openSigningKey(sealed, this.parts.sealer);
      return { sealed, opened };
    });
    const kids = new Set(keys.map(({ kid }) => kid));
    const dropped = this.known.filter(({ sealed }) => !kids.has(sealed.kid));
    for (const { opened } of dropped) opened.verification.inForce.inForce = false;
    this.known = known;
    if (dropped.length > 0) this.parts.keysEnded();
    const added = [...kids].filter((kid) => !former.has(kid));
    if (former.size > 0 && added.length + dropped.length > 0) {
      this.parts.observer.ownKeysChanged(
        added,
        dropped.map(({ sealed }) => sealed.kid),
      );
    }
    this.noticeSigner();
  }

  /** Reads the keys now, and from now on at least every `limitMs` milliseconds, through this ring. */
  reconfigure(limitMs: number, ring: OwnKeysParts['ring']): void {
    this.ring = ring;
    this.limitMs = limitMs;
    this.readAgain();
  }

  /** Stops the periodic reads. */
  close(): void {
    this.closed = true;
    this.cancelTimer();
  }

  find(algorithm: string, kid: string | undefined): FoundKeys | Promise<FoundKeys> {
    const found = this.select(algorithm, kid);
    return found.length > 0 ? found : this.findAfterRead(algorithm, kid);
  }

  private async findAfterRead(algorithm: string, kid: string | undefined): Promise<FoundKeys> {
    try {
      await this.reread();
    } catch {
      return undefined;
    }
    return this.select(algorithm, kid);
  }

  inForce(): readonly VerificationKey[] {
    return this.known.map(({ opened }) => opened.verification);
  }

  /** Resolves to the key that signs now. Rejects if the keys cannot be read, because the key may have been revoked. */
  async current(): Promise<SigningKey> {
    await this.refresh();
    const key = this.signer();
    if (key === undefined) throw new Error('there is no signing key');
    return key.opened;
  }

  /** Resolves to all keys that verify. They are at most {@link FRESH_MS} old, unless the store cannot be read. */
  async published(): Promise<readonly SigningKey[]> {
    await this.refresh().catch(() => undefined);
    return this.known.map(({ opened }) => opened);
  }

  private async refresh(): Promise<void> {
    const { clock } = this.parts;
    const { monotonicMs = -Infinity, wallMs = -Infinity } = this.readAt ?? {};
    const ageMs = Math.max(clock.monotonicMs() - monotonicMs, Math.abs(clock.wallMs() - wallMs));
    if (ageMs > FRESH_MS) await this.reread();
  }

  private readAgain(): void {
    const plan = (): void => this.plan();
    void this.reread().then(plan, plan);
  }

  private plan(): void {
    this.cancelTimer();
    if (this.closed || this.limitMs === undefined) return;
    const delayMs = this.limitMs * (1 - this.parts.random() / 2);
    this.cancelTimer = this.parts.timers.after(delayMs, () => this.readAgain());
  }

  /** Resolves at the end of a read that begins after this call. Calls before it begins share one read. */
  private reread(): Promise<void> {
    this.next ??= this.readNext();
    return this.next;
  }

  private async readNext(): Promise<void> {
    await this.running.catch(() => undefined);
    const waitMs = this.beganAtMs + COOL_DOWN_MS - this.parts.clock.monotonicMs();
    if (waitMs > 0) await new Promise<void>((resolve) => this.parts.timers.after(waitMs, resolve));
    this.next = undefined;
    this.running = this.read();
    await this.running;
  }

  private async read(): Promise<void> {
    const { clock, observer } = this.parts;
    const beganAt = instantOf(clock);
    this.beganAtMs = beganAt.monotonicMs;
    try {
      this.replaceKeys(await this.ring.reconcile(this.known.map(({ sealed }) => sealed)));
    } catch (error) {
      this.failing = true;
      if (!this.closed) observer.ownKeysFailed(error);
      throw error;
    }
    this.readAt = beganAt;
    if (this.failing) observer.ownKeysRecovered();
    this.failing = false;
  }

  private select(algorithm: string, kid: string | undefined): readonly VerificationKey[] {
    return this.known
      .filter(({ opened }) => (kid === undefined || opened.kid === kid) && isSameAlgorithm(opened.algorithm, algorithm))
      .map(({ opened }) => opened.verification);
  }

  private signer(): OwnKey | undefined {
    const signer = signingAt(
      this.known.map(({ sealed }) => sealed),
      this.parts.clock.wallMs() / 1000,
    );
    return this.known.find(({ sealed }) => sealed === signer);
  }

  private noticeSigner(): void {
    const kid = this.signer()?.sealed.kid;
    if (kid !== undefined && kid !== this.signs && this.signs !== undefined) this.parts.observer.ownKeySigns(kid);
    this.signs = kid;
  }
}
