import type { Container, PodSpec, PodTemplate, Volume } from './objects.ts';
import { nameOf } from './objects.ts';

const VOLUME_TYPES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected'];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/**
 * Returns what PodSecurity `restricted` refuses in a pod template, and what this project asks for beyond it: a read-only
 * root, and no token of the API server. https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function unrestricted({ owner, spec }: PodTemplate): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const faults = [...podFaults(spec), ...containers.flatMap((container) => containerFaults(container, spec))];
  return faults.map((fault) => `${nameOf(owner)}: ${fault}`);
}

function podFaults(spec: PodSpec): string[] {
  const { securityContext = {}, volumes = [] } = spec;
  return [
    ...fault(spec.hostNetwork === true || spec.hostPID === true || spec.hostIPC === true, 'uses a host namespace'),
    ...fault(securityContext.sysctls !== undefined, 'sets sysctls'),
    ...fault(securityContext.runAsUser === 0, 'runs as root'),
    ...fault(spec.automountServiceAccountToken !== false, 'mounts a token of the API server'),
    ...volumes.filter((volume) => !isPermitted(volume)).map(({ name }) => `volume ${name} has a type that is refused`),
  ];
}

function isPermitted(volume: Volume): boolean {
  return Object.keys(volume).every((key) => key === 'name' || key === 'secret' || VOLUME_TYPES.includes(key));
}

function containerFaults({ name, ports = [], securityContext = {} }: Container, pod: PodSpec): string[] {
  const merged = { ...pod.securityContext, ...securityContext };
  const { drop = [], add = [] } = securityContext.capabilities ?? {};
  return [
    ...fault(merged.runAsNonRoot !== true, 'may run as root'),
    ...fault(securityContext.runAsUser === 0, 'runs as root'),
    ...fault(!SECCOMP.includes(merged.seccompProfile?.type ?? ''), 'has no seccomp profile'),
    ...fault(securityContext.privileged === true, 'is privileged'),
    ...fault(securityContext.allowPrivilegeEscalation !== false, 'may gain privileges'),
    ...fault(securityContext.readOnlyRootFilesystem !== true, 'may write to its root'),
    ...fault(!drop.includes('ALL'), 'keeps capabilities'),
    ...fault(!add.every((capability) => capability === 'NET_BIND_SERVICE'), 'adds capabilities'),
    ...fault((securityContext.procMount ?? 'Default') !== 'Default', 'unmasks /proc'),
    ...fault(
      ports.some(({ hostPort }) => hostPort !== undefined),
      'takes a port of the host',
    ),
  ].map((text) => `container ${name} ${text}`);
}

function fault(present: boolean, text: string): string[] {
  return present ? [text] : [];
}
