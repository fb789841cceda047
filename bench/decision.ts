import { Authorizer } from '../src/authorizer/authorizer.ts';
import type { VerifiedCredential } from '../src/core/credential/verified-credential.ts';
import type { Instant } from '../src/core/request.ts';
import type { Route } from '../src/core/route.ts';
import { UpstreamHeaderWriter } from '../src/core/upstream/upstream-headers.ts';
import { isRenewalDue } from '../src/core/upstream/upstream-token.ts';
import { createCheckService } from '../src/edge/ext-authz/check-service.ts';
import type { CheckRequest } from '../src/edge/ext-authz/messages.ts';
import { loadPackage } from '../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { createLoadedDecoder } from '../src/edge/ext-authz/transports/grpc-js/loaded-decoder.ts';
import { createWireDecoder } from '../src/edge/ext-authz/wire/wire-decoder.ts';
import { MONOTONIC_MS, makeCredential, makePolicy, makeRoute, makeStandings, NOW_MS } from '../test/support/core.ts';

/** Measures a decision on a known token, from the bytes of Envoy's message to those of the response, without the transport. */
const CHECKS = 50_000;
const ROUNDS = 9;

const loaded = loadPackage();
const { Check } = loaded.service;
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

function checkFor(headers: Readonly<Record<string, string>>): Buffer {
  const { ':method': method, ':path': path, ':authority': host } = HEADERS;
  const source = loaded.peer.serialize({ address: { socket_address: { address: '127.0.0.1' } } });
  const check: CheckRequest = { attributes: { source, request: { http: { method, path, host, headers } } } };
  return Check.requestSerialize(check);
}

/** Answers the bytes of a message with those of a response, at once. */
type Contender = (message: Buffer) => void;

/** The tokens take turns, so that none is always at hand. */
const TOKENS = 10_000;

const CLAIMS = [
  { name: 'x-auth-email', claim: 'email' },
  { name: 'x-auth-tenant', claim: 'tenant' },
];

/** @param reading who reads the messages: we, or the proto loader, as with `transport: grpc-js`. */
function contender(reading: 'wire' | 'loader', { signed = false, keepMs = 0 } = {}): Contender {
  const credentials = Array.from({ length: TOKENS }, (_, index) => credentialOf(index, signed));
  let next = 0;
  const authorizer = new Authorizer({
    policy: makePolicy(routes(), { signsIdentity: signed }),
    known: { find: () => credentials[next++ % TOKENS] },
    verifier: { verify: () => Promise.reject(new Error('a known token is not verified')) },
    standings: makeStandings({ keepMs }),
    upstreamSigner: signed ? { sign: () => Promise.reject(new Error('it is signed')), renewIfDue } : undefined,
    clock: { wallMs: () => NOW_MS, monotonicMs: () => MONOTONIC_MS },
    observer: { decided: () => {}, failed: () => {} },
    decisionTimeoutMs: 150,
  });
  const headers = signed
    ? new UpstreamHeaderWriter(NAMES, false, false, CLAIMS, 'x-auth-token')
    : new UpstreamHeaderWriter(NAMES, false);
  return answering(reading, authorizer, headers);
}

function answering(reading: 'wire' | 'loader', decider: Authorizer, headers: UpstreamHeaderWriter): Contender {
  const nothing: ReadonlySet<string> = new Set();
  const terms = { wantedFields: nothing, credentialFields: nothing, trustedProxies: [], basicNotice: [] };
  const gateway = { decider, headers, ...terms, maxStalenessMs: 1_000 };
  const failed = (error: unknown): void => {
    throw error;
  };
  const parts = { gateway: () => gateway, failed, observer: { forwardedForIgnored: () => {} } };
  const byUs = createCheckService(parts, createWireDecoder);
  const byLoader = createCheckService(parts, (...decoderParts) => createLoadedDecoder(loaded, ...decoderParts));
  const parse = (message: Buffer): CheckRequest => Check.requestDeserialize(message);
  return (message) => {
    const answer = reading === 'wire' ? byUs(message, undefined) : byLoader(parse(message), undefined);
    if (!Buffer.isBuffer(answer)) throw new Error('a known token is not answered at once');
  };
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
function time(contenders: readonly Contender[], message: Buffer): number[] {
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, one] of contenders.entries()) figures[index]?.push(timeRound(one, message));
  }
  return figures.map((found) => found.toSorted((left, right) => left - right)[ROUNDS >> 1] ?? 0);
}

function timeRound(one: Contender, message: Buffer): number {
  const before = process.cpuUsage();
  for (let index = 0; index < CHECKS; index++) one(message);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CHECKS;
}

const CASES = [
  ['a known token', {}],
  ['with claims in headers and a signed identity', { signed: true }],
  ['with an answer to keep', { keepMs: 700 }],
] as const;

function report(what: string, message: Buffer): void {
  const contenders = CASES.flatMap(([, terms]) => [contender('wire', terms), contender('loader', terms)]);
  const figures = time(contenders, message);
  process.stdout.write(`${what} (${message.length} bytes)\n`);
  for (const [index, [name]] of CASES.entries()) {
    const [ours = 0, loader = 0] = figures.slice(2 * index);
    const ratio = (ours / loader).toFixed(2);
    process.stdout.write(`  ${name}   ${ours.toFixed(2)} µs, by the proto loader ${loader.toFixed(2)}: ${ratio} ×\n`);
  }
}

const { ':method': _method, ':path': _path, ':authority': _authority, ...hidden } = HEADERS;
report('every header shown', checkFor(HEADERS));
report('some headers hidden', checkFor(hidden));
