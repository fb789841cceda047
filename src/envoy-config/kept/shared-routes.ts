import type { CheckContext, CheckedManager } from '../context.ts';
import { KEPT } from './names.ts';

/**
 * Checks that listeners with one route configuration ask alike: they share what the script of that configuration has kept,
 * on whichever of them it was asked.
 */
export function checkSharedRoutes({ findings }: CheckContext, managers: readonly CheckedManager[]): void {
  const first = new Map<string, string>();
  for (const { node, filters, asking } of managers) {
    const name = node.get('rds', 'route_config_name');
    if (name?.text === undefined || !filters.some((filter) => filter.name === KEPT)) continue;
    const own = JSON.stringify(asking.config.value);
    const former = first.get(name.text);
    first.set(name.text, former ?? own);
    if (former === undefined || former === own) continue;
    const why =
      'another listener has the same routes but another ext_authz, and both use the answers that were kept for one';
    findings.refuse(name, `${why}: give each of them a route configuration of its own`);
  }
}
