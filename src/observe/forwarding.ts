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

  constructor() {
    this.ignored = this.doors;
  }

  /** Returns whether it is the first for its door. */
  count(door: string, peer: string): boolean {
    const existing = this.doors.get(door);
    if (existing === undefined) {
      this.doors.set(door, { count: 1, peer });
      return true;
    }
    existing.count += 1;
    existing.peer = peer;
    return false;
  }
}
