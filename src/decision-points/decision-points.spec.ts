import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certify, hasOpenssl } from '../../test/support/certificates.ts';
import { makeCredential } from '../../test/support/core.ts';
import { type IssuerServer, startIssuerServer } from '../../test/support/servers/issuer-server.ts';
import type { DecisionPointConfig } from '../config/config.ts';
import { Secret } from '../config/secret.ts';
import type { Ruling, RulingSource } from '../core/condition/ruling.ts';
import { DecisionPoints } from './decision-points.ts';

const PERMITTED: Ruling = { outcome: 'permitted' };
const BODY = '{"subject":{"type":"user","id":"ada"}}';

let server: IssuerServer;
let answer: RequestListener;
let points: DecisionPoints;
let nowMs: number;
const told: string[] = [];
const received: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string; readonly port?: number }[] =
  [];

const json =
  (body: unknown, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

const record = async (...[request, response]: Parameters<RequestListener>): Promise<void> => {
  const port = request.socket.remotePort;
  received.push({ headers: request.headers, body: await text(request), ...(port === undefined ? {} : { port }) });
  answer(request, response);
};

beforeEach(async () => {
  answer = json({ decision: true });
  server = await startIssuerServer((request, response) => void record(request, response));
  nowMs = 1_000_000;
  told.length = 0;
  received.length = 0;
  points = new DecisionPoints({
    clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
    random: () => 0,
    observer: {
      decisionPointFailed: (name, _error, failures) => void told.push(`${name} failed ${failures}`),
      decisionPointMisconfigured: (name) => void told.push(`${name} misconfigured`),
      decisionPointRecovered: (name, failures) => void told.push(`${name} recovered ${failures}`),
    },
  });
});

afterEach(async () => {
  await points.close();
  await server.stop();
});

function configured(changes: Partial<DecisionPointConfig> = {}): DecisionPointConfig {
  const url = new URL(`${server.origin}/access/v1/evaluation`);
  const plain = { name: 'opa', url, access: undefined, timeoutMs: 2_000, cacheMs: 0, claims: [], subjectType: 'user' };
  return { ...plain, ...changes };
}

function open(config = configured()): RulingSource {
  const map = new Map([[config.name, config]]);
  const source = points.rulings(map);
  points.reconfigure(map);
  if (source === undefined) throw new Error('no source');
  return source;
}

async function ask(source = open(), body = BODY): Promise<Ruling> {
  return source.ask({ decisionPoint: 'opa', credential: makeCredential(), body });
}

describe('DecisionPoints', () => {
  it('sends the question, and takes true for yes and false for no', async () => {
    const source = open();
    expect(await ask(source)).toEqual(PERMITTED);
    answer = json({ decision: false, context: { reason: 'not on a Sunday' } });
    expect(await ask(source)).toEqual({ outcome: 'refused' });
    expect(received[0]).toMatchObject({ body: BODY, headers: { 'content-type': 'application/json' } });
    expect(received[0]?.headers).not.toHaveProperty('authorization');
    const [status] = points.statuses();
    expect(status).toEqual({
      name: 'opa',
      failures: 0,
      refusesCredentials: false,
      rulings: { permitted: 1, refused: 1, failed: 0, unasked: 0 },
    });
  });

  it.each<[what: string, answer: RequestListener, failure: unknown]>([
    ['"true" as text', json({ decision: 'true' }), { kind: 'no decision' }],
    ['1', json({ decision: 1 }), { kind: 'no decision' }],
    ['null', json({ decision: null }), { kind: 'no decision' }],
    ['no decision', json({}), { kind: 'no decision' }],
    ['a list', json([{ decision: true }]), { kind: 'not an object' }],
    ['true alone', json(true), { kind: 'not an object' }],
    ['a page', (_, response) => response.end('<html>'), { kind: 'not JSON' }],
    ['nothing', (_, response) => response.end(), { kind: 'not JSON' }],
    ['201', json({ decision: true }, 201), { kind: 'status', status: 201 }],
    ['204', (_, response) => response.writeHead(204).end(), { kind: 'status', status: 204 }],
    [
      'a redirect',
      (_, response) => response.writeHead(307, { location: '/yes' }).end(),
      { kind: 'status', status: 307 },
    ],
    ['403', json({ decision: true }, 403), { kind: 'status', status: 403 }],
    ['500', json({ decision: true }, 500), { kind: 'status', status: 500 }],
    ['too much', json({ decision: true, more: 'x'.repeat(70_000) }), { kind: 'length', maxBytes: 65_536 }],
    ['a broken answer', (_, response) => response.writeHead(200, { 'content-length': '99' }).destroy(), 'no answer'],
  ])('has no ruling if it answers %s', async (_what, listener, failure) => {
    answer = listener;
    expect(await ask()).toEqual({ outcome: 'failed', failure });
    expect(server.requests).not.toContain('/yes');
  });

  it('has no ruling if it does not answer in time', async () => {
    answer = () => {};
    expect(await ask(open(configured({ timeoutMs: 20 })))).toEqual({ outcome: 'failed', failure: 'no answer' });
  });

  it('asks again at once if an idle connection was closed', async () => {
    const source = open();
    let calls = 0;
    answer = (request, response) => {
      calls += 1;
      if (calls === 2) request.socket.destroy();
      else json({ decision: true })(request, response);
    };
    expect(await ask(source)).toEqual(PERMITTED);
    expect(await ask(source)).toEqual(PERMITTED);
    expect(calls).toBe(3);
  });

  it('leaves a server that is down alone, and tries it again after a pause', async () => {
    const source = open();
    await ask(source);
    await server.stop();
    for (let index = 0; index < 3; index++) expect(await ask(source)).toMatchObject({ failure: 'no answer' });
    expect(await ask(source)).toEqual({ outcome: 'failed', failure: 'down' });
    expect([...points.statuses()]).toMatchObject([{ failures: 3, rulings: { permitted: 1, failed: 3, unasked: 1 } }]);
    await server.start();
    nowMs += 1_000;
    expect(await ask(source)).toEqual(PERMITTED);
    expect(told).toEqual(['opa failed 3', 'opa recovered 3']);
  });

  it('says that its credentials are refused, once', async () => {
    const source = open();
    answer = json({}, 401);
    await ask(source);
    await ask(source);
    expect([...points.statuses()]).toMatchObject([{ refusesCredentials: true }]);
    answer = json({ decision: true });
    await ask(source);
    expect(told).toEqual(['opa misconfigured', 'opa recovered 0']);
    expect([...points.statuses()]).toMatchObject([{ refusesCredentials: false }]);
  });

  it('has at most 64 requests open, and the others wait', async () => {
    let running = 0;
    let most = 0;
    const held: (() => void)[] = [];
    answer = (request, response) => {
      running += 1;
      most = Math.max(most, running);
      held.push(() => {
        running -= 1;
        json({ decision: true })(request, response);
      });
    };
    const source = open(configured({ timeoutMs: 10_000 }));
    const all = Promise.all(Array.from({ length: 100 }, (_, index) => ask(source, `{"q":${index}}`)));
    const release = (): void => held.splice(0).forEach((go) => go());
    await expect.poll(() => running).toBe(64);
    release();
    await expect.poll(() => received.length).toBe(100);
    release();
    expect(await all).toEqual(Array.from({ length: 100 }, () => PERMITTED));
    expect(most).toBe(64);
  });

  it('keeps its state over a configuration that names it as before, and shares no ruling with it', async () => {
    const cached = configured({ cacheMs: 500 });
    const first = open(cached);
    const question = { decisionPoint: 'opa', credential: makeCredential(), body: BODY };
    await first.ask(question);
    const now = { monotonicMs: nowMs, wallMs: nowMs };
    const second = open(configured({ cacheMs: 400 }));
    expect(first.find(question, now)).toEqual(PERMITTED);
    expect(second.find(question, now)).toBeUndefined();
    expect([...points.statuses()]).toMatchObject([{ rulings: { permitted: 1 } }]);
    points.reconfigure(new Map());
    // A decision that began under the former configuration may end under it.
    expect(await second.ask(question)).toEqual(PERMITTED);
    expect([...points.statuses()]).toEqual([]);
  });

  it('loads nothing without a decision point', () => {
    points.reconfigure(new Map());
    expect(points.rulings(new Map())).toBeUndefined();
    expect([...points.statuses()]).toEqual([]);
  });
});

describe.skipIf(!hasOpenssl)('DecisionPoints over https (needs the openssl command)', () => {
  const folder = hasOpenssl ? mkdtempSync(join(tmpdir(), 'sallyport-points-')) : '';
  const pair = hasOpenssl ? certify(folder, 'server') : { cert: '', key: '' };
  const other = hasOpenssl ? certify(folder, 'other') : { cert: '', key: '' };
  const ca = join(folder, 'ca.pem');
  const tokenFile = join(folder, 'token');

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('trusts its CA only, sends headers and token, and keeps the connection', async () => {
    writeFileSync(ca, pair.cert);
    writeFileSync(tokenFile, 'first\n');
    const secure = await startIssuerServer((request, response) => void record(request, response), pair);
    try {
      const url = new URL(`${secure.origin}/access/v1/evaluation`);
      const headers = { 'x-tenant': new Secret(Buffer.from('acme')) };
      const source = open(configured({ url, access: { headers, tokenFile, ca, hosts: [url.host] } }));
      expect(await ask(source)).toEqual(PERMITTED);
      writeFileSync(tokenFile, 'second\n');
      expect(await ask(source)).toEqual(PERMITTED);
      expect(received).toMatchObject([
        { body: BODY, headers: { authorization: 'Bearer first', 'x-tenant': 'acme' } },
        { body: BODY, headers: { authorization: 'Bearer second' } },
      ]);
      expect(received[0]?.port).toBe(received[1]?.port);
      writeFileSync(ca, other.cert);
      expect(await ask(source)).toEqual({ outcome: 'failed', failure: 'no answer' });
      expect(received).toHaveLength(2);
    } finally {
      await secure.stop();
    }
  });
});
