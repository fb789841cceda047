import type { ChannelCredentials, ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { accessDefinition, loadPackage } from '../../../src/edge/access-api/definition.ts';

/** A beat as the loader decodes it. */
export interface ReceivedBeat {
  readonly caller_time: number;
  readonly elapsed_ms: number;
  readonly feed_age_ms: number;
  readonly max_staleness_ms: number;
  readonly ends_in_ms: number;
}

/** A message of `WatchRevocations` as the loader decodes it. */
export interface ReceivedEvent {
  readonly event: 'changed' | 'reset' | 'beat';
  readonly changed?: { readonly keys: readonly string[] };
  readonly reset?: { readonly reason: string };
  readonly beat?: ReceivedBeat;
}

/** A stream of `WatchRevocations` that a test reads. */
export interface WatchStream {
  readonly events: readonly ReceivedEvent[];
  /** Resolves once the stream has ended: with the code of its error, or with 0. */
  readonly ended: Promise<{ readonly code: number; readonly details: string }>;
  beats(): readonly ReceivedBeat[];
  keys(): readonly string[];
  resets(): readonly string[];
  /** Stops reading, so that the messages wait at the server. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Opens streams of `WatchRevocations` on one connection. @param target `127.0.0.1:9194` or `unix:/path`. */
export function connectWatches(
  target: string,
  token?: string,
  channel: ChannelCredentials = credentials.createInsecure(),
) {
  const { path, requestSerialize, responseDeserialize } = accessDefinition(loadPackage()).WatchRevocations;
  const client = new Client(target, channel, { 'grpc.max_receive_message_length': -1 });
  const open = (callerTime: number = Math.round(performance.now())): WatchStream => {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const request = { caller_time: callerTime };
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata);
    return readStream(call);
  };
  return { open, close: () => client.close() };
}

function readStream(call: ClientReadableStream<object>): WatchStream {
  const events: ReceivedEvent[] = [];
  const ended = Promise.withResolvers<{ readonly code: number; readonly details: string }>();
  // The loader decodes the messages of this form.
  call.on('data', (event: ReceivedEvent) => events.push(event));
  call.on('error', ({ code, details }: ServiceError) => ended.resolve({ code, details }));
  call.on('end', () => ended.resolve({ code: 0, details: '' }));
  return {
    events,
    ended: ended.promise,
    beats: () => events.flatMap(({ beat }) => beat ?? []),
    keys: () => events.flatMap(({ changed }) => changed?.keys ?? []),
    resets: () => events.flatMap(({ reset }) => reset?.reason ?? []),
    pause: () => call.pause(),
    resume: () => call.resume(),
    close: () => call.cancel(),
  };
}
