import { expect, it } from 'vitest';
import { createServer } from './server.ts';
import type { TokenApiObserver } from './service.ts';

it('createServer() gives a client 5 s for its headers and 10 s for the whole request', () => {
  // None of it is told of anything before it listens.
  const observer = {} as TokenApiObserver;
  const { server } = createServer({ address: { host: '127.0.0.1', port: 0 }, tls: undefined }, () => [], observer);
  expect(server.headersTimeout).toBe(5_000);
  expect(server.requestTimeout).toBe(10_000);
});
