/** What the status shows of the metrics. */
export interface StatusMetrics {
  /** The version of the running instance; `null` if it does not say. */
  readonly version: string | null;
  readonly uptimeSeconds: number | null;
  /** By outcome, since the start. */
  readonly decisions: Readonly<Record<string, number>>;
  readonly knownTokens: number | null;
}

const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;

/** Reads Prometheus text. @param nowMs Unix time. */
export function readMetrics(exposition: string, nowMs: number): StatusMetrics {
  const decisions: Record<string, number> = {};
  let version: string | null = null;
  let startedAtSeconds: number | undefined;
  let knownTokens: number | null = null;
  for (const line of exposition.split('\n')) {
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === 'sallyport_decisions_total') {
      const outcome = labelIn(labels, 'outcome') ?? 'unknown';
      decisions[outcome] = (decisions[outcome] ?? 0) + Number(value);
    } else if (name === 'sallyport_build_info') version = labelIn(labels, 'version') ?? null;
    else if (name === 'process_start_time_seconds') startedAtSeconds = Number(value);
    else if (name === 'sallyport_known_tokens') knownTokens = Number(value);
  }
  const uptimeSeconds =
    startedAtSeconds === undefined ? null : Math.max(0, Math.round(nowMs / 1000 - startedAtSeconds));
  return { version, uptimeSeconds, decisions, knownTokens };
}

function labelIn(labels: string, name: string): string | undefined {
  return new RegExp(`(?:^|,)${name}="([^"\\\\]*)"`).exec(labels)?.[1];
}
