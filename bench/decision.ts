import { Authorizer } from '../src/authorizer.ts';
import type { Route } from '../src/core/route.ts';
import { UpstreamHeaderWriter } from '../src/core/upstream/upstream-headers.ts';
import { decodeCheck } from '../src/edge/ext-authz/decode.ts';
import { loadExtAuthz } from '../src/edge/ext-authz/definition.ts';
import { encodeDecision } from '../src/edge/ext-authz/encode.ts';
import type { CheckRequest } from '../src/edge/ext-authz/messages.ts';
import { MONOTONIC_MS, makeCredential, makeFreshness, makePolicy, makeRoute, NOW_MS } from '../test/support/core.ts';

/** Measures a decision on a known token, from Envoy's parsed message to the bytes of the response, without the transport. */
const CHECKS = 50_000;
const ROUNDS = 9;

const credential = makeCredential();
const { responseSerialize: serialize } = loadExtAuthz().Check;
const TOKEN = 'x'.repeat(600);
const HEADERS = {
  ':authority': 'api.example.com',
  ':method': 'POST',
  ':path': '/3rdparty/v1/messages?limit=5',
  ':scheme': 'https',
  accept: '*/*',
  'accept-encoding': 'gzip, br',
  authorization: `Bearer ${TOKEN}`,
  'content-length': '74',
  'content-type': 'application/json',
  'user-agent': 'android-sms-gateway/4.3.3',
  'x-forwarded-for': '198.51.100.9',
  'x-forwarded-proto': 'https',
  'x-request-id': '7c9e6679-7425-40de-944b-e07fc1f90ae7',
};

const NAMES = {
  subject: 'x-auth-subject',
  scopes: 'x-auth-scopes',
  tokenId: 'x-auth-token-id',
  issuer: 'x-auth-issuer',
  scheme: 'x-auth-scheme',
};

function routes(): Route[] {
  const requirement = { kind: 'allOf', scopes: ['messages:send'] } as const;
  const others = Array.from({ length: 20 }, (_, index) => makeRoute({ pattern: `/v${index}/{id}` }));
  return [makeRoute({ pattern: '/3rdparty/v1/messages', methods: ['POST'], requirement }), ...others];
}

function checkFor(headers: Readonly<Record<string, string>>): CheckRequest {
  const { ':method': method, ':path': path, ':authority': host } = HEADERS;
  return { attributes: { request: { http: { method, path, host, headers } } } };
}

/** Returns the CPU time per check in microseconds, as the median of several rounds. */
function time(check: CheckRequest): number {
  const writer = new UpstreamHeaderWriter(NAMES, false);
  const authorizer = new Authorizer({
    policy: makePolicy(routes()),
    known: { find: () => credential },
    verifier: { verify: () => Promise.reject(new Error('a known token is not verified')) },
    standings: {
      freshness: makeFreshness(),
      outageFreshness: undefined,
      refresh: () => Promise.reject(new Error('a known token needs no refresh')),
      refreshAll: () => Promise.reject(new Error('a known token needs no refresh')),
    },
    clock: { wallMs: () => NOW_MS, monotonicMs: () => MONOTONIC_MS },
    observer: { decided: () => {}, failed: () => {} },
    decisionTimeoutMs: 150,
  });
  const figures = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    for (let index = 0; index < CHECKS; index++) decide(authorizer, writer, check);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / CHECKS;
  });
  return figures.toSorted((left, right) => left - right)[ROUNDS >> 1] ?? 0;
}

function decide(authorizer: Authorizer, writer: UpstreamHeaderWriter, check: CheckRequest): void {
  const { request, shown } = decodeCheck(check, { isDisguised: (name) => writer.isDisguised(name) });
  const decision = authorizer.decide(request);
  if (decision instanceof Promise || decision.outcome !== 'allow')
    throw new Error('a known token did not pass at once');
  serialize(encodeDecision(decision, writer, shown));
}

const { ':method': _method, ':path': _path, ':authority': _authority, ...hidden } = HEADERS;
process.stdout.write(`a known token, every header shown   ${time(checkFor(HEADERS)).toFixed(2)} µs\n`);
process.stdout.write(`a known token, some headers hidden  ${time(checkFor(hidden)).toFixed(2)} µs\n`);
