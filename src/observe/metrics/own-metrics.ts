import type { ConfigMetricsParts } from './config-metrics.ts';
import { configMetrics } from './config-metrics.ts';
import type { DecisionMetricsParts } from './decision-metrics.ts';
import { decisionMetrics } from './decision-metrics.ts';
import type { DecisionPointMetricsParts } from './decision-point-metrics.ts';
import { decisionPointMetrics } from './decision-point-metrics.ts';
import type { DoorMetricsParts } from './door-metrics.ts';
import { doorMetrics } from './door-metrics.ts';
import type { FailureMetricsParts } from './failure-metrics.ts';
import { failureMetrics } from './failure-metrics.ts';
import type { IssuerMetricsParts } from './issuer-metrics.ts';
import { issuerMetrics } from './issuer-metrics.ts';
import type { Metrics } from './metrics.ts';
import type { RevocationMetricsParts } from './revocation-metrics.ts';
import { revocationMetrics } from './revocation-metrics.ts';
import type { TransportMetricsParts } from './transport-metrics.ts';
import { transportMetrics } from './transport-metrics.ts';
import type { WorkerMetricsParts } from './worker-metrics.ts';
import { workerMetrics } from './worker-metrics.ts';

export type OwnMetricsParts = DecisionMetricsParts &
  RevocationMetricsParts &
  IssuerMetricsParts &
  DecisionPointMetricsParts &
  FailureMetricsParts &
  DoorMetricsParts &
  TransportMetricsParts &
  WorkerMetricsParts &
  ConfigMetricsParts;

/** Adds Sallyport's own metrics. */
export function addOwnMetrics(metrics: Metrics, parts: OwnMetricsParts): void {
  const groups = [
    decisionMetrics,
    revocationMetrics,
    issuerMetrics,
    decisionPointMetrics,
    failureMetrics,
    doorMetrics,
    transportMetrics,
    workerMetrics,
    configMetrics,
  ];
  for (const metric of groups.flatMap((group) => group(parts))) metrics.add(metric);
}
