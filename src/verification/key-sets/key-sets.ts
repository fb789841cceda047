import type { DiscoveryIssuer, IssuerConfig, JwksIssuer } from '../../config/config.ts';
import { systemTimers } from '../../lib/clock.ts';
import { fetchDocument } from './fetch-document.ts';
import type { KeySetEnvironment, KeySetStatus } from './key-set.ts';
import { RemoteKeySet } from './key-set.ts';
import type { KeySetLocation } from './key-set-location.ts';
import { DiscoveredLocation, FixedLocation } from './key-set-location.ts';

/** An issuer whose keys are to be fetched. */
export type PublishingIssuer = JwksIssuer | DiscoveryIssuer;

/** What a {@link KeySets} needs; timers, network and chance are the system's where they are left out. */
export type KeySetsParts = Pick<KeySetEnvironment, 'clock' | 'observer'> & Partial<KeySetEnvironment>;

/**
 * Every published key set in use. One belongs to one issuer and its URL: one that a new configuration still names keeps
 * what it knows, and none waits for another.
 */
export class KeySets {
  private readonly environment: KeySetEnvironment;
  private sets = new Map<string, RemoteKeySet>();

  constructor(parts: KeySetsParts) {
    this.environment = { timers: systemTimers, fetchDocument, random: Math.random, ...parts };
  }

  /** The key set of an issuer, fetched from now on. */
  at(issuer: PublishingIssuer): RemoteKeySet {
    const { name, maxStaleMs } = issuer;
    const known = this.sets.get(identityOf(issuer));
    known?.keepFor(maxStaleMs);
    if (known !== undefined) return known;
    const set = new RemoteKeySet({ ...this.environment, issuer: name, maxStaleMs, location: this.locationOf(issuer) });
    this.sets.set(identityOf(issuer), set);
    set.start();
    return set;
  }

  /** Lets go of the sets that are not of these issuers. */
  keepOnly(issuers: readonly IssuerConfig[]): void {
    const kept = new Set(issuers.filter(isPublishing).map(identityOf));
    for (const [identity, set] of this.sets) if (!kept.has(identity)) set.close();
    this.sets = new Map([...this.sets].filter(([identity]) => kept.has(identity)));
  }

  /** How it stands with each, as it is asked. */
  *statuses(): Iterable<KeySetStatus> {
    for (const set of this.sets.values()) yield set.status();
  }

  /** Ends every fetch and every timer. */
  close(): void {
    this.keepOnly([]);
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
