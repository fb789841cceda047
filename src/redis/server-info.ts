/** What `INFO` says of a server that matters here. */
export interface ServerInfo {
  /** A replica may lag behind its primary: what it does not know of may be revoked. */
  readonly isPrimary: boolean;
  readonly isLoading: boolean;
  /** Those that are connected to it. */
  readonly replicas: number;
  /** Whether it serves some of the keys alone. */
  readonly isClusterNode: boolean;
  /** `maxmemory-policy`; `undefined` where the server does not say. */
  readonly evictionPolicy: string | undefined;
}

/** Reads the answer of `INFO`. */
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
