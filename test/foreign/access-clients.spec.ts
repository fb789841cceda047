import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findGo, goTools, pythonAccessCode } from '../../tools/go.ts';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { goLanguage, pythonLanguage, runAsk, startService, TYPESCRIPT } from '../support/internal-api/examples.ts';
import { callerToken, revocableToken, startWithAccess } from '../support/internal-api/platform.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import type { Sallyport } from '../support/servers/sallyport.ts';
import { SQLITE } from '../support/servers/stores.ts';

const SERVICE = 'sallyport.access.v1.AccessService';
const GRPCIO = fileURLToPath(new URL('grpcio-access.py', import.meta.url));
const POLL = { timeout: 60_000, interval: 20 };
/** Builds may take minutes on a machine with nothing in its caches. */
const BUILD_MS = 900_000;

const hasGo = await findGo().then(
  () => true,
  () => false,
);
const unlessGo = hasGo ? '' : ' (skipped: there is no Go, and none can be downloaded)';

let issuers: CaseIssuers;
let folder: string;
let sallyport: Sallyport;
let address: string;
/** The answer of `ask` in each language about {@link revocableToken}. */
const ANSWERS = ['allowed: alice', 'allowed', 'denied: scope_required', 'active: messages:send messages:list'];

beforeAll(async () => {
  issuers = await startCaseIssuers();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-access-'));
  ({ sallyport, address } = await startWithAccess(issuers, () => undefined));
});

afterAll(async () => {
  await sallyport.close();
  issuers.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the examples in docs/internal-api', () => {
  it('ask in TypeScript', async () => {
    expect(await runAsk(TYPESCRIPT, address, callerToken(), revocableToken(issuers).token)).toEqual(ANSWERS);
  });

  it('ask in Python', async () => {
    const python = await pythonLanguage(join(folder, 'python'));
    expect(await runAsk(python, address, callerToken(), revocableToken(issuers).token)).toEqual(ANSWERS);
  });

  it.skipIf(!hasGo)(
    `ask in Go, and keep answers there until their revocation${unlessGo}`,
    async () => {
      const go = await goLanguage();
      const { token, key } = revocableToken(issuers);
      expect(await runAsk(go, address, callerToken(), token)).toEqual(ANSWERS);
      const service = startService(go, address, callerToken());
      await expect.poll(() => service.authorize(token), POLL).toBe('allowed, kept');
      const store = await SQLITE.start();
      await store.writeDirectly(sallyport, key, 'by hand');
      await expect.poll(() => service.authorize(token), POLL).toBe('denied: token_revoked');
      await service.close();
    },
    BUILD_MS,
  );
});

describe.skipIf(!hasGo)(`Go's tools${unlessGo}`, () => {
  let tools: string;

  beforeAll(async () => {
    tools = await goTools();
  }, BUILD_MS);

  /** Runs grpcurl; resolves to its exit code and to what it prints. @param caller the token of the caller. */
  async function grpcurl(args: readonly string[], input = '', caller = callerToken()) {
    const env = { ...process.env, CALLER: caller };
    const header = ['-expand-headers', '-H', 'authorization: Bearer ${CALLER}'];
    const child = spawn(join(tools, 'grpcurl'), ['-plaintext', ...header, ...args], { env });
    child.stdin.end(input);
    const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code, out, errors };
  }

  it('grpcurl lists the services and describes a method, by reflection', async () => {
    const { out } = await grpcurl([address, 'list']);
    expect(out.split('\n')).toContain(SERVICE);
    const described = await grpcurl([address, 'describe', `${SERVICE}.Authorize`]);
    expect(described.out).toContain(
      'rpc Authorize ( .sallyport.access.v1.AuthorizeRequest ) returns ( .sallyport.access.v1.AuthorizeResponse );',
    );
  });

  it('grpcurl asks for health, by reflection', async () => {
    const { out } = await grpcurl([address, 'grpc.health.v1.Health/Check']);
    expect(JSON.parse(out)).toEqual({ status: 'SERVING' });
  });

  it('grpcurl calls Authorize', async () => {
    const { token } = revocableToken(issuers);
    const question = JSON.stringify({ token, scope: 'messages:send' });
    const { out } = await grpcurl(['-d', '@', address, `${SERVICE}/Authorize`], question);
    // It prints the answer as JSON.
    expect(JSON.parse(out)).toMatchObject({ allowed: true, identity: { issuer: 'corporate', subject: 'alice' } });
  });

  it('grpcurl shows the details of a refusal', async () => {
    const args = ['-d', '{}', address, `${SERVICE}/Introspect`];
    const { code, errors } = await grpcurl(args, '', callerToken('access:check'));
    expect(code).not.toBe(0);
    expect(errors).toContain('Code: PermissionDenied');
    expect(errors).toContain('type.googleapis.com/google.rpc.ErrorInfo');
    expect(errors).toContain('"scope_required"');
  });

  it('ghz makes 500 calls over 10 connections without an error', async () => {
    const { token } = revocableToken(issuers);
    const data = ['-d', JSON.stringify({ token, scope: 'messages:send' })];
    const caller = ['-m', JSON.stringify({ authorization: `Bearer ${callerToken()}` })];
    const load = ['-n', '500', '-c', '20', '--connections', '10', '-O', 'json'];
    const args = ['--insecure', '--call', `${SERVICE}.Authorize`, ...data, ...caller, ...load, address];
    const { stdout } = await promisify(execFile)(join(tools, 'ghz'), args);
    // It prints a report as JSON.
    expect(JSON.parse(stdout)).toMatchObject({
      count: 500,
      statusCodeDistribution: { OK: 500 },
      errorDistribution: {},
    });
  });
});

describe.skipIf(!hasOpenssl)(`grpcio${hasOpenssl ? '' : ' (skipped: there is no openssl)'}`, () => {
  it('calls over mTLS, with deadlines and tokens, and reads the details of errors', async () => {
    certify(folder, 'ca');
    certify(folder, 'server', 'ca');
    certify(folder, 'client', 'ca');
    const other = await startWithAccess(issuers, (config) => {
      // What startWithAccess wrote.
      const listen = config['listen'] as Record<string, unknown>;
      const named = (name: string): string => join(folder, name);
      const tls = { cert: named('server.pem'), key: named('server.key'), clientCa: named('ca.pem') };
      listen['access'] = { address: listen['access'], tls };
    });
    try {
      const path = await pythonAccessCode(join(folder, 'grpcio'));
      const env = {
        ...process.env,
        PYTHONPATH: path,
        CALLER: callerToken(),
        STRANGER: callerToken('access:introspect'),
      };
      const args = [GRPCIO, other.address, `${other.sallyport.pid}`, folder, revocableToken(issuers).token];
      const { stdout } = await promisify(execFile)('python3', args, { env });
      const allowed = { allowed: true, subject: 'alice', keys: expect.any(Number) };
      // What the script prints.
      expect(JSON.parse(stdout)).toEqual({
        certificate: allowed,
        'certificate and token': allowed,
        'certificate and insufficient token': {
          code: 'PERMISSION_DENIED',
          details: 'scope required: access:check',
          infos: [{ reason: 'scope_required', domain: 'sallyport', metadata: { scope: 'access:check' } }],
        },
        deadline: 'DEADLINE_EXCEEDED',
        beat: 7,
        'no certificate': 'UNAVAILABLE',
      });
    } finally {
      await other.sallyport.close();
    }
  });
});
