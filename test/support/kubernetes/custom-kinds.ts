import type { KubernetesObject } from './objects.ts';

/** The API groups of the overlays that Kubernetes does not define itself, and the Go module and folder that has their CRDs. */
const CUSTOM_GROUPS: Readonly<Record<string, string>> = {
  // The standard channel has no filter ExternalAuth.
  'gateway.networking.k8s.io': 'sigs.k8s.io/gateway-api@v1.6.0 config/crd/experimental',
  'gateway.envoyproxy.io': 'github.com/envoyproxy/gateway@v1.9.1 charts/gateway-helm/charts/crds/crds/generated',
  'networking.istio.io': 'istio.io/api@v1.32.0 kubernetes',
  'security.istio.io': 'istio.io/api@v1.32.0 kubernetes',
  'traefik.io': 'github.com/traefik/traefik/v3@v3.7.9 docs/content/reference/dynamic-configuration',
  'monitoring.coreos.com': 'github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd',
};

/** Whether an object is of a kind that a cluster knows only with the CRDs above. */
export function isCustom({ apiVersion }: KubernetesObject): boolean {
  const [group = ''] = apiVersion.split('/');
  return Object.hasOwn(CUSTOM_GROUPS, group);
}
