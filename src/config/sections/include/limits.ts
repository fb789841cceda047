import { list, quote } from '../../../lib/wording.ts';
import type { Draft } from '../../reading/draft.ts';
import { isMap } from '../../reading/draft.ts';
import type { Path } from '../../reading/problems.ts';
import type { WrittenRoute } from '../routes/route-schema.ts';
import type { IncludedFile, Limits } from './included-files.ts';

/** Refuses a route of an included file that its entry in `include` does not permit. */
export function refuseBeyondLimits(draft: Draft, place: Path, written: WrittenRoute, limits: Limits): void {
  const { paths, hosts } = limits;
  if (paths !== undefined && !paths.some((prefix) => isBelow(prefix, written.path))) {
    const message = `${quote(written.path)} is outside the paths of this file, ${namesOf(paths)} (include.paths of the main file)`;
    draft.refuse([...place, 'path'], message);
  }
  if (hosts === undefined) return;
  const permitted = `${namesOf(hosts)} (include.hosts of the main file)`;
  if (written.hosts === undefined) draft.refuse(place, `a route of this file must list its hosts: ${permitted}`);
  for (const [index, host] of (written.hosts ?? []).entries()) {
    if (hosts.some((limit) => isHostWithin(limit, host))) continue;
    draft.refuse([...place, 'hosts', index], `${quote(host)} is not among the hosts of this file, ${permitted}`);
  }
}

/** Refuses a scope of an included file that its entry in `include` does not permit. */
export function refuseScopesBeyondLimits({ draft, limits: { scopes } }: IncludedFile): void {
  const defined = draft.valueAt(['scopes']);
  if (scopes === undefined || !isMap(defined)) return;
  for (const name of Object.keys(defined)) {
    const isPermitted = scopes.some((limit) => limit === name || limit === `${name.split(':')[0]}:*`);
    if (isPermitted) continue;
    const message = `${quote(name)} is not among the scopes of this file, ${namesOf(scopes)} (include.scopes of the main file)`;
    draft.refuseKey(['scopes', name], message);
  }
}

/** Whether every path that the pattern matches is the prefix or below it, segment by segment. */
function isBelow(prefix: string, pattern: string): boolean {
  const [outer, inner] = [prefix.split('/'), pattern.split('/')];
  return outer.every((segment, index) => {
    const own = inner[index];
    if (own === segment) return true;
    return segment.startsWith('{') && own !== undefined && own !== '' && own !== '**';
  });
}

function isHostWithin(limit: string, host: string): boolean {
  return host === limit || (limit.startsWith('*.') && host.endsWith(limit.slice(1)));
}

function namesOf(limits: readonly string[]): string {
  return list(limits.map(quote), 'and');
}
