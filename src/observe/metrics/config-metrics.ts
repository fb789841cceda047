import type { ConfigStatus } from '../config-status.ts';
import type { Metric } from './metric.ts';
import { gauge, labelled, single } from './metric.ts';

export interface ConfigMetricsParts {
  readonly configStatus: ConfigStatus;
}

/** Which configuration is in force, and what it says about the future. */
export function configMetrics({ configStatus }: ConfigMetricsParts): Metric[] {
  return [
    gauge(
      'sallyport_config_last_reload_successful',
      '1 if the current configuration file is in force, else 0.',
      () => single(Number(configStatus.isCurrent)),
      'own',
    ),
    gauge(
      'sallyport_config_last_reload_success_timestamp_seconds',
      'Unix time at which a configuration last came into force.',
      () => single(configStatus.inForceSinceMs / 1_000),
      'own',
    ),
    gauge(
      'sallyport_config_restart_needed',
      '1 if the file has a setting that only a restart takes up, else 0.',
      () => single(Number(configStatus.needRestart.length > 0)),
      'own',
    ),
    gauge(
      'sallyport_config_hash',
      'A number that is equal for instances that decide by the same configuration. Secrets, listen and log do not count.',
      () => single(configStatus.facts?.hash),
      'own',
    ),
    gauge(
      'sallyport_basic_sunset_timestamp_seconds',
      'Unix time at which routes stop to accept Basic.',
      () => single(configStatus.facts?.basicSunsetSeconds),
      'own',
    ),
    gauge(
      'sallyport_tls_certificate_end_timestamp_seconds',
      'Unix time at which the certificate of a door ends.',
      () => labelled('door', configStatus.facts?.certificateEndSeconds ?? []),
      'min',
    ),
  ];
}
