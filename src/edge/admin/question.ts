import * as z from 'zod';
import type { FieldError } from '../../core/answer.ts';
import { isPlace, placeToken } from '../../core/credential/places/place-token.ts';
import type { AccessRequest } from '../../core/request.ts';
import { TOOLS_CALL } from '../../core/resource/mcp-message.ts';
import { decodeUtf8, parseJson } from '../../lib/utf8.ts';
import { isToolName } from '../mcp-message.ts';

/** The longest method, host and name of a message. A path and a token may fill the body. */
const MAX_WORD = 1_024;

const word = z.string('must be a string').max(MAX_WORD, `must have at most ${MAX_WORD} characters`);
const text = z.string('must be a string');

/** The body of `POST /explain`. A member that nothing reads is an error: it may be a credential in the wrong place. */
const questionSchema = z.strictObject(
  {
    method: word,
    path: text,
    host: word.optional(),
    token: text.optional(),
    in: word.refine(isPlace, 'must be the place of the token, such as cookie:NAME').optional(),
    origin: word.optional(),
    mcp: z
      .strictObject({ method: word, tool: word.refine(isToolName, 'must be the name of a tool').optional() })
      .refine(
        ({ method, tool }) => tool === undefined || method === TOOLS_CALL,
        `a tool needs the method ${TOOLS_CALL}`,
      )
      .optional(),
  },
  'must be a JSON object',
);

/** A decoded question, or what is wrong with it. Nothing of the body is quoted: it holds a token. */
export type DecodedQuestion =
  | { readonly outcome: 'question'; readonly request: AccessRequest }
  | { readonly outcome: 'invalid'; readonly errors: readonly FieldError[] };

/** Decodes the body into the request that a gateway would ask about. */
export function decodeQuestion(body: Uint8Array): DecodedQuestion {
  const json = decodeUtf8(body);
  const parsed = questionSchema.safeParse(json === undefined ? undefined : parseJson(json));
  if (!parsed.success) return { outcome: 'invalid', errors: parsed.error.issues.flatMap(errorsOf) };
  const { method, path, host = '', token, in: place = 'authorization', origin, mcp } = parsed.data;
  const request: AccessRequest = {
    door: 'admin',
    method,
    host,
    path,
    authorization: undefined,
    fromBrowser: origin !== undefined,
    fields: origin === undefined ? undefined : new Map([['origin', origin]]),
    mcp: mcp && { outcome: 'read', method: mcp.method, tool: mcp.tool },
  };
  return { outcome: 'question', request: token === undefined ? request : placeToken(request, place, token) };
}

/** The name of an unknown member is not quoted either. */
function errorsOf(issue: z.core.$ZodIssue): FieldError[] {
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return [
      { field, message: 'has a member other than method, path, host, token, in, origin and mcp { method, tool }' },
    ];
  }
  return [{ field, message: issue.message }];
}
