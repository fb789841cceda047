import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type ClientSessionOptions, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceError } from '@grpc/grpc-js';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { certify, hasOpenssl, tlsOf } from '../../../test/support/certificates.ts';
import { makeFreshness } from '../../../test/support/core.ts';
import { allowed, credentialOf, ROUTE } from '../../../test/support/ext-authz.ts';
import { IGNORED_CONNECTIONS } from '../../../test/support/http2/ignored-connections.ts';
import {
  type AccessClient,
  type AccessClientOptions,
  connectAccess,
} from '../../../test/support/servers/access-client.ts';
import { AccessQuestions } from '../../access/access-questions.ts';
import { WatchedKeep } from '../../access/watched-keep.ts';
import type { Listener } from '../../config/config.ts';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { DecisionLimits } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import { systemClock } from '../../lib/clock.ts';
import { Health } from '../../observe/health.ts';
import { IntrospectToken } from '../../tokens/introspect-token.ts';
import type { GrpcListener } from '../grpc/grpc-listener.ts';
import { accessDefinition, loadPackage } from './definition.ts';
import type { AccessMethod } from './routes.ts';
import { pathOf } from './routes.ts';
import { openAccessApi } from './service.ts';

const LOOPBACK: Listener = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
const TIMEOUT_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-access-'));

afterAll(() => rmSync(folder, { recursive: true }));

type Decide = (request: AccessRequest, limits?: DecisionLimits) => Decision | Promise<Decision>;

/** The door over parts that the test decides for. */
class Bench {
  readonly health = new Health();
  readonly asked: AccessRequest[] = [];
  readonly callers: AccessRequest[] = [];
  readonly failures: unknown[] = [];
  admit: Decide = () => allowed({ scopes: ['access:check'] });
  decide: Decide = () => allowed({});
  timeoutMs = TIMEOUT_MS;
  private door: GrpcListener | undefined;

  async open(listener: Listener = LOOPBACK): Promise<this> {
    const decide: Decide = (request, limits) => {
      this.asked.push(request);
      return this.decide(request, limits);
    };
    const decider = {
      decide,
      decideMany: (requests: readonly AccessRequest[], limits?: DecisionLimits) =>
        Promise.all(requests.map(async (request) => decide(request, limits))),
    };
    const callers = {
      decide: (request: AccessRequest, limits?: DecisionLimits) => {
        this.callers.push(request);
        return this.admit(request, limits);
      },
    };
    this.door = await openAccessApi(listener, {
      useCases: () => ({
        callers,
        questions: new AccessQuestions({ decider, catalogue: new Set(['messages:send']) }),
        introspectToken: new IntrospectToken({ decider, own: undefined, clockSkewMs: 30_000 }),
        watchedKeep: new WatchedKeep({ standings: { freshness: makeFreshness() }, clock: systemClock, shadow: false }),
        clockSkewMs: 30_000,
        decisionTimeoutMs: this.timeoutMs,
        trustedProxies: ['127.0.0.0/8'],
      }),
      watches: {
        begin: () => {
          throw new Error('no caller of these tests is admitted to watch');
        },
        end: () => {},
      },
      health: this.health,
      observer: {
        ...IGNORED_CONNECTIONS,
        callFailed: (_, error) => void this.failures.push(error),
        handshakeFailed: () => {},
        forwardedForIgnored: () => {},
      },
    });
    onTestFinished(() => this.door?.close(0));
    return this;
  }

  get target(): string {
    return this.door?.address ?? '';
  }

  close(limitMs: number): Promise<void> | undefined {
    return this.door?.close(limitMs);
  }

  connect(options: AccessClientOptions = { token: 'caller' }): AccessClient {
    const client = connectAccess(this.target, options);
    onTestFinished(() => client.close());
    return client;
  }
}

const QUESTION = { token: 'tok', scope: 'messages:send' };

/** Calls a method with a request as it is. Resolves to the error. */
function sendBytes(bench: Bench, method: AccessMethod, bytes: Buffer): Promise<ServiceError | null> {
  const client = new Client(bench.target, credentials.createInsecure());
  onTestFinished(() => client.close());
  const asIs = (value: Buffer): Buffer => value;
  return new Promise((resolve) => {
    client.makeUnaryRequest(pathOf(method), asIs, asIs, bytes, (error) => resolve(error));
  });
}

describe('the callers of the internal API', () => {
  it('are judged by the method that they call and their own token, at each call', async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    await client.authorize(QUESTION);
    await client.authorizeMany([QUESTION]);
    await client.introspect({ token: 'x' });
    expect(bench.callers.map(({ door, method, path, authorization }) => [door, method, path, authorization])).toEqual(
      ['Authorize', 'AuthorizeMany', 'Introspect'].map((method) => [
        'access-api',
        'POST',
        `/sallyport.access.v1.AccessService/${method}`,
        'Bearer caller',
      ]),
    );
    bench.admit = () => deny('token_revoked', undefined, 'revocation by token id');
    await expect(client.authorize(QUESTION)).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
      message: 'token revoked',
      details: { ErrorInfo: { reason: 'token_revoked', domain: 'sallyport' } },
    });
    expect(bench.asked).toHaveLength(3);
  });

  it.each([
    ['credentials_required', status.UNAUTHENTICATED, 'no credential'],
    ['token_expired', status.UNAUTHENTICATED, 'expired'],
    ['invalid_request', status.INVALID_ARGUMENT, 'several credentials'],
    ['scope_required', status.PERMISSION_DENIED, 'scope'],
    ['too_many_attempts', status.RESOURCE_EXHAUSTED, 'password'],
    ['unavailable', status.UNAVAILABLE, 'standing not known'],
  ] as const)('are refused with the reason %s and the status %i', async (reason, code, check) => {
    const bench = await new Bench().open();
    bench.admit = () => deny(reason, ROUTE, check);
    const failed = bench.connect().authorize(QUESTION);
    await expect(failed).rejects.toMatchObject({ code, details: { ErrorInfo: { reason } } });
    const retry = { RetryInfo: { retry_delay: { seconds: 1 } } };
    const details = code === status.UNAVAILABLE || code === status.RESOURCE_EXHAUSTED ? retry : {};
    await expect(failed).rejects.toMatchObject({ details });
    expect(bench.asked).toEqual([]);
  });

  it('need no token on a Unix socket, but one that is sent must suffice', async () => {
    const bench = await new Bench().open({ address: { path: join(folder, 'a.sock') }, tls: undefined });
    bench.admit = () => deny('token_invalid', undefined, 'signature');
    expect(await bench.connect({}).authorize(QUESTION)).toMatchObject({ allowed: true });
    await expect(bench.connect().authorize(QUESTION)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    expect(bench.callers).toHaveLength(1);
  });

  it('present every token that they send, although Node drops all but the first', async () => {
    const bench = await new Bench().open();
    bench.admit = () => deny('invalid_request', undefined, 'several credentials');
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // Node's types do not know this option.
    const lenient: ClientSessionOptions & { strictSingleValueFields: boolean } = { strictSingleValueFields: false };
    const session = connect(`http://${bench.target}`, lenient);
    onTestFinished(() => session.close());
    const fields = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', pathOf('Authorize')],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
      ['authorization', 'Bearer first'],
      ['authorization', 'Bearer second'],
    ];
    const stream = session.request(fields.flat());
    stream.on('error', reject).on('response', (headers) => resolve(headers['grpc-status']));
    // An empty message.
    stream.end(Buffer.alloc(5));
    expect(await promise).toBe(String(status.INVALID_ARGUMENT));
    expect(bench.callers.map(({ authorization }) => authorization)).toEqual(['Bearer first,Bearer second']);
  });

  it.each(['Authorize', 'AuthorizeMany', 'Introspect', 'WatchRevocations'] as const)(
    'are admitted before their request to %s is decoded',
    async (method) => {
      const bench = await new Bench().open();
      const malformed = Buffer.from([0x0f]);
      bench.admit = () => deny('credentials_required', undefined, 'no credential');
      expect(await sendBytes(bench, method, malformed)).toMatchObject({ code: status.UNAUTHENTICATED });
      bench.admit = () => allowed({});
      expect(await sendBytes(bench, method, malformed)).toMatchObject({
        code: status.INVALID_ARGUMENT,
        details: 'the request cannot be decoded',
      });
      expect(bench.failures).toEqual([]);
    },
  );

  it('may not stream without being admitted either', async () => {
    const bench = await new Bench().open();
    bench.admit = () => deny('scope_required', ROUTE, 'scope');
    await expect(bench.connect().call('WatchRevocations', {})).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
  });

  describe.skipIf(!hasOpenssl)('with TLS (needs the openssl command)', () => {
    const channel = (client?: string) =>
      client === undefined
        ? credentials.createSsl(readFileSync(join(folder, 'server.pem')))
        : credentials.createSsl(
            readFileSync(join(folder, 'server.pem')),
            readFileSync(join(folder, `${client}.key`)),
            readFileSync(join(folder, `${client}.pem`)),
          );
    const listening = (clientCa?: string): Listener => {
      certify(folder, 'server');
      certify(folder, 'ca');
      certify(folder, 'service', 'ca');
      const ca = clientCa && readFileSync(join(folder, `${clientCa}.pem`), 'utf8');
      return { ...LOOPBACK, tls: tlsOf(folder, 'server', ca) };
    };

    it('need a token on a connection without a client certificate', async () => {
      const bench = await new Bench().open(listening());
      bench.admit = ({ authorization }) =>
        authorization === undefined ? deny('credentials_required', undefined, 'no credential') : allowed({});
      await expect(bench.connect({ channel: channel() }).authorize(QUESTION)).rejects.toMatchObject({
        code: status.UNAUTHENTICATED,
      });
      const answer = await bench.connect({ channel: channel(), token: 'caller' }).authorize(QUESTION);
      expect(answer).toMatchObject({ allowed: true });
    });

    it('need none with a client certificate, and get no connection without one', async () => {
      const bench = await new Bench().open(listening('ca'));
      bench.admit = () => deny('token_invalid', undefined, 'signature');
      expect(await bench.connect({ channel: channel('service') }).authorize(QUESTION)).toMatchObject({ allowed: true });
      const withToken = bench.connect({ channel: channel('service'), token: 'bad' });
      await expect(withToken.authorize(QUESTION)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
      await expect(bench.connect({ channel: channel() }).authorize(QUESTION)).rejects.toMatchObject({
        code: status.UNAVAILABLE,
      });
    });
  });
});

describe('a question', () => {
  it.each([
    [{ token: 'tok' }, 'question', 'must be a scope or a request'],
    [{ scope: 'messages:sent' }, 'scope', 'no such scope: "messages:sent", did you mean "messages:send"?'],
    [{ scope: '' }, 'scope', 'must be the name of a scope, such as "messages:send"'],
    [{ scope: 'all:any' }, 'scope', 'all:any is no permission: ask about the scope that the operation needs'],
    [{ scope: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln' }, 'scope', 'must be the name of a scope, such as "messages:send"'],
  ])('that is wrong is an error that says what: %j', async (question, field, description) => {
    const bench = await new Bench().open();
    const client = bench.connect();
    await expect(client.authorize(question)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: `${field}: ${description}`,
      details: { BadRequest: { field_violations: [{ field, description }] } },
    });
    const { answers } = await client.authorizeMany([question, QUESTION]);
    expect(answers).toMatchObject([
      { error: { code: status.INVALID_ARGUMENT, message: `${field}: ${description}` } },
      { response: { allowed: true } },
    ]);
    expect(bench.asked).toHaveLength(1);
  });

  it.each([
    [{}, undefined],
    [{ token: 'tok' }, 'Bearer tok'],
    [{ token: '' }, 'Bearer '],
    [{ authorization: 'Basic YTpi' }, 'Basic YTpi'],
    [{ authorization: '' }, ''],
  ])('with %j presents %j', async (credential, authorization) => {
    const bench = await new Bench().open();
    await bench.connect().authorize({ ...credential, request: { method: 'POST', host: 'h', path: '/p?q' } });
    expect(bench.asked).toMatchObject([
      { door: 'access-api', method: 'POST', host: 'h', path: '/p?q', authorization, fromBrowser: false },
    ]);
  });

  it('names its client, which counts from a trusted peer', async () => {
    const bench = await new Bench().open();
    const client = bench.connect();
    const clients: (string | undefined)[] = [];
    bench.decide = (request) => {
      clients.push(request.client?.());
      return allowed({});
    };
    await client.authorize({ ...QUESTION, client_address: '198.51.100.9' });
    await client.authorize({ ...QUESTION, client_address: 'unknown' });
    await client.authorize(QUESTION);
    expect(clients).toEqual(['198.51.100.9', '127.0.0.1', '127.0.0.1']);
  });

  it("carries the request id and the trace of its call, as the caller's admission does", async () => {
    const bench = await new Bench().open();
    const client = new Client(bench.target, credentials.createInsecure());
    onTestFinished(() => client.close());
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer caller');
    metadata.set('x-request-id', 'r-1');
    metadata.set('traceparent', '00-a-b-01');
    const { path, requestSerialize, responseDeserialize } = accessDefinition(loadPackage()).AuthorizeMany;
    const questions = { questions: [QUESTION, QUESTION] };
    const failed = await new Promise((resolve) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, questions, metadata, resolve);
    });
    expect(failed).toBeNull();
    expect([...bench.callers, ...bench.asked]).toMatchObject(
      Array.from({ length: 3 }, () => ({ requestId: 'r-1', traceparent: '00-a-b-01' })),
    );
    expect(bench.callers[0]?.client?.()).toBe('127.0.0.1');
  });

  it.each([0, 1_001])('of a batch of %i is not answered', async (count) => {
    const bench = await new Bench().open();
    const failed = bench.connect().authorizeMany(Array.from({ length: count }, () => QUESTION));
    await expect(failed).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: { BadRequest: { field_violations: [{ field: 'questions' }] } },
    });
    expect(bench.asked).toEqual([]);
  });

  it('of a batch of two million, which fit into 4 MiB, is counted and not decoded', async () => {
    const bench = await new Bench().open();
    const empty = [0x0a, 0x00];
    const failed = await sendBytes(bench, 'AuthorizeMany', Buffer.alloc(4_000_000, Buffer.from(empty)));
    expect(failed).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('2000000') });
  });

  it('of a batch of 1,000 is answered', async () => {
    const bench = await new Bench().open();
    const { answers } = await bench.connect().authorizeMany(Array.from({ length: 1_000 }, () => QUESTION));
    expect(answers).toHaveLength(1_000);
  });

  it('over 4 MiB is an error that says so', async () => {
    const bench = await new Bench().open();
    const failed = bench.connect().authorize({ token: 'x'.repeat(5_000_000), scope: 'messages:send' });
    await expect(failed).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message: expect.stringContaining('larger than max'),
    });
  });

  it('that a bug keeps from an answer is an internal error, which says nothing of it', async () => {
    const bench = await new Bench().open();
    bench.decide = () => {
      throw new Error('a bug with a secret');
    };
    await expect(bench.connect().authorize(QUESTION)).rejects.toMatchObject({
      code: status.INTERNAL,
      message: 'internal error',
    });
    expect(bench.failures).toEqual([new Error('a bug with a secret')]);
  });
});

describe('Introspect', () => {
  it('says when a token that is no JWT was issued and expires, as far as its server said', async () => {
    const bench = await new Bench().open();
    const times = { issuedAtSeconds: 1_800_000_000, validUntilMs: 1_800_000_630_500 };
    bench.decide = () => ({ ...allowed(), credential: { ...credentialOf({ issuer: 'opaque' }), ...times } });
    expect(await bench.connect().introspect({ token: 'opaque' })).toMatchObject({
      active: true,
      issuer: 'opaque',
      iat: 1_800_000_000,
      exp: 1_800_000_600,
    });
    const unknown = { issuedAtSeconds: Number.NEGATIVE_INFINITY };
    bench.decide = () => ({ ...allowed(), credential: { ...credentialOf(), ...unknown } });
    const answer = await bench.connect().introspect({ token: 'opaque' });
    expect(answer).not.toHaveProperty('iat');
    expect(answer).not.toHaveProperty('exp');
  });

  it('is unavailable, and not inactive, if the token cannot be judged now', async () => {
    const bench = await new Bench().open();
    bench.decide = () => deny('unavailable', undefined, 'standing not known');
    await expect(bench.connect().introspect({ token: 'x' })).rejects.toMatchObject({
      code: status.UNAVAILABLE,
      details: { ErrorInfo: { reason: 'unavailable' }, RetryInfo: { retry_delay: { seconds: 1 } } },
    });
  });
});

describe('the time of a call', () => {
  it("ends before the caller's deadline, so that the answer is in time", async () => {
    const bench = await new Bench().open();
    const seen: (number | undefined)[] = [];
    bench.decide = (_, limits) => {
      seen.push(limits?.timeoutMs);
      return deny('unavailable', undefined, 'standing not known');
    };
    const answer = await bench.connect({ token: 'caller', timeoutMs: 5_000 }).authorize(QUESTION);
    expect(answer).toMatchObject({ reason: 'unavailable', http_status: 503, retry_after_seconds: 1 });
    expect(seen[0]).toBeGreaterThan(0);
    expect(seen[0]).toBeLessThan(4_990);
  });

  it('is timeouts.decision without a deadline', async () => {
    const bench = await new Bench().open();
    bench.timeoutMs = 1_000;
    let timeoutMs: number | undefined;
    bench.decide = (_, limits) => {
      timeoutMs = limits?.timeoutMs;
      return allowed({});
    };
    await bench.connect().authorize(QUESTION);
    expect(timeoutMs).toBeGreaterThan(0);
    expect(timeoutMs).toBeLessThanOrEqual(1_000);
  });

  it('is over for a call that its caller cancels', async () => {
    const bench = await new Bench().open();
    let isCancelled: (() => boolean) | undefined;
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<Decision>();
    bench.decide = (_, limits) => {
      isCancelled = limits?.isCancelled;
      begun.resolve();
      return release.promise;
    };
    let cancel = (): void => {};
    const failed = bench.connect().call('Authorize', QUESTION, undefined, (end) => (cancel = end));
    const caught = failed.catch((error: unknown) => error);
    await begun.promise;
    expect(isCancelled?.()).toBe(false);
    cancel();
    expect(await caught).toMatchObject({ code: status.CANCELLED });
    await expect.poll(() => isCancelled?.(), { timeout: 5_000 }).toBe(true);
    release.resolve(allowed({}));
  });

  it('is granted to a running call when the door closes', async () => {
    const bench = await new Bench().open();
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<Decision>();
    bench.decide = () => {
      begun.resolve();
      return release.promise;
    };
    const answer = bench.connect().authorize(QUESTION);
    await begun.promise;
    const closed = bench.close(10_000);
    await sleep(20);
    release.resolve(allowed({}));
    expect(await answer).toMatchObject({ allowed: true });
    await closed;
    await expect(bench.connect().authorize(QUESTION)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});

describe('without a credential of the caller', () => {
  /** Calls a method without knowing its messages. */
  function raw(bench: Bench, path: string, request: Uint8Array): Promise<Buffer> {
    const client = new Client(bench.target, credentials.createInsecure());
    onTestFinished(() => client.close());
    const same = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const stream = client.makeBidiStreamRequest(path, same, same, new Metadata());
    stream.on('data', resolve).on('error', reject);
    stream.end(request);
    return promise;
  }

  const field = (text: string, tag: number): Buffer =>
    Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text)]);

  it.each(['', 'sallyport.access.v1.AccessService'])('health of %j follows readiness', async (service) => {
    const bench = await new Bench().open();
    const check = () => raw(bench, '/grpc.health.v1.Health/Check', field(service, 0x0a));
    expect([...(await check())]).toEqual([0x08, 2]);
    bench.health.ready();
    expect([...(await check())]).toEqual([0x08, 1]);
    bench.health.stopping();
    expect([...(await check())]).toEqual([0x08, 2]);
    expect(bench.callers).toEqual([]);
  });

  it.each(['v1', 'v1alpha'])('reflection %s shows the service and its files', async (version) => {
    const bench = await new Bench().open();
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    expect((await raw(bench, path, field('*', 0x3a))).toString('latin1')).toContain(
      'sallyport.access.v1.AccessService',
    );
    const file = await raw(bench, path, field('sallyport.access.v1.AccessService', 0x22));
    for (const name of ['AuthorizeRequest', 'from_browser', 'google_rpc.proto', 'google_protobuf.proto']) {
      expect(file.toString('latin1')).toContain(name);
    }
    expect(bench.callers).toEqual([]);
  });
});
