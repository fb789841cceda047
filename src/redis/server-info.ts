/** The fields of `INFO` that matter here. */
export interface ServerInfo {
  /** A replica may lag behind its primary and lack the newest data. */
  readonly isPrimary: boolean;
  readonly isLoading: boolean;
  /** How many replicas are connected. */
  readonly replicas: number;
  /** Whether it belongs to a cluster, and so serves only some of the keys. */
  readonly isClusterNode: boolean;
  /** `maxmemory-policy`; `undefined` if the server does not report it. */
  readonly evictionPolicy: string | undefined;
}

/** Reads the reply of `INFO`. */
export function parseServerInfo(text: string): ServerInfo {
  const fields = new Map(text.split('\r\n').map((line) => readField(line)));
  return {
    isPrimary: fields.get('role') === 'master',
    isLoading: (fields.get('loading') ?? '0') !== '0',
    replicas: Number(fields.get('connected_slaves') ?? 0),
    isClusterNode: fields.get('cluster_enabled') === '1',
    evictionPolicy: fields.get('maxmemory_policy'),
  };
}

function readField(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1)];
}
