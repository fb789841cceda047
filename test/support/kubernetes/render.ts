import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type KubernetesObject, parseObjects } from './objects.ts';

const DEPLOY = new URL('../../../deploy/', import.meta.url);
const KUSTOMIZATIONS = fileURLToPath(new URL('kubernetes/', DEPLOY));
export const CHART = fileURLToPath(new URL('helm/sallyport/', DEPLOY));

/** More than a chart prints. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Renders a folder below `deploy/kubernetes`. Rejects with the words of kustomize. */
export async function kustomize(kubectl: string, folder: string): Promise<KubernetesObject[]> {
  return parseObjects(await run(kubectl, 'kustomize', KUSTOMIZATIONS + folder));
}

/**
 * Renders the chart as the release `sallyport` in the namespace `sallyport`. Rejects with the words of Helm, for instance
 * if the schema refuses a value.
 */
export async function helmTemplate(helm: string, ...options: readonly string[]): Promise<KubernetesObject[]> {
  return parseObjects(await run(helm, 'template', 'sallyport', CHART, '--namespace', 'sallyport', ...options));
}

/** Runs a program and resolves to its output. Rejects with its error output. */
export async function run(program: string, ...args: readonly string[]): Promise<string> {
  // No cluster is asked, whatever kubectl points at.
  const env = { ...process.env, KUBECONFIG: '/dev/null' };
  try {
    return (await promisify(execFile)(program, args, { maxBuffer: MAX_BYTES, env })).stdout;
  } catch (error) {
    throw error instanceof Error && 'stderr' in error ? new Error(String(error.stderr), { cause: error }) : error;
  }
}
