import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Listener, ListenerTls } from '../../config/config.ts';
import { deny } from '../../core/decision.ts';
import type { Decider } from '../../core/ports.ts';
import type { Events } from '../../observe/events.ts';
import type { IssueToken } from '../../tokens/issue-token.ts';
import type { RevokeToken } from '../../tokens/revoke-token.ts';
import { decodeAccess, decodeTokenRequest } from './decode.ts';
import { sendDenial, sendProblem, sendToken } from './encode.ts';
import { CALLS } from './routes.ts';
import { createServer, listen, renewCertificate, shutDown } from './server.ts';

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
  const server = createServer(listener, parts.trustedProxies, parts.events);
  const callers = new WeakMap<FastifyRequest, string>();
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
    renewCertificate: (tls) => renewCertificate(server, tls),
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
