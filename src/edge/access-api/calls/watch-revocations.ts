import type { ServerWritableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { every } from '../../../lib/timers/every.ts';
import type { ResetReason, WatchMessage } from '../../../revocation/revocation-watch.ts';
import type { OpenWatch, RevocationWatches } from '../../../revocation/revocation-watches.ts';
import type { CallErrors } from '../call-error.ts';
import type { StatusMessage, WatchRevocationsRequest, WatchRevocationsResponse } from '../messages.ts';

/** How often the caller is judged anew, in milliseconds. */
const JUDGE_AGAIN_MS = 1_000;

const REASONS: Readonly<Record<ResetReason, string>> = {
  'changes missed': 'CHANGES_MISSED',
  'too many changes': 'TOO_MANY_CHANGES',
  'answers changed': 'ANSWERS_CHANGED',
};

const REFUSALS: Readonly<Record<'too many' | 'stopping', StatusMessage>> = {
  'too many': { code: status.RESOURCE_EXHAUSTED, message: 'too many callers are watching', details: [] },
  stopping: { code: status.UNAVAILABLE, message: 'Sallyport is stopping', details: [] },
};

type Stream = ServerWritableStream<Buffer, WatchRevocationsResponse>;

export interface WatchInput {
  readonly request: WatchRevocationsRequest;
  readonly stream: Stream;
  readonly watches: Pick<RevocationWatches, 'begin'>;
  readonly errors: CallErrors;
  /** Resolves to the error for a caller that is no longer admitted. */
  readonly judgeAgain: () => Promise<StatusMessage | undefined>;
}

/**
 * `WatchRevocations`, for a caller that is admitted. Resolves, once the stream is over, to the error that ended it. Rejects
 * if the caller cannot be judged again because of a bug.
 */
export async function watchRevocations(input: WatchInput): Promise<StatusMessage | undefined> {
  const { request, stream, watches, errors } = input;
  const { caller_time: callerTime = 0 } = request;
  if (!Number.isSafeInteger(callerTime)) {
    return errors.invalid([{ field: 'caller_time', message: 'must be at most 2^53 - 1' }]);
  }
  // A caller that went away while it was judged has been reported already.
  if (stream.cancelled) return undefined;
  const watch = watches.begin(() => writer.write());
  if (watch.outcome !== 'watching') return REFUSALS[watch.outcome];
  const writer = new StreamWriter(stream, watch, callerTime);
  const stop = every(JUDGE_AGAIN_MS, () => {
    // A caller that does not read takes no end.
    if (watch.isPast()) writer.end();
    else judge(input, writer).catch((error: unknown) => writer.fail(error));
  });
  writer.write();
  try {
    return await writer.over;
  } finally {
    stop();
    watch.close();
  }
}

/** That the caller cannot be judged now does not end the stream: its beats say how old its knowledge is. */
async function judge({ judgeAgain }: WatchInput, writer: StreamWriter): Promise<void> {
  const error = await judgeAgain();
  if (error !== undefined && error.code !== status.UNAVAILABLE) writer.end(error);
}

/** Writes one message at a time, so that what waits for a slow reader waits in the watch, which is bounded. */
class StreamWriter {
  readonly over: Promise<StatusMessage | undefined>;
  private readonly stream: Stream;
  private readonly watch: OpenWatch;
  private readonly callerTime: number;
  private readonly ended = Promise.withResolvers<StatusMessage | undefined>();
  private isWriting = false;
  private isOver = false;

  constructor(stream: Stream, watch: OpenWatch, callerTime: number) {
    this.stream = stream;
    this.watch = watch;
    this.callerTime = callerTime;
    this.over = this.ended.promise;
    stream.once('cancelled', () => this.end());
  }

  write(): void {
    if (this.isWriting || this.isOver) return;
    const message = this.watch.take();
    if (message === undefined) return;
    if (message.kind === 'end') {
      this.end();
      return;
    }
    this.isWriting = true;
    this.stream.write(encode(message, this.callerTime), () => {
      this.isWriting = false;
      this.write();
    });
  }

  end(error?: StatusMessage): void {
    this.isOver = true;
    this.ended.resolve(error);
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.ended.reject(error);
  }
}

function encode(message: Exclude<WatchMessage, { kind: 'end' }>, callerTime: number): WatchRevocationsResponse {
  switch (message.kind) {
    case 'changed':
      return { changed: { keys: message.keys } };
    case 'reset':
      return { reset: { reason: REASONS[message.reason] } };
    case 'beat':
      return {
        beat: {
          caller_time: callerTime,
          elapsed_ms: message.elapsedMs,
          feed_age_ms: message.ageMs,
          max_staleness_ms: message.maxStalenessMs,
          ends_in_ms: message.endsInMs,
        },
      };
  }
}
