import { expect, it } from 'vitest';
import { createServer } from './server.ts';
import type { TokenApiObserver } from './service.ts';

it('createServer() limits headers to 5 s and the whole request to 10 s', () => {
  // The observer is not called before the server listens.
  const observer = {} as TokenApiObserver;
  const { server } = createServer({ address: { host: '127.0.0.1', port: 0 }, tls: undefined }, () => [], observer);
  expect(server.headersTimeout).toBe(5_000);
  expect(server.requestTimeout).toBe(10_000);
});
