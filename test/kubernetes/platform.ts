import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Certificate, certify } from '../support/certificates.ts';
import type { Kubectl } from './kubectl.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, '.cache/kubernetes');

/** The name and password of the first account. */
export interface Account {
  readonly name: string;
  readonly password: string;
}

/** Creates the namespace, which enforces PodSecurity `restricted`, with every Secret that the manifests refer to. */
export async function prepareNamespace(kubectl: Kubectl): Promise<Account> {
  const account = { name: 'admin', password: randomBytes(18).toString('base64url') };
  const { server, client } = await tlsSecrets();
  const secrets: Readonly<Record<string, Record<string, string>>> = {
    'sallyport-seal': { secret: randomBytes(32).toString('base64') },
    'sallyport-redis': { password: randomBytes(18).toString('base64url') },
    'sallyport-account': { account: `${account.name}:${account.password}` },
    'sallyport-tls': server,
    'gateway-tls': client,
  };
  const objects = [namespaceObject(kubectl.namespace), ...Object.entries(secrets).map(secretObject)];
  await kubectl.run(['create', '--filename', '-'], documents(objects));
  return account;
}

/** One YAML stream; JSON is YAML. Without the first line, kubectl before 1.36 takes it for one JSON document. */
export function documents(objects: readonly object[]): string {
  return objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');
}

function namespaceObject(name: string): object {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

function secretObject([name, stringData]: readonly [string, Record<string, string>]): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

/** The contents of the Secrets that both sides of the mutual TLS have, as cert-manager writes them. */
async function tlsSecrets() {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'certificates-'));
  try {
    const authority = certify(folder, 'authority');
    const secret = ({ cert, key }: Certificate) => ({ 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert });
    const server = secret(certify(folder, 'sallyport', 'authority', 'DNS:sallyport.sallyport.svc'));
    const client = secret(certify(folder, 'gateway', 'authority', 'DNS:gateway'));
    return { server, client };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Images by the name that the manifests give them. Each variable holds `NAME:TAG`. */
const IMAGE_VARIABLES = {
  sallyport: 'SALLYPORT_IMAGE',
  redis: 'REDIS_IMAGE',
  'envoyproxy/envoy': 'ENVOY_IMAGE',
};

/** Stops redis-server as `docker pause` would: in a PID namespace of its own it is process 1, which ignores SIGSTOP. */
const STOPPABLE_REDIS = {
  target: { kind: 'StatefulSet', name: 'sallyport-redis' },
  patch: JSON.stringify([{ op: 'add', path: '/spec/template/spec/shareProcessNamespace', value: true }]),
};

const REDIS_WITHOUT_CLAIM = {
  target: { kind: 'StatefulSet', name: 'sallyport-redis' },
  patch: JSON.stringify([
    { op: 'remove', path: '/spec/volumeClaimTemplates' },
    { op: 'add', path: '/spec/template/spec/volumes/-', value: { name: 'data', emptyDir: {} } },
  ]),
};

/**
 * Renders an overlay for this run: in its namespace, with the images of the environment and the client's Pod.
 *
 * @param hasStorage whether the cluster gives a PersistentVolume to a claim.
 */
export async function renderPlatform(kubectl: Kubectl, hasStorage: boolean): Promise<string> {
  const folder = await mkdtemp(join(CACHE, 'overlay-'));
  const from = (path: string): string => relative(folder, join(ROOT, path));
  try {
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: kubectl.namespace,
      resources: [from('deploy/kubernetes/overlays/envoy'), from('test/kubernetes/manifests')],
      images: chosenImages(),
      patches: [STOPPABLE_REDIS, ...(hasStorage ? [] : [REDIS_WITHOUT_CLAIM])],
    };
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return await kubectl.run(['kustomize', folder]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function chosenImages(): object[] {
  return Object.entries(IMAGE_VARIABLES).flatMap(([name, variable]) => {
    const image = process.env[variable];
    if (image === undefined || image === '') return [];
    const colon = image.lastIndexOf(':');
    return [{ name, newName: image.slice(0, colon), newTag: image.slice(colon + 1) }];
  });
}
