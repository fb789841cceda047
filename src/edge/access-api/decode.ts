import type { FieldError } from '../../core/answer.ts';
import type { AccessRequest, ClientAddress } from '../../core/request.ts';
import type { McpReading } from '../../core/resource/mcp-message.ts';
import { TOOLS_CALL } from '../../core/resource/mcp-message.ts';
import type { Correlation } from '../correlation.ts';
import { isToolName, unread } from '../mcp-message.ts';
import type { AuthorizeRequest, McpMessage } from './messages.ts';

/** A decoded question, or what is wrong with it. */
export type DecodedQuestion = { readonly request: AccessRequest } | { readonly problem: FieldError };

/** Reads the client's address from the caller's own and from what it says of its client. */
export type ClientReader = (told: string | undefined) => string | undefined;

/** The most questions of one call. */
const MAX_QUESTIONS = 1_000;

/**
 * Decodes one question. The credential goes straight into the request, whose log lines redact it; it is part of no
 * problem.
 *
 * @param readClient called only if the client's address is needed.
 * @param correlation of the call.
 */
export function decodeQuestion(
  message: AuthorizeRequest,
  readClient: ClientReader,
  correlation: Correlation = {},
): DecodedQuestion {
  const asked = decodeAsked(message);
  if ('problem' in asked) return asked;
  const client: ClientAddress = () => readClient(message.client_address || undefined);
  const { from_browser: fromBrowser = false } = message;
  const authorization = authorizationOf(message);
  return { request: { door: 'access-api', ...asked, ...correlation, authorization, fromBrowser, client } };
}

/** Returns what is wrong with the number of questions of a call, if anything. */
export function countProblem(count: number): FieldError | undefined {
  if (count === 0) return { field: 'questions', message: 'must have at least one question' };
  if (count <= MAX_QUESTIONS) return undefined;
  return { field: 'questions', message: `must have at most ${MAX_QUESTIONS} questions, and has ${count}` };
}

type Asked = Pick<AccessRequest, 'method' | 'host' | 'path' | 'scope' | 'mcp'>;

function decodeAsked({ question, scope, request }: AuthorizeRequest): Asked | { readonly problem: FieldError } {
  if (question === 'scope') return { method: 'GET', host: '', path: '/', scope: scope ?? '' };
  if (question !== 'request') return { problem: { field: 'question', message: 'must be a scope or a request' } };
  const { method = '', host = '', path = '', mcp } = request ?? {};
  return { method, host, path, scope: undefined, mcp: mcp ? mcpReading(mcp) : undefined };
}

/** The caller read the body itself. */
function mcpReading({ method = '', tool = '' }: McpMessage): McpReading {
  if (method !== TOOLS_CALL) return { outcome: 'read', method, tool: undefined };
  return isToolName(tool) ? { outcome: 'read', method, tool } : unread('mcp body not read');
}

/** Returns the field value; an empty one is a credential, too, unless neither field was sent. */
function authorizationOf({ credential, token = '', authorization = '' }: AuthorizeRequest): string | undefined {
  if (credential === 'token') return `Bearer ${token}`;
  return credential === 'authorization' ? authorization : undefined;
}
