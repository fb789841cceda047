import { fileURLToPath } from 'node:url';
import type { ClientReadableStream, requestCallback } from '@grpc/grpc-js';
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Answer, Beat } from './kept-answers.ts';

/** A question: a credential, and a scope or a request. */
export interface Question {
  readonly token: string;
  readonly scope?: string;
  readonly request?: { readonly method: string; readonly host: string; readonly path: string };
}

export interface Decision extends Answer {
  readonly reason: string;
  readonly identity: { readonly issuer: string; readonly subject: string } | null;
}

/** One event of WatchRevocations. */
export type Event =
  | { readonly event: 'changed'; readonly changed: { readonly keys: readonly string[] } }
  | { readonly event: 'reset' }
  | { readonly event: 'beat'; readonly beat: Beat & { readonly ends_in_ms: number } };

/** The calls that the examples make, as grpc-js makes them of the proto file. */
interface AccessClient {
  Authorize: Call<Question, Decision>;
  AuthorizeMany: Call<{ questions: readonly Question[] }, { answers: readonly { response?: Decision }[] }>;
  Introspect: Call<{ token: string }, { active: boolean; scope: string }>;
  WatchRevocations(request: { caller_time: number }, caller: Metadata, options: Options): ClientReadableStream<Event>;
  close(): void;
}
type Options = { readonly deadline: number };
type Call<Request, Response> = (
  request: Request,
  caller: Metadata,
  options: Options,
  done: requestCallback<Response>,
) => void;

const PROTO = fileURLToPath(new URL('../../../proto', import.meta.url));

/** Connects without TLS. Use `credentials.createSsl` on any network. */
export function connect(address: string): AccessClient {
  const options = { includeDirs: [PROTO], keepCase: true, longs: Number, defaults: true, oneofs: true };
  const { sallyport } = loadPackageDefinition(loadSync('sallyport/access/v1/access.proto', options));
  // What the loader makes has no types.
  const { AccessService } = (sallyport as unknown as { access: { v1: { AccessService: Constructor } } }).access.v1;
  return new AccessService(address, credentials.createInsecure());
}
type Constructor = new (address: string, channel: ReturnType<typeof credentials.createInsecure>) => AccessClient;

/** The caller's own token, for the metadata of each call. */
export function caller(): Metadata {
  const metadata = new Metadata();
  const token = process.env['SALLYPORT_TOKEN'];
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** Makes one call. Its deadline is a second from now: without one, a call may wait for ever. */
export function ask<Request, Response>(call: Call<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    call(request, caller(), { deadline: Date.now() + 1_000 }, (error, response) => {
      if (error === null && response !== undefined) resolve(response);
      else reject(error ?? new Error('no response'));
    });
  });
}
