import type { Route } from '../../core/route.ts';
import { callerRoute } from '../caller-route.ts';

/** The default paths (AuthZEN 1.0, section 10.1). */
export const EVALUATION = '/access/v1/evaluation';
export const EVALUATIONS = '/access/v1/evaluations';

/** Where the metadata is (AuthZEN 1.0, section 9.2), also with the path of the decision point's URL behind it. */
export const METADATA = '/.well-known/authzen-configuration';

/** The rules by which callers are admitted. */
export const AUTHZEN_ROUTES: readonly Route[] = [EVALUATION, EVALUATIONS].map((path) =>
  callerRoute(path, 'access:check'),
);
