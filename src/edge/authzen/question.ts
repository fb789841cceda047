import type { Evaluation } from './decode.ts';

/** Who asks for access: the bearer of a token, or an account of ours. */
export type Subject =
  | {
      readonly kind: 'token';
      /** An Authorization field value. */
      readonly authorization: string;
      /** The subject that the token must have; `undefined` if the question names none beside the token. */
      readonly subject: string | undefined;
    }
  | { readonly kind: 'account'; readonly idOrName: string };

/** What for: a request that a route matches, or a scope. */
export type Target =
  | { readonly kind: 'route'; readonly method: string; readonly host: string; readonly path: string }
  | { readonly kind: 'scope'; readonly scope: string };

/** An evaluation in our terms, or why it has no meaning here. */
export type Question =
  | { readonly outcome: 'question'; readonly subject: Subject; readonly target: Target }
  | { readonly outcome: 'unknown subject' };

/** The type of a subject whose id is a token. */
const TOKEN = 'token';
/** The type of a resource whose id is a path, or a URL with a host and a path. */
const ROUTE = 'route';

const BEARER = /^bearer +/i;
const URL_PARTS = /^https?:\/\/([^/?#]*)(.*)$/is;

/**
 * Translates an evaluation. A subject is a token (`type: token`, or any type with `properties.token`), or an account if
 * its type is one of `accountTypes`. An action on a `route` is a method; on another resource it is a scope: itself if it
 * has a colon, otherwise `<resource type>:<action>`. The resource's id does not matter then.
 *
 * @param accountTypes the types of subjects that name accounts of ours.
 */
export function readQuestion({ subject, action, resource }: Evaluation, accountTypes: ReadonlySet<string>): Question {
  const presented = readSubject(subject, accountTypes);
  if (presented === undefined) return { outcome: 'unknown subject' };
  return { outcome: 'question', subject: presented, target: readTarget(action.name, resource) };
}

function readSubject(
  { type, id, properties }: Evaluation['subject'],
  accountTypes: ReadonlySet<string>,
): Subject | undefined {
  const token = properties?.token;
  if (token !== undefined) {
    return { kind: 'token', authorization: authorizationOf(token), subject: type === TOKEN ? undefined : id };
  }
  if (type === TOKEN) return { kind: 'token', authorization: authorizationOf(id), subject: undefined };
  return accountTypes.has(type) ? { kind: 'account', idOrName: id } : undefined;
}

/** Accepts a whole Authorization field value, too, since gateways can pass on that more easily. */
function authorizationOf(token: string): string {
  return BEARER.test(token) ? token : `Bearer ${token}`;
}

function readTarget(action: string, { type, id }: Evaluation['resource']): Target {
  if (type !== ROUTE) return { kind: 'scope', scope: action.includes(':') ? action : `${type}:${action}` };
  const [, host = '', rest = ''] = URL_PARTS.exec(id) ?? [];
  return host === ''
    ? { kind: 'route', method: action, host: '', path: id }
    : { kind: 'route', method: action, host, path: rest === '' ? '/' : rest };
}
