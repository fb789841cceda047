import type { BasicUse, BasicUseStore } from '../../verification/basic/basic-use.ts';
import { BASIC_USES_KEPT_DAYS, dayOf, mergeUses } from '../../verification/basic/basic-use.ts';
import type { Life } from './life.ts';

/** Counts of the uses of Basic in memory. */
export class MemoryBasicUses implements BasicUseStore {
  private readonly life: Life;
  /** By day, as `dayOf` numbers them. */
  private readonly days = new Map<number, readonly BasicUse[]>();

  constructor(life: Life) {
    this.life = life;
  }

  async add(uses: readonly BasicUse[]): Promise<void> {
    this.life.check();
    const byDay = Map.groupBy(uses, ({ lastAtSeconds }) => dayOf(lastAtSeconds));
    for (const [day, ofDay] of byDay) {
      this.days.set(day, mergeUses([...(this.days.get(day) ?? []), ...ofDay]));
    }
    const oldest = Math.max(...this.days.keys()) - BASIC_USES_KEPT_DAYS;
    for (const day of this.days.keys()) if (day <= oldest) this.days.delete(day);
  }

  async read(sinceSeconds: number): Promise<readonly BasicUse[]> {
    this.life.check();
    return mergeUses([...this.days].filter(([day]) => day >= dayOf(sinceSeconds)).flatMap(([, uses]) => uses));
  }
}
