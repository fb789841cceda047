import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { basic } from '../support/servers/http-client.ts';
import { type Platform, startPlatform } from '../support/servers/platform.ts';

const MESSAGES = '/3rdparty/v1/messages';
const OWNER = basic('ada', 'a long password of ada');

/** Envoy's access log says what Sallyport decided in its dynamic metadata. */
interface AccessLine {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly sallyport: { readonly outcome: string; readonly reason?: string; readonly token_id?: string } | null;
}

interface DecisionLine {
  readonly log: string;
  readonly door: string;
  readonly requestId: string;
  readonly msg: string;
  readonly reason?: string;
  readonly tokenId?: string;
  readonly client: string;
  readonly host: string;
}

let platform: Platform;

beforeAll(async () => {
  const edit = (config: Record<string, unknown>): void => {
    config['log'] = { passes: 1 };
  };
  platform = await startPlatform({ env: { SALLYPORT_ACCOUNT: 'ada:a long password of ada' }, edit });
});

afterAll(() => platform.close());

/** The lines of an output that are JSON objects. */
function objectsIn<Line>(output: string): Line[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  // What the line is, its own program says.
  return lines.map((line) => JSON.parse(line) as Line);
}

const accessLines = (): AccessLine[] => objectsIn(platform.envoy.output());
const decisionLines = (): DecisionLine[] =>
  objectsIn<DecisionLine>(platform.sallyport.output()).filter(
    ({ log, door }) => log === 'decision' && door === 'ext-authz',
  );

it("each line of Envoy's access log joins one decision by the request id, and says the same of it", async () => {
  const issued = await platform.call('POST', '/3rdparty/v1/auth/token', OWNER, { scopes: ['messages:send'] });
  const token = `Bearer ${JSON.parse(issued.body).access_token}`;
  await platform.call('POST', MESSAGES, token, {});
  await platform.call('GET', MESSAGES, token);
  await platform.call('GET', MESSAGES);
  await platform.call('GET', '/nowhere', token);
  // Envoy writes its access log when a request has ended, and flushes it from time to time.
  await vi.waitFor(() => expect(accessLines()).toHaveLength(5), { timeout: 15_000, interval: 100 });
  const decisions = new Map(decisionLines().map((line) => [line.requestId, line]));
  expect(decisions.size).toBe(5);
  for (const { requestId, sallyport } of accessLines()) {
    expect(requestId).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    const decision = decisions.get(requestId);
    expect(decision).toMatchObject({ client: expect.stringMatching(/^[\d.]+$/), host: '127.0.0.1' });
    expect(decision?.msg).toBe(sallyport?.outcome === 'allow' ? 'allowed' : 'denied');
    expect(decision?.reason).toBe(sallyport?.reason);
    // Only an allowed caller is known to the gateway.
    if (sallyport?.outcome === 'allow') expect(decision?.tokenId).toBe(sallyport.token_id);
  }
  expect(accessLines().map(({ path, status, sallyport }) => [path, status, sallyport?.reason])).toEqual([
    ['/3rdparty/v1/auth/token', 201, undefined],
    [MESSAGES, expect.any(Number), undefined],
    [MESSAGES, 403, 'scope_required'],
    [MESSAGES, 401, 'credentials_required'],
    ['/nowhere', 403, 'route_denied'],
  ]);
});

it('a client that names its own request id chooses neither line, and reads the one that counts', async () => {
  const before = accessLines().length;
  const headers = { 'x-request-id': 'chosen-by-the-client', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  const response = await fetch(`http://127.0.0.1:${platform.port}/nowhere`, { headers });
  await vi.waitFor(() => expect(accessLines()).toHaveLength(before + 1), { timeout: 15_000, interval: 100 });
  const { requestId } = accessLines().at(-1) ?? {};
  expect(requestId).not.toBe('chosen-by-the-client');
  expect(response.headers.get('x-request-id')).toBe(requestId);
  // Nothing here traces: the trace is the client's own.
  expect(decisionLines().at(-1)).toMatchObject({ requestId, traceId: 'a'.repeat(32), reason: 'route_denied' });
});
