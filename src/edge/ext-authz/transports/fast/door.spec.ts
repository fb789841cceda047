import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { allowed, type Decide, gatewayOf, transportOf } from '../../../../../test/support/ext-authz.ts';
import {
  call,
  callFields,
  data,
  headers,
  ping,
  prefixed,
  type Setting,
} from '../../../../../test/support/http2/frames.ts';
import { IGNORED_CONNECTIONS } from '../../../../../test/support/http2/ignored-connections.ts';
import { RawClient } from '../../../../../test/support/http2/raw-client.ts';
import type { ExtAuthzListener } from '../../../../config/config.ts';
import type { FastTransportConfig, TransportLimits } from '../../../../config/transport-config.ts';
import type { Decision } from '../../../../core/decision.ts';
import { deny } from '../../../../core/decision.ts';
import type { AccessRequest } from '../../../../core/request.ts';
import { Health } from '../../../../observe/health.ts';
import { CHECK_PATH, type ExtAuthzDoor } from '../../door.ts';
import { openFastDoor } from './door.ts';

const PING = 6;
const LARGEST = 0x7fff_ffff;

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function listenerWith(
  limits: Partial<TransportLimits> = {},
): ExtAuthzListener & { readonly transport: FastTransportConfig } {
  const transport = transportOf('fast') as FastTransportConfig;
  const address = { host: '127.0.0.1', port: 0 };
  return { address, tls: undefined, transport: { ...transport, limits: { ...transport.limits, ...limits } } };
}

async function open(decide: Decide = () => allowed(), listener = listenerWith()) {
  const gateway = gatewayOf(decide);
  const told: (readonly unknown[])[] = [];
  const transport = {
    begin: () => {},
    connectionOpened: () => void told.push(['opened']),
    connectionClosed: () => void told.push(['closed']),
    draining: (cause: string) => void told.push(['draining', cause]),
    cancelled: () => void told.push(['cancelled']),
    limitReached: (...facts: unknown[]) => void told.push(['limit', ...facts]),
    protocolError: (...facts: unknown[]) => void told.push(['protocol error', ...facts]),
  };
  const failures: unknown[] = [];
  const door = await openFastDoor(listener, {
    gateway: () => gateway,
    failed: (error) => void failures.push(error),
    health: new Health(),
    observer: { ...IGNORED_CONNECTIONS, handshakeFailed: () => {}, forwardedForIgnored: () => {} },
    transport,
  });
  closing.push(() => door.close(0));
  return { door, told, failures };
}

/** https://protobuf.dev/programming-guides/encoding/#varints */
function varint(value: number): Buffer {
  return value < 0x80 ? Buffer.of(value) : Buffer.concat([Buffer.of((value & 0x7f) | 0x80), varint(value >>> 7)]);
}

/** Encodes a check of a request with a path of this length. */
function checkOfPath(length: number): Buffer {
  const path = Buffer.concat([Buffer.of(0x22), varint(length), Buffer.alloc(length, 'x')]);
  const [http, request, attributes] = [0x12, 0x22, 0x0a];
  return [http, request, attributes].reduce(
    (inner, tag) => Buffer.concat([Buffer.of(tag), varint(inner.length), inner]),
    path,
  );
}

async function clientOf(door: ExtAuthzDoor, ...settings: readonly Setting[]): Promise<RawClient> {
  const client = await RawClient.open(Number(door.address.split(':').at(-1)), ...settings);
  closing.push(() => client.socket.destroy());
  return client;
}

describe('openFastDoor()', () => {
  it('takes other limits up for the connections from then on', async () => {
    const { door } = await open();
    const mostStreams = async (): Promise<number | undefined> => {
      const session = connect(`http://${door.address}`);
      const [settings] = await once(session, 'remoteSettings');
      session.destroy();
      return settings.maxConcurrentStreams;
    };
    expect(await mostStreams()).toBe(1024);
    door.reconfigure(listenerWith({ concurrentStreams: 7 }));
    expect(await mostStreams()).toBe(7);
  });

  it('tells of a client that reaches a limit, and closes its connection alone', async () => {
    const { door, told } = await open(undefined, listenerWith({ pings: 10 }));
    const [good, bad] = [await clientOf(door), await clientOf(door)];
    bad.send(...Array.from({ length: 20 }, () => ping()));
    await bad.closed();
    expect(told).toContainEqual(['limit', 'pings', '127.0.0.1', true]);
    await expect.poll(() => told).toContainEqual(['closed']);
    good.send(call(1, CHECK_PATH, ''));
    expect((await good.reply(1)).fields).toMatchObject({ 'grpc-status': '0' });
    expect(told.filter(([what]) => what === 'closed')).toHaveLength(1);
  });

  it('strangers who fill the door cut off no client that makes calls, and keep none out', async () => {
    const { door, told } = await open(undefined, { ...listenerWith(), maxConnections: 20 });
    const envoy = await clientOf(door);
    const check = async (client: RawClient, id: number): Promise<void> => {
      client.send(call(id, CHECK_PATH, ''));
      expect((await client.reply(id)).fields).toMatchObject({ 'grpc-status': '0' });
    };
    await check(envoy, 1);
    for (let stranger = 0; stranger < 100; stranger++) {
      await clientOf(door);
      if (stranger % 20 === 0) await check(envoy, stranger + 3);
    }
    await check(await clientOf(door), 1);
    await check(envoy, 201);
    expect(told.filter(([what]) => what === 'draining').length).toBeGreaterThanOrEqual(82);
    door.reconfigure({ ...listenerWith(), maxConnections: 30 });
    const more = await Promise.all(Array.from({ length: 10 }, () => clientOf(door)));
    for (const client of more) await check(client, 1);
  });

  it('tells of a client that breaks HTTP/2', async () => {
    const { door, told } = await open();
    const client = await clientOf(door);
    client.send(headers(2, callFields(CHECK_PATH)));
    await client.closed();
    expect(told).toContainEqual(['protocol error', 1, expect.any(String), '127.0.0.1']);
  });

  it('denies a check that is too long: a gRPC error would let the request pass under failure_mode_allow', async () => {
    const decided: AccessRequest[] = [];
    const decide = (request: AccessRequest): Decision => {
      decided.push(request);
      return deny('path_rejected', undefined, 'path');
    };
    const { door, told } = await open(decide, listenerWith({ messageBytes: 70_000 }));
    const client = await clientOf(door);
    const whole = prefixed(checkOfPath(120_000));
    client.send(headers(1, callFields(CHECK_PATH)));
    for (let at = 0; at < whole.length; at += 16_000) {
      const piece = whole.subarray(at, at + 16_000);
      client.send(data(1, piece, at + 16_000 < whole.length ? 0 : 1));
    }
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': '0' });
    expect(decided).toMatchObject([{ path: '' }]);
    expect(told).toContainEqual(['limit', 'messageBytes', undefined, false]);
  });

  it('denies a check while its client has too many unfinished ones', async () => {
    const { door, told } = await open(undefined, listenerWith({ heldBytes: 1_000 }));
    const client = await clientOf(door);
    client.send(headers(1, callFields(CHECK_PATH)), data(1, prefixed(checkOfPath(3_000)).subarray(0, 2_000), 0));
    const { fields, body } = await client.reply(1);
    expect(fields).toMatchObject({ 'grpc-status': '0' });
    expect(body.toString('latin1')).toContain('"code":"unavailable"');
    expect(told).toContainEqual(['limit', 'heldBytes', '127.0.0.1', false]);
  });

  it('does not know Watch of the health service: gRPC clients then take it for healthy', async () => {
    const { door } = await open();
    const client = await clientOf(door);
    client.send(call(1, '/grpc.health.v1.Health/Watch', ''));
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': '12' });
  });

  it('answers what a client sends before it reads that the door closes, and what is decided late', async () => {
    const late = Promise.withResolvers<Decision>();
    const decisions: (Decision | Promise<Decision>)[] = [late.promise, allowed()];
    const { door, told } = await open(() => decisions.shift() ?? allowed());
    const client = await clientOf(door);
    client.send(call(1, CHECK_PATH, ''));
    await client.settled();
    const closed = door.close(60_000);
    expect(await client.goaway()).toMatchObject({ lastId: LARGEST, code: 0 });
    client.send(call(3, CHECK_PATH, ''));
    expect((await client.reply(3)).fields).toMatchObject({ 'grpc-status': '0' });
    // Only now has the client read all that the server wrote before its PING.
    const { payload } = await client.frame(({ type, flags }) => type === PING && flags === 0);
    client.send(ping(payload.toString('latin1'), 1));
    expect(await client.goaway((lastId) => lastId !== LARGEST)).toMatchObject({ lastId: 3, code: 0 });
    late.resolve(allowed());
    expect((await client.reply(1)).fields).toMatchObject({ 'grpc-status': '0' });
    await closed;
    await client.closed();
    expect(told).toContainEqual(['draining', 'close']);
  });

  it('cuts what is not decided in time', async () => {
    const { door } = await open(() => new Promise(() => {}));
    const client = await clientOf(door);
    client.send(call(1, CHECK_PATH, ''));
    await client.settled();
    await door.close(20);
    await client.closed();
  });

  it('asks clients to leave connections that have grown old', async () => {
    const listener = listenerWith();
    const { door, told } = await open(undefined, {
      ...listener,
      transport: { ...listener.transport, maxConnectionAgeMs: 1 },
    });
    const client = await clientOf(door);
    expect(await client.goaway()).toMatchObject({ lastId: LARGEST, code: 0 });
    expect(told).toContainEqual(['draining', 'age']);
  });

  it('is warm after checks over a connection in memory, which nothing observes', async () => {
    const { door, told } = await open();
    const seen: (string | undefined)[] = [];
    const gateway = gatewayOf(async ({ authorization }) => {
      seen.push(authorization);
      return allowed();
    });
    await door.warmUp(gateway, ['Bearer a', 'Bearer b']);
    expect(seen).toEqual([undefined, 'Bearer a', 'Bearer b']);
    expect(told).toEqual([]);
  });
});
