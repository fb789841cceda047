import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClient } from '../../src/edge/client-address.ts';
import { findKubectl, kubernetesSchemas } from '../../tools/kubernetes/programs.ts';
import { hasOpenssl } from '../support/certificates.ts';
import { isCustom } from '../support/kubernetes/custom-kinds.ts';
import { type KubernetesObject, podTemplates } from '../support/kubernetes/objects.ts';
import { checkConfiguration, type SecretValues, secretValues } from '../support/kubernetes/pod-files.ts';
import { unrestricted } from '../support/kubernetes/pod-security.ts';
import { unresolved } from '../support/kubernetes/references.ts';
import { kustomize } from '../support/kubernetes/render.ts';
import { KubernetesSchemas } from '../support/kubernetes/schemas.ts';

const kubectl = await findKubectl();
const reason = kubectl === undefined ? ' (skipped: no kubectl for this machine)' : '';

/** Folders of `deploy/kubernetes` that can be applied as they are. */
const OVERLAYS = ['envoy', 'sidecar', 'envoy-gateway', 'gateway-api', 'istio', 'traefik', 'nginx', 'trial'].map(
  (name) => `overlays/${name}`,
);
const FOLDERS = ['base', 'redis', ...OVERLAYS];
const rendered = new Map<string, KubernetesObject[]>();

let folder: string;
let secrets: SecretValues;
let schemas: KubernetesSchemas;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-manifests-'));
  if (hasOpenssl) secrets = secretValues(folder);
  if (kubectl === undefined) return;
  schemas = new KubernetesSchemas(await kubernetesSchemas());
  for (const name of FOLDERS) rendered.set(name, await kustomize(kubectl.path, name));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const objectsOf = (name: string): KubernetesObject[] => rendered.get(name) ?? [];

describe.skipIf(kubectl === undefined).each(FOLDERS)(`deploy/kubernetes/%s${reason}`, (name) => {
  it('passes the schemas of Kubernetes 1.36', () => {
    expect(objectsOf(name).length).toBeGreaterThan(3);
    // `npm run test:kubernetes` lets an API server with their CRDs check the others.
    const own = objectsOf(name).filter((object) => !isCustom(object));
    expect(own.flatMap((object) => schemas.faultsOf(object))).toEqual([]);
  });

  it('has Pods that PodSecurity restricted admits, with a read-only root and no token of the API server', () => {
    expect(podTemplates(objectsOf(name)).flatMap(unrestricted)).toEqual([]);
  });

  it('refers only to objects, ports and Secrets that exist', () => {
    expect(unresolved(objectsOf(name))).toEqual([]);
  });
});

describe.skipIf(kubectl === undefined || !hasOpenssl)(
  `the mounted configuration${reason || ' (needs openssl)'}`,
  () => {
    it.each(['base', ...OVERLAYS])('of %s passes sallyport check without a warning', (name) => {
      const [template] = podTemplates(objectsOf(name)).filter(({ owner }) => owner.metadata.name === 'sallyport');
      if (template === undefined) throw new Error('no workload is named sallyport');
      const loaded = checkConfiguration(mkdtempSync(join(folder, 'root-')), template, objectsOf(name), secrets);
      expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
      if (!loaded.ok) return;
      // A node or an internal load balancer is no proxy that says who the client is.
      const forged = '203.0.113.9, 10.1.2.3';
      expect(readClient('10.244.1.5', forged, loaded.config.trustedProxies).client).toBe('10.1.2.3');
      const { delayMs, drainMs } = loaded.config.shutdown;
      const { terminationGracePeriodSeconds: graceSeconds = 0 } = template.spec;
      // Both run before the kubelet kills the process, with time to spare.
      expect(graceSeconds * 1000).toBeGreaterThanOrEqual(delayMs + drainMs + 5_000);
    });
  },
);
