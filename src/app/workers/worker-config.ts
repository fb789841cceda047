import type { Config } from '../../config/config.ts';

/**
 * Returns what a worker does under a configuration: it serves Envoy's door alone. Its log goes to the primary process,
 * audit records included, so one process writes the audit file. It sends spans of its own, but no metrics and no logs.
 */
export function configOfWorker(config: Config): Config {
  const { listen, log, telemetry } = config;
  const closed = { tokens: undefined, verify: undefined, access: undefined, admin: undefined };
  return {
    ...config,
    listen: { ...closed, extAuthz: listen.extAuthz },
    log: { ...log, audit: undefined },
    telemetry:
      telemetry.kind === 'off' || telemetry.traces === undefined
        ? { kind: 'off' }
        : { ...telemetry, metrics: undefined, logs: false },
  };
}
