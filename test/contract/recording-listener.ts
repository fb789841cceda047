import type { RevocationListener } from '../../src/store/store.ts';

/** Remembers what a feed told. */
export class RecordingListener implements RevocationListener {
  readonly keys: string[] = [];
  losses = 0;
  heardUpToMs = Number.NEGATIVE_INFINITY;

  changed(keys: readonly string[]): void {
    this.keys.push(...keys);
  }

  lost(): void {
    this.losses += 1;
  }

  heardUpTo(monotonicMs: number): void {
    this.heardUpToMs = monotonicMs;
  }
}
