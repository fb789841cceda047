import type { Allow } from './decision.ts';
import type { Identity } from './known.ts';

/** Names of the headers in which upstreams receive an identity; lower-case. */
export interface IdentityHeaders {
  readonly subject: string;
  readonly scopes: string;
  readonly tokenId: string;
  readonly issuer: string;
  readonly scheme: string;
}

const UNUSUAL = /[^a-z0-9-]/;
const UNUSUAL_ALL = /[^a-z0-9-]/g;

/** How a request changes on its way to the upstream. */
export interface UpstreamHeaders {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly remove: readonly string[];
}

/** Headers by which a client asks an upstream to read another method or path than the one that was authorized. */
const OVERRIDES = [
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-method',
  'x-original-url',
  'x-rewrite-url',
] as const;

/** Makes the headers for what passes; built once a configuration. */
export class UpstreamHeaderWriter {
  private readonly names: IdentityHeaders;
  private readonly forwardCredential: boolean;
  private readonly guarded: ReadonlySet<string>;

  /** @param forwardCredential whether Authorization reaches the upstream of a protected route. */
  constructor(names: IdentityHeaders, forwardCredential: boolean) {
    this.names = names;
    this.forwardCredential = forwardCredential;
    const { subject, scopes, tokenId, issuer, scheme } = names;
    this.guarded = new Set([subject, scopes, tokenId, issuer, scheme, ...OVERRIDES]);
  }

  /**
   * Whether an upstream could take the header for one that only we set: CGI, WSGI and their kin read `_`, and some any
   * character but letters and digits, as `-`. True for other spellings only; the names themselves are always set or
   * removed.
   */
  isDisguised(name: string): boolean {
    return UNUSUAL.test(name) && this.guarded.has(name.replace(UNUSUAL_ALL, '-'));
  }

  /** @param disguised names of the request for which {@link isDisguised} holds. */
  write({ credential }: Allow, disguised: readonly string[]): UpstreamHeaders {
    const values = credential === undefined ? {} : this.valuesOf(credential.identity);
    const set = Object.entries(values).filter(([, value]) => value !== '');
    const isSet = new Set(set.map(([name]) => name));
    const remove = [...this.guarded].filter((name) => !isSet.has(name));
    if (credential !== undefined && !this.forwardCredential) remove.push('authorization');
    return { set, remove: [...remove, ...disguised] };
  }

  private valuesOf(identity: Identity): Record<string, string> {
    return {
      [this.names.subject]: headerValue(identity.subject ?? ''),
      [this.names.scopes]: identity.scopes.map(headerValue).join(' '),
      [this.names.tokenId]: headerValue(identity.tokenId ?? ''),
      [this.names.issuer]: identity.issuer,
      [this.names.scheme]: identity.scheme,
    };
  }
}

const OTHER_THAN_VISIBLE = /[^\x21-\x7e]|%/gu;

/** Percent-encodes all but visible ASCII, and `%` itself, so that two identities never share a spelling. */
function headerValue(value: string): string {
  return value
    .toWellFormed()
    .replace(OTHER_THAN_VISIBLE, (character) => (character === '%' ? '%25' : encodeURIComponent(character)));
}
