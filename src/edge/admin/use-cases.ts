import type { Decider } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Explanation } from '../../explanation/explain.ts';

/** What one configuration provides for `POST /explain`. */
export interface AdminUseCases {
  /** Decides about the callers themselves. */
  readonly callers: Decider;
  /** Decides as the gateway's doors would, with what this instance knows. Changes, counts and logs nothing. */
  explain(request: AccessRequest): Promise<Explanation>;
}
