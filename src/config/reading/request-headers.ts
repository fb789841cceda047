import * as z from 'zod';
import { quote } from '../../lib/wording.ts';
import { Secret } from '../secret.ts';
import type { Draft } from './draft.ts';
import { isMap } from './draft.ts';
import type { Path } from './problems.ts';
import { BY_REFERENCE, secretSchema } from './secret-schema.ts';
import { readTextSecret } from './secrets.ts';

const NAME = /^[A-Za-z0-9_-]+$/;
/** Visible ASCII, with single fields' white space only inside (RFC 9110, section 5.5). */
const VALUE = /^[\x21-\x7e]+(?:[ \t]+[\x21-\x7e]+)*$/;
const VALUE_PROBLEM = 'expected visible ASCII characters, with spaces between them only';
/** Names of fields whose value is probably secret. */
const SECRET_NAME = /auth|cookie|credential|key|password|secret|session|token/i;

/** Fields that frame a message, select its recipient, or say which answers Sallyport can read. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The schema of header fields that Sallyport sends. No message quotes a value: it may be a secret. */
export const requestHeaders = z.record(
  z.string(),
  z.union([z.string({ error: 'expected a string' }), secretSchema], {
    error: 'expected a string, or a secret as { env: NAME } or { file: PATH }',
  }),
  { error: 'expected a map of header fields, such as { Authorization: { env: NAME } }' },
);

/** Reads the header fields at `path`, by their names in lower case. Adds a problem for each that cannot be sent. */
export function readRequestHeaders(
  draft: Draft,
  path: Path,
  written: z.output<typeof requestHeaders> = {},
): Readonly<Record<string, Secret>> {
  const headers: Record<string, Secret> = {};
  // From the file itself: zod silently drops a name such as __proto__.
  const map = draft.valueAt(path);
  for (const name of Object.keys(isMap(map) ? map : {})) {
    const field = name.toLowerCase();
    const problem = Object.hasOwn(headers, field) ? 'this field is listed twice' : nameProblem(name);
    const value = problem === undefined ? readValue(draft, [...path, name], name, written[name]) : undefined;
    if (problem !== undefined) draft.refuseKey([...path, name], problem);
    if (value !== undefined) headers[field] = value;
  }
  return headers;
}

/** Quotes no name that may be a part of a secret. */
function nameProblem(name: string): string | undefined {
  if (!NAME.test(name) || name === '__proto__')
    return "expected the name of a header field: letters, digits, '-' and '_'";
  return RESERVED.has(name.toLowerCase()) ? `${quote(name)} cannot be set: Sallyport sets it itself` : undefined;
}

function readValue(
  draft: Draft,
  path: Path,
  name: string,
  written: z.output<typeof requestHeaders>[string] | undefined,
): Secret | undefined {
  if (typeof written === 'string' && SECRET_NAME.test(name)) {
    draft.refuse(path, BY_REFERENCE);
    return undefined;
  }
  const value =
    typeof written === 'object'
      ? readTextSecret(draft, path, written, 'a header field')
      : new Secret(Buffer.from(written ?? ''));
  if (value === undefined || VALUE.test(Buffer.from(value.reveal()).toString('latin1'))) return value;
  draft.refuse(path, VALUE_PROBLEM);
  return undefined;
}
