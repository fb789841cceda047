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
/** From the connection, or the end of the request before, until all headers have arrived. */
const HEADERS_TIMEOUT_MS = 5_000;
/** Until the body has arrived, too. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node looks for requests that take longer. */
const CHECK_INTERVAL_MS = 1_000;

/** Fastify with this door's limits; answers in kind whatever goes wrong before a call is reached. */
export function createServer(
  listener: Listener,
  trustedProxies: () => readonly string[],
  observer: DoorObserver & ForwardingObserver,
): FastifyInstance {
  const server = build(listener, trustedProxies);
  noteClients(server, new ClientAddresses(DOOR, trustedProxies, observer));
  server.removeContentTypeParser('text/plain');
  takeEmptyJson(server);
  answerErrors(server, observer);
  return server;
}

function build({ tls }: Listener, trustedProxies: () => readonly string[]): FastifyInstance {
  const common = {
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Only a trusted proxy's word about the host and the protocol counts.
    trustProxy: (address: string) => isTrusted(address, trustedProxies()),
    // As long as a path can be that is not refused anyway.
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
      void send(reply, deny('path_rejected', undefined, 'path')),
    clientErrorHandler: answerClientError,
  };
  const http = {
    // Fastify leaves this at 60 s, and where it is longer than the other one Node swaps the two.
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // A request without a host is answered as every other that cannot be read.
    requireHostHeader: false,
  };
  if (tls === undefined) return fastify({ ...common, http });
  return fastify({ ...common, https: { ...tlsOptions(tls), ...http } });
}

/** A body that is not there is for its call to judge: some clients name its type nevertheless. */
function takeEmptyJson(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const text = decodeUtf8(body);
    if (text === '') done(null, undefined);
    else if (text === undefined || holdsLoneSurrogate(text)) done(new BodyNotUtf8());
    else void parse(request, text, done);
  });
}

/** What is open at this server; called before it listens. */
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

/** Lets running calls finish: once it closes, Node itself times no request out any more. */
export async function shutDown(server: FastifyInstance, connections: Connections, limitMs: number): Promise<void> {
  const closed = server.close();
  await connections.close(limitMs);
  await closed;
}

/** For a body whose bytes, or whose escapes, stand for no text. */
export class BodyNotUtf8 extends Error {
  readonly code = 'SALLYPORT_BODY_NOT_UTF8';
}

/** For a form that authenticates a client in two ways at once, or halfway. */
export class AmbiguousClient extends Error {}

/** For a body that is compressed, or changed in another way (RFC 9110, section 8.4). */
class BodyEncoded extends Error {
  readonly code = 'SALLYPORT_BODY_ENCODED';
  readonly statusCode = 415;
  override readonly message = 'a body with a Content-Encoding is not taken: send it as it is';
}

/** Refuses bodies that would have to be unpacked first. */
export function refuseEncodedBodies(server: FastifyInstance): void {
  server.addHook('preParsing', async ({ headers }, reply) => {
    const { 'content-encoding': coding = 'identity' } = headers;
    if (coding.trim().toLowerCase() === 'identity') return;
    reply.header('accept-encoding', 'identity');
    throw new BodyEncoded();
  });
}

/** Codes of errors, most of them Fastify's, for what a client got wrong. */
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
  not_found: 'no such call',
  too_large: `the body is over ${MAX_BODY_BYTES} bytes`,
  unsupported_media_type:
    'the body is not of the type that this call takes: application/json, or under /oauth2/ a form',
};

function answerErrors(server: FastifyInstance, observer: DoorObserver): void {
  const methods = new AllowedMethods(server);
  // At once: a body that nobody will read is not waited for.
  server.addHook('onRequest', async (request, reply) => {
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      await send(reply, failed('malformed_request', 'Host is missing'));
    } else if (request.is404) {
      await answerNoRoute(request, reply, methods);
    }
  });
  answerFailures(server, observer, send);
}

/** What no call takes: another method than the address has, or an address that there is none of. */
async function answerNoRoute(request: FastifyRequest, reply: FastifyReply, methods: AllowedMethods): Promise<void> {
  const [path = ''] = (request.raw.url ?? '').split('?', 1);
  const allowed = methods.of(path);
  if (allowed.length === 0) return send(reply, failed('not_found', MESSAGES.not_found));
  const allow = allowed.join(', ');
  reply.header('allow', allow);
  if (request.method === 'OPTIONS') return void (await reply.code(204).send());
  return send(reply, failed('method_not_allowed', `${request.method} is not taken here, but ${allow}`));
}

/** What goes wrong in these calls, and not by their own word. */
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
  return error instanceof BodyNotUtf8 ? 'the body is not UTF-8 text' : undefined;
}

/** Resolves to `host:port` or `unix:/path`, as bound; rejects where it cannot listen. */
export function listen(server: FastifyInstance, listener: Listener): Promise<string> {
  // A copy: fastify writes into what it is given.
  return listenAt(server.server, DOOR, listener, () => server.listen({ ...listener.address }));
}
