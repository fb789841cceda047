import { expect, it } from 'vitest';
import { temporaryFile } from '../../test/support/store/sqlite-file.ts';
import { openStore } from './open.ts';

it('openStore() opens what is configured', async () => {
  for (const config of [{ kind: 'memory' }, { kind: 'sqlite', path: temporaryFile() }] as const) {
    const store = await openStore(config, { storeMs: 1_000 }, 'instance');
    expect(await store.accounts.list()).toEqual([]);
    await store.close();
  }
});
