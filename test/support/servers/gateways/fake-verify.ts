import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server in the place of Sallyport's listener `verify`, for answers that Sallyport does not give by itself. */
export interface FakeVerify {
  readonly port: number;
  /** What it was asked, in order; empty it between tests. */
  readonly asked: IncomingMessage[];
  /** Answers the requests from now on. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Stops listening, and ends its connections. */
  close(): void;
}

/**
 * Starts it. It denies at first.
 *
 * @param wanted a free port by default.
 */
export async function startFakeVerify(wanted = 0): Promise<FakeVerify> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    fake.answer(request, response);
  });
  await once(server.listen(wanted, '127.0.0.1'), 'listening');
  const fake: FakeVerify = {
    // A listening TCP server has an address of this form.
    port: (server.address() as AddressInfo).port,
    asked,
    answer: (_request, response) => response.writeHead(403).end(),
    close: () => server.close().closeAllConnections(),
  };
  return fake;
}
