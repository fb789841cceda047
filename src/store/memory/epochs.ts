import type { EpochReading, EpochStore } from '../../revocation-set/revocation-store.ts';
import type { Life } from './life.ts';
import type { MemoryRevocations } from './revocations.ts';

/** The epoch record in memory. It is lost only with the process. */
export class MemoryEpochs implements EpochStore {
  private readonly life: Life;
  private readonly revocations: MemoryRevocations;

  constructor(life: Life, revocations: MemoryRevocations) {
    this.life = life;
    this.revocations = revocations;
  }

  async read(): Promise<EpochReading> {
    this.life.check();
    return this.revocations.epoch;
  }

  async swap(key: string, expected: string | undefined, value: string): Promise<boolean> {
    this.life.check();
    if (this.revocations.epoch.get(key) !== expected) return false;
    this.revocations.epoch = new Map([[key, value]]);
    return true;
  }
}
