import type { Redis } from 'ioredis';

/** Figures that Redis reports about itself. */
export interface RedisFigures {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly outputBytes: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

export async function readRedis(client: Redis): Promise<RedisFigures> {
  const info = await client.call('INFO', 'everything');
  const atMs = performance.now();
  const figure = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(String(info))?.[1] ?? 0);
  return {
    atMs,
    cpuMs: (figure('used_cpu_user') + figure('used_cpu_sys')) * 1_000,
    outputBytes: figure('total_net_output_bytes'),
    memoryBytes: figure('used_memory'),
    diskBytes: figure('aof_current_size'),
  };
}
