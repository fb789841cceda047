import type { VerifiedCredential } from '../credential/verified-credential.ts';
import type { Allow } from '../decision.ts';
import { otherSpellings } from './header-spellings.ts';
import { claimValue, headerValue } from './header-value.ts';
import { OVERRIDE_HEADERS } from './override-headers.ts';

/** The names of the headers in which upstreams receive an identity, in lower case. */
export interface IdentityHeaders {
  readonly subject: string;
  readonly scopes: string;
  readonly tokenId: string;
  readonly issuer: string;
  readonly scheme: string;
}

/** A claim under the name with which upstreams or the gateway receive it: of a header, in lower case, or in metadata. */
export interface NamedClaim {
  readonly name: string;
  /** The `claimKey` by which it is kept with a credential. */
  readonly claim: string;
}

const UNUSUAL = /[^a-z0-9-]/;
const UNUSUAL_ALL = /[^a-z0-9-]/g;

/** How a request changes on its way to the upstream. */
export interface UpstreamHeaders {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
  /** Names of query parameters to remove; absent without any. */
  readonly query?: readonly string[] | undefined;
}

/** What the gateway shows of a request's headers. */
export interface ShownHeaders {
  /** Whether it shows every header. A hidden header may be a disguised one. */
  readonly complete: boolean;
  /** The names for which {@link UpstreamHeaderWriter.isDisguised} is true. */
  readonly disguised: readonly string[];
}

/** What a gateway does to the header fields of a request that it lets pass by a kept answer. In lower case. */
export interface KeptNames {
  /** It sets these to the values of the answer. */
  readonly set: readonly string[];
  /** It removes these, with which the client identified itself. */
  readonly credentials: readonly string[];
  /** It removes these as well, if a client could send them: no other spelling is among them. */
  readonly guarded: readonly string[];
}

/** Makes the upstream headers of an allowed request; built once per configuration. */
export class UpstreamHeaderWriter {
  private readonly names: IdentityHeaders;
  private readonly claims: readonly NamedClaim[];
  private readonly tokenHeader: string | undefined;
  /** The names of all headers that carry identity. */
  private readonly own: string[];
  private readonly everySpelling: boolean;
  private readonly guarded: ReadonlySet<string>;
  /** The length of the longest name in {@link guarded}, and so of all spellings. */
  private readonly longest: number;
  /** All other spellings of {@link guarded}. */
  private readonly spellings: readonly string[];
  /** What is removed from every request that has an identity. */
  private readonly removed: readonly string[];
  private readonly forwardCredential: boolean;
  /** The headers that hold a credential and do not reach an upstream. */
  private readonly credentials: readonly string[];

  /**
   * @param forwardCredential whether the credential reaches the upstream of a protected route, except in its query.
   * @param everySpelling whether to remove every spelling of each header even if the gateway shows all headers.
   * @param claims the headers that carry claims; none by default.
   * @param tokenHeader the header that carries the signed identity; none by default.
   * @param credentials the headers that carry credentials.
   * @param placed the headers in which some route reads a credential besides these, in lower case. Only
   *   their other spellings are removed from every request.
   */
  constructor(
    names: IdentityHeaders,
    forwardCredential: boolean,
    everySpelling = false,
    claims: readonly NamedClaim[] = [],
    tokenHeader?: string,
    credentials: readonly string[] = ['authorization'],
    placed: readonly string[] = [],
  ) {
    this.names = names;
    this.claims = claims;
    this.tokenHeader = tokenHeader;
    this.everySpelling = everySpelling;
    this.forwardCredential = forwardCredential;
    const { subject, scopes, tokenId, issuer, scheme } = names;
    this.own = [subject, scopes, tokenId, issuer, scheme, ...claims.map(({ name }) => name)];
    if (tokenHeader !== undefined) this.own.push(tokenHeader);
    this.guarded = new Set([...this.own, ...OVERRIDE_HEADERS, ...placed]);
    this.longest = Math.max(...Array.from(this.guarded, ({ length }) => length));
    this.spellings = [...this.guarded].flatMap(otherSpellings);
    this.credentials = forwardCredential ? [] : credentials;
    this.removed = [...OVERRIDE_HEADERS, ...this.credentials];
  }

  /**
   * Whether an upstream could take the header for one that only we set, or for one that holds a credential: CGI, WSGI and
   * their descendants read `_` as `-`, and some read any character other than letters and digits so. Only true for other
   * spellings; the names themselves are set or removed wherever they count.
   */
  isDisguised(name: string): boolean {
    return name.length <= this.longest && UNUSUAL.test(name) && this.guarded.has(name.replace(UNUSUAL_ALL, '-'));
  }

  /** What ends the list of headers to remove if the gateway hides headers, but not if it shows all of them. */
  get removedIfHidden(): readonly string[] {
    return this.everySpelling ? [] : this.spellings;
  }

  write({ credential, stripped }: Allow, shown: ShownHeaders): UpstreamHeaders {
    if (credential === undefined) {
      return { set: [], remove: this.with(shown, this.own, OVERRIDE_HEADERS), query: stripped?.query };
    }
    const set: (readonly [name: string, value: string])[] = [];
    const unset: string[] = [];
    for (const [name, value] of this.valuesOf(credential)) {
      if (value === '') unset.push(name);
      else set.push([name, value]);
    }
    if (stripped !== undefined && !this.forwardCredential) {
      set.push(...stripped.set);
      unset.push(...stripped.remove);
    }
    return { set, remove: this.with(shown, unset, this.removed), query: stripped?.query };
  }

  /** The names that a gateway must know in order to keep the answer with these headers. */
  namesOf({ set }: UpstreamHeaders): KeptNames {
    const names = set.map(([name]) => name);
    const unset = this.own.filter((name) => !names.includes(name));
    return { set: names, credentials: this.credentials, guarded: [...unset, ...OVERRIDE_HEADERS] };
  }

  /** Adds the other spellings. Allocates no list in the usual case, in which there are none. */
  private with(
    { complete, disguised }: ShownHeaders,
    unset: readonly string[],
    usual: readonly string[],
  ): readonly string[] {
    if (!complete || this.everySpelling) return [...unset, ...usual, ...this.spellings, ...disguised];
    return unset.length === 0 && disguised.length === 0 ? usual : [...unset, ...usual, ...disguised];
  }

  private valuesOf({
    identity,
    claims,
    upstream,
  }: VerifiedCredential): readonly (readonly [name: string, value: string])[] {
    const { subject, scopes, tokenId, issuer, scheme } = this.names;
    return [
      [subject, headerValue(identity.subject ?? '')],
      [scopes, identity.scopes.map(headerValue).join(' ')],
      [tokenId, headerValue(identity.tokenId ?? '')],
      [issuer, identity.issuer],
      [scheme, identity.scheme],
      ...this.claims.map(({ name, claim }) => [name, claimValue(claims?.get(claim))] as const),
      ...(this.tokenHeader === undefined ? [] : [[this.tokenHeader, upstream.token?.value ?? ''] as const]),
    ];
  }
}
