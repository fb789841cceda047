import type { RequiredBinding } from './binding/binding.ts';
import type { RouteConditions } from './condition/route-conditions.ts';
import type { CorsRule } from './cors/cors-rule.ts';
import type { Places } from './credential/places/places.ts';
import type { TokenUse } from './credential/verified-credential.ts';
import { decodePath, encodePath } from './path.ts';
import { decidingHost, dotsIn } from './patterns/deciding-host.ts';
import type { McpRule } from './resource/mcp-tools.ts';
import type { Resource } from './resource/resource.ts';
import type { Requirement } from './scope.ts';

/** One rule of the route map. */
export interface Route {
  /** Its name in logs and metrics: the pattern, never a path. Not percent-encoded, unlike what is matched. */
  readonly pattern: string;
  /** Exact lower-case names or `*.suffix`; empty for every host. */
  readonly hosts: readonly string[];
  /** Empty for every method that no other rule of the same path lists. `GET` covers `HEAD`. */
  readonly methods: readonly string[];
  readonly requirement: Requirement;
  /** The names of the issuers whose tokens it accepts; `undefined` for all. */
  readonly issuers: ReadonlySet<string> | undefined;
  /** Whether it accepts Basic credentials. */
  readonly basic: boolean;
  /** The kinds of our own credentials that need no scopes here; only the calls of the token service have any. */
  readonly sufficient: ReadonlySet<TokenUse | 'password'> | undefined;
  readonly shadow: boolean;
  /** Whether it takes our own refresh tokens, and nothing else. All other routes refuse them. */
  readonly takesRefresh?: boolean | undefined;
  /** The kind of binding that its tokens must have; `undefined` if any bearer's token is accepted. */
  readonly bound?: RequiredBinding | undefined;
  /** The protected resource that it belongs to: tokens must be meant for it, and challenges name its metadata. */
  readonly resource?: Resource | undefined;
  /** What it requires of the caller besides scopes; `undefined` for nothing. */
  readonly where?: RouteConditions | undefined;
  /** What pages of other origins may do with it; `undefined` for nothing that browsers do not allow by themselves. */
  readonly cors?: CorsRule | undefined;
  /** For a route at an MCP server: what its messages require. */
  readonly mcp?: McpRule | undefined;
  /** Where it reads credentials; `undefined` if it reads the Authorization field alone. */
  readonly credentialPlaces?: Places | undefined;
  /** The origins, besides that of a request itself, whose pages may use a cookie as a credential. */
  readonly allowedOrigins?: ReadonlySet<string> | undefined;
}

/** Returns a rule that holds for every host and method, accepts no Basic and is not in shadow, except as it says. */
export function plainRoute(rule: Pick<Route, 'pattern' | 'requirement'> & Partial<Route>): Route {
  const plain = { hosts: [], methods: [], issuers: undefined, basic: false, sufficient: undefined, shadow: false };
  return { ...plain, ...rule };
}

/** `none`: no rule matches. `ambiguous`: the path as sent and its canonical encoding match two different rules. */
export type RouteMatch = Route | 'none' | 'ambiguous';

/** The rules of one path pattern, by method. */
class Methods {
  private readonly byMethod = new Map<string, Route>();
  private other: Route | undefined;

  /** Adds a rule; returns the existing rule of the same path and method, if any. */
  add(route: Route): Route | undefined {
    if (route.methods.length === 0) {
      const standing = this.other;
      this.other ??= route;
      return standing;
    }
    for (const method of route.methods) {
      const standing = this.byMethod.get(method);
      if (standing !== undefined) return standing;
      this.byMethod.set(method, route);
    }
    return undefined;
  }

  find(method: string): Route | undefined {
    const listed = this.byMethod.get(method);
    if (listed !== undefined) return listed;
    const viaGet = method === 'HEAD' ? this.byMethod.get('GET') : undefined;
    // A door without a method passes an empty one, which no rule matches.
    return viaGet ?? (method === '' ? undefined : this.other);
  }
}

/** One path segment of the patterns that have parameters or wildcards. */
class Segment {
  readonly literals = new Map<string, Segment>();
  param: Segment | undefined;
  here: Methods | undefined;
  rest: Methods | undefined;
}

/** The rules with the same set of hosts. */
class HostTable {
  private readonly exact = new Map<string, Methods>();
  private readonly root = new Segment();

  at(readable: string): Methods {
    const pattern = encodePath(readable);
    const segments = pattern.slice(1).split('/');
    if (segments.every((segment) => segment !== '**' && !isParam(segment))) {
      const standing = this.exact.get(pattern) ?? new Methods();
      this.exact.set(pattern, standing);
      return standing;
    }
    let node = this.root;
    for (const segment of segments) {
      if (segment === '**') return (node.rest ??= new Methods());
      node = child(node, segment);
    }
    return (node.here ??= new Methods());
  }

  find(path: string): Methods | undefined {
    return this.exact.get(path) ?? walk(this.root, path, 1);
  }
}

function isParam(segment: string): boolean {
  return segment.startsWith('{');
}

function child(node: Segment, segment: string): Segment {
  if (isParam(segment)) return (node.param ??= new Segment());
  const standing = node.literals.get(segment) ?? new Segment();
  node.literals.set(segment, standing);
  return standing;
}

/** In each segment, a literal beats `{param}`, which beats `**`; `start` is past the end after the last segment. */
function walk(node: Segment, path: string, start: number): Methods | undefined {
  if (start > path.length) return node.here ?? node.rest;
  const slash = path.indexOf('/', start);
  const end = slash < 0 ? path.length : slash;
  const literal = node.literals.get(path.slice(start, end));
  const viaLiteral = literal === undefined ? undefined : walk(literal, path, end + 1);
  if (viaLiteral !== undefined) return viaLiteral;
  const viaParam = node.param === undefined || end === start ? undefined : walk(node.param, path, end + 1);
  return viaParam ?? node.rest;
}

/** Two rules that are equally specific for some request. */
export interface RouteConflict {
  readonly route: Route;
  readonly standing: Route;
}

/**
 * The route map. It matches the host, then the path, then the method, each by the most specific pattern, and does not
 * fall back to a wider pattern if the next step finds nothing.
 */
export class RouteMap {
  readonly conflicts: readonly RouteConflict[];
  private readonly everyHost = new HostTable();
  private readonly hosts = new Map<string, HostTable>();
  /** The most dots of a `*.suffix` among {@link hosts}. */
  private mostDots = 0;
  private readonly scopes: ReadonlyMap<string, Route> | undefined;

  /** @param scopes the routes for questions about one scope, by its name. */
  constructor(routes: readonly Route[], scopes?: ReadonlyMap<string, Route>) {
    this.scopes = scopes;
    const conflicts: RouteConflict[] = [];
    for (const route of routes) {
      for (const table of this.tablesOf(route)) {
        const standing = table.at(route.pattern).add(route);
        if (standing !== undefined) conflicts.push({ route, standing });
      }
    }
    this.conflicts = conflicts;
  }

  /**
   * @param path as `readPath` returned it.
   * @param scope for a question about one scope, which no host, method or path answers.
   */
  match(host: string, method: string, path: string, scope?: string): RouteMatch {
    if (scope !== undefined) return this.scopes?.get(scope) ?? 'none';
    const table = this.tableFor(host);
    if (table === undefined) return 'none';
    const methods = table.find(path);
    if (path.includes('%') && table.find(encodePath(decodePath(path) ?? path)) !== methods) return 'ambiguous';
    return methods?.find(method) ?? 'none';
  }

  private tablesOf(route: Route): HostTable[] {
    return route.hosts.length === 0 ? [this.everyHost] : route.hosts.map((host) => this.tableAt(host));
  }

  private tableAt(host: string): HostTable {
    const standing = this.hosts.get(host);
    if (standing !== undefined) return standing;
    const table = new HostTable();
    this.hosts.set(host, table);
    if (host.startsWith('*.')) this.mostDots = Math.max(this.mostDots, dotsIn(host));
    return table;
  }

  private tableFor(host: string): HostTable | undefined {
    if (this.hosts.size === 0) return this.everyHost;
    const name = readHostName(host);
    if (name === undefined) return undefined;
    return this.hosts.get(decidingHost(name, this.hosts, this.mostDots)) ?? this.everyHost;
  }
}

/** Without empty labels. Lower-cased only after the match, since lower-casing maps U+212A to an ASCII `k`. */
const HOST = /^((?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)?|\[[0-9a-f:.]+\])(?::[0-9]*)?$/i;

/** A name of 253 characters (RFC 1035, section 2.3.4), a final dot and a port. */
const MAX_AUTHORITY_LENGTH = 260;

/**
 * The host name of an authority in lower case, without port and final dot; `undefined` if it is not a plain authority, or
 * longer than any name.
 */
export function readHostName(authority: string): string | undefined {
  if (authority.length > MAX_AUTHORITY_LENGTH) return undefined;
  return HOST.exec(authority)?.[1]?.toLowerCase().replace(/\.$/, '');
}
