import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { Listener } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import { decodeUtf8, holdsLoneSurrogate } from '../../lib/utf8.ts';
import type { ForwardingObserver } from '../client-address.ts';
import { ClientAddresses, isTrusted, noteClients } from '../client-address.ts';
import { Connections } from '../connections.ts';
import type { DoorObserver } from '../listening.ts';
import { listen as listenAt, tlsOptions, watchHandshakes } from '../listening.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { failed } from './call.ts';
import { answerClientError } from './client-errors.ts';
import { send } from './encode.ts';
import type { ProblemCode } from './problems.ts';

const DOOR = 'tokens';
const MAX_BODY_BYTES = 64 * 1024;
/** From the connection, or the end of the previous request, until all headers have arrived. */
const HEADERS_TIMEOUT_MS = 5_000;
/** From the same moment until the body has arrived. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node checks for requests that exceed these limits. */
const CHECK_INTERVAL_MS = 1_000;

/** Creates the door's server with its limits. Errors before a call is reached are reported as problem documents. */
export function createServer(
  listener: Listener,
  trustedProxies: () => readonly string[],
  observer: DoorObserver & ForwardingObserver,
): FastifyInstance {
  const server = build(listener, trustedProxies);
  noteClients(server, new ClientAddresses(DOOR, trustedProxies, observer));
  server.removeContentTypeParser('text/plain');
  parseJson(server);
  answerErrors(server, observer);
  return server;
}

function build({ tls }: Listener, trustedProxies: () => readonly string[]): FastifyInstance {
  const common = {
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Host and protocol are believed only from a trusted proxy.
    trustProxy: (address: string) => isTrusted(address, trustedProxies()),
    // Longer paths are refused anyway.
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
      void send(reply, deny('path_rejected', undefined, 'path')),
    clientErrorHandler: answerClientError,
  };
  const http = {
    // Fastify's default is 60 s, and Node swaps the two limits if this one is the longer.
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // We answer a request without Host ourselves, with a problem document.
    requireHostHeader: false,
  };
  if (tls === undefined) return fastify({ ...common, http });
  return fastify({ ...common, https: { ...tlsOptions(tls), ...http } });
}

/** Parses JSON. An empty body is `undefined`, for its call to judge, because some clients send its type without a body. */
function parseJson(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decodeUtf8(body);
    if (text === '') done(null, undefined);
    else if (text === undefined || holdsLoneSurrogate(text)) done(new BodyNotUtf8());
    else void parse(request, text, done);
  });
}

/** Tracks the open connections and running requests of a server. Called before it listens. */
export function watchConnections({ server }: FastifyInstance, observer: DoorObserver): Connections {
  const connections = new Connections();
  connections.add(server);
  server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    connections.begin();
    response.once('close', () => connections.end());
  });
  watchHandshakes(server, DOOR, observer);
  return connections;
}

/** Closes the server after running calls have finished, or after `limitMs`: a closing Node server has no time-outs. */
export async function shutDown(server: FastifyInstance, connections: Connections, limitMs: number): Promise<void> {
  const closed = server.close();
  await connections.close(limitMs);
  await closed;
}

/** A body that is not UTF-8, or whose escapes contain half of a surrogate pair. */
export class BodyNotUtf8 extends Error {
  readonly code = 'SALLYPORT_BODY_NOT_UTF8';
}

/** A form that authenticates a client in two ways at once, or incompletely. */
export class AmbiguousClient extends Error {}

/** A body with a content coding, such as compression (RFC 9110, section 8.4). */
class BodyEncoded extends Error {
  readonly code = 'SALLYPORT_BODY_ENCODED';
  readonly statusCode = 415;
  override readonly message = 'a body with a Content-Encoding is not accepted; send it unencoded';
}

/** Refuses bodies with a content coding. */
export function refuseEncodedBodies(server: FastifyInstance): void {
  server.addHook('preParsing', async ({ headers }, reply) => {
    const { 'content-encoding': coding = 'identity' } = headers;
    if (coding.trim().toLowerCase() === 'identity') return;
    reply.header('accept-encoding', 'identity');
    throw new BodyEncoded();
  });
}

/** Our problem codes for errors, most of them Fastify's, that a client caused. */
const CLIENT_ERRORS: Readonly<Record<string, ServerProblem>> = {
  SALLYPORT_BODY_NOT_UTF8: 'invalid_body',
  SALLYPORT_BODY_ENCODED: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_body',
};

type ServerProblem = Extract<ProblemCode, 'invalid_body' | 'not_found' | 'too_large' | 'unsupported_media_type'>;

const MESSAGES: Readonly<Record<ServerProblem, string>> = {
  invalid_body: 'the body cannot be read',
  not_found: 'no such path',
  too_large: `the body is larger than ${MAX_BODY_BYTES} bytes`,
  unsupported_media_type:
    'the body must be application/json, or application/x-www-form-urlencoded for a path under /oauth2/',
};

function answerErrors(server: FastifyInstance, observer: DoorObserver): void {
  const methods = new AllowedMethods(server);
  // Answered before the body arrives, since it will not be read.
  server.addHook('onRequest', async (request, reply) => {
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      await send(reply, failed('malformed_request', 'the Host header is missing'));
    } else if (request.is404) {
      await answerNoRoute(request, reply, methods);
    }
  });
  answerFailures(server, observer, send);
}

/** Answers a request that no route matches: 405 if the path has other methods, 404 otherwise. */
async function answerNoRoute(request: FastifyRequest, reply: FastifyReply, methods: AllowedMethods): Promise<void> {
  const [path = ''] = (request.raw.url ?? '').split('?', 1);
  const allowed = methods.of(path);
  if (allowed.length === 0) return send(reply, failed('not_found', MESSAGES.not_found));
  const allow = allowed.join(', ');
  reply.header('allow', allow);
  if (request.method === 'OPTIONS') return void (await reply.code(204).send());
  return send(reply, failed('method_not_allowed', `${request.method} is not allowed here; use one of ${allow}`));
}

/** Answers errors that these calls throw, by `answer`. An error that no client caused is reported to the observer. */
export function answerFailures(server: FastifyInstance, observer: DoorObserver, answer: typeof send): void {
  server.setErrorHandler((error: { readonly code?: string }, request, reply) => {
    if (error instanceof AmbiguousClient) return answer(reply, deny('invalid_request', undefined, 'client'));
    const code = CLIENT_ERRORS[error.code ?? ''];
    const message = messageOf(error) ?? MESSAGES[code ?? 'invalid_body'];
    if (code !== undefined) return answer(reply, failed(code, message));
    observer.callFailed(`${request.method} ${request.routeOptions.url ?? 'unknown'}`, error);
    return answer(reply, deny('unavailable', undefined, 'internal error'));
  });
}

function messageOf(error: object): string | undefined {
  if (error instanceof BodyEncoded) return error.message;
  return error instanceof BodyNotUtf8 ? 'the body is not valid UTF-8' : undefined;
}

/** Resolves to the bound address, `host:port` or `unix:/path`. Rejects if the server cannot listen. */
export function listen(server: FastifyInstance, listener: Listener): Promise<string> {
  // A copy, because Fastify modifies its argument.
  return listenAt(server.server, DOOR, listener, () => server.listen({ ...listener.address }));
}
