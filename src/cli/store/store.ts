import { defineGroup } from '../command-definition.ts';
import { acceptLosses } from './accept-loss.ts';
import { exportStore } from './export.ts';
import { importStore } from './import.ts';

/** What an operator does with the store as a whole. */
export const store = defineGroup('store', {
  summary: 'export or import a store, or accept that revocations were lost',
  actions: { export: exportStore, import: importStore, 'accept-loss': acceptLosses },
});
