import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAYS, type GatewayKind } from '../../deploy/gateways/kinds.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { installedGateways } from '../support/servers/gateways/gateway.ts';
import { withHttp2Port } from '../support/servers/gateways/http2-port.ts';
import { INGRESS_NGINX } from '../support/servers/gateways/ingress-nginx.ts';
import { OWN_REFUSALS } from '../support/servers/gateways/own-refusals.ts';
import { type GatewayPlatform, startGatewayPlatform } from '../support/servers/gateways/platform.ts';
import { rawRequest, sendRaw } from '../support/servers/gateways/raw-http.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { optionsFor } from '../support/servers/platform.ts';
import { SQLITE } from '../support/servers/stores.ts';
import { expectDenied, expectedAt, expectUpstream, isDenied, isSuccess, requestOf } from './case-run.ts';
import { CASES, type Case, type Denied } from './cases.ts';

/** Paths that two parsers may read differently, as bytes that no HTTP client sends. */
const AMBIGUOUS = CASES.filter(({ directOnly, path }) => directOnly === true && /^[/*]/.test(path ?? ''));

describe.each(await installedGateways([...GATEWAYS, INGRESS_NGINX]))('$label', ({ kind, isMissing }) => {
  let issuers: CaseIssuers;
  let platform: GatewayPlatform;
  let http2Port: number;
  const refusals = OWN_REFUSALS[kind.name] ?? [];

  beforeAll(async () => {
    if (isMissing) return;
    issuers = await startCaseIssuers();
    const { edits, port } = await withHttp2Port(kind);
    platform = await startGatewayPlatform(kind, optionsFor(issuers, await SQLITE.start()), edits);
    http2Port = port ?? platform.gateway.port;
  });

  afterAll(async () => {
    if (isMissing) return;
    await platform.close();
    issuers.close();
  });

  beforeEach(() => {
    if (!isMissing) platform.services.received.length = 0;
  });

  it.skipIf(isMissing).each(CASES.filter(({ directOnly }) => directOnly !== true))('$name', async (wanted) => {
    const refusal = refusals.find(({ cases }) => cases.test(wanted.name));
    if (refusal !== undefined) {
      // HAProxy may reset the connection while the client still sends.
      const status = await ask(wanted).then((answer) => answer.status, resetOrThrow);
      expect(platform.services.received).toEqual([]);
      expect([refusal.status, RESET]).toContain(status);
      return;
    }
    const answer = await ask(wanted);
    const expected = expectedAt(wanted, { showsHeaders: kind.mode !== 'path' });
    if (isDenied(expected)) {
      expect(platform.services.received).toEqual([]);
      expectDenial(kind, answer, expected);
    } else {
      expect(answer.status, answer.body).toSatisfy(isSuccess);
      expect(platform.services.received).toHaveLength(1);
      expectUpstream(platform.services.received[0]?.headers ?? {}, expected);
    }
  });

  it.skipIf(isMissing).each(AMBIGUOUS)('lets nothing reach a service: $name', async ({ path }) => {
    const status = await sendRaw(platform.gateway.port, rawRequest(`GET ${path}`, ['Host: gateway']));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(platform.services.received).toEqual([]);
  });

  it.skipIf(isMissing)('lets no secret appear in what Sallyport and the gateway write', async () => {
    const files = (await readdir(platform.gateway.folder)).filter((name) => name.endsWith('.log'));
    const logs = await Promise.all(files.map((name) => readFile(join(platform.gateway.folder, name), 'utf8')));
    const written = [platform.sallyport.output(), platform.gateway.output(), ...logs].join('\n');
    expect(written).toContain('"door":"forward-auth"');
    expect(issuers.secrets.size).toBeGreaterThan(50);
    expect([...issuers.secrets].filter((secret) => written.includes(secret))).toEqual([]);
  });

  function ask(wanted: Case): Promise<HttpResponse> {
    const { method, path, host, headers } = requestOf(wanted, issuers);
    if (wanted.overHttp2 === true)
      return sendHttp2Request({ port: http2Port, method, path, headers: [[':authority', host], ...headers] });
    return sendRequest({ port: platform.gateway.port, method, path, headers: [['Host', host], ...headers] });
  }
});

const RESET = 'ECONNRESET';

/** Expects that an error says that the gateway ended the connection. */
function resetOrThrow(error: NodeJS.ErrnoException): string {
  if (error.code === RESET || error.code === 'EPIPE') return RESET;
  throw error;
}

/** Expects what the client of the gateway reads of a denial. */
function expectDenial(kind: GatewayKind, answer: HttpResponse, expected: Denied): void {
  const { status, challenges } = expected;
  const inOneField = challenges.length > 1 ? [challenges.join(', ')] : challenges;
  if (kind.name === INGRESS_NGINX.name) {
    // No problem document, no status but 401 and 403, and challenges with 401 alone.
    const shown = status === 401 ? { status, challenges: inOneField } : { status: 403, challenges: [] };
    expect({ status: answer.status, challenges: answer.challenges }).toEqual(shown);
    return;
  }
  expectDenied(answer, kind.mode === 'nginx' ? { ...expected, challenges: inOneField } : expected);
  expect(answer.headers['content-type']).toBe('application/problem+json');
}
