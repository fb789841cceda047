const INTERVAL_MS = 10_000;
const MAX_KINDS = 100;
/** Shared by all further kinds, which are then counted together. */
const ANY_OTHER = '';

/** How many lines of a kind were left out since the last one; empty for none. To be spread into the facts of the next. */
export interface Repeated {
  readonly repeated?: number;
}

type Line = (repeated: Repeated) => void;

interface Kind {
  repeated: number;
  line: Line;
  timer: NodeJS.Timeout;
}

/**
 * Keeps repeated failures from filling the log. Logs the first of a kind at once, then the number of further ones every
 * ten seconds while they continue.
 */
export class Repeats {
  /** Lines left out since the start. */
  suppressed = 0;
  private readonly kinds = new Map<string, Kind>();

  /** @param name identifies the kind: failures with the same name are the same. */
  tell(name: string, line: Line): void {
    const key = this.kinds.has(name) || this.kinds.size < MAX_KINDS ? name : ANY_OTHER;
    const kind = this.kinds.get(key);
    if (kind === undefined) {
      line({});
      this.kinds.set(key, { repeated: 0, line, timer: this.wait(key) });
      return;
    }
    this.suppressed += 1;
    kind.repeated += 1;
    kind.line = line;
  }

  /** Writes the lines that are still due. */
  close(): void {
    for (const { repeated, line, timer } of this.kinds.values()) {
      clearTimeout(timer);
      if (repeated > 0) line({ repeated });
    }
    this.kinds.clear();
  }

  private wait(key: string): NodeJS.Timeout {
    return setTimeout(() => this.summarise(key), INTERVAL_MS).unref();
  }

  private summarise(key: string): void {
    const kind = this.kinds.get(key);
    if (kind === undefined) return;
    if (kind.repeated === 0) {
      this.kinds.delete(key);
      return;
    }
    kind.line({ repeated: kind.repeated });
    kind.repeated = 0;
    kind.timer = this.wait(key);
  }
}
