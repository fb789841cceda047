import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IGNORED_CONNECTIONS } from '../../../test/support/http2/ignored-connections.ts';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Explanation } from '../../explanation/explain.ts';
import { Health } from '../../observe/health.ts';
import { Metrics } from '../../observe/metrics/metrics.ts';
import type { AdminDoor } from './service.ts';
import { openAdmin } from './service.ts';
import type { AdminUseCases } from './use-cases.ts';

const EXPLANATION: Explanation = { outcome: 'deny', steps: [], entries: [], conclusion: ['denied'] };
const ALLOWED: Decision = {
  outcome: 'allow',
  route: undefined,
  credential: undefined,
  shadowed: undefined,
  keepMs: 0,
};
const TOKEN = 'op4que-t0ken';
const QUESTION = { method: 'POST', path: '/m?x=1', host: 'api.example', token: TOKEN };

let door: AdminDoor;
let useCases: AdminUseCases | undefined;
let admitted: () => Decision;
const callers: AccessRequest[] = [];
const asked: AccessRequest[] = [];
const failures: unknown[] = [];

beforeEach(async () => {
  for (const list of [callers, asked, failures]) list.length = 0;
  admitted = () => ALLOWED;
  useCases = {
    callers: {
      decide: (request) => {
        callers.push(request);
        return admitted();
      },
    },
    explain: async (request) => {
      asked.push(request);
      return EXPLANATION;
    },
  };
  door = await openAdmin(
    { address: { host: '127.0.0.1', port: 0 }, tls: undefined },
    {
      health: new Health(),
      events: {
        ...IGNORED_CONNECTIONS,
        callFailed: (call, error) => void failures.push([call, error]),
        handshakeFailed: () => {},
      },
      measure: () => new Metrics(),
      components: () => ({}) as never, // not asked for
      useCases: () => useCases,
    },
  );
});

afterEach(() => door.close());

const JSON_TYPE = { 'content-type': 'application/json' };

async function post(body: unknown, headers: Readonly<Record<string, string>> = JSON_TYPE, path = '/explain') {
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`http://${door.address}${path}`, { method: 'POST', headers, body: content });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

describe('POST /explain', () => {
  it('explains the request of the body, with the token of the body', async () => {
    const answer = await post({ ...QUESTION, mcp: { method: 'tools/call', tool: 'send' } });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, EXPLANATION]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(asked).toEqual([
      {
        door: 'admin',
        method: 'POST',
        path: '/m?x=1',
        host: 'api.example',
        authorization: `Bearer ${TOKEN}`,
        fromBrowser: false,
        mcp: { outcome: 'read', method: 'tools/call', tool: 'send' },
      },
    ]);
    await post({ method: 'GET', path: '/' });
    expect(asked[1]).toMatchObject({ host: '', authorization: undefined, mcp: undefined });
  });

  it('places the token where `in` says, and sends the `origin` of a page', async () => {
    await post({ ...QUESTION, in: 'cookie:session', origin: 'https://app.example' });
    await post({ ...QUESTION, in: 'header:X-Token' });
    await post({ ...QUESTION, in: 'query:token' });
    expect(asked).toMatchObject([
      {
        authorization: undefined,
        fromBrowser: true,
        fields: new Map([
          ['origin', 'https://app.example'],
          ['cookie', `session=${TOKEN}`],
        ]),
      },
      { authorization: undefined, fromBrowser: false, fields: new Map([['x-token', TOKEN]]) },
      { authorization: undefined, path: `/m?x=1&token=${TOKEN}` },
    ]);
  });

  it.each(['body', 'cookie', 'cookie:', 'header:a b', 'Authorization'])('refuses the place %s', async (place) => {
    const answer = await post({ ...QUESTION, in: place });
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('must be the place of the token')]);
    expect(answer.body).not.toContain(TOKEN);
    expect(asked).toEqual([]);
  });

  it('admits its caller by its own credential, before the body and again after it', async () => {
    const named = { authorization: 'Bearer caller', 'x-request-id': 'r-1' };
    await post(QUESTION, { ...JSON_TYPE, ...named });
    expect(callers).toHaveLength(2);
    for (const request of callers) {
      const call = {
        door: 'admin',
        method: 'POST',
        path: '/explain',
        authorization: 'Bearer caller',
        requestId: 'r-1',
      };
      expect(request).toMatchObject(call);
      expect(request.client?.()).toBe('127.0.0.1');
    }
  });

  it.each([
    ['credentials_required', 'no credential', 401, 'Bearer realm="sallyport"'],
    ['token_revoked', 'revocation', 401, expect.stringContaining('invalid_token')],
    ['unavailable', 'standing not known', 503, null],
  ] as const)('answers a caller that is not admitted with %s', async (reason, check, status, challenge) => {
    admitted = () => deny(reason, undefined, check);
    const answer = await post(QUESTION);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { code: reason }]);
    expect(answer.headers.get('www-authenticate')).toEqual(challenge);
    expect(asked).toEqual([]);
  });

  it('answers a caller whose token was revoked while the body arrived with a denial', async () => {
    admitted = () => (callers.length === 1 ? ALLOWED : deny('token_revoked', undefined, 'revocation'));
    expect((await post(QUESTION)).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it('presents every credential of its caller, although Node drops all but the first', async () => {
    const socket = connect(Number(door.address.split(':').at(-1)), '127.0.0.1');
    socket.end(
      'POST /explain HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n',
    );
    await text(socket);
    expect(callers[0]?.authorization).toBe('Bearer a,Bearer b');
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'must be a JSON object'],
    ['a list', [], 'must be a JSON object'],
    ['no method', { path: '/' }, 'must be a string'],
    ['no path', { method: 'GET' }, 'must be a string'],
    ['a token that is a number', { ...QUESTION, token: 1 }, 'must be a string'],
    ['a member that nothing reads', { ...QUESTION, [TOKEN]: 1 }, 'has a member other than'],
    ['a long host', { ...QUESTION, host: 'x'.repeat(2_000) }, 'must have at most 1024 characters'],
    ['a tool of another method', { ...QUESTION, mcp: { method: 'tools/list', tool: 'x' } }, 'a tool needs the method'],
    ['half of a surrogate pair', '{"method":"GET","path":"/\\ud800"}', 'must be a JSON object'],
  ])('refuses a body with %s, and quotes nothing of it', async (_what, body, message) => {
    const answer = await post(body);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([400, { code: 'invalid_body' }]);
    expect(answer.body).toContain(message);
    expect(answer.body).not.toContain(TOKEN);
    expect(asked).toEqual([]);
  });

  it.each([
    ['a query, where a token would be logged', JSON_TYPE, '/explain?token=x', 400, 'invalid_query'],
    ['a form', { 'content-type': 'text/plain' }, '/explain', 415, 'unsupported_media_type'],
    ['no type', {}, '/explain', 415, 'unsupported_media_type'],
    ['a coding', { ...JSON_TYPE, 'content-encoding': 'gzip' }, '/explain', 415, 'unsupported_media_type'],
  ])('refuses %s', async (_what, headers, path, status, code) => {
    const answer = await post(QUESTION, headers, path);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([status, { code }]);
    expect(asked).toEqual([]);
  });

  it.each([true, false])(
    'refuses a body over 128 KiB, whether or not its length is announced: %s',
    async (announced) => {
      const body = JSON.stringify({ ...QUESTION, token: 'x'.repeat(200_000) });
      const length = announced ? { 'content-length': String(body.length) } : {};
      const { hostname, port } = new URL(`http://${door.address}`);
      const sent = httpRequest({
        hostname,
        port,
        path: '/explain',
        method: 'POST',
        headers: { ...JSON_TYPE, ...length },
      });
      sent.end(body);
      const [response] = await once(sent, 'response');
      expect([response.statusCode, JSON.parse(await text(response))]).toMatchObject([413, { code: 'too_large' }]);
      expect(asked).toEqual([]);
    },
  );

  it('is a call that only POST makes', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS']) {
      const answer = await fetch(`http://${door.address}/explain`, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('is not for a page that made its own name resolve to this address', async () => {
    const { hostname, port } = new URL(`http://${door.address}`);
    const headers = { ...JSON_TYPE, host: 'attacker.example' };
    const sent = httpRequest({ hostname, port, path: '/explain', method: 'POST', headers });
    sent.end(JSON.stringify(QUESTION));
    const [response] = await once(sent, 'response');
    response.resume();
    expect([response.statusCode, callers, asked]).toEqual([421, [], []]);
  });

  it('is unavailable before Sallyport is ready, and if a part fails', async () => {
    const sound = useCases;
    useCases = undefined;
    expect((await post(QUESTION)).status).toBe(503);
    expect(failures).toEqual([]);
    if (sound !== undefined) useCases = { ...sound, explain: () => Promise.reject(new Error('no store')) };
    expect((await post(QUESTION)).status).toBe(503);
    expect(failures).toEqual([['POST /explain', new Error('no store')]]);
  });
});
