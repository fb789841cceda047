import type { CheckContext, CheckedManager } from '../context.ts';
import type { HttpFilter } from '../reading/http-filter.ts';
import { allOverrides } from '../routes/route-table.ts';
import { checkAhead } from './ahead.ts';
import { checkAsking, isOurMatcher } from './asking.ts';
import { checkKeptRoutes } from './kept-routes.ts';
import { EXAMPLE, KEPT } from './names.ts';
import { checkOwnCode, checkScripts } from './scripts.ts';

/** Checks that this Envoy keeps answers only as long as Sallyport said, and only what Sallyport said. */
export function checkKept(context: CheckContext, checked: CheckedManager): void {
  const { config, findings } = context;
  const pair = pairOf(checked);
  const isWritten = isKeptWritten(checked);
  if (!isWritten) {
    if (config.revocation.keepMs > 0 && checked.asking.config.get('grpc_service') !== undefined) {
      const why = 'revocation.keep is set, but this Envoy keeps no answer';
      findings.warn(checked.asking.node, `${why}: add the filters ${KEPT} of ${EXAMPLE}, or remove revocation.keep`);
    }
    return;
  }
  if (config.revocation.keepMs === 0) {
    const at = pair.first?.node ?? checked.asking.node;
    findings.warn(
      at,
      'Sallyport lets no answer be kept: set revocation.keep, or remove this filter, which only costs time',
    );
  }
  checkPair(context, checked, pair);
  checkAhead(context, checked, pair.firstAt);
  checkAsking(context, checked);
  checkScripts(context, checked);
  checkKeptRoutes(context, checked);
}

/** Whether anything of kept answers is configured. */
function isKeptWritten({ filters, asking, routes }: CheckedManager): boolean {
  const names = routes === undefined ? [] : Array.from(allOverrides(routes), ([name]) => name);
  return filters.some(({ name }) => name === KEPT) || names.includes(KEPT) || isOurMatcher(asking.config);
}

/** The two filters around ext_authz. */
interface Pair {
  readonly first: HttpFilter | undefined;
  readonly firstAt: number | undefined;
  readonly secondAt: number | undefined;
  /** How many there are in all. */
  readonly count: number;
}

function pairOf({ filters, askedAt }: CheckedManager): Pair {
  const places = filters.flatMap(({ name }, index) => (name === KEPT ? [index] : []));
  const firstAt = places.findLast((index) => index < askedAt);
  const secondAt = places.find((index) => index > askedAt);
  const first = firstAt === undefined ? undefined : filters[firstAt];
  return { first, firstAt, secondAt, count: places.length };
}

/** Without its other half, each of the two only costs time. */
function checkPair({ findings }: CheckContext, checked: CheckedManager, pair: Pair): void {
  const { filters, askedAt, asking } = checked;
  const { firstAt, secondAt, count } = pair;
  const at = pair.first?.node ?? asking.node;
  if (firstAt === undefined) {
    findings.warn(at, `no answer is used again: put an empty Lua filter named ${KEPT} in front of ext_authz, too`);
  }
  if (secondAt === undefined) {
    findings.warn(at, `no answer is kept: put an empty Lua filter named ${KEPT} behind ext_authz, too`);
  } else if (secondAt !== askedAt + 1) {
    const between = filters[askedAt + 1];
    findings.warn(
      between?.node ?? at,
      `the answer is kept with what this filter did to it, which it then does again: put it behind the second ${KEPT}`,
    );
  }
  if (count > 2)
    findings.warn(at, `${count} filters are named ${KEPT}: one in front of ext_authz and one behind it suffice`);
  for (const filter of filters.filter(({ name }) => name === KEPT)) checkEmpty(findings, filter, asking);
}

/** The code of both stands at the route configuration, so that they share what they remember. */
function checkEmpty(findings: CheckContext['findings'], { node, kind, config }: HttpFilter, asking: HttpFilter): void {
  if (kind !== 'lua') {
    if (config !== undefined) findings.warn(node, `${KEPT} must be an empty Lua filter, as in ${EXAMPLE}`);
    else findings.miss(node, `the configuration of ${KEPT} is in none of the files`);
    return;
  }
  checkOwnCode(findings, config);
  const [own, its] = [config?.get('clear_route_cache'), asking.config?.get('clear_route_cache')];
  if (its?.isTrue === true && own?.isFalse === true) {
    const why = 'ext_authz lets identity headers choose the route, but a kept answer would not';
    findings.refuse(own, `${why}: remove clear_route_cache here, as ext_authz sets it`);
  } else if (its?.isTrue !== true && own?.isFalse !== true) {
    const why =
      'Envoy looks the route up again for each kept answer, and then by the identity headers, as ext_authz does not';
    findings.warn(own ?? config ?? node, `${why}: set clear_route_cache: false`);
  }
}
