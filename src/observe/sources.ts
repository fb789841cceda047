import type { Freshness } from '../core/standing.ts';

/** How it stands with an issuer's published keys. */
export interface KeySetState {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Since its keys were last known to be published; `undefined` where none are in force. */
  readonly ageSeconds: number | undefined;
  /** Attempts to refresh them that failed since the last that went well. */
  readonly failures: number;
}

/** How it stands with an issuer that is asked about opaque tokens. */
export interface IntrospectionState {
  /** The configured issuer's name. */
  readonly issuer: string;
  /** Questions that failed since the last that went well. */
  readonly failures: number;
  /** How many questions ended how, since the start. */
  readonly questions: Readonly<Record<string, number>>;
}

/** Parts that know something worth seeing; read when somebody looks. Each may be replaced, by a reload for one. */
export interface Sources {
  knownTokens: { readonly size: number; readonly hits: number; readonly misses: number } | undefined;
  standings:
    | { readonly size: number; readonly freshness: Freshness; readonly status: { readonly outage: boolean } }
    | undefined;
  keySets: { statuses(): Iterable<KeySetState> } | undefined;
  introspection: { statuses(): Iterable<IntrospectionState> } | undefined;
}
