import { expect, it } from 'vitest';
import { createHttpServer } from './http-server.ts';

it('createHttpServer() limits headers to 5 s and the whole request to 10 s', () => {
  // The observer is not called before the server listens.
  const parts = { door: 'tokens', trustedProxies: () => [], observer: {} as never, bodyTypes: 'application/json' };
  const { server } = createHttpServer(undefined, parts);
  expect(server.headersTimeout).toBe(5_000);
  expect(server.requestTimeout).toBe(10_000);
});
