import { setTimeout as wait } from 'node:timers/promises';
import { residentMegabytes } from './cpu.ts';
import { Table } from './figures.ts';
import type { Setting } from './full-service.ts';
import { startFullService } from './full-service.ts';

const STARTS = 5;
const SETTLE_MS = 500;

/**
 * From the start of the process until it is ready, with a warm compile cache; and its memory before the first request. From the
 * bundle, and from the sources.
 */
export async function measureStart(services: readonly Setting[]): Promise<Table> {
  const table = new Table();
  const settings = services.flatMap((setting) => [setting, fromSources(setting)]);
  // Fills the cache.
  for (const setting of settings) await (await startFullService(setting)).stop();
  for (let round = 0; round < STARTS; round++) {
    for (const setting of settings) {
      const service = await startFullService(setting);
      await wait(SETTLE_MS);
      table.add(setting.name, 'ready ms', service.readyMs);
      table.add(setting.name, 'RSS MB', await residentMegabytes(service.pid));
      await service.stop();
    }
  }
  return table;
}

function fromSources(setting: Setting): Setting {
  return { ...setting, name: `${setting.name}, from the sources`, program: 'sources' };
}
