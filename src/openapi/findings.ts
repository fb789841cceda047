import { encodePath } from '../core/path.ts';
import { decidingHost } from '../core/patterns/deciding-host.ts';
import { comparePatterns, overlaps, shapeOf } from '../core/patterns/pattern-order.ts';
import type { Route } from '../core/route.ts';
import { RouteMap } from '../core/route.ts';
import type { DemandMatch } from './demand-match.ts';
import { matchDemand } from './demand-match.ts';
import type { PlacedOperation } from './placed-operation.ts';

/** An operation whose path a route can have. */
export interface Matchable extends PlacedOperation {
  readonly pattern: string;
}

/** A rule whose requirement is not what the document demands. */
export interface Difference extends PlacedOperation {
  readonly route: Route;
  readonly rule: Extract<DemandMatch, { readonly outcome: 'differs' }>['rule'];
  /** Whether the rule decides only some of the operation's requests: it has a literal where that has a parameter. */
  readonly isPart: boolean;
}

/** A rule, or some of its methods, that no operation describes. */
export interface UnknownRule {
  readonly route: Route;
  /** Empty for every method. */
  readonly methods: readonly string[];
}

/** An operation that could not be compared, and why. */
export interface Undecided extends PlacedOperation {
  readonly why: string;
}

/** Collects what is found, operation by operation. */
export class Findings {
  readonly missing: PlacedOperation[] = [];
  readonly differences: Difference[] = [];
  readonly undecided: Undecided[] = [];
  private readonly routes: readonly Route[];
  private readonly hosts: ReadonlySet<string>;
  private readonly map: RouteMap;
  private readonly operations: readonly Matchable[];
  /** The methods of the operations that each rule decides. */
  private readonly used = new Map<Route, Set<string>>();
  /** A segment that no route has as a literal. */
  private readonly value: string;

  constructor(routes: readonly Route[], operations: readonly Matchable[]) {
    this.routes = routes;
    this.hosts = hostsOf(routes);
    this.map = new RouteMap(routes);
    this.operations = operations;
    const segments = new Set(routes.flatMap(({ pattern }) => pattern.split('/')));
    this.value = 'x';
    while (segments.has(this.value)) this.value += 'x';
  }

  compare(operation: Matchable): void {
    const {
      pattern,
      host,
      operation: { method },
    } = operation;
    const example = pattern.replace(/\{[^}/]*\}/g, this.value);
    const route = this.map.match(host, method, encodePath(example));
    for (const part of this.partsOf(operation, typeof route === 'string' ? undefined : route)) {
      this.judge(operation, part, true);
    }
    if (typeof route !== 'string') this.judge(operation, route, false);
    else if (method === 'TRACE')
      this.undecided.push({ ...placed(operation), why: 'TRACE reflects credentials: it needs no rule' });
    else this.missing.push(placed(operation));
  }

  /** Rules with a literal where the operation has a parameter, unless the document describes them itself. */
  private partsOf({ pattern, host, operation: { method } }: Matchable, decided: Route | undefined): readonly Route[] {
    if (!pattern.includes('{')) return [];
    return this.routes.filter((route) => {
      if (route === decided || !covers(route, method) || !isInTable(route, host, this.hosts)) return false;
      if (!overlaps(route.pattern, pattern) || comparePatterns(route.pattern, pattern) >= 0) return false;
      const shape = shapeOf(route.pattern);
      return !this.operations.some((other) => shapeOf(other.pattern) === shape && other.operation.method === method);
    });
  }

  private judge(operation: Matchable, route: Route, isPart: boolean): void {
    const { method, demand } = operation.operation;
    const used = this.used.get(route) ?? new Set();
    this.used.set(route, used.add(route.methods.includes(method) || method !== 'HEAD' ? method : 'GET'));
    const match = matchDemand(demand, route.requirement);
    if (match.outcome === 'differs') {
      this.differences.push({ ...placed(operation), route, rule: match.rule, isPart });
    } else if (match.outcome === 'not stated' && !isPart) {
      const rule = route.requirement.kind === 'public' ? ', and its rule is public' : '';
      this.undecided.push({ ...placed(operation), why: `neither the operation nor the document has security${rule}` });
    }
  }

  /** Documents hardly ever describe HEAD and the OPTIONS of a browser, so these need an operation of any method. */
  unknownIn(route: Route): UnknownRule | undefined {
    const used = this.used.get(route);
    if (route.methods.length === 0) return used === undefined ? { route, methods: [] } : undefined;
    const isDescribed = this.operations.some(({ pattern }) => overlaps(pattern, route.pattern));
    const methods = route.methods.filter((method) => {
      const isImplied = isDescribed && (method === 'HEAD' || method === 'OPTIONS');
      return used?.has(method) !== true && !isImplied;
    });
    return methods.length === 0 ? undefined : { route, methods };
  }

  isWider(route: Route): boolean {
    return this.used.has(route) && (route.methods.length === 0 || route.pattern.endsWith('/**'));
  }
}

function placed({ operation, path, host }: Matchable): PlacedOperation {
  return { operation, path, host };
}

function covers({ methods }: Route, method: string): boolean {
  return methods.length === 0 || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));
}

/** Returns the hosts of all rules; `''` stands for every host. */
export function hostsOf(routes: readonly Route[]): ReadonlySet<string> {
  return new Set(routes.flatMap(({ hosts }) => (hosts.length === 0 ? [''] : hosts)));
}

/** Whether a rule is among those that decide requests for a host. @param hosts the hosts of all rules. */
export function isInTable(route: Route, host: string, hosts: ReadonlySet<string>): boolean {
  const key = decidingHost(host, hosts);
  return key === '' ? route.hosts.length === 0 : route.hosts.includes(key);
}
