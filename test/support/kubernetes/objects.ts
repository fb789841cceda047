import { parseAllDocuments } from 'yaml';

/** An object of Kubernetes, with the members that tests read of any kind. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly spec?: ObjectSpec;
  readonly data?: Readonly<Record<string, string>>;
  readonly automountServiceAccountToken?: boolean;
}

export type Labels = Readonly<Record<string, string>>;

/** The members of every kind of `spec` that tests read. */
interface ObjectSpec {
  readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
  /** A Service's is a map of labels; a workload's has `matchLabels`. */
  readonly selector?: unknown;
  readonly podSelector?: { readonly matchLabels?: Labels };
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly targetPort?: number | string }[];
  readonly ingress?: readonly NetworkRule[];
  readonly egress?: readonly NetworkRule[];
  readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
  readonly podMetricsEndpoints?: readonly { readonly port?: string }[];
}

interface NetworkRule {
  readonly from?: readonly NetworkPeer[];
  readonly to?: readonly NetworkPeer[];
  readonly ports?: readonly { readonly port: number | string }[];
}

interface NetworkPeer {
  readonly podSelector?: { readonly matchLabels?: Labels };
  readonly namespaceSelector?: object;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly topologySpreadConstraints?: readonly { readonly labelSelector: { readonly matchLabels: Labels } }[];
}

export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type: string };
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly procMount?: string;
  readonly sysctls?: readonly unknown[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly valueFrom?: { readonly secretKeyRef?: KeyReference } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number; readonly hostPort?: number }[];
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

interface Probe {
  readonly httpGet?: { readonly port: number | string };
}

interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: VolumeSource & { readonly name: string };
  readonly secret?: VolumeSource & { readonly secretName: string };
  readonly projected?: { readonly sources: readonly Projection[] };
}

export interface Projection {
  readonly configMap?: VolumeSource & { readonly name: string };
  readonly secret?: VolumeSource & { readonly name: string };
}

interface VolumeSource {
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

/** A pod template and the object that makes Pods of it. */
export interface PodTemplate {
  readonly owner: KubernetesObject;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

/** Parses the documents of a YAML file. Throws at its first fault. */
export function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) throw fault;
    const object: KubernetesObject | null = document.toJS();
    return object === null ? [] : [object];
  });
}

/** Returns the pod templates among the objects. */
export function podTemplates(objects: readonly KubernetesObject[]): PodTemplate[] {
  return objects.flatMap((owner) => {
    const template = owner.spec?.template;
    return template === undefined ? [] : [{ owner, labels: template.metadata.labels, spec: template.spec }];
  });
}

/** Returns the name of an object for a message: its kind and its name. */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}
