import { isDpop } from '../../core/binding/possession.ts';
import { readCredential } from '../../core/credential/credential.ts';
import { readPresented } from '../../core/credential/places/read-places.ts';
import type { VerifiedCredential } from '../../core/credential/verified-credential.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import { REASONS, type Reason } from '../../core/reason.ts';
import type { AccessRequest, Door } from '../../core/request.ts';
import type { Route } from '../../core/route.ts';
import type { Sample } from './samples.ts';

/** The scheme of a request's credential; `none` includes unsupported schemes. */
const SCHEMES = ['bearer', 'basic', 'dpop', 'none'] as const;
const BEARER = 0;
const BASIC = 1;
const DPOP = 2;
const NONE = 3;

/** Every outcome with each reason that it may have. */
const OUTCOMES: readonly (readonly [Decision['outcome'] | 'shadow', string])[] = [
  ['allow', ''],
  ...(['deny', 'shadow'] as const).flatMap((outcome) => REASONS.map((reason) => [outcome, reason] as const)),
];

/** The index of a reason's first cell. Each reason has one cell per scheme. */
const OFFSETS = new Map<Reason, number>(REASONS.map((reason, index) => [reason, index * SCHEMES.length]));

/** The cells of one door, route and issuer. Cells for denials are created on demand, because most routes have few. */
class Tally {
  readonly allowed = SCHEMES.map(() => 0);
  denied: number[] | undefined;
  shadowed: number[] | undefined;
}

/** The cells of one door and route, by issuer; `''` if it is unknown. */
type Block = Map<string, Tally>;

class DoorCells {
  readonly byPattern = new Map<string, Block>();
  private readonly byRoute = new WeakMap<Route, Block>();
  private readonly unrouted = this.blockAt('');

  blockOf(route: Route | undefined): Block {
    if (route === undefined) return this.unrouted;
    return this.byRoute.get(route) ?? this.resolve(route);
  }

  /** Called once per route object. */
  private resolve(route: Route): Block {
    const block = this.blockAt(route.pattern);
    this.byRoute.set(route, block);
    return block;
  }

  private blockAt(pattern: string): Block {
    const existing = this.byPattern.get(pattern);
    if (existing !== undefined) return existing;
    const block: Block = new Map();
    this.byPattern.set(pattern, block);
    return block;
  }
}

/**
 * Counts decisions in plain cells by door, route, issuer, scheme and reason. Counting looks up a route by its identity
 * and increments a number; labels are built only when the cells are read.
 *
 * Cells belong to a route's pattern, not to the route object: rules with the same pattern share them, and counters
 * continue after a reload creates the route anew. Cells are created on first use and never dropped, so memory is bounded
 * by the patterns and issuers that configurations have named.
 */
export class DecisionCells {
  private readonly doors = new Map<Door, DoorCells>();

  count(request: AccessRequest, decision: Decision): void {
    const denial = decision.outcome === 'deny' ? decision : decision.shadowed;
    const issuer = (denial === undefined ? decision.credential?.identity.issuer : denial.issuer) ?? '';
    const tally = tallyAt(this.cellsOf(request.door).blockOf(decision.route), issuer);
    if (denial === undefined) increment(tally.allowed, schemeOf(decision.credential));
    else increment(cellsFor(tally, decision.outcome), offsetOf(denial, request));
  }

  /** Yields every cell that is not zero. */
  *samples(): Generator<Sample> {
    for (const [door, { byPattern }] of this.doors) {
      for (const [route, block] of byPattern) {
        for (const [issuer, tally] of block) yield* samplesOf(tally, { door, route, issuer });
      }
    }
  }

  /** Yields the number of decisions by outcome and reason, also those that are zero. */
  *outcomes(): Generator<Sample> {
    const sums = new Map<string, number>();
    for (const { labels, value } of this.samples()) {
      const key = `${labels['outcome']} ${labels['reason']}`;
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    for (const [outcome, reason] of OUTCOMES) {
      yield { labels: { outcome, reason }, value: sums.get(`${outcome} ${reason}`) ?? 0 };
    }
  }

  private cellsOf(door: Door): DoorCells {
    const existing = this.doors.get(door);
    if (existing !== undefined) return existing;
    const cells = new DoorCells();
    this.doors.set(door, cells);
    return cells;
  }
}

function tallyAt(block: Block, issuer: string): Tally {
  const existing = block.get(issuer);
  if (existing !== undefined) return existing;
  const tally = new Tally();
  block.set(issuer, tally);
  return tally;
}

/** Returns the cells for enforced denials, or those for denials that `shadow` let pass. */
function cellsFor(tally: Tally, outcome: Decision['outcome']): number[] {
  if (outcome === 'deny') return (tally.denied ??= emptyCells());
  return (tally.shadowed ??= emptyCells());
}

function emptyCells(): number[] {
  return Array.from({ length: REASONS.length * SCHEMES.length }, () => 0);
}

function increment(cells: number[], index: number): void {
  cells[index] = (cells[index] ?? 0) + 1;
}

function schemeOf(credential: VerifiedCredential | undefined): number {
  if (credential === undefined) return NONE;
  const { scheme } = credential.identity;
  if (scheme === 'dpop') return DPOP;
  return scheme === 'bearer' ? BEARER : BASIC;
}

function offsetOf({ reason, credential, route }: Deny, request: AccessRequest): number {
  const scheme = credential === undefined ? presentedScheme(request, route) : schemeOf(credential);
  return (OFFSETS.get(reason) ?? 0) + scheme;
}

function presentedScheme(request: AccessRequest, route: Route | undefined): number {
  const presented = route === undefined ? readCredential(request.authorization) : readPresented(request, route);
  const { scheme } = presented;
  if (scheme === 'bearer') return isDpop(presented) ? DPOP : BEARER;
  return scheme === 'basic' ? BASIC : NONE;
}

type Place = Readonly<Record<'door' | 'route' | 'issuer', string>>;

function* samplesOf({ allowed, denied = [], shadowed = [] }: Tally, place: Place): Generator<Sample> {
  yield* counted(allowed, 'allow', place);
  yield* counted(denied, 'deny', place);
  yield* counted(shadowed, 'shadow', place);
}

function* counted(cells: readonly number[], outcome: 'allow' | 'deny' | 'shadow', place: Place): Generator<Sample> {
  const { door, route, issuer } = place;
  for (const [index, value] of cells.entries()) {
    if (value === 0) continue;
    const scheme = SCHEMES[index % SCHEMES.length] ?? '';
    const reason = outcome === 'allow' ? '' : (REASONS[Math.floor(index / SCHEMES.length)] ?? '');
    yield { labels: { door, outcome, reason, scheme, route, issuer }, value };
  }
}
