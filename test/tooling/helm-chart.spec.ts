import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartSchema } from '../../tools/kubernetes/chart-schema.ts';
import { findHelm, findKubectl, kubernetesSchemas } from '../../tools/kubernetes/programs.ts';
import { hasOpenssl } from '../support/certificates.ts';
import { normalForm } from '../support/kubernetes/normal-form.ts';
import { type KubernetesObject, parseObjects, podTemplates } from '../support/kubernetes/objects.ts';
import { checkConfiguration, secretValues } from '../support/kubernetes/pod-files.ts';
import { unrestricted } from '../support/kubernetes/pod-security.ts';
import { unresolved } from '../support/kubernetes/references.ts';
import { CHART, helmTemplate, kustomize, run } from '../support/kubernetes/render.ts';
import { KubernetesSchemas } from '../support/kubernetes/schemas.ts';

const helm = (await findHelm())?.path ?? '';
const kubectl = (await findKubectl())?.path ?? '';
const reason = helm === '' || kubectl === '' ? ' (skipped: no helm or no kubectl for this machine)' : '';

/** Kinds of custom resource definitions, which Kubernetes itself does not define. */
const CUSTOM = ['Certificate', 'PodMonitor'];

const EVERY_OPTION = `
image: { repository: registry.example.com/sallyport, digest: "sha256:${'a'.repeat(64)}", pullSecrets: [{ name: corporate }] }
commonLabels: { team: platform }
autoscaling: { enabled: false }
replicas: 5
secrets: { seal: { key: other }, redis: { key: other }, more: [{ name: corporate, folder: corporate }] }
config:
  listen:
    verify: { address: "0.0.0.0:8193", mode: nginx, insecure: true }
    access: { address: "0.0.0.0:9194", insecure: true }
routeFiles:
  files: { team-a.yaml: { routes: [{ path: /a, public: true }] } }
  configMaps: [{ name: team-b, key: routes.yaml, file: team-b.yaml }]
networkPolicy: { egress: [] }
serviceAccount: { annotations: { a: b } }
service: { annotations: { a: b }, podsAnnotations: { a: b } }
podMonitor: { enabled: true, labels: { release: prometheus } }
certificate: { enabled: true }
env: [{ name: A, value: b }]
volumes: [{ name: more, emptyDir: {} }]
volumeMounts: [{ name: more, mountPath: /more }]
podAnnotations: { a: b }
podLabels: { a: b }
nodeSelector: { kubernetes.io/os: linux }
tolerations: [{ operator: Exists }]
affinity: { nodeAffinity: {} }
topologySpreadConstraints: []
priorityClassName: system-cluster-critical`;

/** Values, and what Helm says about them. */
const REFUSED = [
  ['{ replicas: three }', "at '/replicas': got string, want integer"],
  ['{ replica: 3 }', "additional properties 'replica' not allowed"],
  ['{ image: { tag: 1.2 } }', "at '/image/tag': got number, want string"],
  ['{ config: { nonsense: 1 } }', "at '/config': additional properties 'nonsense' not allowed"],
  ['{ config: { clockSkew: 5x } }', "at '/config/clockSkew': '5x' does not match pattern"],
  ['{ secrets: { more: [{ name: a, folder: tls }] } }', "at '/secrets/more/0/folder': 'not' failed"],
  ['{ routeFiles: { files: { "../a": {} } } }', "invalid propertyName '../a'"],
  ['{ commonLabels: { app.kubernetes.io/name: other } }', "invalid propertyName 'app.kubernetes.io/name'"],
  ['{ config: { listen: { admin: null } } }', 'config.listen.admin is required on a TCP port'],
  ['{ config: { listen: { admin: "unix:/tmp/admin" } } }', 'config.listen.admin is required on a TCP port'],
  ['{ secrets: { tls: { name: "" } } }', 'but secrets.tls.name is empty'],
  ['{ secrets: { seal: { name: "" } } }', 'but secrets.seal.name is empty'],
  ['{ secrets: { redis: { name: "" } } }', 'but secrets.redis.name is empty'],
  ['{ config: { store: "sqlite:./a.db" } }', 'belongs to one process: use Redis, or set'],
  ['{ autoscaling: { minReplicas: 11 } }', 'autoscaling.minReplicas is larger than autoscaling.maxReplicas'],
  ['{ config: { shutdown: { delay: 40s } } }', 'terminationGracePeriodSeconds is 30, but config.shutdown needs 55'],
] as const;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-chart-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Renders the chart with values, given as YAML. */
function chart(values = '{}'): Promise<KubernetesObject[]> {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, values);
  return helmTemplate(helm, '-f', file);
}

function find(objects: readonly KubernetesObject[], kind: string, name = 'sallyport'): KubernetesObject | undefined {
  return objects.find((object) => object.kind === kind && object.metadata.name === name);
}

it('the schema of the values contains the schema of the configuration (npm run schema)', () => {
  expect(readFileSync(`${CHART}values.schema.json`, 'utf8')).toBe(chartSchema());
});

describe('every value', () => {
  const text = readFileSync(`${CHART}values.yaml`, 'utf8');
  const lines = text.split('\n');

  it('has a comment above it, or is a map whose members have one', () => {
    const isComment = (line = ''): boolean => line.trimStart().startsWith('#');
    const bare = lines.flatMap((line, index) => {
      if (!/^\w+:/.test(line) || isComment(lines[index - 1])) return [];
      const rest = lines.slice(index + 1);
      const members = rest.slice(
        0,
        rest.findIndex((next) => /^\w/.test(next) || next === ''),
      );
      const uncommented = members.filter((next, at) => /^ {2}\w+:/.test(next) && !isComment(members[at - 1]));
      return members.length === 0 ? [line] : uncommented.filter((next) => !/: *$/.test(next));
    });
    expect(bare).toEqual([]);
  });

  it('has a description in the schema', () => {
    expect(undescribed(parse(text), JSON.parse(chartSchema()))).toEqual([]);
  });
});

/** Returns the paths of values without a description. */
function undescribed(values: object, schema: { properties?: Record<string, object> }, path = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const here: { description?: string; properties?: Record<string, object> } = schema.properties?.[key] ?? {};
    if (here.description === undefined) return [`${path}${key}`];
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isMap && key !== 'config' && here.properties !== undefined ? undescribed(value, here, `${path}${key}.`) : [];
  });
}

describe.skipIf(reason !== '')(`the Helm chart${reason}`, () => {
  it('gives the objects of deploy/kubernetes/base', async () => {
    expect(normalForm(await chart())).toEqual(normalForm(await kustomize(kubectl, 'base')));
  });

  it('gives those of the component without-tls with values-without-tls.yaml', async () => {
    const objects = await helmTemplate(helm, '-f', `${CHART}values-without-tls.yaml`);
    const redis = Object.keys(normalForm(await kustomize(kubectl, 'redis')));
    const trial = Object.entries(normalForm(await kustomize(kubectl, 'overlays/trial')));
    expect(normalForm(objects)).toEqual(Object.fromEntries(trial.filter(([name]) => !redis.includes(name))));
  });

  it('gives the Certificate of the component cert-manager', async () => {
    const file = new URL('../../deploy/kubernetes/components/cert-manager/certificate.yaml', import.meta.url);
    const [certificate] = (await chart('certificate: { enabled: true }')).filter(({ kind }) => kind === 'Certificate');
    expect(normalForm(certificate ? [certificate] : [])).toEqual(normalForm(parseObjects(readFileSync(file, 'utf8'))));
  });

  it('names everything after another release, in its namespace', async () => {
    const objects = parseObjects(await run(helm, 'template', 'edge', CHART, '--namespace', 'shop'));
    expect(unresolved(objects)).toEqual([]);
    const names = new Set(objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
    const own = ['edge-sallyport', 'edge-sallyport-config', 'edge-sallyport-pods'];
    expect([...names].toSorted()).toEqual(own.map((name) => `shop/${name}`));
  });

  it('says after the installation what is needed, and warns of listeners without client certificates', async () => {
    const install = ['install', 'sallyport', CHART, '--namespace', 'shop', '--dry-run=client'];
    const notes = await run(helm, ...install);
    expect(notes).toContain('sallyport-seal, key secret: seals the signing keys');
    expect(notes).toContain('ext-authz: sallyport.shop.svc:9191');
    expect(notes).not.toContain('WARNING');
    expect(await run(helm, ...install, '-f', `${CHART}values-without-tls.yaml`)).toContain('WARNING: no listener');
  });

  it('names the PodMonitor so that the alerts know its job, whatever the name of the release', async () => {
    const objects = await chart('{ fullnameOverride: gate, podMonitor: { enabled: true } }');
    expect(objects.filter(({ kind }) => kind === 'PodMonitor').map(({ metadata }) => metadata.name)).toEqual([
      'gate-sallyport',
    ]);
  });

  it('passes helm lint --strict', async () => {
    expect(await run(helm, 'lint', '--strict', CHART)).toContain('0 chart(s) failed');
  });

  it('with every option, gives objects that pass the schemas, PodSecurity restricted and sallyport check', async () => {
    const objects = await chart(EVERY_OPTION);
    const schemas = new KubernetesSchemas(await kubernetesSchemas());
    const [custom, own] = [
      objects.filter((object) => !schemas.defines(object)),
      objects.filter(schemas.defines, schemas),
    ];
    expect(custom.map(({ kind }) => kind).toSorted()).toEqual(CUSTOM);
    expect(own.flatMap((object) => schemas.faultsOf(object))).toEqual([]);
    expect(podTemplates(objects).flatMap(unrestricted)).toEqual([]);
    expect(unresolved(objects).filter((text) => !/team-b|corporate|key other/.test(text))).toEqual([]);
    expect(find(objects, 'HorizontalPodAutoscaler')).toBeUndefined();
    expect(find(objects, 'Service')?.spec?.ports?.map(({ name, port }) => `${name} ${port}`)).toEqual([
      'ext-authz 9191',
      'tokens 9192',
      'verify 8193',
      'access 9194',
    ]);
  });

  it.skipIf(!hasOpenssl)('includes files of routes (needs openssl)', async () => {
    const objects = await chart('routeFiles: { files: { team-a.yaml: { routes: [{ path: /a, public: true }] } } }');
    const [template] = podTemplates(objects);
    if (template === undefined) throw new Error('no Deployment');
    const root = mkdtempSync(join(folder, 'root-'));
    const loaded = checkConfiguration(root, template, objects, secretValues(folder));
    expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
    expect(loaded.ok && loaded.config.routes.map(({ pattern }) => pattern)).toContain('/a');
  });

  it.each(REFUSED)('refuses %s', async (values, message) => {
    await expect(chart(values)).rejects.toThrow(message);
  });
});
