import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Listener, ListenerTls } from '../../config/config.ts';
import type { Deny } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { KnownCredential } from '../../core/known.ts';
import type { Events } from '../../observe/events.ts';
import type { AnyCall, Caller, Outcome } from './call.ts';
import { failed } from './call.ts';
import { CALLS } from './calls.ts';
import { decodeAccess, decodeBody, decodeQuery } from './decode.ts';
import { send } from './encode.ts';
import { openApi } from './openapi.ts';
import { createServer, listen, renewCertificate, shutDown } from './server.ts';
import type { TokenServices } from './services.ts';

export interface TokenApiParts {
  /** What answers now; asked anew for each call, since a reload replaces it. */
  readonly services: () => TokenServices;
  /** CIDR ranges and addresses, likewise. */
  readonly trustedProxies: () => readonly string[];
  readonly events: Events;
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
  const server = createServer(listener, parts.trustedProxies, parts.events);
  const callers = new WeakMap<FastifyRequest, Caller>();
  const register = (calls: FastifyInstance, bodyType: string | undefined): void => {
    // Before the body is read: nobody unknown makes us parse.
    calls.addHook('onRequest', (request, reply) => admit(request, reply, parts, callers));
    for (const call of CALLS.filter((one) => bodyTypeOf(one) === bodyType)) {
      const { method, url } = call;
      const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
        send(reply, await answer(call, request, parts, callers.get(request)));
      calls.route({ method, url, handler });
    }
  };
  let description: Buffer | undefined;
  server.get('/openapi.json', async (_request, reply) => {
    description ??= Buffer.from(openApi());
    await reply.type('application/json').header('cache-control', 'max-age=3600').send(description);
  });
  server.register(async (calls) => register(calls, 'application/json'));
  server.register(async (calls) => {
    ignoreBodies(calls);
    register(calls, undefined);
  });
  const address = await listen(server, listener);
  return {
    address,
    renewCertificate: (tls) => renewCertificate(server, tls),
    close: (limitMs) => shutDown(server, limitMs),
  };
}

function bodyTypeOf({ body, bodyType = 'application/json' }: AnyCall): string | undefined {
  return body === undefined ? undefined : bodyType;
}

/** Some clients send a content type with nothing behind it. */
function ignoreBodies(calls: FastifyInstance): void {
  calls.removeAllContentTypeParsers();
  calls.addContentTypeParser('*', (_request, payload, parsed) => {
    payload.resume();
    parsed(null);
  });
}

/** Answers a caller who may not; remembers who it is that may. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { services }: TokenApiParts,
  callers: WeakMap<FastifyRequest, Caller>,
): Promise<void> {
  const decision = await services().decider.decide(decodeAccess(request));
  if (decision.outcome === 'deny') return send(reply, decision);
  if (decision.route?.requirement.kind === 'public') return;
  const caller = callerFrom(decision.credential);
  if ('outcome' in caller) return send(reply, caller);
  callers.set(request, caller);
}

function callerFrom(credential: KnownCredential | undefined): Caller | Deny {
  const { identity, use, granted } = credential ?? {};
  if (identity?.subject === undefined || use === undefined || granted === undefined) {
    return deny('credentials_required', undefined, 'no account');
  }
  return { accountId: identity.subject, use, tokenId: identity.tokenId, granted };
}

async function answer(
  call: AnyCall,
  request: FastifyRequest,
  { services, events }: TokenApiParts,
  caller: Caller | undefined,
): Promise<Outcome> {
  const decoded = call.body === undefined ? undefined : decodeBody(call.body, request.body);
  if (decoded?.ok === false) return failed('invalid_body', 'the body is not what this call takes', decoded.errors);
  return call.handle({
    caller,
    // What its own schema let through, or nothing where it has none.
    body: decoded?.body as never,
    params: request.params as Readonly<Record<string, string>>,
    query: decodeQuery(request),
    headers: request.headers,
    client: request.ip,
    services: services(),
    events,
  });
}
