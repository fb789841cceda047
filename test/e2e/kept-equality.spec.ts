import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEnvoy, findOldestEnvoy } from '../../tools/envoy.ts';
import type { Program } from '../../tools/program.ts';
import { KEPT_FIELD, keeping } from '../support/kept/keeping.ts';
import {
  bearer,
  DEFAULT_PATH,
  fieldsOf,
  HTTP1_REQUESTS,
  REQUESTS,
  type RepeatedRequest,
} from '../support/kept/requests.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { startUpstream, type Upstream } from '../support/servers/gateways/upstream.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { sendRawRequest } from '../support/servers/raw-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

/** How often each request is sent: asked, asked and kept, kept, kept. */
const TIMES = 4;
/** Values that differ from request to request. */
const VARYING = new Set(['x-request-id', 'date', 'x-envoy-upstream-service-time', KEPT_FIELD]);

/** What of a request differs from an answer that was asked for. */
interface SetUp {
  readonly name: string;
  /** Whether Envoy itself removes what clients must not send; otherwise the script looks for it. */
  readonly stripped: boolean;
  readonly forwardsCredential: boolean;
}

const SET_UPS: readonly SetUp[] = [
  { name: 'Envoy strips', stripped: true, forwardsCredential: false },
  { name: 'the script looks at each name', stripped: false, forwardsCredential: false },
  { name: 'the credential is forwarded', stripped: true, forwardsCredential: true },
];

let issuers: CaseIssuers;
let upstream: Upstream;
/** One for each answer to whether the credential is forwarded. */
let sallyports: Map<boolean, Sallyport>;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  upstream = await startUpstream();
  const start = async (forwardCredential: boolean) => {
    const edit = (config: Record<string, unknown>): void => {
      issuers.configure(config);
      config['revocation'] = { maxStaleness: '60s', keep: '60s' };
      config['identity'] = { ...Object(config['identity']), forwardCredential };
    };
    return [forwardCredential, await startSallyport({ env: issuers.env, edit })] as const;
  };
  sallyports = new Map(await Promise.all([start(false), start(true)]));
});

afterAll(async () => {
  await Promise.all(Array.from(sallyports.values(), (sallyport) => sallyport.close()));
  upstream.close();
  issuers.close();
});

/** Two gateways that differ in nothing but whether they keep answers. */
async function startPair({ stripped, forwardsCredential }: SetUp, program: Program): Promise<RunningEnvoy> {
  const { extAuthz = 0, tokens = 0 } = sallyports.get(forwardsCredential)?.ports ?? {};
  const common = { normalises: stripped, rawHeaders: true };
  const keep = keeping((parts) => {
    if (!stripped) delete parts.code['filter_context'];
  });
  const edit = (manager: ConnectionManager): void => {
    keep(manager);
    openUp(manager);
  };
  return await startEnvoy(
    { sallyport: extAuthz, tokens, messages: upstream.port, devices: upstream.port },
    {
      program,
      listeners: [
        { name: 'asking', ...common, edit: openUp },
        { name: 'keeping', ...common, edit },
      ],
    },
  );
}

function openUp(manager: ConnectionManager): void {
  manager.upgrade_configs = [{ upgrade_type: 'websocket' }];
  // After a refusal Envoy keeps the connection for a second, in case the client still sends.
  manager.delayed_close_timeout = '0s';
}

/** What the client and the upstream see of one request. */
interface View {
  readonly status: number;
  readonly fields: readonly unknown[];
  readonly body: string;
  readonly arrived: readonly unknown[];
}

interface Exchange {
  readonly view: View;
  readonly kept: boolean;
}

type Send = (port: number, request: RepeatedRequest, fields: ReturnType<typeof fieldsOf>) => Promise<Response>;
interface Response {
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

const overHttp1: Send = async (
  port,
  { method = 'GET', path = DEFAULT_PATH, host = 'api.example.com', body = '' },
  sent,
) => {
  const isChunked = sent.some(([name]) => name === 'Transfer-Encoding');
  const length =
    body === '' || isChunked ? [] : [['Content-Length', String(Buffer.byteLength(body, 'latin1'))] as const];
  const headers = [['Host', host] as const, ...sent, ...length];
  return await sendRawRequest({ host: '127.0.0.1', port }, { line: `${method} ${path} HTTP/1.1`, headers, body });
};

const overHttp2: Send = async (
  port,
  { method = 'GET', path = DEFAULT_PATH, host = 'api.example.com', body = '' },
  sent,
) => {
  const headers = [[':authority', host] as const, ...sent];
  const { status, headers: fields, body: received } = await sendHttp2Request({ port, method, path, headers, body });
  return {
    status,
    fields: Object.entries(fields).map(([name, value]) => [name, String(value)] as const),
    body: received,
  };
};

async function exchange(
  send: Send,
  port: number,
  request: RepeatedRequest,
  sent: ReturnType<typeof fieldsOf>,
): Promise<Exchange> {
  upstream.arrived.length = 0;
  const { status, fields, body } = await send(port, request, sent);
  const arrived = upstream.arrived.map(({ rawHeaders, ...rest }) => ({
    ...rest,
    rawHeaders: constant(paired(rawHeaders)),
  }));
  const kept = fields.some(([name, value]) => name === KEPT_FIELD && value === 'true');
  return { view: { status, fields: constant(fields), body, arrived }, kept };
}

function constant(fields: readonly (readonly [string, string])[]): readonly unknown[] {
  return fields.flatMap(([name, value]) => {
    if (name === KEPT_FIELD) return [];
    return [[name, VARYING.has(name.toLowerCase()) ? 'varies' : value]];
  });
}

function paired(raw: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? '', raw[2 * index + 1] ?? '']);
}

describe.each([
  { version: '1.40', find: findEnvoy },
  { version: '1.36', find: findOldestEnvoy },
])('Envoy $version', ({ find }) => {
  describe.each(SET_UPS)('where $name', (setUp) => {
    let envoy: RunningEnvoy;

    beforeAll(async () => {
      envoy = await startPair(setUp, await find());
    });

    afterAll(() => envoy.close());

    /** Sends a request several times to both gateways; returns which of them passed by a kept answer. */
    async function compare(
      send: Send,
      request: RepeatedRequest,
      usual?: string,
      times = TIMES,
    ): Promise<readonly boolean[]> {
      const [asking, keepingPort] = envoy.gateways.map(({ port }) => port);
      const fields = fieldsOf(request, issuers, usual);
      const expected = await exchange(send, asking ?? 0, request, fields);
      const kept: boolean[] = [];
      for (let time = 1; time <= times; time++) {
        const { view, kept: byKept } = await exchange(send, keepingPort ?? 0, request, fields);
        expect(view, `${request.name}, time ${time}`).toEqual(expected.view);
        kept.push(byKept);
      }
      return kept;
    }

    /** Sends each request once with one token, while the answer to the plain one is kept. */
    async function compareInTurn(send: Send, requests: readonly RepeatedRequest[]): Promise<void> {
      const [plain = { name: '' }] = requests;
      const usual = bearer(issuers);
      expect(await compare(send, plain, usual)).toEqual([false, false, true, true]);
      for (const request of requests) await compare(send, request, usual, 1);
    }

    function expectedOf({ kept = true }: RepeatedRequest): unknown {
      if (kept === 'any') return expect.anything();
      const isKept = kept === 'stripped' ? setUp.stripped : kept;
      return [false, false, isKept, isKept];
    }

    it.each([...REQUESTS, ...HTTP1_REQUESTS])('$name', async (request) => {
      expect(await compare(overHttp1, request)).toEqual(expectedOf(request));
    });

    it.each(REQUESTS)('$name, over HTTP/2', async (request) => {
      expect(await compare(overHttp2, request)).toEqual(expectedOf(request));
    });

    it('no request passes by the answer to another one', async () => {
      await compareInTurn(overHttp1, [...REQUESTS, ...HTTP1_REQUESTS]);
      await compareInTurn(overHttp2, REQUESTS);
    });
  });
});
