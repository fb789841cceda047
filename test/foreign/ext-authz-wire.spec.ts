import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { TRANSPORTS } from '../../src/config/transport-config.ts';
import type { Decision } from '../../src/core/decision.ts';
import { deny } from '../../src/core/decision.ts';
import { REASONS } from '../../src/core/reason.ts';
import type { AccessRequest } from '../../src/core/request.ts';
import { OVERRIDE_HEADERS } from '../../src/core/upstream/override-headers.ts';
import { openExtAuthz } from '../../src/edge/ext-authz/service.ts';
import { loadExtAuthz } from '../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { Health } from '../../src/observe/health.ts';
import { python3, pythonPackages } from '../../tools/python.ts';
import {
  allowed,
  DENIAL_STATUSES,
  gatewayOf,
  IGNORED_TRANSPORT,
  ROUTE,
  shadowed,
  transportOf,
} from '../support/ext-authz.ts';
import { IGNORED_CONNECTIONS } from '../support/http2/ignored-connections.ts';

const GATEWAY = fileURLToPath(new URL('ext-authz-gateway.py', import.meta.url));

interface Check {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly header_map?: readonly (readonly [name: string, hex: string])[];
}

interface Report {
  /** Full names of the fields that were filled. */
  readonly fields: readonly string[];
  readonly answers: readonly { readonly answer: object; readonly unknown: readonly string[] }[];
}

describe.each(TRANSPORTS)('the ext_authz door with %s, called with the complete messages of a gateway', (kind) => {
  let packages: string;

  beforeAll(async () => {
    packages = await pythonPackages('xds');
  }, 120_000);

  /** Sends the checks to a door that decides by path; what came in, and what came out. */
  async function ask(checks: readonly Check[], decisions: Readonly<Record<string, Decision>> = {}) {
    const seen: AccessRequest[] = [];
    const decide = (request: AccessRequest): Decision => {
      // The message may be overwritten after the decision.
      const [client, certificate] = [request.client?.(), request.certificate?.()];
      seen.push({ ...request, client: () => client, certificate: () => certificate });
      return decisions[request.path] ?? deny('route_denied', undefined, 'signature');
    };
    const failures: unknown[] = [];
    const failed = (error: unknown): unknown => failures.push(error);
    const address = { host: '127.0.0.1', port: 0 };
    const health = new Health();
    const gateway = gatewayOf(decide);
    const observer = {
      ...IGNORED_CONNECTIONS,
      handshakeFailed: (...facts: unknown[]): unknown => failures.push(facts),
      forwardedForIgnored: (...facts: unknown[]): unknown => failures.push(facts),
    };
    const parts = { gateway: () => gateway, failed, health, observer, transport: IGNORED_TRANSPORT };
    const door = await openExtAuthz({ address, tls: undefined, transport: transportOf(kind) }, parts);
    try {
      const report = await python3(GATEWAY, packages, door.address, JSON.stringify(checks));
      expect(failures).toEqual([]);
      // What our own script prints.
      return { seen, report: JSON.parse(report) as Report };
    } finally {
      await door.close(500);
    }
  }

  it('is found by its name', () => {
    expect(loadExtAuthz().Check).toMatchObject({
      path: '/envoy.service.auth.v3.Authorization/Check',
      requestStream: false,
      responseStream: false,
    });
  });

  it('reads a check with every field set, and headers in both forms', async () => {
    const hex = (value: string): string => Buffer.from(value, 'latin1').toString('hex');
    const { seen, report } = await ask([
      {
        path: '/3rdparty/v1/messages?x=1',
        headers: { authorization: 'Bearer a.b.c', origin: 'https://app.example', ':path': '/other' },
      },
      {
        path: '/raw',
        header_map: [
          ['authorization', hex('Bearer a.b.c')],
          ['x-binary', 'ff00fe'],
          ['authorization', hex('Bearer \xff')],
        ],
      },
      { path: '/none' },
    ]);
    const gateway = { door: 'ext-authz', host: 'api.example:8080', client: '192.0.2.7', hidesFields: true };
    const common = { ...gateway, method: 'POST' };
    const read = ({ client, certificate, ...request }: AccessRequest) => ({
      ...request,
      client: client?.(),
      certificate: certificate?.(),
    });
    expect(seen.map(read)).toEqual([
      { ...common, path: '/3rdparty/v1/messages?x=1', authorization: 'Bearer a.b.c', fromBrowser: true },
      { ...common, path: '/raw', authorization: 'Bearer a.b.c,Bearer \xff', fromBrowser: false },
      { ...common, path: '/none', authorization: undefined, fromBrowser: false },
    ]);
    // The message also contained fields that our own definition leaves out.
    const attributes = 'destination context_extensions metadata_context route_metadata_context tls_session';
    const members = 'id scheme query fragment size protocol body raw_body';
    const leftOut = [...attributes.split(' '), ...members.split(' ').map((name) => `HttpRequest.${name}`)];
    expect(report.fields).toEqual(
      expect.arrayContaining(leftOut.map((name) => `envoy.service.auth.v3.AttributeContext.${name}`)),
    );
  });

  it('encodes an allow response that the gateway reads correctly', async () => {
    const passing = { '/somebody': allowed({ subject: 'müller' }), '/nobody': allowed(), '/shadow': shadowed() };
    const headers = { ':authority': 'a', ':method': 'POST', ':path': '/', x_auth_subject: 'root' };
    const { report } = await ask(
      Object.keys(passing).map((path) => ({ path, headers })),
      passing,
    );
    const overwritten = (key: string, value: string): object => ({
      header: { key, value },
      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
    });
    const identity = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'];
    const overrides = OVERRIDE_HEADERS;
    expect(report.answers).toEqual([
      {
        unknown: [],
        answer: {
          status: {},
          ok_response: {
            headers: [
              overwritten('x-auth-subject', 'm%C3%BCller'),
              overwritten('x-auth-scopes', 'messages:send messages:list'),
              overwritten('x-auth-token-id', 'V1StGXR8_Z5jdHi6B-myT'),
              overwritten('x-auth-issuer', 'sallyport'),
              overwritten('x-auth-scheme', 'bearer'),
            ],
            headers_to_remove: [...overrides, 'authorization', 'x_auth_subject'],
          },
          dynamic_metadata: {
            outcome: 'allow',
            issuer: 'sallyport',
            scheme: 'bearer',
            scopes: 'messages:send messages:list',
            subject: 'müller',
            token_id: 'V1StGXR8_Z5jdHi6B-myT',
          },
        },
      },
      {
        unknown: [],
        answer: {
          status: {},
          ok_response: { headers_to_remove: [...identity, ...overrides, 'x_auth_subject'] },
          dynamic_metadata: { outcome: 'allow' },
        },
      },
      {
        unknown: [],
        answer: {
          status: {},
          ok_response: { headers_to_remove: [...identity, ...overrides, 'x_auth_subject'] },
          dynamic_metadata: { outcome: 'allow', shadowed: 'token_expired' },
        },
      },
    ]);
  });

  it('encodes how long an answer may be kept so that the gateway reads a number', async () => {
    const headers = { ':authority': 'a', ':method': 'POST', ':path': '/' };
    const { report } = await ask([{ path: '/', headers }], { '/': { ...allowed(), keepMs: 693 } });
    expect(report.answers).toMatchObject([{ unknown: [], answer: { dynamic_metadata: { keep_ms: 693 } } }]);
  });

  it('encodes every denial so that the gateway reads a denial', async () => {
    const denials = Object.fromEntries(REASONS.map((reason) => [`/${reason}`, deny(reason, ROUTE, 'signature')]));
    const { report } = await ask(
      Object.keys(denials).map((path) => ({ path })),
      denials,
    );
    // Names that Envoy's enumeration gives to the numbers.
    const names: Readonly<Record<number, string>> = {
      400: 'BadRequest',
      401: 'Unauthorized',
      403: 'Forbidden',
      429: 'TooManyRequests',
      503: 'ServiceUnavailable',
    };
    expect(report.answers).toEqual(
      DENIAL_STATUSES.map(([reason, code, http]) => ({
        unknown: [],
        answer: {
          status: { code, message: reason },
          denied_response: {
            status: { code: names[http] },
            headers: expect.any(Array),
            body: expect.stringContaining(`"code":"${reason}"`),
          },
          dynamic_metadata: { outcome: 'deny', reason },
        },
      })),
    );
  });

  it('encodes the header fields of a denial, with one field for each challenge', async () => {
    const offering = { ...deny('credentials_required', ROUTE, 'signature'), offersBasic: true };
    const { report } = await ask([{ path: '/x' }], { '/x': offering });
    expect(report.answers).toMatchObject([
      {
        answer: {
          denied_response: {
            headers: [
              {
                header: { key: 'content-type', value: 'application/problem+json' },
                append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
              },
              { header: { key: 'cache-control', value: 'no-store' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
              // To append is the default, which JSON leaves out.
              { header: { key: 'www-authenticate', value: 'Bearer realm="sallyport"' } },
              { header: { key: 'www-authenticate', value: 'Basic realm="sallyport", charset="UTF-8"' } },
            ],
          },
        },
      },
    ]);
  });
});
