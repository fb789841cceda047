import type { Kubectl } from './kubectl.ts';

const SELECTOR = 'app.kubernetes.io/name=sallyport';

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

/** What is known of Sallyport's Pods at one moment. */
export interface PodStates {
  readonly names: readonly string[];
  readonly ready: number;
  readonly restarts: number;
  /** Pods that are being deleted. */
  readonly stopping: number;
}

/** Resolves to the Pods of Sallyport */
export async function podStates(kubectl: Kubectl): Promise<PodStates> {
  const { items } = await kubectl.json<{ items: readonly Pod[] }>('get', 'pods', '--selector', SELECTOR);
  const present = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return {
    names: present.map(({ metadata }) => metadata.name),
    stopping: items.length - present.length,
    ready: present.filter(isReady).length,
    restarts: present.reduce((sum, pod) => sum + (pod.status.containerStatuses?.[0]?.restartCount ?? 0), 0),
  };
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}
