import type { Freshness } from '../core/standing.ts';

/** How it stands with an issuer's published keys. */
export interface KeySetState {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Since its keys were last known to be published; `undefined` where none are in force. */
  readonly ageSeconds: number | undefined;
  /** Attempts to refresh them that failed since the last that went well. */
  readonly failures: number;
  /** Whether the issuer publishes private keys, which is why its set is refused. */
  readonly exposesKeys?: boolean;
}

/** How it stands with an issuer that is asked about opaque tokens. */
export interface IntrospectionState {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Questions about tokens that it vouched for before, failed since the last that went well. */
  readonly failures: number;
  /** What is wrong whatever it is asked about, as far as that is known. */
  readonly trouble?: 'unreachable' | 'credentials refused' | undefined;
  /** How many questions ended how, since the start. */
  readonly questions: Readonly<Record<string, number>>;
}

/** How it stands with what is heard and read of the revocation set. */
interface StandingStatus {
  readonly feed: 'starting' | 'live' | 'lost';
  readonly outage: boolean;
}

/** How it stands with the revocation set itself. */
export interface SetStatus {
  /** Unix seconds since when it is known to be lost; `undefined` where it is not. */
  readonly lostSinceSeconds: number | undefined;
  readonly rewritten: number;
  readonly vanished: number;
}

/** How it stands with our own signing keys. */
export interface SigningKeyState {
  /** Of the key that signs. */
  readonly kid: string;
  /** Unix seconds since when it does. */
  readonly sinceSeconds: number;
  /** Whether the keys could not be read the last time: nothing is signed then. */
  readonly failing: boolean;
}

/** Parts that know something worth seeing; read when somebody looks. Each may be replaced, by a reload for one. */
export interface Sources {
  knownTokens: { readonly size: number; readonly hits: number; readonly misses: number } | undefined;
  standings: { readonly size: number; readonly freshness: Freshness; readonly status: StandingStatus } | undefined;
  revocationSet: { readonly status: SetStatus } | undefined;
  keySets: { statuses(): Iterable<KeySetState> } | undefined;
  ownKeys: { readonly state: SigningKeyState | undefined } | undefined;
  introspection: { statuses(): Iterable<IntrospectionState> } | undefined;
}
