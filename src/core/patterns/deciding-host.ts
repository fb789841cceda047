/**
 * Returns which of the hosts of some rules decides a request, in the route map and wherever rules are compared: the same
 * name, or the longest `*.suffix`. If there is none, the rules for every host decide: `''`.
 *
 * @param host a name in lower case, or `*.suffix` for all names below it that no more specific host decides.
 * @param mostDots the most dots of any `*.suffix`, so that a client's long name costs no more look-ups than that.
 */
export function decidingHost(
  host: string,
  hosts: { has(host: string): boolean },
  mostDots = Number.POSITIVE_INFINITY,
): string {
  if (host === '' || hosts.has(host)) return host;
  for (let dot = dotFromEnd(host, mostDots); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const wildcard = `*${host.slice(dot)}`;
    if (hosts.has(wildcard)) return wildcard;
  }
  return '';
}

/** Returns the dots of a host. */
export function dotsIn(host: string): number {
  return host.split('.').length - 1;
}

/** Returns where the last `most` dots of a host begin; -1 if there is none. */
function dotFromEnd(host: string, most: number): number {
  let found = -1;
  for (let count = 0, end = host.length; count < most && end > 0; count++) {
    const dot = host.lastIndexOf('.', end - 1);
    if (dot < 0) return found;
    found = dot;
    end = dot;
  }
  return found;
}
