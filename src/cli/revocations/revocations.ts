import { defineGroup } from '../command-definition.ts';
import { listRevocations } from './list.ts';

/** Shows the revocation set in the store, whether Sallyport runs on it or not. */
export const revocations = defineGroup('revocations', {
  summary: 'list the entries of the revocation set',
  actions: { list: listRevocations },
});
