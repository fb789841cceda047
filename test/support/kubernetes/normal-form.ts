import { parse } from 'yaml';
import { type KubernetesObject, nameOf } from './objects.ts';

/** Labels that say who made an object. They select nothing. */
const OF_HELM = ['app.kubernetes.io/version', 'app.kubernetes.io/managed-by', 'helm.sh/chart'];

/**
 * Returns objects by kind and name in a form in which those of kustomize and of Helm can be compared: without Helm's own
 * labels, with the configuration parsed, and without the Namespace, which `helm install --create-namespace` makes.
 */
export function normalForm(objects: readonly KubernetesObject[]): Record<string, unknown> {
  const compared = objects.filter(({ kind }) => kind !== 'Namespace');
  return Object.fromEntries(compared.map((object) => [nameOf(object), normalObject(object)]));
}

function normalObject(object: KubernetesObject): unknown {
  const labels = Object.entries(object.metadata.labels ?? {}).filter(([name]) => !OF_HELM.includes(name));
  const data = Object.entries(object.data ?? {}).map(([name, text]) => [
    name,
    name.endsWith('.yaml') ? parse(text) : text,
  ]);
  const metadata = { ...object.metadata, labels: Object.fromEntries(labels) };
  return { ...object, metadata, ...(object.data === undefined ? {} : { data: Object.fromEntries(data) }) };
}
