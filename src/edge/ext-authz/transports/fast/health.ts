import type { UnaryMethod, UnaryReply } from '../../../../http2/unary.ts';
import type { Health } from '../../../../observe/health.ts';
import { FieldCursor } from '../../wire/field-cursor.ts';

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export const HEALTH_CHECK_PATH = '/grpc.health.v1.Health/Check';

/** gRPC's status codes. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;

/** The field `service` of `HealthCheckRequest`. */
const SERVICE = 1;

/** `HealthCheckResponse` with `status` 1 and 2. */
const SERVING = Buffer.from([0x08, 1]);
const NOT_SERVING = Buffer.from([0x08, 2]);

/** Answers `Check` of `grpc.health.v1`, for the whole server (the empty name) and for each of these services. */
export function healthCheck(health: Pick<Health, 'follow'>, services: readonly string[]): UnaryMethod {
  const known = new Set(['', ...services]);
  let status = NOT_SERVING;
  health.follow((isReady) => {
    status = isReady ? SERVING : NOT_SERVING;
  });
  const handle = ({ message }: { readonly message: Buffer }): UnaryReply => {
    const service = readService(message);
    if (service === undefined) return { code: INVALID_ARGUMENT, details: 'the message is no HealthCheckRequest' };
    return known.has(service) ? status : { code: NOT_FOUND, details: 'unknown service' };
  };
  return { handle };
}

/** Returns `undefined` if the message cannot be read. */
function readService(message: Buffer): string | undefined {
  const cursor = new FieldCursor();
  cursor.enter(message, 0, message.length);
  let service = '';
  while (cursor.next()) {
    if (cursor.field !== SERVICE) continue;
    if (!cursor.isBytes) return undefined;
    service = message.toString('utf8', cursor.from, cursor.to);
  }
  return cursor.isBroken ? undefined : service;
}
