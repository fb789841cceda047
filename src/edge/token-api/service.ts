import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Listener } from '../../config/config.ts';
import type { Decision, Deny } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { DecisionObserver } from '../../core/ports.ts';
import type { Assigned } from '../../tokens/idempotency.ts';
import type { ForwardingObserver } from '../client-address.ts';
import { FreshAdmission } from '../fresh-admission.ts';
import { callAccess } from '../http/call-access.ts';
import { createHttpServer, listen, shutDown, watchConnections } from '../http/http-server.ts';
import { failed } from '../http/problems.ts';
import type { DoorObserver } from '../listening.ts';
import { tlsRenewal } from '../listening.ts';
import { answerOnce } from './answer-once.ts';
import type { AnyCall, Caller, Outcome } from './call.ts';
import { authorityEnded, ignoresUnknown } from './call.ts';
import { CallDecisions } from './call-decisions.ts';
import type { CallProtocol } from './call-protocols.ts';
import { BODY_TYPES, CALL_PROTOCOLS } from './call-protocols.ts';
import { CALLS } from './calls.ts';
import { decodeBody, decodeQuery } from './decode.ts';
import { openApi } from './openapi.ts';
import type { ToPage } from './pages-for-browsers.ts';
import { showPages } from './pages-for-browsers.ts';
import type { TokenUseCases } from './use-cases.ts';

const DOOR = 'tokens';

/** Receives the events of the door. */
export type TokenApiObserver = DoorObserver & ForwardingObserver & Pick<DecisionObserver, 'decided'>;

export interface TokenApiParts {
  /** Returns the current use cases. Called for each request, because a reload replaces them. */
  readonly services: () => TokenUseCases;
  /** Returns the current CIDR ranges and addresses of trusted proxies, likewise. */
  readonly trustedProxies: () => readonly string[];
  readonly observer: TokenApiObserver;
  /** The pages that the door serves besides the calls: the console, and the metadata of resources. */
  readonly pages: readonly FastifyPluginAsync[];
  /** Returns the page that a browser receives in place of a problem document. */
  readonly errorPage: ToPage;
}

export interface TokenApiDoor {
  /** The bound address: `host:port` or `unix:/path`. */
  readonly address: string;
  /** Uses another certificate and `maxConnections` for new connections. The address, and whether TLS is used, cannot change. */
  reconfigure(listener: Pick<Listener, 'tls' | 'maxConnections'>): void;
  /** Lets running calls finish, for at most `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/** Opens the tokens door: HTTP with JSON, and the console. Rejects if it cannot listen. */
export async function openTokenApi(listener: Listener, parts: TokenApiParts): Promise<TokenApiDoor> {
  const { trustedProxies, observer } = parts;
  const server = createHttpServer(listener.tls, { door: DOOR, trustedProxies, observer, bodyTypes: BODY_TYPES });
  showPages(server, parts.errorPage);
  const register = (calls: FastifyInstance, { isOf, prepare, waitsForBody, decide, respond }: CallProtocol): void => {
    prepare(calls, parts.observer);
    const decisions = new CallDecisions(parts.observer);
    calls.addHook('onSend', async (request) => decisions.report(request));
    const failedBy = (request: FastifyRequest) => (error: unknown) => {
      decisions.denied(request, deny('unavailable', undefined, 'a part failed'));
      throw error;
    };
    for (const call of CALLS.filter(isOf)) {
      const { method, url } = call;
      const callers = new FreshAdmission((request: FastifyRequest) =>
        admit(call, request, { decide, decisions }, parts.services()),
      );
      const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
        if (waitsForBody(request)) return;
        const caller = await callers.of(request);
        if (caller === undefined || !('outcome' in caller)) return;
        decisions.denied(request, caller);
        await respond(reply, caller);
      };
      const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
        const caller = await callers.of(request);
        const isDenied = caller !== undefined && 'outcome' in caller;
        const outcome = isDenied ? caller : await answer(call, request, parts, caller).catch(failedBy(request));
        if (outcome.outcome === 'deny') decisions.denied(request, outcome);
        await respond(reply, outcome);
      };
      const { maxBodyBytes: bodyLimit } = call;
      calls.route({ method, url, onRequest, handler, ...(bodyLimit === undefined ? {} : { bodyLimit }) });
    }
  };
  let description: Buffer | undefined;
  server.get('/openapi.json', async (_request, reply) => {
    description ??= Buffer.from(openApi());
    await reply.type('application/json').header('cache-control', 'max-age=3600').send(description);
  });
  for (const protocol of CALL_PROTOCOLS) server.register(async (calls) => register(calls, protocol));
  for (const pages of parts.pages) server.register(pages);
  const connections = watchConnections(server, DOOR, listener, observer);
  const address = await listen(server, DOOR, listener);
  const renewTls = tlsRenewal(listener.tls, [server.server]);
  return {
    address,
    reconfigure: (next) => {
      renewTls(next.tls);
      connections.reconfigure(next);
    },
    close: (limitMs) => shutDown(server, connections, limitMs),
  };
}

/**
 * Resolves to the caller, or to the denial; to `undefined` for a call without authentication. {@link Authorities} explains
 * the order.
 */
async function admit(
  { needsAuthority = false }: AnyCall,
  request: FastifyRequest,
  { decide, decisions }: Pick<CallProtocol, 'decide'> & { readonly decisions: CallDecisions },
  { decider, authorities }: TokenUseCases,
): Promise<Caller | Deny | undefined> {
  const atSeconds = authorities.nowSeconds();
  const decision = await decide(callAccess(request, 'tokens'), decider, request.body);
  decisions.decided(request, decision);
  const caller = callerFrom(decision);
  if (caller === undefined || 'outcome' in caller || decision.credential === undefined || !needsAuthority)
    return caller;
  const authority = await authorities.of(decision.credential, atSeconds);
  return authority === undefined ? authorityEnded({ caller }) : { ...caller, authority };
}

function callerFrom(decision: Decision): Caller | Deny | undefined {
  if (decision.outcome === 'deny') return decision;
  if (decision.route?.requirement.kind === 'public') return undefined;
  const { identity, use, granted, sequence } = decision.credential ?? {};
  if (identity?.subject === undefined || use === undefined || granted === undefined) {
    return deny('credentials_required', undefined, 'no account');
  }
  return { accountId: identity.subject, use, tokenId: identity.tokenId, sequence, granted, authority: undefined };
}

async function answer(
  call: AnyCall,
  request: FastifyRequest,
  { services: currentServices }: TokenApiParts,
  caller: Caller | undefined,
): Promise<Outcome> {
  const services = currentServices();
  const query = decodeQuery(request, ignoresUnknown(call) ? undefined : Object.keys(call.query ?? {}));
  if (!query.ok) return failed('invalid_query', 'the query is not valid', query.errors);
  const decoded = call.body === undefined ? undefined : decodeBody(call.body, request.body);
  if (decoded?.ok === false) return failed('invalid_body', 'the body is not valid', decoded.errors);
  const params = request.params as Readonly<Record<string, string>>;
  const handle = (assigned?: Assigned): Promise<Outcome> =>
    call.handle({
      caller,
      // The call's own schema accepted it; `undefined` if the call has none.
      body: decoded?.body as never,
      assignedId: assigned?.id,
      assignedSeed: assigned?.seed,
      params,
      query: query.body,
      headers: request.headers,
      client: request.client,
      services,
    });
  const { newId, operation } = call;
  if (newId === undefined || caller === undefined) return handle();
  const { tokenId, sequence } = caller;
  // Another refresh token is another request.
  const credential = sequence === undefined ? [] : [tokenId, sequence];
  const content = [operation, params, decoded?.body, ...credential];
  return answerOnce({ caller, keyField: request.headers['idempotency-key'], content, newId }, services, handle);
}
