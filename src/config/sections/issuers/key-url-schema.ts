import * as z from 'zod';
import { keyUrlProblem } from '../../key-url.ts';

/** The schema of the URL of a key set. */
export const keySetUrl = urlThat((url) => keyUrlProblem(url, 'a JWKS'), 'a JWKS').transform((url) => new URL(url));

/** The schema of the URL of an issuer's metadata. */
export const metadataUrl = urlThat(
  (url) => keyUrlProblem(url, "the issuer's metadata"),
  "the issuer's metadata",
).transform((url) => new URL(url));

/** The schema of the URL of an introspection endpoint. */
export const introspectionUrl = urlThat(
  (url) => keyUrlProblem(url, 'an introspection endpoint'),
  'an introspection endpoint',
).transform((url) => new URL(url));

/** The schema of the URL of a reporter's public keys. */
export const reporterKeysUrl = urlThat(
  (url) => keyUrlProblem(url, "the reporter's public keys"),
  "the reporter's public keys",
).transform((url) => new URL(url));

/** The schema of the URL of a policy decision point (AuthZEN 1.0, section 9.1.1). Without a slash at its end. */
export const decisionPointUrl = urlThat(
  (url) => plainUrlProblem(url, 'the policy decision point'),
  'the policy decision point',
).transform((url) => url.replace(/\/+$/, ''));

/** The schema of a URL. No message quotes the URL: it may contain a password. */
function urlThat(problemOf: (url: string) => string | undefined, what: string) {
  return z.string({ error: `expected the https URL of ${what}` }).check((ctx) => {
    const message = problemOf(ctx.value);
    if (message !== undefined) ctx.issues.push({ code: 'custom', input: ctx.value, message });
  });
}

/** The schema of the URL of an issuer. It stays a string, because `iss` must be equal to the byte. */
export const issuerUrl = urlThat(issuerUrlProblem, 'the issuer');

/** Returns what is wrong with the URL of an issuer, without quoting it. An issuer has neither query nor fragment (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2). */
export function issuerUrlProblem(written: string): string | undefined {
  return plainUrlProblem(written, 'the issuer', 'an issuer');
}

function plainUrlProblem(written: string, what: string, any = what): string | undefined {
  const problem = keyUrlProblem(written, what);
  return problem ?? (/[?#]/.test(written) ? `the URL of ${any} must not have a query or fragment` : undefined);
}
