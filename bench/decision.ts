import { Authorizer } from '../src/authorizer.ts';
import type { VerifiedCredential } from '../src/core/credential/verified-credential.ts';
import type { Instant } from '../src/core/request.ts';
import type { Route } from '../src/core/route.ts';
import { UpstreamHeaderWriter } from '../src/core/upstream/upstream-headers.ts';
import { isRenewalDue } from '../src/core/upstream/upstream-token.ts';
import { answerCheck } from '../src/edge/ext-authz/check-answer.ts';
import { decodeCheck } from '../src/edge/ext-authz/decode.ts';
import type { CheckRequest, CheckResponse } from '../src/edge/ext-authz/messages.ts';
import { loadExtAuthz } from '../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { MONOTONIC_MS, makeCredential, makeFreshness, makePolicy, makeRoute, NOW_MS } from '../test/support/core.ts';

/** Measures a decision on a known token, from Envoy's parsed message to the bytes of the response, without the transport. */
const CHECKS = 50_000;
const ROUNDS = 9;

const { Check } = loadExtAuthz();
const serialize = (response: CheckResponse): Buffer => Check.responseSerialize(response);
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

/** A configuration, and the credentials that are known under it. */
interface Contender {
  readonly writer: UpstreamHeaderWriter;
  readonly authorizer: Authorizer;
}

/** The tokens take turns, so that none is always at hand. */
const TOKENS = 10_000;

const CLAIMS = [
  { name: 'x-auth-email', claim: 'email' },
  { name: 'x-auth-tenant', claim: 'tenant' },
];

function contender(signed: boolean): Contender {
  const credentials = Array.from({ length: TOKENS }, (_, index) => credentialOf(index, signed));
  let next = 0;
  const authorizer = new Authorizer({
    policy: makePolicy(routes(), { signsIdentity: signed }),
    known: { find: () => credentials[next++ % TOKENS] },
    verifier: { verify: () => Promise.reject(new Error('a known token is not verified')) },
    standings: {
      freshness: makeFreshness(),
      outageFreshness: undefined,
      refresh: () => Promise.reject(new Error('a known token needs no refresh')),
      refreshAll: () => Promise.reject(new Error('a known token needs no refresh')),
    },
    upstreamSigner: signed ? { sign: () => Promise.reject(new Error('it is signed')), renewIfDue } : undefined,
    clock: { wallMs: () => NOW_MS, monotonicMs: () => MONOTONIC_MS },
    observer: { decided: () => {}, failed: () => {} },
    decisionTimeoutMs: 150,
  });
  const writer = signed
    ? new UpstreamHeaderWriter(NAMES, false, false, CLAIMS, 'x-auth-token')
    : new UpstreamHeaderWriter(NAMES, false);
  return { writer, authorizer };
}

/** As the signer does it for an identity that is not due. */
function renewIfDue(credential: VerifiedCredential, now: Instant): void {
  if (isRenewalDue(credential.upstream, now)) throw new Error('it is not due');
}

function credentialOf(index: number, signed: boolean): VerifiedCredential {
  const identity = { subject: `subject-${index}`, tokenId: `token-${index}` };
  if (!signed) return makeCredential({ identity });
  const claims = new Map([
    ['email', `caller-${index}@example.com`],
    ['tenant', 'acme'],
  ]);
  const signedAt = { monotonicMs: MONOTONIC_MS, wallMs: NOW_MS };
  const times = { signedAt, renewAfterMs: 150_000, lateAfterMs: 270_000, lifeMs: 300_000, key: { inForce: true } };
  // As long as one with EdDSA and two claims.
  return makeCredential({ identity, claims, upstream: { token: { ...times, value: 'x'.repeat(560) } } });
}

/** Returns the CPU time per check of each contender in microseconds, as the median of several rounds in turns. */
function time(contenders: readonly Contender[], check: CheckRequest): number[] {
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, one] of contenders.entries()) figures[index]?.push(timeRound(one, check));
  }
  return figures.map((found) => found.toSorted((left, right) => left - right)[ROUNDS >> 1] ?? 0);
}

function timeRound(one: Contender, check: CheckRequest): number {
  const before = process.cpuUsage();
  for (let index = 0; index < CHECKS; index++) decide(one, check);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CHECKS;
}

function decide({ authorizer, writer }: Contender, check: CheckRequest): void {
  const { request, shown } = decodeCheck(check, { isDisguised: (name) => writer.isDisguised(name) });
  const decision = authorizer.decide(request);
  if (decision instanceof Promise || decision.outcome !== 'allow')
    throw new Error('a known token did not pass at once');
  answerCheck(decision, { headers: writer, serialize }, shown);
}

function report(what: string, check: CheckRequest): void {
  const [plain = 0, signed = 0] = time([contender(false), contender(true)], check);
  const ratio = (signed / plain).toFixed(2);
  process.stdout.write(`a known token, ${what}   ${plain.toFixed(2)} µs\n`);
  process.stdout.write(`  with claims in headers and a signed identity   ${signed.toFixed(2)} µs, ${ratio} ×\n`);
}

const { ':method': _method, ':path': _path, ':authority': _authority, ...hidden } = HEADERS;
report('every header shown', checkFor(HEADERS));
report('some headers hidden', checkFor(hidden));
