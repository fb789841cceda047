import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fastify } from 'fastify';
import type { Listener, ListenerTls } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { Events } from '../../observe/events.ts';
import type { IssueToken } from '../../tokens/issue-token.ts';
import type { RevokeToken } from '../../tokens/revoke-token.ts';
import { removeDeadSocket } from '../dead-socket.ts';
import { decodeAccess, decodeTokenRequest } from './decode.ts';
import type { ProblemCode } from './encode.ts';
import { sendDenial, sendProblem, sendToken } from './encode.ts';
import { CALLS } from './routes.ts';
import { isTrusted } from './trusted-proxies.ts';

const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node looks for requests that take longer. */
const CHECK_INTERVAL_MS = 1_000;

export interface TokenApiParts {
  /** What answers now; asked anew for each call, since a reload replaces it. */
  readonly calls: () => TokenCalls;
  /** CIDR ranges and addresses, likewise. */
  readonly trustedProxies: () => readonly string[];
  readonly events: Events;
}

/** What stands behind the calls. */
export interface TokenCalls {
  readonly decider: Decider;
  readonly issueToken: IssueToken;
  readonly revokeToken: RevokeToken;
}

export interface TokenApiDoor {
  /** `host:port` or `unix:/path`, as bound. */
  readonly address: string;
  /** For the connections from now on. */
  renewCertificate(tls: ListenerTls): void;
  /** Lets running calls finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/** Opens the token service's door: HTTP with JSON. Rejects where it cannot listen. */
export async function openTokenApi(listener: Listener, parts: TokenApiParts): Promise<TokenApiDoor> {
  const server = createServer(listener, parts.trustedProxies);
  const callers = new WeakMap<FastifyRequest, string>();
  server.removeContentTypeParser('text/plain');
  answerErrors(server, parts.events);
  server.register((calls, _options, done) => {
    // Before the body is read: nobody unknown makes us parse.
    calls.addHook('onRequest', (request, reply) => admit(request, reply, parts.calls().decider, callers));
    calls.route({
      ...CALLS.issue,
      handler: (request, reply) => issue(request, reply, parts, callerOf(request, callers)),
    });
    calls.register((bodiless, _none, bodilessDone) => {
      // Some clients send a content type with nothing behind it.
      bodiless.removeAllContentTypeParsers();
      bodiless.addContentTypeParser('*', (_request, payload, parsed) => {
        payload.resume();
        parsed(null);
      });
      const handler = (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
        revoke(request, reply, parts, callerOf(request, callers));
      bodiless.route({ ...CALLS.revoke, handler });
      bodilessDone();
    });
    done();
  });
  const address = await listen(server, listener);
  return {
    address,
    renewCertificate: (tls) => {
      if (server.server instanceof TlsServer) server.server.setSecureContext(secureContext(tls));
    },
    close: (limitMs) => shutDown(server, limitMs),
  };
}

/** Answers a caller who may not; remembers the account of one who may. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  decider: Decider,
  callers: WeakMap<FastifyRequest, string>,
): Promise<void> {
  const decision = await decider.decide(decodeAccess(request));
  if (decision.outcome === 'deny') return sendDenial(reply, decision);
  const accountId = decision.credential?.identity.subject;
  if (accountId === undefined) return sendDenial(reply, deny('credentials_required', decision.route, 'no subject'));
  callers.set(request, accountId);
}

function callerOf(request: FastifyRequest, callers: WeakMap<FastifyRequest, string>): string {
  const accountId = callers.get(request);
  if (accountId === undefined) throw new Error('a call was reached by a caller who was not admitted');
  return accountId;
}

async function issue(
  request: FastifyRequest,
  reply: FastifyReply,
  { calls, events }: TokenApiParts,
  accountId: string,
): Promise<void> {
  const asked = decodeTokenRequest(request.body);
  if (!('scopes' in asked)) return sendProblem(reply, 'invalid_body', 'the body is not what this call takes', asked);
  const result = await calls().issueToken.issue(accountId, asked);
  switch (result.outcome) {
    case 'no_account':
      return sendDenial(reply, deny('token_revoked', undefined, 'the account is gone'));
    case 'refused':
      return sendProblem(reply, 'invalid_body', 'the token cannot be issued as asked', result.errors);
    case 'issued':
      events.tokenIssued({ account: accountId, client: request.ip }, { id: result.id, scopes: asked.scopes });
      return sendToken(reply, result);
  }
}

async function revoke(
  request: FastifyRequest,
  reply: FastifyReply,
  { calls, events }: TokenApiParts,
  accountId: string,
): Promise<void> {
  // The route's own pattern has the parameter.
  const { jti } = request.params as { readonly jti: string };
  const revoked = await calls().revokeToken.revoke(jti, accountId);
  if (revoked) events.tokenRevoked({ account: accountId, client: request.ip }, jti);
  await reply.code(204).send();
}

function createServer({ tls }: Listener, trustedProxies: () => readonly string[]): FastifyInstance {
  const common = {
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Only a trusted proxy's word about the client's address counts.
    trustProxy: (address: string) => isTrusted(address, trustedProxies()),
    // As long as a path can be that is not refused anyway.
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
      void sendDenial(reply, deny('path_rejected', undefined, 'path')),
  };
  const http = { connectionsCheckingInterval: CHECK_INTERVAL_MS };
  if (tls === undefined) return fastify({ ...common, http });
  const client = tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  return fastify({ ...common, https: { ...secureContext(tls), ...client, ...http } });
}

function secureContext({ cert, key, clientCa }: ListenerTls) {
  return { cert, key: Buffer.from(key.reveal()), ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

async function shutDown(server: FastifyInstance, limitMs: number): Promise<void> {
  const limit = setTimeout(() => server.server.closeAllConnections(), limitMs);
  await server.close().finally(() => clearTimeout(limit));
}

/** Fastify's error codes for what a client got wrong. */
const CLIENT_ERRORS: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_body',
};

const MESSAGES: Readonly<Record<ProblemCode, string>> = {
  invalid_body: 'the body is not valid JSON',
  not_found: 'no such call',
  too_large: `the body is over ${MAX_BODY_BYTES} bytes`,
  unsupported_media_type: 'the body must be application/json',
};

function answerErrors(server: FastifyInstance, events: Events): void {
  // At once: a body that nobody will read is not waited for.
  server.addHook('onRequest', async (request, reply) => {
    if (request.is404) await sendProblem(reply, 'not_found', MESSAGES.not_found);
  });
  server.setErrorHandler((error: { readonly code?: string }, request, reply) => {
    const code = CLIENT_ERRORS[error.code ?? ''];
    if (code !== undefined) return sendProblem(reply, code, MESSAGES[code]);
    events.callFailed(`${request.method} ${request.routeOptions.url ?? 'unknown'}`, error);
    return sendDenial(reply, deny('unavailable', undefined, 'internal error'));
  });
}

async function listen(server: FastifyInstance, { address }: Listener): Promise<string> {
  const target = 'path' in address ? `unix:${address.path}` : `${address.host}:${address.port}`;
  if ('path' in address) await removeDeadSocket(address.path);
  try {
    // A copy: fastify writes into what it is given.
    await server.listen({ ...address });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`listen.tokens: cannot listen on ${target}: ${message}`, { cause });
  }
  const bound = server.server.address();
  return typeof bound === 'object' && bound !== null && !('path' in address) ? `${address.host}:${bound.port}` : target;
}
