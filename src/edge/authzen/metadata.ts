import { EVALUATION, EVALUATIONS } from './routes.ts';

/** The metadata of a policy decision point (AuthZEN 1.0, section 9.1). */
export interface DecisionPointMetadata {
  readonly policy_decision_point: string;
  readonly access_evaluation_endpoint: string;
  readonly access_evaluations_endpoint: string;
}

/**
 * Returns the metadata at `/.well-known/authzen-configuration` followed by `suffix`, which is the path of the decision
 * point's URL (AuthZEN 1.0, section 9.2); `undefined` if another decision point's would be there.
 *
 * @param configured the decision point's URL, without a slash at its end.
 * @param requested scheme and authority of the request: the URL if none is configured.
 */
export function metadataOf(
  suffix: string,
  configured: string | undefined,
  requested: string,
): DecisionPointMetadata | undefined {
  const base = configured ?? requested;
  const path = URL.parse(base)?.pathname;
  if (path === undefined || suffix !== (path === '/' ? '' : path)) return undefined;
  return {
    policy_decision_point: base,
    access_evaluation_endpoint: base + EVALUATION,
    access_evaluations_endpoint: base + EVALUATIONS,
  };
}
