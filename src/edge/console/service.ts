import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../core/ports.ts';
import { decodeUtf8, parseForm } from '../../lib/utf8.ts';
import { FreshAdmission } from '../fresh-admission.ts';
import type { DoorObserver } from '../listening.ts';
import { serveAssets } from './assets.ts';
import { clearedCookie, presentsCookie } from './cookie.ts';
import { readDeviceCookie } from './device-cookie.ts';
import { SECURITY_HEADERS, send } from './encode.ts';
import { create, showCreate } from './handlers/create.ts';
import { listTokens, showToken } from './handlers/list.ts';
import { logIn, logOut, showLogIn } from './handlers/log-in.ts';
import { revoke, showRevoke } from './handlers/revoke.ts';
import { rotate, showRotate } from './handlers/rotate.ts';
import type { PageRequest, Reply, SessionRequest } from './page-request.ts';
import { redirect } from './page-request.ts';
import { errorPage, foreignForm, refused } from './pages/error-page.ts';
import { logInPath } from './paths.ts';
import { HOME } from './route.ts';
import { isSameOrigin } from './same-origin.ts';
import type { Session } from './session.ts';
import { findSession } from './session.ts';
import type { ConsoleUseCases } from './use-cases.ts';

/** Receives the failures and refusals of the pages. */
export interface ConsoleObserver extends Pick<DoorObserver, 'callFailed'> {
  /** A form was refused because no page of the console sent it. @param form such as `POST /console/login`. */
  foreignFormRefused(client: string, form: string): void;
}

export interface ConsoleParts {
  /** Returns the current use cases. Called for each request, because a reload replaces them. */
  readonly services: () => ConsoleUseCases;
  readonly observer: ConsoleObserver;
  readonly clock: Pick<Clock, 'wallMs'>;
}

type Pages<Kind extends PageRequest> = readonly (readonly [
  method: 'GET' | 'POST',
  url: string,
  handle: (visit: Kind) => Reply | Promise<Reply>,
])[];

const PUBLIC_PAGES: Pages<PageRequest> = [
  ['GET', '/login', showLogIn],
  ['POST', '/login', logIn],
];

const SESSION_PAGES: Pages<SessionRequest> = [
  ['GET', '', listTokens],
  ['GET', '/tokens/new', showCreate],
  ['POST', '/tokens/new', create],
  ['GET', '/tokens/:id', showToken],
  ['GET', '/tokens/:id/rotate', showRotate],
  ['POST', '/tokens/:id/rotate', rotate],
  ['GET', '/tokens/:id/revoke', showRevoke],
  ['POST', '/tokens/:id/revoke', revoke],
  ['POST', '/logout', logOut],
];

/** Returns the plugin with the console's pages, for the server of the tokens door. Its hooks apply only to these pages. */
export function consolePages(parts: ConsoleParts): (server: FastifyInstance) => Promise<void> {
  return async (server) => {
    acceptFormsOnly(server);
    server.addHook('onRequest', async (request, reply) => {
      reply.headers(SECURITY_HEADERS);
      // First of all, so that nothing that another site sends is processed.
      const isPost = request.method !== 'GET' && request.method !== 'HEAD';
      if (isPost && !isSameOrigin(request.headers, request.host)) {
        parts.observer.foreignFormRefused(request.ip, nameOf(request));
        return send(reply, foreignForm());
      }
      if (queryOf(request) === undefined) await send(reply, errorPage(400));
    });
    server.setErrorHandler((error: { readonly statusCode?: number }, request, reply) => {
      if (error.statusCode !== undefined && error.statusCode < 500) return send(reply, errorPage(error.statusCode));
      parts.observer.callFailed(nameOf(request), error);
      return send(reply, errorPage(503));
    });
    await serveAssets(server);
    server.get(`${HOME}/`, (_request, reply) => send(reply, redirect(HOME)));
    for (const [method, url, handle] of PUBLIC_PAGES) {
      const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
        send(reply, await handle(visitOf(request, parts)));
      server.route({ method, url: HOME + url, handler });
    }
    await server.register(async (inner) => serveSessionPages(inner, parts));
  };
}

/** Returns the name of a request for logs: its route, which contains no id. */
function nameOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url ?? 'unknown'}`;
}

async function serveSessionPages(server: FastifyInstance, parts: ConsoleParts): Promise<void> {
  const sessions = new FreshAdmission((request: FastifyRequest) => findSession(request, parts.services()));
  /** Resolves to the session; without one it sends the response itself and resolves to `undefined`. */
  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<Session | undefined> => {
    const found = await sessions.of(request);
    if (found === 'none') await send(reply, redirectToLogIn(request));
    else if ('outcome' in found) await send(reply, refused(found));
    else return found;
    return undefined;
  };
  server.addHook('onRequest', async (request, reply) => void (await admit(request, reply)));
  for (const [method, url, handle] of SESSION_PAGES) {
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const session = await admit(request, reply);
      if (session !== undefined) await send(reply, await handle({ ...visitOf(request, parts), session }));
    };
    server.route({ method, url: HOME + url, handler });
  }
}

/** Deletes an invalid session cookie and says that the session has ended. Without a cookie there is no notice. */
function redirectToLogIn({ headers }: FastifyRequest): Reply {
  return presentsCookie(headers.cookie)
    ? redirect(logInPath('ended'), { 'set-cookie': clearedCookie() })
    : redirect(logInPath());
}

function acceptFormsOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (_request, body, done) => {
      const form = parseForm(decodeUtf8(body));
      if (form === undefined) done(new FormNotUtf8());
      else done(null, form);
    },
  );
}

/** Has the status as Fastify's own errors about a body have it. */
class FormNotUtf8 extends Error {
  readonly statusCode = 400;
}

/** Returns the query parameters; `undefined` if they are not UTF-8. */
function queryOf({ raw: { url = '' } }: FastifyRequest): URLSearchParams | undefined {
  return parseForm(url.includes('?') ? url.slice(url.indexOf('?')) : '');
}

function visitOf(request: FastifyRequest, { services, clock }: ConsoleParts): PageRequest {
  const { body, params, headers, host, protocol, client } = request;
  return {
    services: services(),
    params: params as Readonly<Record<string, string>>,
    // An unreadable query was refused before.
    query: queryOf(request) ?? new URLSearchParams(),
    form: body instanceof URLSearchParams ? body : new URLSearchParams(),
    origin: headers.origin ?? `${protocol}://${host}`,
    client,
    deviceProof: readDeviceCookie(headers.cookie),
    nowSeconds: Math.floor(clock.wallMs() / 1000),
  };
}
