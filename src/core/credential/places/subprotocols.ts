import type { FoundCredential } from './found-credential.ts';
import { ABSENT, AMBIGUOUS, foundToken, SEVERAL } from './found-credential.ts';
import { trimSpace } from './trim-space.ts';

/** The subprotocol before one that is the token. */
const BEARER = 'bearer';
/** Kubernetes' prefix of a subprotocol that is the token in base64url. */
const ENCODED = 'base64url.bearer.authorization.k8s.io.';
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * Reads the token that a WebSocket client sends among its subprotocols (RFC 6455, section 11.3.4), because browsers let
 * pages write no other field: `bearer, <token>`, or Kubernetes' `base64url.bearer.authorization.k8s.io.<token in base64url>`.
 */
export function findSubprotocol(field: string | undefined): FoundCredential {
  const { found, others } = readSubprotocols(field);
  if (found.length === 0) return ABSENT;
  if (found.length > 1) return SEVERAL;
  const [token] = found;
  return token === undefined || others.includes('') ? AMBIGUOUS : foundToken(token);
}

/** Returns the field without the token, whose other subprotocols the upstream chooses among; empty if there is none. */
export function withoutToken(field: string): string {
  return readSubprotocols(field).others.join(', ');
}

interface Subprotocols {
  /** The tokens; `undefined` for one that is missing or wrongly encoded. */
  readonly found: readonly (string | undefined)[];
  readonly others: readonly string[];
}

function readSubprotocols(field: string | undefined): Subprotocols {
  const found: (string | undefined)[] = [];
  const others: string[] = [];
  const elements = field?.split(',').map((element) => trimSpace(element)) ?? [];
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index] ?? '';
    const name = element.toLowerCase();
    if (name === BEARER) found.push(elements[++index] || undefined);
    else if (name.startsWith(ENCODED)) found.push(decoded(element.slice(ENCODED.length)));
    else others.push(element);
  }
  return { found, others };
}

/** Strictly, so that one token has one spelling. */
function decoded(text: string): string | undefined {
  const token = Buffer.from(text, 'base64url');
  if (!BASE64URL.test(text) || token.toString('base64url') !== text) return undefined;
  const written = token.toString('latin1');
  return VISIBLE.test(written) ? written : undefined;
}
