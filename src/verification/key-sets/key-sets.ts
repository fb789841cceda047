import { createHash } from 'node:crypto';
import type { DiscoveryIssuer, IssuerConfig, JwksIssuer, KeyServerAccess } from '../../config/issuer-config.ts';
import { systemTimers } from '../../lib/clock.ts';
import type { KeySource } from '../keys.ts';
import type { FetchDocument } from './fetch-document.ts';
import { fetchDocument } from './fetch-document.ts';
import type { KeySetEnvironment, KeySetStatus } from './key-set.ts';
import { RemoteKeySet } from './key-set.ts';
import type { KeySetLocation } from './key-set-location.ts';
import { DiscoveredLocation, FixedLocation } from './key-set-location.ts';

/** An issuer that publishes its keys. */
export type PublishingIssuer = JwksIssuer | DiscoveryIssuer;

/**
 * What {@link KeySets} needs. Timers, network and random numbers default to the system's; by default, nothing is called
 * when keys have ended.
 */
export type KeySetsParts = Pick<KeySetEnvironment, 'clock' | 'observer'> & Partial<KeySetEnvironment>;

/** A key set, and how its server is reached now. */
interface OpenKeySet {
  readonly set: RemoteKeySet;
  readonly server: { access: KeyServerAccess | undefined };
}

/**
 * All published key sets in use, one for each issuer and URL. A key set that the next configuration still names keeps
 * its keys; if the access to its server has changed, it is fetched anew. No key set waits for another.
 */
export class KeySets {
  private readonly environment: KeySetEnvironment;
  private sets: ReadonlyMap<string, OpenKeySet> = new Map();

  constructor(parts: KeySetsParts) {
    this.environment = {
      timers: systemTimers,
      fetchDocument,
      random: Math.random,
      keysEnded: () => undefined,
      ...parts,
    };
  }

  /**
   * Returns the keys of an issuer, for one configuration. Fetches nothing: there are no keys until {@link reconfigure}
   * is called with that configuration. Once found, the key set stays available to decisions that are still running when
   * a later configuration drops the issuer.
   */
  at(issuer: PublishingIssuer): KeySource {
    const identity = identityOf(issuer);
    let set = this.sets.get(identity)?.set;
    return {
      find: (algorithm, kid) => {
        set ??= this.sets.get(identity)?.set;
        return set?.find(algorithm, kid);
      },
      inForce: () => set?.inForce() ?? [],
    };
  }

  /** Fetches the keys of these issuers from now on, and of no others. */
  reconfigure(issuers: readonly IssuerConfig[]): void {
    const former = this.sets;
    const sets = new Map<string, OpenKeySet>();
    for (const issuer of issuers.filter(isPublishing)) {
      const identity = identityOf(issuer);
      const kept = former.get(identity);
      if (kept !== undefined) adjust(kept, issuer);
      sets.set(identity, kept ?? this.open(issuer));
    }
    this.sets = sets;
    for (const [identity, { set }] of former) if (!this.sets.has(identity)) set.close();
  }

  /** Yields the current state of each key set. */
  *statuses(): Iterable<KeySetStatus> {
    for (const { set } of this.sets.values()) yield set.status();
  }

  /** Aborts every fetch and stops every timer. */
  close(): void {
    this.reconfigure([]);
  }

  private open(issuer: PublishingIssuer): OpenKeySet {
    const { name, maxStaleMs, access } = issuer;
    const server = { access };
    const fetchDocument: FetchDocument = (url, signal) => this.environment.fetchDocument(url, signal, server.access);
    const environment = { ...this.environment, fetchDocument };
    const set = new RemoteKeySet({
      ...environment,
      issuer: name,
      maxStaleMs,
      location: locationOf(issuer, environment),
    });
    set.start();
    return { set, server };
  }
}

function locationOf(issuer: PublishingIssuer, environment: KeySetEnvironment): KeySetLocation {
  return issuer.kind === 'jwks'
    ? new FixedLocation(issuer.jwks)
    : new DiscoveredLocation({ ...environment, issuer: issuer.metadataIssuer, metadata: issuer.metadata });
}

/** Adopts what the next configuration says of a key set. */
function adjust({ set, server }: OpenKeySet, { maxStaleMs, access }: PublishingIssuer): void {
  set.keepFor(maxStaleMs);
  const isChanged = accessText(server.access) !== accessText(access);
  server.access = access;
  if (isChanged) set.renew();
}

/** Returns a text that is equal for equal accesses. It contains no secret. */
function accessText(access: KeyServerAccess | undefined): string {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(access?.headers ?? {})) {
    hash.update(`${name}\0${value.reveal().length}\0`).update(value.reveal());
  }
  return JSON.stringify([access?.tokenFile, access?.ca, access?.hosts, hash.digest('hex')]);
}

function isPublishing(issuer: IssuerConfig): issuer is PublishingIssuer {
  return issuer.kind === 'jwks' || issuer.kind === 'discovery';
}

function identityOf(issuer: PublishingIssuer): string {
  const place = issuer.kind === 'jwks' ? [issuer.jwks.href] : [issuer.metadataIssuer, issuer.metadata?.href];
  return JSON.stringify([issuer.name, issuer.kind, ...place]);
}
