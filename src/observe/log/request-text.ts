import { isIP } from 'node:net';
import type { Config } from '../../config/config.ts';
import { USUAL_METHODS } from '../../core/method.ts';
import { encodePath } from '../../core/path.ts';
import type { Route } from '../../core/route.ts';
import { readHostName } from '../../core/route.ts';
import { nearest } from '../../lib/nearest.ts';

/** Where some parser ends a path, encoded or not. The rest may contain secrets. */
const END_OF_PATH = /[?#;]|%(?:25)*(?:3f|23|3b)/i;
const MAX_SEGMENTS = 32;
/** Longer segments are not compared with the literals. */
const MAX_WORD_LENGTH = 32;
/** Longer hosts are not compared with those of the configuration. */
const MAX_HOST_LENGTH = 64;
/** The most comparisons of a segment with a literal for one path, because anyone may send any path. */
const MAX_COMPARISONS = 500;
/** Stands for what may be a secret. */
export const HIDDEN = '…';

/** What of a configuration a line may show of a request. */
export interface NamedByConfig {
  readonly routes: readonly Pick<Route, 'pattern' | 'methods' | 'hosts'>[];
  readonly issuers: readonly Pick<Config['issuers'][number], 'kind' | 'issuer'>[];
  readonly resources: readonly Pick<Config['resources'][number], 'url'>[];
}

/**
 * Describes a request without secrets, which clients may put into the host, the method or any segment of the path. It
 * shows only what the configuration contains. A misspelt literal becomes `~` and the literal, anything else `…`.
 */
export class RequestText {
  private literals: ReadonlyMap<string, string> = new Map();
  private methods: ReadonlySet<string> = USUAL_METHODS;
  private hosts: ReadonlySet<string> = new Set();
  /** The longest first. */
  private wildcards: readonly string[] = [];

  /** Takes up the configuration in force. */
  reconfigure(config: NamedByConfig): void {
    const { routes } = config;
    this.hosts = hostsOf(config);
    const wildcards = [...this.hosts].filter((host) => host.startsWith('*.'));
    this.wildcards = wildcards.toSorted((left, right) => right.length - left.length);
    const segments = routes.flatMap(({ pattern }) => pattern.split('/')).filter(isLiteral);
    this.literals = new Map(segments.map((segment) => [encodePath(segment), segment]));
    this.methods = new Set([...USUAL_METHODS, ...routes.flatMap(({ methods }) => methods)]);
  }

  nameMethod(method: string): string {
    if (this.methods.has(method)) return method;
    const upper = method.length <= MAX_WORD_LENGTH ? method.toUpperCase() : '';
    return this.methods.has(upper) ? `~${upper}` : HIDDEN;
  }

  /** Describes the host without its port: an address, a host of the configuration, or the `*.suffix` of a route. */
  nameHost(authority: string): string {
    const host = readHostName(authority);
    if (host === undefined) return HIDDEN;
    if (this.hosts.has(host) || host === LOCAL || isIP(host.replace(BRACKETS, '')) !== 0) return host;
    const wildcard = this.wildcards.find((pattern) => host.endsWith(pattern.slice(1)));
    if (wildcard !== undefined) return wildcard;
    return host.length > MAX_HOST_LENGTH || this.hosts.size > MAX_COMPARISONS
      ? HIDDEN
      : misspelling(host, this.hosts.values());
  }

  /** Describes the path without its query. */
  namePath(target: string): string {
    const [first = '', ...segments] = (target.split(END_OF_PATH, 1)[0] ?? '').split('/', MAX_SEGMENTS);
    const start = first === '' || first === '*' ? first : HIDDEN;
    let comparisons = 0;
    const names = segments.map((segment) => {
      const known = segment === '' ? '' : this.literals.get(segment);
      if (known !== undefined) return known;
      if (segment.length > MAX_WORD_LENGTH) return HIDDEN;
      comparisons += this.literals.size;
      return comparisons > MAX_COMPARISONS ? HIDDEN : misspelling(segment, this.literals.values());
    });
    return [start, ...names].join('/');
  }
}

const LOCAL = 'localhost';
const BRACKETS = /^\[|\]$/g;

/** Those of the routes, of the resources and of our own issuer. */
function hostsOf({ routes, issuers, resources }: NamedByConfig): ReadonlySet<string> {
  const own = issuers.flatMap(({ kind, issuer }) => (kind === 'signing' ? issuer : []));
  const urls = [...own, ...resources.map(({ url }) => url)].flatMap((url) => (URL.canParse(url) ? [new URL(url)] : []));
  return new Set([...routes.flatMap(({ hosts }) => hosts), ...urls.map(({ hostname }) => hostname)]);
}

function misspelling(word: string, words: Iterable<string>): string {
  const meant = nearest(word, words);
  return meant === undefined ? HIDDEN : `~${meant}`;
}

function isLiteral(segment: string): boolean {
  return segment !== '' && segment !== '**' && !segment.startsWith('{');
}
