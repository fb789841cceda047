import { AUTHORIZATION_ALONE, ORIGIN } from '../credential/places/places.ts';
import { readPlaces } from '../credential/places/read-places.ts';
import { queriesOf } from '../credential/places/stripped.ts';
import type { Allow, Deny } from '../decision.ts';
import { deny } from '../decision.ts';
import { isPlainMethod } from '../method.ts';
import type { AccessRequest } from '../request.ts';
import type { Route, RouteMap } from '../route.ts';
import { originFields } from './cors-fields.ts';
import type { CorsFields, CorsRule } from './cors-rule.ts';
import { allowsOrigin, REQUEST_HEADERS, REQUEST_METHOD } from './cors-rule.ts';

/** A browser's question whether a page of another origin may send a request (Fetch Standard, section 3.3.2). */
interface Preflight {
  readonly origin: string;
  readonly method: string;
  /** Lower-case names, as sent. */
  readonly headers: readonly string[];
}

/**
 * Decides a preflight by the rule of the route that the announced request matches. It has no credential, so this
 * says nothing of whether the request itself will pass. Returns `undefined` for any other request, and where no rule
 * applies: the route map then decides `OPTIONS` like any method.
 *
 * @param path as `readPath` returned it.
 * @param fallback the rule for requests that match no route.
 */
export function decidePreflight(
  request: AccessRequest,
  path: string,
  routes: Pick<RouteMap, 'match'>,
  fallback: CorsRule | undefined,
): Allow | Deny | undefined {
  const preflight = readPreflight(request);
  if (preflight === undefined) return undefined;
  const matched = routes.match(request.host, preflight.method, path);
  if (matched === 'ambiguous') return deny('path_rejected', undefined, 'path encoding');
  if (matched === 'none') return fallback && deny('route_denied', undefined, 'route');
  if (matched.cors === undefined || holdsCredential(request, matched)) return undefined;
  return judge(preflight, request, matched, matched.cors);
}

/** Whether the request has a credential in a header field that its route reads. A preflight has the URL of what it is about. */
function holdsCredential(request: AccessRequest, route: Route): boolean {
  const { credentialPlaces: places } = route;
  if (places === undefined) return false;
  return readPlaces(request, { ...places, authorization: false, queries: [] }, route).scheme !== 'none';
}

/** A request with a credential is none: browsers send preflights without (Fetch Standard, section 4.8). */
function readPreflight({ method, authorization, fields }: AccessRequest): Preflight | undefined {
  if (method !== 'OPTIONS' || authorization !== undefined || fields === undefined) return undefined;
  const origin = fields.get(ORIGIN);
  const asked = fields.get(REQUEST_METHOD);
  if (origin === undefined || asked === undefined || !isPlainMethod(asked)) return undefined;
  const names = (fields.get(REQUEST_HEADERS) ?? '').split(',');
  const headers = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  return { origin, method: asked, headers };
}

function judge(
  { origin, method, headers }: Preflight,
  request: AccessRequest,
  route: Route,
  rule: CorsRule,
): Allow | Deny {
  if (!allowsOrigin(rule.origins, origin)) return deny('route_denied', route, 'cors origin');
  if (rule.methods?.has(method) === false) return deny('route_denied', route, 'cors method');
  if (!headers.every((name) => rule.headers.has(name))) return deny('route_denied', route, 'cors header');
  const allowed = { outcome: 'allow', route, credential: undefined, shadowed: undefined, keepMs: 0 } as const;
  if (rule.preflight === 'pass') return pass(allowed, request, route);
  if (request.answersNothing === true) return deny('route_denied', route, 'cors preflight not answered here');
  return { ...allowed, preflight: answerFields(origin, method, headers, rule) };
}

/** Passes a preflight on, without the credential of its URL. */
function pass(allowed: Allow, request: AccessRequest, route: Route): Allow | Deny {
  const { queries = [] } = route.credentialPlaces ?? {};
  if (queries.length === 0) return allowed;
  const presented = readPlaces(request, { ...AUTHORIZATION_ALONE, authorization: false, queries }, route);
  if (presented.scheme === 'misplaced') return deny(presented.reason, route, presented.check);
  if (presented.scheme === 'several') return deny('invalid_request', route, 'several credentials');
  return { ...allowed, stripped: { set: [], remove: [], query: queriesOf(request, queries) } };
}

function answerFields(origin: string, method: string, headers: readonly string[], rule: CorsRule): CorsFields {
  const methods = rule.methods === undefined ? method : [...rule.methods].join(', ');
  return [
    ...originFields(rule, origin),
    ['access-control-allow-methods', methods],
    ...(headers.length === 0 ? [] : [['access-control-allow-headers', [...new Set(headers)].join(', ')] as const]),
    ['access-control-max-age', String(rule.maxAgeSeconds)],
  ];
}
