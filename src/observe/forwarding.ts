/** How often one door has ignored `X-Forwarded-*`. */
interface Ignored {
  count: number;
  /** The last peer that sent it. */
  peer: string;
}

/** Counts requests with `X-Forwarded-*` from untrusted peers since the start, by the door's key under `listen`. */
export class Forwarding {
  readonly ignored: ReadonlyMap<string, Readonly<Ignored>>;
  private readonly doors = new Map<string, Ignored>();
  private readonly told = new Set<string>();

  constructor() {
    this.ignored = this.doors;
  }

  /**
   * Returns whether it is the first of its kind for its door.
   *
   * @param effect the kind: what the door did with the request.
   */
  count(door: string, peer: string, effect: 'ignored' | 'denied'): boolean {
    const { count } = this.doors.get(door) ?? { count: 0 };
    this.doors.set(door, { count: count + 1, peer });
    const kind = `${door} ${effect}`;
    const isFirst = !this.told.has(kind);
    this.told.add(kind);
    return isFirst;
  }
}
