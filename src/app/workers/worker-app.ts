import type { Config } from '../../config/config.ts';
import { systemClock } from '../../lib/clock.ts';
import { Observation } from '../../observe/observation.ts';
import { awaitStore } from '../../store/open.ts';
import { guard } from '../opened-parts.ts';
import { RunningApp } from '../running-app.ts';
import { openParts } from '../shared-parts.ts';
import { keepGarbageYoung } from '../warm-up/young-garbage.ts';
import type { Start } from './messages.ts';

/** A worker that serves. */
export interface WorkerApp {
  readonly app: RunningApp;
  readonly observation: Observation;
}

/**
 * Builds a worker from a configuration and opens Envoy's door. It opens the store for itself and reads the revocation set
 * through a feed of its own, like another instance, but it creates no account and purges nothing. It is ready only when
 * the primary process says so. Rejects with everything closed again if a part fails.
 */
export function startWorkerApp(config: Config, own: Pick<Start, 'worker' | 'instanceId'>): Promise<WorkerApp> {
  const clock = systemClock;
  const observation = new Observation(config.log, { clock, ...own });
  return guard(async (opened) => {
    opened.push(async () => observation.close());
    const awaited = (cause: unknown): void => observation.events.storeAwaited(cause);
    const store = await awaitStore(() => config.store, config.timeouts, awaited, 'worker');
    const parts = await openParts(config, { observation, clock, store, opened });
    const app = new RunningApp(config, { ...parts, observation, admin: undefined }, opened);
    await app.openDoors('warm first');
    opened.push(keepGarbageYoung());
    return { app, observation };
  });
}
