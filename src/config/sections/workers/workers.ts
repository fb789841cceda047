import type { Config } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import { fileSchema } from '../file-schema.ts';

/** The sections with which workers must go together; `undefined` for one with problems of its own. */
interface Neighbours {
  readonly listen: Config['listen'] | undefined;
  readonly store: Config['store'] | undefined;
  readonly dpop: Config['dpop'] | undefined;
}

/** Reads `workers`. Refuses several where they would have nothing to do, or nothing in common. */
export function readWorkers(draft: Draft, { listen, store, dpop }: Neighbours): Config['workers'] | undefined {
  const workers = draft.read(['workers'], fileSchema.shape.workers);
  if (workers === undefined || workers === 1) return workers;
  if (listen !== undefined && listen.extAuthz === undefined) {
    draft.refuse(['workers'], 'has no effect without listen.extAuthz: workers serve no other listener');
  }
  if (store?.kind === 'memory') {
    draft.refuse(
      ['workers'],
      'needs a store that processes share: with memory:, no worker would learn of a revocation; expected 1, or a store such as sqlite:./sallyport.db',
    );
  }
  if (dpop?.kind === 'on' && dpop.replay === 'memory') {
    draft.warn(['dpop', 'replay'], 'with several workers, a proof can be used once at each: expected replay: store');
  }
  return workers;
}
