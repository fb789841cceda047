import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Health } from '../../observe/health.ts';

/** Adds `grpc.health.v1`, for the whole server (the empty name) and for each of these services. */
export function addHealth(server: Server, health: Pick<Health, 'follow'>, services: readonly string[]): void {
  const service = new HealthImplementation();
  service.addToServer(server);
  health.follow((isReady) => {
    for (const name of ['', ...services]) service.setStatus(name, isReady ? 'SERVING' : 'NOT_SERVING');
  });
}
