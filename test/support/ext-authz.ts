import type { TransportConfig } from '../../src/config/transport-config.ts';
import type { Identity, VerifiedCredential } from '../../src/core/credential/verified-credential.ts';
import type { Allow, Decision } from '../../src/core/decision.ts';
import { deny } from '../../src/core/decision.ts';
import type { Reason } from '../../src/core/reason.ts';
import type { AccessRequest } from '../../src/core/request.ts';
import type { Route } from '../../src/core/route.ts';
import { UpstreamHeaderWriter } from '../../src/core/upstream/upstream-headers.ts';
import { nothingMade } from '../../src/core/upstream/upstream-token.ts';
import type { TransportObserver } from '../../src/edge/ext-authz/door.ts';
import type { Gateway } from '../../src/edge/gateway.ts';
import { DEFAULT_LIMITS } from '../../src/http2/limits.ts';

/** The identity headers of the contract's example. */
export const HEADERS = new UpstreamHeaderWriter(
  {
    subject: 'x-auth-subject',
    scopes: 'x-auth-scopes',
    tokenId: 'x-auth-token-id',
    issuer: 'x-auth-issuer',
    scheme: 'x-auth-scheme',
  },
  false,
);

export const ROUTE: Route = {
  pattern: '/3rdparty/v1/messages',
  hosts: [],
  methods: ['POST'],
  requirement: { kind: 'anyOf', scopes: ['messages:send'] },
  issuers: undefined,
  basic: false,
  sufficient: undefined,
  shadow: false,
};

export function credentialOf(identity: Partial<Identity> = {}): VerifiedCredential {
  const whole: Identity = {
    issuer: 'sallyport',
    subject: 'account-1',
    tokenId: 'V1StGXR8_Z5jdHi6B-myT',
    scheme: 'bearer',
    scopes: ['messages:send', 'messages:list'],
    ...identity,
  };
  return {
    outcome: 'verified',
    identity: whole,
    granted: new Set(whole.scopes),
    use: undefined,
    validUntilMs: Number.POSITIVE_INFINITY,
    issuedAtSeconds: 0,
    generation: 1,
    key: { inForce: true },
    standings: [],
    upstream: nothingMade(),
    lastUse: undefined,
  };
}

/** Returns the decision that allows a request with this identity, or without a credential. */
export function allowed(identity?: Partial<Identity>): Allow {
  const credential = identity === undefined ? undefined : credentialOf(identity);
  return { outcome: 'allow', route: ROUTE, credential, shadowed: undefined, keepMs: 0 };
}

/** Returns the decision that allows a request which only shadow mode lets pass. */
export function shadowed(): Decision {
  return { ...allowed(), shadowed: deny('token_expired', ROUTE, 'exp') };
}

/** Whatever a decider may answer. */
export type Decide = (request: AccessRequest) => Decision | Promise<Decision>;

/** What a door decides by, without proxies, Basic and further header fields. */
export function gatewayOf(decide: Decide, changes: Partial<Gateway> = {}): Gateway {
  const nothing: ReadonlySet<string> = new Set();
  const fields = { wantedFields: nothing, credentialFields: nothing, trustedProxies: [], basicNotice: [] };
  return { decider: { decide }, headers: HEADERS, ...fields, maxStalenessMs: 1_000, ...changes };
}

/** Deciders with a bug: each of their decisions is a 503. */
export const BROKEN_DECIDERS: readonly (readonly [what: string, decide: Decide])[] = [
  [
    'throws',
    () => {
      throw new Error('a bug');
    },
  ],
  ['rejects', () => Promise.reject(new Error('a bug'))],
  // Whatever comes instead of a decision, as a bug would hand it over.
  ['decides nothing', () => undefined as unknown as Decision],
  ['makes a decision that cannot be written', () => ({ outcome: 'deny' }) as unknown as Decision],
  ['resolves to a decision that cannot be written', async () => ({ outcome: 'deny' }) as unknown as Decision],
];

/** The statuses of gRPC and of HTTP for every reason to deny. */
export const DENIAL_STATUSES: readonly (readonly [reason: Reason, code: number, http: number])[] = [
  ['credentials_required', 16, 401],
  ['invalid_request', 3, 400],
  ['token_invalid', 16, 401],
  ['token_expired', 16, 401],
  ['token_revoked', 16, 401],
  ['credentials_invalid', 16, 401],
  ['scope_required', 7, 403],
  ['condition_failed', 7, 403],
  ['step_up_required', 16, 401],
  ['route_denied', 7, 403],
  ['path_rejected', 3, 400],
  ['too_many_attempts', 8, 429],
  ['unavailable', 14, 503],
];

/** A transport as it is without settings of its own. */
export function transportOf(kind: TransportConfig['kind']): TransportConfig {
  return kind === 'grpc-js' ? { kind } : { kind, limits: DEFAULT_LIMITS, maxConnectionAgeMs: Number.POSITIVE_INFINITY };
}

export const IGNORED_TRANSPORT: TransportObserver = {
  begin: () => {},
  connectionOpened: () => {},
  connectionClosed: () => {},
  draining: () => {},
  cancelled: () => {},
  limitReached: () => {},
  protocolError: () => {},
};
