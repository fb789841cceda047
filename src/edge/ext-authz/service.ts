import type { ExtAuthzListener } from '../../config/config.ts';
import type { TransportConfig } from '../../config/transport-config.ts';
import type { ExtAuthzDoor, ExtAuthzParts } from './door.ts';

/** Loads the transport, so that it is there when the door opens. Rejects if it cannot. */
export async function loadTransport({ kind }: TransportConfig): Promise<void> {
  await TRANSPORTS[kind]();
}

const TRANSPORTS = {
  fast: () => import('./transports/fast/door.ts'),
  'grpc-js': () => import('./transports/grpc-js/door.ts'),
};

/** Opens Envoy's door: `envoy.service.auth.v3.Authorization` and `grpc.health.v1`. Rejects if it cannot listen. */
export async function openExtAuthz(listener: ExtAuthzListener, parts: ExtAuthzParts): Promise<ExtAuthzDoor> {
  const { transport } = listener;
  if (transport.kind === 'fast') {
    const { openFastDoor } = await TRANSPORTS.fast();
    return openFastDoor({ ...listener, transport }, parts);
  }
  const { openGrpcJsDoor } = await TRANSPORTS['grpc-js']();
  return openGrpcJsDoor(listener, parts);
}
