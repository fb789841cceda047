import type { ResourceConfig } from '../../config/config.ts';

/**
 * Finds the resource whose metadata a request is for, by the path; if several hosts have one there, by the host too. A
 * client checks that the document names the URL that it uses, so another host's document misleads nobody.
 *
 * @param target the request target, still encoded.
 * @param host the authority that the client used.
 */
export function findResource(
  target: string,
  host: string,
  resources: readonly ResourceConfig[],
): ResourceConfig | undefined {
  const [path = ''] = target.split('?', 1);
  const found = resources.filter(({ metadataUrl }) => new URL(metadataUrl).pathname === path);
  return found.length > 1
    ? found.find(({ metadataUrl }) => new URL(metadataUrl).host === host.toLowerCase())
    : found[0];
}
