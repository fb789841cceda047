import { afterEach, describe, expect, it } from 'vitest';
import { call, callFields, headers } from '../../test/support/http2/frames.ts';
import { RawClient } from '../../test/support/http2/raw-client.ts';
import { ECHO, type ServedUnary, serveUnary } from '../../test/support/http2/unary-server.ts';

let served: ServedUnary;
/** The server's clock: a test moves it. */
let now = 0;

afterEach(() => served.close());

async function openAt(at: number): Promise<RawClient> {
  now = at;
  const client = await RawClient.open(served.port);
  await client.settled();
  return client;
}

async function callOn(client: RawClient, id: number): Promise<void> {
  client.send(call(id, ECHO));
  await client.reply(id);
}

/** Resolves when the server has looked at its connections again: its timer is due before this one. */
const swept = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 300));

describe('closeIdle()', () => {
  it('closes a connection without a call first, and then the one whose last call is the longest ago', async () => {
    served = await serveUnary({ clock: () => now });
    const [first, second] = [await openAt(0), await openAt(10)];
    for (const client of [first, second]) await callOn(client, 1);
    const silent = await openAt(5000);
    const half = await openAt(5001);
    half.send(headers(1, callFields(ECHO)));
    await half.settled();
    expect(served.server.closeIdle()).toBe(true);
    expect(await silent.goaway()).toEqual({ lastId: 0, code: 0, detail: 'too many connections' });
    await silent.closed();
    expect(served.server.closeIdle()).toBe(true);
    await half.closed();
    await swept();
    now += 500;
    await callOn(first, 3);
    await swept();
    now += 700;
    expect(served.server.closeIdle()).toBe(true);
    expect(await second.goaway()).toEqual({ lastId: 1, code: 0, detail: 'too many connections' });
    await second.closed();
    await callOn(first, 5);
    expect(served.events.filter((event) => event === 'draining: full')).toHaveLength(3);
  });

  it('closes none whose client makes calls', async () => {
    served = await serveUnary({ clock: () => now });
    const clients = [await openAt(0), await openAt(0)];
    for (const client of clients) await callOn(client, 1);
    expect(served.server.closeIdle()).toBe(false);
    for (const client of clients) await callOn(client, 3);
  });
});
