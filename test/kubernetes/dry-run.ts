import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { Kubectl } from './kubectl.ts';
import { documents } from './platform.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFESTS = join(ROOT, 'deploy/kubernetes');
const CHART = join(ROOT, 'deploy/helm/sallyport');

/** A Kubernetes object, as far as the dry run reads it. */
interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
}

/** What the API server said about one rendering. */
export interface DryRun {
  readonly name: string;
  readonly accepted: number;
  /** Kinds whose CRDs the cluster does not have. */
  readonly unknownKinds: readonly string[];
}

/** Every rendering by its name: each kustomization, and the chart if helm is installed. */
export async function renderAll(kubectl: Kubectl): Promise<ReadonlyMap<string, string>> {
  const overlays = await readdir(join(MANIFESTS, 'overlays'));
  const folders = ['base', 'redis', ...overlays.toSorted().map((name) => `overlays/${name}`)];
  const rendered = new Map<string, string>();
  for (const folder of folders) rendered.set(folder, await kubectl.run(['kustomize', join(MANIFESTS, folder)]));
  const chart = existsSync(CHART) ? await renderChart() : undefined;
  if (chart !== undefined) rendered.set('helm chart', chart);
  return rendered;
}

/** `undefined` if helm is not installed. */
async function renderChart(): Promise<string | undefined> {
  const helm = process.env['HELM'] ?? 'helm';
  const run = promisify(execFile);
  if (
    !(await run(helm, ['version']).then(
      () => true,
      () => false,
    ))
  )
    return undefined;
  return (await run(helm, ['template', 'sallyport', CHART])).stdout;
}

/**
 * Lets the API server check a rendering as if it were applied, in the namespace of `kubectl`. Unknown fields are errors.
 * Rejects with what the API server refuses.
 */
export async function dryRun(kubectl: Kubectl, name: string, rendered: string): Promise<DryRun> {
  const known = await knownKinds(kubectl);
  const objects = parseAllDocuments(rendered).flatMap((document) => {
    const object: KubernetesObject | null = document.toJS();
    return object === null ? [] : [object];
  });
  const hasFilter = await hasExternalAuth(kubectl);
  const isKnown = (object: KubernetesObject): boolean =>
    known.has(kindOf(object)) && (hasFilter || !usesExternalAuth(object));
  const accepted = objects.filter((object) => isKnown(object) && object.kind !== 'Namespace');
  const unknown = objects.filter((object) => !isKnown(object)).map(kindOf);
  if (accepted.length > 0) {
    const here = accepted.map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace: kubectl.namespace },
    }));
    const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict'];
    await kubectl.run([...args, '--filename', '-'], documents(here));
  }
  return { name, accepted: accepted.length, unknownKinds: [...new Set(unknown)] };
}

/** Only the experimental channel of Gateway API has the filter. */
async function hasExternalAuth(kubectl: Kubectl): Promise<boolean> {
  const path = '{.metadata.annotations.gateway\\.networking\\.k8s\\.io/channel}';
  const crd = [
    'get',
    'crd',
    'httproutes.gateway.networking.k8s.io',
    '--ignore-not-found',
    '--output',
    `jsonpath=${path}`,
  ];
  return (await kubectl.run(crd)).trim() === 'experimental';
}

function usesExternalAuth(object: KubernetesObject): boolean {
  return object.kind === 'HTTPRoute' && JSON.stringify(object).includes('"ExternalAuth"');
}

function kindOf({ apiVersion, kind }: KubernetesObject): string {
  return `${apiVersion} ${kind}`;
}

/** The last columns of `kubectl api-resources` are APIVERSION, NAMESPACED and KIND. */
async function knownKinds(kubectl: Kubectl): Promise<ReadonlySet<string>> {
  const lines = (await kubectl.run(['api-resources', '--no-headers'])).trim().split('\n');
  return new Set(
    lines.map((line) => {
      const [apiVersion, , kind] = line.trim().split(/\s+/).slice(-3);
      return `${apiVersion} ${kind}`;
    }),
  );
}
