import type { DiscoveryIssuer, IssuerConfig, JwksIssuer } from '../../config/config.ts';
import { systemTimers } from '../../lib/clock.ts';
import type { KeySource } from '../keys.ts';
import { fetchDocument } from './fetch-document.ts';
import type { KeySetEnvironment, KeySetStatus } from './key-set.ts';
import { RemoteKeySet } from './key-set.ts';
import type { KeySetLocation } from './key-set-location.ts';
import { DiscoveredLocation, FixedLocation } from './key-set-location.ts';

/** An issuer that publishes its keys. */
export type PublishingIssuer = JwksIssuer | DiscoveryIssuer;

/** What {@link KeySets} needs. Timers, network and random numbers default to the system's. */
export type KeySetsParts = Pick<KeySetEnvironment, 'clock' | 'observer'> & Partial<KeySetEnvironment>;

/**
 * All published key sets in use, one for each issuer and URL. A key set that the next configuration still names keeps
 * its keys. No key set waits for another.
 */
export class KeySets {
  private readonly environment: KeySetEnvironment;
  private sets: ReadonlyMap<string, RemoteKeySet> = new Map();

  constructor(parts: KeySetsParts) {
    this.environment = { timers: systemTimers, fetchDocument, random: Math.random, ...parts };
  }

  /**
   * Returns the keys of an issuer, for one configuration. Fetches nothing: there are no keys until {@link reconfigure}
   * is called with that configuration. Once found, the key set stays available to decisions that are still running when
   * a later configuration drops the issuer.
   */
  at(issuer: PublishingIssuer): KeySource {
    const identity = identityOf(issuer);
    let set = this.sets.get(identity);
    return {
      find: async (algorithm, kid) => {
        set ??= this.sets.get(identity);
        return set?.find(algorithm, kid);
      },
    };
  }

  /** Fetches the keys of these issuers from now on, and of no others. */
  reconfigure(issuers: readonly IssuerConfig[]): void {
    const former = this.sets;
    const sets = new Map<string, RemoteKeySet>();
    for (const issuer of issuers.filter(isPublishing)) {
      const identity = identityOf(issuer);
      const kept = former.get(identity);
      kept?.keepFor(issuer.maxStaleMs);
      sets.set(identity, kept ?? this.open(issuer));
    }
    this.sets = sets;
    for (const [identity, set] of former) if (!this.sets.has(identity)) set.close();
  }

  /** Yields the current state of each key set. */
  *statuses(): Iterable<KeySetStatus> {
    for (const set of this.sets.values()) yield set.status();
  }

  /** Aborts every fetch and stops every timer. */
  close(): void {
    this.reconfigure([]);
  }

  private open(issuer: PublishingIssuer): RemoteKeySet {
    const { name, maxStaleMs } = issuer;
    const set = new RemoteKeySet({ ...this.environment, issuer: name, maxStaleMs, location: this.locationOf(issuer) });
    set.start();
    return set;
  }

  private locationOf(issuer: PublishingIssuer): KeySetLocation {
    if (issuer.kind === 'jwks') return new FixedLocation(issuer.jwks);
    return new DiscoveredLocation(issuer.issuer, this.environment.fetchDocument, this.environment.clock);
  }
}

function isPublishing(issuer: IssuerConfig): issuer is PublishingIssuer {
  return issuer.kind === 'jwks' || issuer.kind === 'discovery';
}

function identityOf(issuer: PublishingIssuer): string {
  return JSON.stringify([issuer.name, issuer.kind, issuer.kind === 'jwks' ? issuer.jwks.href : issuer.issuer]);
}
