import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { WatchRevocationsRequest, WatchRevocationsResponse } from '../messages.ts';

type Stream = ServerWritableStream<WatchRevocationsRequest, WatchRevocationsResponse>;

/** `WatchRevocations`, for a caller that is admitted. */
export function watchRevocations(stream: Stream): void {
  stream.emit('error', { code: status.UNIMPLEMENTED, details: 'WatchRevocations is not implemented yet' });
}
