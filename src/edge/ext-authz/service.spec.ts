import { spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { ServiceError } from '@grpc/grpc-js';
import { type ChannelCredentials, Client, credentials, Metadata } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certify, hasOpenssl, tlsOf } from '../../../test/support/certificates.ts';
import {
  allowed,
  BROKEN_DECIDERS,
  type Decide,
  gatewayOf,
  IGNORED_TRANSPORT,
  ROUTE,
  transportOf,
} from '../../../test/support/ext-authz.ts';
import { IGNORED_CONNECTIONS } from '../../../test/support/http2/ignored-connections.ts';
import type { Listener } from '../../config/config.ts';
import type { TransportConfig } from '../../config/transport-config.ts';
import { TRANSPORTS } from '../../config/transport-config.ts';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { AccessRequest } from '../../core/request.ts';
import { Health } from '../../observe/health.ts';
import { EXT_AUTHZ, type ExtAuthzDoor } from './door.ts';
import type { CheckRequest, CheckResponse } from './messages.ts';
import { openExtAuthz } from './service.ts';
import { loadExtAuthz } from './transports/grpc-js/definition.ts';

const LOOPBACK: Listener = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
type Method = Pick<ReturnType<typeof loadExtAuthz>['Check'], 'path' | 'requestSerialize' | 'responseDeserialize'>;

const SERVING = { status: 'SERVING' };

/** The one that the current tests open. */
let transport: TransportConfig;

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Opened {
  readonly door: ExtAuthzDoor;
  readonly seen: AccessRequest[];
  /** The addresses of the clients. */
  readonly clients: readonly (string | undefined)[];
  readonly failures: unknown[];
  /** Those that failed. */
  readonly handshakes: readonly [client: string | undefined, error: unknown][];
}

/** Longer than a test may take: an idle client does not delay closing. */
const NEVER_MS = 3_600_000;
/** Longest wait for what still runs. */
const CLOSE_MS = 500;

async function open(decide: Decide, listener: Listener = LOOPBACK, health = readyHealth()): Promise<Opened> {
  const [seen, failures]: [AccessRequest[], unknown[]] = [[], []];
  const clients: (string | undefined)[] = [];
  const deciding: Decide = (request) => {
    seen.push(request);
    // Only now: the message may be overwritten afterwards.
    clients.push(request.client?.());
    return decide(request);
  };
  const gateway = gatewayOf(deciding, { trustedProxies: ['127.0.0.1'] });
  const failed = (error: unknown): unknown => failures.push(error);
  const handshakes: [client: string | undefined, error: unknown][] = [];
  const observer = {
    ...IGNORED_CONNECTIONS,
    handshakeFailed: (_door: string, client: string | undefined, error: unknown): void => {
      handshakes.push([client, error]);
    },
    forwardedForIgnored: () => {},
  };
  const parts = { gateway: () => gateway, failed, health, observer, transport: IGNORED_TRANSPORT };
  const door = await openExtAuthz({ ...listener, transport }, parts);
  closing.push(() => door.close(CLOSE_MS));
  return { door, seen, clients, failures, handshakes };
}

function portOf({ address }: ExtAuthzDoor): number {
  return Number(address.split(':').at(-1));
}

function readyHealth(): Health {
  const health = new Health();
  health.ready();
  return health;
}

/** A gateway of our own, on gRPC's own client. */
class Gateway {
  private readonly client: Client;

  constructor({ address }: ExtAuthzDoor, security: ChannelCredentials = credentials.createInsecure()) {
    this.client = new Client(address, security, {
      'grpc.max_send_message_length': -1,
      'grpc.ssl_target_name_override': 'localhost',
    });
    closing.push(() => this.client.close());
  }

  check(request: CheckRequest, metadata = new Metadata()): Promise<CheckResponse> {
    return this.call(loadExtAuthz().Check, request, metadata);
  }

  /** The health of a service, or of all with ''. */
  health(service: string): Promise<unknown> {
    return this.call(HEALTH, { service });
  }

  private call<Answer>(
    { path, requestSerialize, responseDeserialize }: Method,
    request: object,
    metadata = new Metadata(),
  ): Promise<Answer> {
    const deadline = Date.now() + 5_000;
    return new Promise((resolve, reject) => {
      const settle = (error: ServiceError | null, answer?: object): void => {
        if (error !== null) reject(error);
        // What the definition says that this method answers.
        else resolve(answer as Answer);
      };
      this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        settle,
      );
    });
  }
}

const HEALTH = healthCheck();

function healthCheck(): Method {
  const method = healthService['Check'];
  if (method === undefined) throw new Error('the health service has no Check');
  return method;
}

function request(http: object): CheckRequest {
  return { attributes: { request: { http: { method: 'POST', host: 'api.example', path: '/x', ...http } } } };
}

/** As on the wire: `Peer.address.socket_address.address`. */
function peer(address: string): Uint8Array {
  const field = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([tag, content.length]), content]);
  return field(0x0a, field(0x0a, field(0x12, Buffer.from(address))));
}

describe.each(TRANSPORTS)('openExtAuthz() with %s', (kind) => {
  beforeAll(() => {
    transport = transportOf(kind);
  });

  it.each([
    ['the peer', peer('192.0.2.1'), { 'x-forwarded-for': '198.51.100.1' }, '192.0.2.1'],
    ['whom a trusted peer tells of', peer('127.0.0.1'), { 'x-forwarded-for': '198.51.100.1' }, '198.51.100.1'],
    [
      'whom a trusted peer tells of, without the port',
      peer('127.0.0.1'),
      { 'x-forwarded-for': '198.51.100.1:443' },
      '198.51.100.1',
    ],
    ['no peer', undefined, { 'x-forwarded-for': '198.51.100.1' }, undefined],
    ['no peer, on a Unix socket', new Uint8Array(), {}, undefined],
  ])('takes for the client %s', async (_what, source, headers, address) => {
    const { door, clients } = await open(() => allowed({}));
    const { attributes } = request({ headers });
    await new Gateway(door).check({ attributes: { ...attributes, ...(source && { source }) } });
    expect(clients).toEqual([address]);
  });

  it("takes the trace of the gateway's call, and else that of the request", async () => {
    const { door, seen } = await open(() => allowed({}));
    const gateway = new Gateway(door);
    const sent = request({ headers: { traceparent: 'of the client', 'x-request-id': 'r-1' } });
    const metadata = new Metadata();
    metadata.set('traceparent', 'of the gateway');
    await gateway.check(sent, metadata);
    await gateway.check(sent);
    expect(seen).toMatchObject([
      { requestId: 'r-1', traceparent: 'of the gateway' },
      { requestId: 'r-1', traceparent: 'of the client' },
    ]);
  });

  it('answers a check with what was decided', async () => {
    const { door, seen, failures } = await open(() => allowed({}));
    const gateway = new Gateway(door);
    const answer = await gateway.check(request({ headers: { authorization: 'Bearer a.b.c', x_auth_subject: 'root' } }));
    expect(seen).toEqual([
      {
        door: 'ext-authz',
        method: 'POST',
        host: 'api.example',
        path: '/x',
        authorization: 'Bearer a.b.c',
        fromBrowser: false,
        client: expect.any(Function),
        hidesFields: true,
      },
    ]);
    expect(answer).toMatchObject({
      ok_response: {
        headers: expect.arrayContaining([
          {
            header: expect.objectContaining({ key: 'x-auth-subject', value: 'account-1' }),
            append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          },
        ]),
        headers_to_remove: expect.arrayContaining(['authorization', 'x_auth_subject']),
      },
    });
    expect(failures).toEqual([]);
  });

  it('says which address it was given, and answers there', async () => {
    const { door } = await open(() => allowed());
    expect(door.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(await new Gateway(door).health('')).toMatchObject(SERVING);
  });

  it('waits for a decision that takes its time', async () => {
    const { door } = await open(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return deny('token_revoked', ROUTE, 'signature');
    });
    expect(await new Gateway(door).check(request({}))).toMatchObject({
      status: { code: 16 },
      denied_response: { status: { code: 401 } },
    });
  });

  it.each(BROKEN_DECIDERS)('denies with 503, and never with a gRPC error, where the decider %s', async (_, decide) => {
    const { door, failures } = await open(decide);
    expect(await new Gateway(door).check(request({}))).toMatchObject({
      status: { code: 14 },
      denied_response: { status: { code: 503 }, body: expect.stringContaining('"code":"unavailable"') },
    });
    expect(failures).toHaveLength(1);
  });

  it('decides a check in which everything is absent', async () => {
    const { door, seen } = await open(() => deny('path_rejected', undefined, 'signature'));
    expect(await new Gateway(door).check({})).toMatchObject({ status: { code: 3 } });
    expect(seen).toMatchObject([{ method: '', host: '', path: '', authorization: undefined }]);
  });

  it('decides a check of many headers, and does not answer it with a gRPC error', async () => {
    const { door, seen } = await open(() => deny('token_invalid', ROUTE, 'signature'));
    const headers = { authorization: 'Bearer a.b.c', 'x-large': 'x'.repeat(3 * 1024 * 1024) };
    expect(await new Gateway(door).check(request({ headers }))).toMatchObject({ status: { code: 16 } });
    expect(seen).toMatchObject([{ authorization: 'Bearer a.b.c' }]);
  });

  it('says that it is healthy, by its name and as a whole', async () => {
    const { door } = await open(() => allowed());
    const gateway = new Gateway(door);
    expect(await gateway.health('')).toMatchObject(SERVING);
    expect(await gateway.health(EXT_AUTHZ)).toMatchObject(SERVING);
    await expect(gateway.health('other')).rejects.toMatchObject({ code: 5 });
  });

  it('says that it is not healthy before the start is over and when a stop has begun, and answers', async () => {
    const health = new Health();
    const { door } = await open(() => allowed(), LOOPBACK, health);
    const gateway = new Gateway(door);
    const told = async (): Promise<unknown[]> => [await gateway.health(''), await gateway.health(EXT_AUTHZ)];
    const both = (status: string): object[] => [{ status }, { status }];
    expect(await told()).toMatchObject(both('NOT_SERVING'));
    health.ready();
    expect(await told()).toMatchObject(both('SERVING'));
    health.stopping();
    expect(await told()).toMatchObject(both('NOT_SERVING'));
    expect(await gateway.check(request({}))).toMatchObject({ status: { code: 0 } });
  });

  it('lets checks that are under way finish when it closes, and takes no new ones', async () => {
    const begun = Promise.withResolvers<void>();
    const { promise: decided, resolve } = Promise.withResolvers<Decision>();
    const { door } = await open(() => {
      begun.resolve();
      return decided;
    });
    const answer = new Gateway(door).check(request({}));
    await begun.promise;
    const closed = door.close(CLOSE_MS);
    resolve(deny('token_expired', ROUTE, 'signature'));
    expect(await answer).toMatchObject({ status: { code: 16 } });
    await closed;
    await expect(new Gateway(door).check(request({}))).rejects.toMatchObject({ code: 14 });
  });

  it('does not wait for a connection that never says a word', async () => {
    const { door } = await open(() => allowed());
    const socket = connect(portOf(door), '127.0.0.1').resume();
    await once(socket, 'connect');
    await Promise.all([once(socket, 'close'), door.close(NEVER_MS)]);
  });

  it('does not wait for a client that is asked to go, and stays', async () => {
    const { door } = await open(() => allowed());
    const client = connectHttp2(`http://${door.address}`);
    // Without an error of its own: it is cut off.
    client.on('error', () => {});
    await once(client, 'remoteSettings');
    const call = { ':method': 'POST', ':path': '/grpc.health.v1.Health/Watch', 'content-type': 'application/grpc' };
    client.request(call).on('error', () => {});
    await Promise.all([once(client, 'close'), door.close(NEVER_MS)]);
  });

  it('listens on every address that a name has', async () => {
    const { door } = await open(() => allowed(), { ...LOOPBACK, address: { host: 'localhost', port: 0 } });
    for (const { address } of await lookup('localhost', { all: true })) {
      const host = address.includes(':') ? `[${address}]` : address;
      expect(await new Gateway({ ...door, address: `${host}:${portOf(door)}` }).health('')).toMatchObject(SERVING);
    }
  });

  it('says where it cannot listen', async () => {
    const { door } = await open(() => allowed());
    const port = portOf(door);
    await expect(open(() => allowed(), { ...LOOPBACK, address: { host: '127.0.0.1', port } })).rejects.toThrow(
      `listen.extAuthz: cannot listen on 127.0.0.1:${port}: `,
    );
  });

  describe('on a Unix socket', () => {
    async function socketListener(): Promise<Listener> {
      const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
      closing.push(() => rm(folder, { recursive: true, force: true }));
      return { address: { path: join(folder, 'door.sock') }, tls: undefined };
    }

    it('answers', async () => {
      const listener = await socketListener();
      const { door } = await open(() => deny('token_invalid', ROUTE, 'signature'), listener);
      expect(door.address).toBe(`unix:${'path' in listener.address && listener.address.path}`);
      expect(await new Gateway(door).check(request({}))).toMatchObject({ status: { code: 16 } });
    });

    it('takes over the socket of a process that was killed', async () => {
      const listener = await socketListener();
      const path = JSON.stringify('path' in listener.address && listener.address.path);
      const script = `require('net').createServer().listen(${path}, () => process.kill(process.pid, 9))`;
      spawnSync(process.execPath, ['-e', script]);
      const { door } = await open(() => allowed(), listener);
      expect(await new Gateway(door).health('')).toMatchObject(SERVING);
    });

    it('does not take over the socket of a process that lives', async () => {
      const listener = await socketListener();
      const { door } = await open(() => allowed(), listener);
      await expect(open(() => allowed(), listener)).rejects.toThrow('EADDRINUSE');
      expect(await new Gateway(door).health('')).toMatchObject(SERVING);
    });
  });

  describe.skipIf(!hasOpenssl)('with TLS (needs the openssl command)', () => {
    const folder = hasOpenssl ? mkdtempSync(join(tmpdir(), 'sallyport-tls-')) : '';
    if (hasOpenssl) for (const name of ['server', 'client', 'stranger']) certify(folder, name);

    afterAll(() => rm(folder, { recursive: true, force: true }));

    function pem(name: string): Buffer {
      return readFileSync(join(folder, name));
    }

    function listener(clientCa: string | undefined): Listener {
      return { address: { host: '127.0.0.1', port: 0 }, tls: tlsOf(folder, 'server', clientCa) };
    }

    function as(name: string | undefined): ChannelCredentials {
      const [key, cert] = name === undefined ? [null, null] : [pem(`${name}.key`), pem(`${name}.pem`)];
      return credentials.createSsl(pem('server.pem'), key, cert);
    }

    it('answers a gateway that shows a certificate of its own', async () => {
      const { door } = await open(() => allowed(), listener(pem('client.pem').toString()));
      expect(await new Gateway(door, as('client')).health('')).toMatchObject(SERVING);
    });

    it.each([
      ['shows no certificate', undefined],
      ["shows somebody else's", 'stranger'],
    ])('does not answer one that %s', async (_, name) => {
      const { door, seen, handshakes } = await open(() => allowed({}), listener(pem('client.pem').toString()));
      await expect(new Gateway(door, as(name)).check(request({}))).rejects.toMatchObject({ code: 14 });
      expect(seen).toEqual([]);
      expect(handshakes.length).toBeGreaterThanOrEqual(1);
    });

    it('does not answer in clear', async () => {
      const { door, seen, handshakes } = await open(() => allowed({}), listener(pem('client.pem').toString()));
      await expect(new Gateway(door).check(request({}))).rejects.toMatchObject({ code: 14 });
      expect(seen).toEqual([]);
      expect(handshakes[0]).toEqual(['127.0.0.1', expect.any(Error)]);
    });

    it('ends a connection on which HTTP/2 was not agreed, as of a health check without ALPN, and tells of it', async () => {
      const { door, handshakes } = await open(() => allowed({}), listener(undefined));
      const socket = connectTls({ port: portOf(door), host: '127.0.0.1', rejectUnauthorized: false });
      // It keeps its side open, as Envoy does.
      socket.on('error', () => {}).resume();
      await once(socket, 'close');
      expect(handshakes).toEqual([['127.0.0.1', new Error('the client does not offer HTTP/2 (ALPN protocol h2)')]]);
    });

    it('does not wait for a handshake that never ends, and takes a port that is only looked at for no handshake', async () => {
      const { door, handshakes } = await open(() => allowed({}), listener(undefined));
      const socket = connect(portOf(door), '127.0.0.1').resume();
      await once(socket, 'connect');
      await Promise.all([once(socket, 'close'), door.close(NEVER_MS)]);
      expect(handshakes).toEqual([]);
    });

    it('asks for no certificate where none is configured', async () => {
      const { door } = await open(() => allowed(), listener(undefined));
      expect(await new Gateway(door, as(undefined)).health('')).toMatchObject(SERVING);
    });

    it('says so where the certificate cannot be read', async () => {
      const { tls } = listener(undefined);
      if (tls === undefined) throw new Error('expected TLS');
      const broken = { ...LOOPBACK, tls: { ...tls, cert: 'no certificate' } };
      await expect(open(() => allowed(), broken)).rejects.toThrow('listen.extAuthz: cannot listen on 127.0.0.1:0');
    });
  });
});
