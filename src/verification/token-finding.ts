import type { Finding } from '../core/check.ts';
import { shown } from '../lib/wording.ts';
import { memberIs } from './claim-finding.ts';
import type { Malformation, ParsedJwt } from './jwt.ts';
import type { VerificationKey } from './keys.ts';

/** The most keys of an issuer to name. */
const MAX_KEYS = 5;

const EXPECTED: Readonly<Record<Exclude<Malformation, 'length'>, Finding>> = {
  empty: { found: 'there is nothing after Bearer', expected: 'a token' },
  characters: { found: 'a character that no token has', expected: 'letters, digits and -._~+/ only' },
  parts: {
    found: 'another number of parts than three',
    expected: 'a JWT: header, payload and signature with dots between',
  },
  encoding: { found: 'a part that is not base64url in its canonical form', expected: 'base64url without padding' },
  header: {
    found: 'a header without alg, or with a kid that is no string, or no JSON object',
    expected: 'a JOSE header',
  },
  crit: { found: 'crit in the header', expected: 'no extensions: Sallyport supports none' },
  payload: { found: 'a payload that is no JSON object', expected: 'a JSON object' },
  checksum: { found: 'an API key with a wrong length or checksum', expected: 'a key as it was issued' },
};

/** What is wrong with the form of a token. It quotes nothing of it, since nothing says which part is which. */
export function formFinding(malformation: Malformation, token: string, maxLength: number): Finding {
  if (malformation !== 'length') return EXPECTED[malformation];
  return { found: `${token.length} characters`, expected: `at most ${maxLength} (limits.token)` };
}

/** A key that a token needs: its issuer has none that fits. It has others, perhaps. */
export function keyFinding(token: ParsedJwt, issuer: string, inForce: readonly VerificationKey[]): Finding {
  const has = inForce.length === 0 ? 'no keys' : listed(inForce.map(keyText));
  return { found: needed(token), expected: `issuer ${issuer} has ${has}` };
}

/** Each key that a token could be signed with signs for another tenant. */
export function otherKeyFinding(token: ParsedJwt, issuer: string, keys: readonly VerificationKey[]): Finding {
  const named = listed([...new Set(keys.map((key) => shown(key.issuer)))]);
  const found = `${needed(token)}, ${memberIs('iss', token.payload['iss'])}`;
  return { found, expected: `issuer ${issuer} publishes that key for ${named} alone` };
}

/** No key that the token could be signed with verifies its signature. */
export function signatureFinding(token: ParsedJwt, issuer: string, tried: readonly VerificationKey[]): Finding {
  const expected = `issuer ${issuer} signs with ${listed(tried.map(keyText))}: what it signed has not the same bytes`;
  return { found: needed(token), expected };
}

/** No key of the issuer is in force, or a token names one that may be new, and its key set cannot be refreshed. */
export function noKeysFinding(token: ParsedJwt, issuer: string): Finding {
  return { found: needed(token), expected: `issuer ${issuer} does not answer with its keys: see /readyz` };
}

/** The header of a token is the client's own text until the signature is verified. */
function needed({ algorithm, kid }: ParsedJwt): string {
  return `${memberIs('alg', algorithm)}, ${memberIs('kid', kid)}`;
}

/** Such as `kid "k1" (rsa, 2048 bits)`; says nothing of a shared secret but that it is one. */
function keyText({ kid, key }: VerificationKey): string {
  if (key.type === 'secret') return 'a shared secret';
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const size = modulusLength === undefined ? '' : `, ${modulusLength} bits`;
  const curve = namedCurve === undefined ? '' : `, ${namedCurve}`;
  return `${kid === undefined ? 'a key without kid' : `kid ${shown(kid)}`} (${key.asymmetricKeyType}${size}${curve})`;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_KEYS;
  return `${names.slice(0, MAX_KEYS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
