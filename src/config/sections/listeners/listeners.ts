import type * as z from 'zod';
import { type Config, DEFAULT_MAX_CONNECTIONS, type ExtAuthzListener, type Listener } from '../../config.ts';
import type { IssuerConfig } from '../../issuer-config.ts';
import type { Address } from '../../reading/addresses.ts';
import { collide, isLoopback } from '../../reading/addresses.ts';
import type { Draft } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import { readTls } from '../../reading/tls.ts';
import { listenersSchema } from './listeners-schema.ts';
import { readTransport } from './transport.ts';

type Listen = z.output<typeof listenersSchema>;
type Door = keyof Listen;
type Written = NonNullable<Listen[Door]>;

/** Reads the listeners and their TLS files. */
export function readListen(draft: Draft): Config['listen'] | undefined {
  const written = draft.read(['listen'], listenersSchema);
  if (written === undefined) return undefined;
  const read = (door: Door): Listener | undefined =>
    written[door] && readListener(draft, ['listen', door], written[door]);
  const listen = {
    extAuthz: written.extAuthz && readExtAuthz(draft, written.extAuthz),
    tokens: read('tokens'),
    verify: read('verify'),
    access: read('access'),
    admin: read('admin'),
  };
  if ([listen.extAuthz, listen.tokens, listen.verify, listen.access].every((listener) => listener === undefined)) {
    draft.refuse(['listen'], 'no listener is open: expected extAuthz, tokens, verify or access');
  }
  for (const door of ['extAuthz', 'verify'] as const) {
    if (written[door] !== undefined) refuseExposed(draft, ['listen', door], written[door]);
  }
  if (written.access !== undefined) refuseUnencrypted(draft, ['listen', 'access'], written.access);
  refuseCollisions(draft, listen);
  return listen;
}

/** Refuses a listener whose address overlaps with an earlier one. */
function refuseCollisions(draft: Draft, listen: Config['listen']): void {
  const doors = Object.entries(listen);
  for (const [index, [door, listener]] of doors.entries()) {
    const earlier = doors
      .slice(0, index)
      .find(([, other]) => listener && other && collide(listener.address, other.address));
    if (earlier === undefined) continue;
    draft.refuse(['listen', door], `overlaps with listen.${earlier[0]}: expected another address or port`);
  }
}

function readListener(draft: Draft, path: Path, written: Written): Listener {
  const { address, tls, maxConnections } = expand(written);
  const hosts = 'hosts' in written ? written.hosts : undefined;
  const mode = 'mode' in written ? written.mode : undefined;
  const certificateFrom = 'certificateFrom' in written ? written.certificateFrom : undefined;
  if (certificateFrom !== undefined && mode === undefined) {
    draft.refuse([...path, 'certificateFrom'], 'has no effect without mode: no gateway asks at this listener');
  }
  return {
    ...(certificateFrom === undefined ? {} : { certificateFrom }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(mode === undefined ? {} : { mode }),
    address: 'path' in address ? { path: draft.absolute(address.path) } : address,
    tls: tls && readListenerTls(draft, [...path, 'tls'], tls),
    maxConnections,
  };
}

function readListenerTls(
  draft: Draft,
  path: Path,
  written: NonNullable<Exclude<Written, Address>['tls']>,
): Listener['tls'] {
  const tls = readTls(draft, path, written);
  return tls && { ...tls, handshakeTimeoutMs: written.handshakeTimeout };
}

function readExtAuthz(draft: Draft, written: NonNullable<Listen['extAuthz']>): ExtAuthzListener {
  const path = ['listen', 'extAuthz'];
  const transport = readTransport(draft, path, 'address' in written ? written : undefined);
  return { ...readListener(draft, path, written), transport };
}

/** Refuses a listener for gateways that unauthenticated clients can reach: they could probe credentials. */
function refuseExposed(draft: Draft, path: Path, written: Written): void {
  const { address, tls, insecure } = expand(written);
  if ('path' in address || isLoopback(address.host) || tls?.clientCa !== undefined || insecure) return;
  draft.refuse(
    path,
    'this listener has no authentication: expected a loopback address, a Unix socket, tls.clientCa, or insecure: true',
  );
}

/** Refuses a listener that authenticates each call, but over a network in clear text. */
function refuseUnencrypted(draft: Draft, path: Path, written: Written): void {
  const { address, tls, insecure } = expand(written);
  if ('path' in address || isLoopback(address.host) || tls !== undefined || insecure) return;
  draft.refuse(
    path,
    'tokens would cross the network unencrypted: expected a loopback address, a Unix socket, tls, or insecure: true',
  );
}

function expand(written: Written): Exclude<Written, Address> {
  return 'address' in written
    ? written
    : { address: written, insecure: false, maxConnections: DEFAULT_MAX_CONNECTIONS };
}

/** The scope that a caller of the internal API needs. */
const CALLER_SCOPE = 'access:check';

/**
 * Refuses an internal API that can serve no caller: its connections prove nothing, and no issuer's tokens may have the
 * scope that a caller needs.
 */
export function refuseUnusableAccess(
  draft: Draft,
  access: Config['listen']['access'],
  issuers: readonly IssuerConfig[],
): void {
  if (access === undefined || 'path' in access.address || access.tls?.clientCa !== undefined) return;
  if (issuers.some(mayGrant)) return;
  draft.refuse(
    ['listen', 'access'],
    `no caller could authenticate: expected a Unix socket, tls.clientCa, an issuer with signing, or an issuer with ${CALLER_SCOPE} in its allowScopes`,
  );
}

/** Accounts of our own may have every management scope; another issuer grants them only if its entry names them. */
function mayGrant(issuer: IssuerConfig): boolean {
  if (issuer.kind === 'signing') return true;
  return issuer.grant === undefined ? issuer.allowScopes.has(CALLER_SCOPE) : issuer.grant.includes(CALLER_SCOPE);
}

/** Warns of a listener whose gateways on other machines are all denied, because `trustedProxies` lists none of them. */
export function warnOfUntrustedGateways(
  draft: Draft,
  verify: Listener | undefined,
  trustedProxies: readonly string[],
): void {
  if (verify?.mode === undefined || 'path' in verify.address) return;
  const isOnlyHere = isLoopback(verify.address.host);
  const others = trustedProxies.filter((range) => !isLoopback(range.split('/', 1)[0] ?? ''));
  if (isOnlyHere ? trustedProxies.length > 0 : others.length > 0) return;
  const message = `/auth denies every gateway${isOnlyHere ? '' : ' on another machine'}: trustedProxies lists none`;
  draft.warn(['listen', 'verify'], `${message}; add the addresses of your gateways`);
}
