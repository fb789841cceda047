/** How often one door ignored what a peer told of its client. */
interface Ignored {
  count: number;
  /** The peer that told it last. */
  peer: string;
}

/** What peers that are no trusted proxies told of their clients' addresses, since the start, by the door's key under `listen`. */
export class Forwarding {
  readonly ignored: ReadonlyMap<string, Readonly<Ignored>>;
  private readonly doors = new Map<string, Ignored>();

  constructor() {
    this.ignored = this.doors;
  }

  /** Whether it is the first of its door. */
  count(door: string, peer: string): boolean {
    const standing = this.doors.get(door);
    if (standing === undefined) {
      this.doors.set(door, { count: 1, peer });
      return true;
    }
    standing.count += 1;
    standing.peer = peer;
    return false;
  }
}
