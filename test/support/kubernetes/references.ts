import {
  type Container,
  type KubernetesObject,
  type Labels,
  nameOf,
  type PodTemplate,
  podTemplates,
  type Volume,
} from './objects.ts';

/** The Secrets that an operator makes, and the keys that the objects may refer to. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'sallyport-seal': ['secret'],
  'sallyport-redis': ['password'],
  'sallyport-account': ['account'],
  'sallyport-tls': ['tls.crt', 'tls.key', 'ca.crt'],
  'gateway-tls': ['tls.crt', 'tls.key', 'ca.crt'],
};

/** Returns each reference that leads nowhere: names of objects, volumes and ports, and label selectors. */
export function unresolved(objects: readonly KubernetesObject[]): string[] {
  const templates = podTemplates(objects);
  const ofTemplates = templates.flatMap((template) =>
    danglingOfTemplate(template, objects).map((text) => `${nameOf(template.owner)}: ${text}`),
  );
  const ofObjects = objects.flatMap((object) =>
    danglingOfObject(object, objects, templates).map((text) => `${nameOf(object)}: ${text}`),
  );
  return [...ofTemplates, ...ofObjects];
}

function danglingOfTemplate({ owner, labels, spec }: PodTemplate, objects: readonly KubernetesObject[]): string[] {
  const { volumes = [], serviceAccountName, topologySpreadConstraints = [], containers } = spec;
  const claims = owner.kind === 'StatefulSet' ? ['data'] : [];
  const volumeNames = new Set([...volumes.map(({ name }) => name), ...claims]);
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
  return [
    ...missing(!selects(matchLabels(owner.spec?.selector), labels), 'its selector does not match its Pods'),
    ...missing(
      serviceAccountName !== undefined && !has(objects, 'ServiceAccount', serviceAccountName),
      `no ServiceAccount ${serviceAccountName}`,
    ),
    ...topologySpreadConstraints.flatMap(({ labelSelector }) =>
      missing(!selects(labelSelector.matchLabels, labels), 'a topology spread does not count its Pods'),
    ),
    ...mounted.filter((name) => !volumeNames.has(name)).map((name) => `no volume ${name}`),
    ...volumes.filter(({ name }) => !mounted.includes(name)).map(({ name }) => `no container mounts volume ${name}`),
    ...volumes.flatMap((volume) => danglingOfVolume(volume, objects)),
    ...containers.flatMap((container) => danglingOfContainer(container)),
  ];
}

function danglingOfContainer(container: Container): string[] {
  const { env = [], ports = [], startupProbe, readinessProbe, livenessProbe } = container;
  const names = ports.map(({ name }) => name);
  const probed = [startupProbe, readinessProbe, livenessProbe].flatMap((probe) => probe?.httpGet?.port ?? []);
  return [
    ...probed.filter((port) => typeof port === 'string' && !names.includes(port)).map((port) => `no port ${port}`),
    ...env.flatMap(({ valueFrom }) => {
      const reference = valueFrom?.secretKeyRef;
      return reference === undefined ? [] : danglingSecret(reference.name, [reference.key]);
    }),
  ];
}

function danglingOfVolume(volume: Volume, objects: readonly KubernetesObject[]): string[] {
  const { configMap, secret, projected } = volume;
  const sources = [
    { configMap, secret: secret && { ...secret, name: secret.secretName } },
    ...(projected?.sources ?? []),
  ];
  return sources.flatMap((source) => [
    ...(source.configMap === undefined || source.configMap.optional === true
      ? []
      : danglingConfigMap(source.configMap.name, source.configMap.items ?? [], objects)),
    ...(source.secret === undefined ? [] : danglingSecret(source.secret.name, keysOf(source.secret.items))),
  ]);
}

function danglingConfigMap(
  name: string,
  items: readonly { readonly key: string }[],
  objects: readonly KubernetesObject[],
): string[] {
  const found = objects.find((object) => object.kind === 'ConfigMap' && object.metadata.name === name);
  if (found === undefined) return [`no ConfigMap ${name}`];
  return items.filter(({ key }) => !(key in (found.data ?? {}))).map(({ key }) => `no key ${key} in ConfigMap ${name}`);
}

function danglingSecret(name: string, keys: readonly string[]): string[] {
  const known = SECRETS[name];
  if (known === undefined) return [`no Secret ${name}`];
  return keys.filter((key) => !known.includes(key)).map((key) => `no key ${key} in Secret ${name}`);
}

function danglingOfObject(
  object: KubernetesObject,
  objects: readonly KubernetesObject[],
  templates: readonly PodTemplate[],
): string[] {
  const { kind, spec = {} } = object;
  const { scaleTargetRef: target } = spec;
  if (target !== undefined) return missing(!has(objects, target.kind, target.name), `no ${target.kind} ${target.name}`);
  if (!['Service', 'NetworkPolicy', 'PodDisruptionBudget', 'PodMonitor'].includes(kind)) return [];
  const selector = kind === 'Service' ? spec.selector : (spec.podSelector ?? spec.selector);
  const labels = kind === 'Service' ? asLabels(selector) : matchLabels(selector);
  const selected = templates.filter((template) => selects(labels, template.labels));
  if (selected.length !== 1) return [`its selector matches ${selected.length} kinds of Pods`];
  const ports = selected.flatMap((template) => template.spec.containers).flatMap((container) => container.ports ?? []);
  const wanted = [
    ...(spec.ports ?? []).map(({ port, targetPort }) => targetPort ?? port),
    ...(spec.ingress ?? []).flatMap((rule) => (rule.ports ?? []).map(({ port }) => port)),
    ...(spec.podMetricsEndpoints ?? []).flatMap(({ port }) => port ?? []),
  ];
  return wanted
    .filter((port) => !ports.some(({ name, containerPort }) => name === port || containerPort === port))
    .map((port) => `no port ${port} in its Pods`);
}

function has(objects: readonly KubernetesObject[], kind: string, name: string): boolean {
  return objects.some((object) => object.kind === kind && object.metadata.name === name);
}

function keysOf(items: readonly { readonly key: string }[] = []): string[] {
  return items.map(({ key }) => key);
}

/** Whether a selector, which must name a label, matches the labels of a Pod. */
function selects(selector: Labels | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function matchLabels(selector: unknown): Labels | undefined {
  if (typeof selector !== 'object' || selector === null || !('matchLabels' in selector)) return undefined;
  return asLabels(selector.matchLabels);
}

function asLabels(value: unknown): Labels | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, label]) => typeof label === 'string'));
}

function missing(isMissing: boolean, text: string): string[] {
  return isMissing ? [text] : [];
}
