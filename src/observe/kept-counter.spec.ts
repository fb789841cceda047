import { expect, it } from 'vitest';
import { makeRoute } from '../../test/support/core.ts';
import type { Config } from '../config/config.ts';
import { keptCounter } from './kept-counter.ts';
import { KeptPasses } from './metrics/kept-passes.ts';

it('counts by route and issuer, and only those of the configuration', () => {
  const passes = new KeptPasses();
  const passedByKept = (issuer: string, route: string, count: number): void => passes.count(issuer, route, count);
  const routes = [makeRoute({ pattern: '/messages' }), makeRoute({ pattern: '/messages/{id}' })];
  // Only the names are read.
  const issuers = [{ name: 'corporate' }, { name: 'sallyport' }] as unknown as Config['issuers'];
  const count = keptCounter({ issuers, routes }, { passedByKept });
  count('corporate', '/messages', 7);
  count('corporate', '/messages', 5);
  count('sallyport', '/messages', 1);
  count('sallyport', '/messages/{id}', 2);
  count('made up', '/messages', 100);
  count('corporate', '/messages/17', 100);
  expect([...passes.samples()]).toEqual([
    { labels: { route: '/messages', issuer: 'corporate' }, value: 12 },
    { labels: { route: '/messages', issuer: 'sallyport' }, value: 1 },
    { labels: { route: '/messages/{id}', issuer: 'sallyport' }, value: 2 },
  ]);
});
