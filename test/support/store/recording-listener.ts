import type { RevocationEntry } from '../../../src/revocation-set/entry.ts';
import type { RevocationListener } from '../../../src/revocation-set/revocation-store.ts';

/** Records what a feed reports. */
export class RecordingListener implements RevocationListener {
  maxStalenessMs = 1_000;
  readonly keys: string[] = [];
  readonly breaks: Error[] = [];
  losses = 0;
  heardUpToMs = Number.NEGATIVE_INFINITY;

  changed(keys: readonly string[]): void {
    this.keys.push(...keys);
  }

  wrote({ key }: RevocationEntry): void {
    this.changed([key]);
  }

  lost(): void {
    this.losses += 1;
  }

  heardUpTo(monotonicMs: number): void {
    this.heardUpToMs = monotonicMs;
  }

  brokenOff(cause: Error): void {
    this.breaks.push(cause);
  }
}
