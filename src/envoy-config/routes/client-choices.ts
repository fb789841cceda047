import { identityHeaders } from '../../config/sections/identity/identity.ts';
import { OVERRIDE_HEADERS } from '../../core/upstream/override-headers.ts';
import type { CheckContext, CheckedManager } from '../context.ts';
import { readRemoved } from '../strip/strip.ts';

/** What a header of the request can choose, by the field of a route. */
const CHOICES: Readonly<Record<string, string>> = {
  cluster_header: 'the service that receives the request',
  host_rewrite_header: 'the host that the service reads',
};

/** Warns of routes on which a header of the client chooses what Sallyport decides by other means. */
export function checkClientChoices({ config, findings }: CheckContext, checked: CheckedManager): void {
  const { routes, filters, askedAt } = checked;
  const isRemoved = readRemoved(checked, filters.slice(0, askedAt));
  // Sallyport sets these, and removes those.
  const known = new Set([...identityHeaders(config.identity), ...OVERRIDE_HEADERS]);
  for (const { node } of routes?.hosts.flatMap((host) => host.routes) ?? []) {
    for (const [field, what] of Object.entries(CHOICES)) {
      const name = node.get('route', field);
      const header = name?.text?.toLowerCase();
      if (name === undefined || header === undefined || known.has(header) || isRemoved(header)) continue;
      const why = `clients choose ${what} by the header ${header}, whatever Sallyport allowed`;
      findings.warn(
        name,
        `${why}: remove what they send of it in early_header_mutation_extensions, or name the target itself`,
      );
    }
  }
}
