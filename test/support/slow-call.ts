import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface SlowCallOptions {
  readonly port: number;
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request of which the headers and the first byte were sent. */
export interface SlowCall {
  /** Sends the rest; resolves to the response. */
  finish(): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }>;
}

/** Sends the headers and the first byte of a request. */
export function beginCall({ port, method = 'POST', path, headers, body }: SlowCallOptions): SlowCall {
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  const call = request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } });
  const answered = once(call, 'response');
  // The server may refuse before the body is sent.
  answered.catch(() => {});
  call.write(body.slice(0, 1));
  return {
    finish: async () => {
      call.end(body.slice(1));
      const [answer]: IncomingMessage[] = await answered;
      if (answer === undefined) throw new Error('no answer');
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) };
    },
  };
}
