import type { Listener } from '../../config/config.ts';
import type { ExtAuthzDoor, ExtAuthzParts } from './door.ts';

/** Opens Envoy's door: `envoy.service.auth.v3.Authorization` and `grpc.health.v1`. Rejects if it cannot listen. */
export async function openExtAuthz(listener: Listener, parts: ExtAuthzParts): Promise<ExtAuthzDoor> {
  const { openGrpcJsDoor } = await import('./transports/grpc-js/door.ts');
  return openGrpcJsDoor(listener, parts);
}
