import type { KeyServerAccess } from '../../config/issuer-config.ts';
import { UnexpectedStatus } from '../../remote/fetch-text.ts';
import { hasCredentials } from '../../remote/server-access.ts';

/** The ClusterRole that permits to read the issuer's metadata and key set of a Kubernetes cluster. */
const DISCOVERY_ROLE = 'system:service-account-issuer-discovery';

/** Codes with which Node refuses a certificate whose chain does not end at a trusted CA. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Returns the error of a request, with advice for the operator if the server refused access or has another CA. */
export function withAdvice(error: unknown, access: KeyServerAccess | undefined): unknown {
  if (error instanceof UnexpectedStatus) {
    const advice = statusAdvice(error.status, access);
    return advice === undefined ? error : new UnexpectedStatus(error.status, { cause: new Error(advice) });
  }
  const code = codeOfDistrust(error);
  if (code === undefined) return error;
  const ca = access?.ca === undefined ? 'a CA that Node trusts: name its CA in ca' : 'the CA in ca';
  // Without the cause, whose message advises to trust the CAs of the system.
  return new Error(`its certificate is not signed by ${ca} (${code})`);
}

/** Returns the code if the certificate is not trusted. `fetch` gives the error of the connection as a cause. */
function codeOfDistrust(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && UNTRUSTED.has(code) ? code : codeOfDistrust(error.cause);
}

function statusAdvice(status: number, access: KeyServerAccess | undefined): string | undefined {
  if (status !== 401 && status !== 403) return undefined;
  if (access === undefined || !hasCredentials(access)) return 'no credentials were sent: set tokenFile or headers';
  if (access.tokenFile === undefined) return 'it refuses the credentials in headers';
  return status === 401
    ? 'it refuses the token in tokenFile. Kubernetes accepts only an unexpired token for the API server: mount it without an audience'
    : `it denies access to the token in tokenFile. On Kubernetes, bind the ClusterRole ${DISCOVERY_ROLE} to its ServiceAccount`;
}
