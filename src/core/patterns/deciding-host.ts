/**
 * Returns which of the hosts of some rules decides a request, as the route map does: the same name, or the longest
 * `*.suffix`. If there is none, the rules for every host decide: `''`.
 *
 * @param host a name in lower case, or `*.suffix` for all names below it that no more specific host decides.
 */
export function decidingHost(host: string, hosts: ReadonlySet<string>): string {
  if (host === '' || hosts.has(host)) return host;
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const wildcard = `*${host.slice(dot)}`;
    if (hosts.has(wildcard)) return wildcard;
  }
  return '';
}
