import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Loaded, loadConfig } from '../../../src/config/load.ts';
import { certify } from '../certificates.ts';
import type { KubernetesObject, PodTemplate, Volume } from './objects.ts';

/** Values for the Secrets that an operator makes. */
export type SecretValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Makes values for every Secret. The certificate is of a CA of its own. */
export function secretValues(folder: string): SecretValues {
  const ca = certify(folder, 'ca');
  const { cert, key } = certify(folder, 'sallyport', 'ca', 'DNS:sallyport.sallyport.svc');
  return {
    'sallyport-seal': { secret: 'a secret of more than sixteen bytes' },
    'sallyport-redis': { password: 'a password' },
    'sallyport-account': { account: 'ada:a password of ada' },
    'sallyport-tls': { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca.cert },
  };
}

/**
 * Writes the files that the kubelet would mount into a container into `root`, and reads the configuration there as
 * `sallyport check` does: each path below a mount is one below `root`.
 */
export function checkConfiguration(
  root: string,
  { spec }: PodTemplate,
  objects: readonly KubernetesObject[],
  secrets: SecretValues,
): Loaded {
  const container = spec.containers.find(({ name }) => name === 'sallyport');
  if (container === undefined) throw new Error('no container is named sallyport');
  const mounts = container.volumeMounts ?? [];
  const paths = new RegExp(`(?<![\\w/])(?:${mounts.map(({ mountPath }) => mountPath).join('|')})(?=/)`, 'g');
  const move = (text: string): string => text.replaceAll(paths, (path) => root + path);
  for (const { name, mountPath } of mounts) {
    const volume = (spec.volumes ?? []).find((candidate) => candidate.name === name);
    mkdirSync(root + mountPath, { recursive: true });
    for (const [path, content] of volume === undefined ? [] : filesOf(volume, objects, secrets)) {
      const file = join(root + mountPath, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, mountPath === '/etc/sallyport' ? move(content) : content);
    }
  }
  const file = container.args?.[(container.args.indexOf('--config') || -2) + 1];
  if (file === undefined) throw new Error('the container has no --config');
  return loadConfig(root + file, {});
}

/** Returns the files of a volume: path and content. */
function filesOf(volume: Volume, objects: readonly KubernetesObject[], secrets: SecretValues): [string, string][] {
  const { configMap, secret, projected } = volume;
  const sources = projected?.sources ?? [{ configMap, secret: secret && { ...secret, name: secret.secretName } }];
  return sources.flatMap((source) => {
    const data = source.configMap
      ? objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === source.configMap?.name)?.data
      : secrets[source.secret?.name ?? ''];
    const items =
      (source.configMap ?? source.secret)?.items ?? Object.keys(data ?? {}).map((key) => ({ key, path: key }));
    return items.flatMap(({ key, path }): [string, string][] => {
      const content = data?.[key];
      return content === undefined ? [] : [[path, content]];
    });
  });
}
