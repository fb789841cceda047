import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TRANSPORTS } from '../../src/config/transport-config.ts';
import type { ExtAuthzDoor } from '../../src/edge/ext-authz/door.ts';
import { CHECK_PATH, EXT_AUTHZ } from '../../src/edge/ext-authz/door.ts';
import { openExtAuthz } from '../../src/edge/ext-authz/service.ts';
import { loadExtAuthz } from '../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { Health } from '../../src/observe/health.ts';
import { findGo, goTools } from '../../tools/go.ts';
import { python3, pythonPackages } from '../../tools/python.ts';
import { certify, hasOpenssl, tlsOf } from '../support/certificates.ts';
import { allowed, HEADERS, IGNORED_TRANSPORT, transportOf } from '../support/ext-authz.ts';
import { IGNORED_CONNECTIONS } from '../support/http2/ignored-connections.ts';

const GRPCIO = fileURLToPath(new URL('ext-authz-grpcio.py', import.meta.url));
const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const MESSAGES = ['-import-path', PROTO, '-proto', 'envoy/service/auth/v3/external_auth.proto'];
/** Builds may take minutes on a machine with nothing in its caches. */
const BUILD_MS = 900_000;
const CALLS = 500;

const hasGo = await findGo().then(
  () => true,
  () => false,
);
const unlessGo = hasGo ? '' : ' (skipped: there is no Go, and none can be downloaded)';
const unlessOpenssl = hasOpenssl ? '' : ' (skipped: there is no openssl)';

type Way = 'TCP' | 'a Unix socket' | 'TLS' | 'mTLS';
const WAYS: readonly Way[] = ['TCP', 'a Unix socket', 'TLS', 'mTLS'];
const CHECK = { attributes: { request: { http: { method: 'GET', path: '/x', host: 'a.example' } } } };

describe.skipIf(!hasOpenssl).each(TRANSPORTS)(`the clients of others, over %s${unlessOpenssl}`, (kind) => {
  let folder: string;
  const doors = new Map<Way, ExtAuthzDoor>();
  const failures: unknown[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-checks-'));
    certify(folder, 'ca');
    certify(folder, 'server', 'ca');
    certify(folder, 'client', 'ca');
    for (const way of WAYS) doors.set(way, await openDoor(way));
  });

  afterAll(async () => {
    await Promise.all([...doors.values()].map((door) => door.close(500)));
    await rm(folder, { recursive: true, force: true });
    expect(failures).toEqual([]);
  });

  function openDoor(way: Way): Promise<ExtAuthzDoor> {
    const health = new Health();
    health.ready();
    const nothing: ReadonlySet<string> = new Set();
    const fields = { wantedFields: nothing, credentialFields: nothing, trustedProxies: [], basicNotice: [] };
    const gateway = { decider: { decide: () => allowed({}) }, headers: HEADERS, ...fields, maxStalenessMs: 1_000 };
    const failed = (...facts: unknown[]): unknown => failures.push(facts);
    const observer = { ...IGNORED_CONNECTIONS, handshakeFailed: failed, forwardedForIgnored: failed };
    const address = way === 'a Unix socket' ? { path: join(folder, 'door.sock') } : { host: '127.0.0.1', port: 0 };
    const clientCa = way === 'mTLS' ? readFileSync(join(folder, 'ca.pem'), 'utf8') : undefined;
    const tls = way === 'TLS' || way === 'mTLS' ? tlsOf(folder, 'server', clientCa) : undefined;
    const parts = { gateway: () => gateway, failed, health, observer, transport: IGNORED_TRANSPORT };
    return openExtAuthz({ address, tls, transport: transportOf(kind) }, parts);
  }

  function addressOf(way: Way): string {
    return doors.get(way)?.address ?? '';
  }

  /** The options of Go's tools. */
  function securityOf(way: Way, plain: string, ca: string): string[] {
    const own = ['-cert', join(folder, 'client.pem'), '-key', join(folder, 'client.key')];
    if (way === 'TCP' || way === 'a Unix socket') return [plain];
    return [ca, join(folder, 'ca.pem'), ...(way === 'mTLS' ? own : [])];
  }

  it('grpcio calls over each way, with bodies of 300 kB and 200 checks at once', async () => {
    const packages = await pythonPackages('xds');
    const tls = { TCP: '', 'a Unix socket': '', TLS: 'server', mTLS: 'mutual' };
    const named = WAYS.map((way) => ({ name: way, address: addressOf(way), tls: tls[way] }));
    // What the script prints.
    const report = JSON.parse(await python3(GRPCIO, packages, folder, JSON.stringify(named)));
    expect(report).toEqual(Object.fromEntries(WAYS.map((way) => [way, { 0: 212 }])));
  });

  it.each(WAYS)('grpc-js calls over %s', async (way) => {
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    const own = way === 'mTLS' ? ([read('client.key'), read('client.pem')] as const) : [];
    const plain: ChannelCredentials = credentials.createInsecure();
    const isPlain = way === 'TCP' || way === 'a Unix socket';
    const security = isPlain ? plain : credentials.createSsl(read('ca.pem'), ...own);
    const client = new Client(addressOf(way), security, { 'grpc.ssl_target_name_override': 'localhost' });
    const { requestSerialize, responseDeserialize } = loadExtAuthz().Check;
    const call = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(CHECK_PATH, requestSerialize, responseDeserialize, CHECK, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      });
    const answers = await Promise.all(Array.from({ length: CALLS }, call));
    client.close();
    expect(answers).toHaveLength(CALLS);
    for (const answer of answers) expect(answer).toMatchObject({ status: { code: 0 } });
  });

  describe.skipIf(!hasGo)(`Go's tools${unlessGo}`, () => {
    let tools: string;

    beforeAll(async () => {
      tools = await goTools();
    }, BUILD_MS);

    async function grpcurl(way: Way, input: object, service: string, ...sources: readonly string[]) {
      const security = securityOf(way, '-plaintext', '-cacert');
      const args = [...security, ...sources, '-d', '@', addressOf(way), service];
      const child = spawn(join(tools, 'grpcurl'), args);
      child.stdin.end(JSON.stringify(input));
      const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      return { code, out, errors };
    }

    it.each(WAYS)('grpcurl calls Check over %s', async (way) => {
      const { out, errors } = await grpcurl(way, CHECK, `${EXT_AUTHZ}/Check`, ...MESSAGES);
      expect(errors).toBe('');
      // It prints the answer as JSON.
      expect(JSON.parse(out)).toMatchObject({ status: {}, okResponse: {}, dynamicMetadata: { outcome: 'allow' } });
    });

    it('grpcurl reads that a method is not known', async () => {
      const { code, errors } = await grpcurl('TCP', {}, `${EXT_AUTHZ}/Check`);
      expect(code).not.toBe(0);
      // It asks for reflection, which this door does not serve.
      expect(errors).toContain('server does not support the reflection API');
    });

    it.each(WAYS)(`ghz makes ${CALLS} calls over 10 connections through %s without an error`, async (way) => {
      const security = securityOf(way, '--insecure', '--cacert').map((option) =>
        option.replace(/^-(?=cert|key)/, '--'),
      );
      const load = ['-n', `${CALLS}`, '-c', '20', '--connections', '10', '-O', 'json'];
      const messages = ['--import-paths', PROTO, '--proto', join(PROTO, 'envoy/service/auth/v3/external_auth.proto')];
      const name = ['--cname', 'localhost'];
      const what = ['--call', `${EXT_AUTHZ}.Check`, '-d', JSON.stringify(CHECK)];
      const args = [...security, ...(security.length > 1 ? name : []), ...messages, ...what, ...load, addressOf(way)];
      const { stdout } = await promisify(execFile)(join(tools, 'ghz'), args, { maxBuffer: 16 << 20 });
      // It prints a report as JSON.
      expect(JSON.parse(stdout)).toMatchObject({
        count: CALLS,
        statusCodeDistribution: { OK: CALLS },
        errorDistribution: {},
      });
    });
  });
});
