import type { VerifiedCredential } from '../src/core/credential/verified-credential.ts';
import type { Decision } from '../src/core/decision.ts';
import { deny } from '../src/core/decision.ts';
import type { AccessRequest } from '../src/core/request.ts';
import type { Route } from '../src/core/route.ts';
import { nothingMade } from '../src/core/upstream/upstream-token.ts';
import { DecisionCells } from '../src/observe/metrics/decision-cells.ts';

/** Measures the time of one count next to a bare increment, and the memory of the cells of a large route map. */
const COUNTS = 20_000_000;
const ROUNDS = 5;

const request: AccessRequest = {
  door: 'ext-authz',
  method: 'POST',
  host: 'gateway',
  path: '/messages',
  authorization: `Bearer ${'x'.repeat(600)}`,
  fromBrowser: false,
};

function routeAt(index: number): Route {
  return {
    pattern: `/3rdparty/v1/messages/${index}/{id}`,
    hosts: [],
    methods: ['POST'],
    requirement: { kind: 'authenticated' },
    issuers: undefined,
    basic: false,
    sufficient: undefined,
    shadow: false,
  };
}

function credentialOf(issuer: string): VerifiedCredential {
  return {
    outcome: 'verified',
    identity: { issuer, subject: 'alice', tokenId: undefined, scheme: 'bearer', scopes: [] },
    granted: new Set(),
    use: undefined,
    validUntilMs: Infinity,
    issuedAtSeconds: 0,
    generation: 1,
    key: { inForce: true },
    standings: [],
    upstream: nothingMade(),
    lastUse: undefined,
  };
}

/** Returns one allow for each of `routes` routes, a power of two, with three issuers in turn. */
function allowsOver(routes: number): Decision[] {
  const credentials = ['sallyport', 'corporate', 'partner'].map(credentialOf);
  return Array.from({ length: routes }, (_, index) => ({
    outcome: 'allow',
    route: routeAt(index),
    credential: credentials[index % credentials.length],
    shadowed: undefined,
    keepMs: 0,
  }));
}

/** Returns the nanoseconds per call, as the median of several rounds. */
function time(step: (index: number) => void): number {
  const figures = Array.from({ length: ROUNDS }, () => {
    const beganMs = performance.now();
    for (let index = 0; index < COUNTS; index++) step(index);
    return ((performance.now() - beganMs) * 1e6) / COUNTS;
  });
  return figures.toSorted((left, right) => left - right)[ROUNDS >> 1] ?? 0;
}

function timeCounting(decisions: readonly Decision[]): number {
  const cells = new DecisionCells();
  const mask = decisions.length - 1;
  return time((index) => {
    const decision = decisions[index & mask];
    if (decision !== undefined) cells.count(request, decision);
  });
}

function bytesOf(routes: number): number {
  const decisions = allowsOver(routes);
  const denials = decisions.map(({ route }) => deny('token_invalid', route, 'signature', 'corporate'));
  const cells = new DecisionCells();
  const before = heapBytes();
  for (const decision of [...decisions, ...denials]) cells.count(request, decision);
  const after = heapBytes();
  cells.count(request, denials[0] ?? deny('route_denied', undefined, 'route'));
  return after - before;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function print(what: string, figure: number, unit: string): void {
  process.stdout.write(`${what.padEnd(44)} ${figure.toFixed(1).padStart(8)} ${unit}\n`);
}

const field = { count: 0 };
print(
  'a bare field increment',
  time(() => void (field.count += 1)),
  'ns',
);
print('an allow, one route', timeCounting(allowsOver(1)), 'ns');
print('an allow, 16 routes and 3 issuers in turn', timeCounting(allowsOver(16)), 'ns');
print('an allow, 8192 routes and 3 issuers in turn', timeCounting(allowsOver(8192)), 'ns');
print('a denial', timeCounting([deny('token_invalid', routeAt(0), 'signature', 'corporate')]), 'ns');
print('memory, 10,000 routes allowed and denied', bytesOf(10_000) / 1e6, 'MB');
