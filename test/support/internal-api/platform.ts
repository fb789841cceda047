import { randomBytes } from 'node:crypto';
import { forgeWith, hmac } from '../jwt/forge.ts';
import { type CaseIssuers, claims, corporateToken } from '../servers/case-issuers.ts';
import { freePorts } from '../servers/ports.ts';
import { untilReady } from '../servers/process.ts';
import { type Sallyport, startSallyport } from '../servers/sallyport.ts';

const OPERATIONS = 'https://operations.example.com';
const secret = randomBytes(24).toString('hex');

/** Returns the token of a service that calls the internal API. */
export function callerToken(scope = 'access:check access:introspect', more: Record<string, unknown> = {}): string {
  return forgeWith({ alg: 'HS256' }, claims({ iss: OPERATIONS, sub: 'billing', scope, ...more }), hmac(secret));
}

/** Starts Sallyport with the internal API on loopback; `secret` signs the callers' tokens. @param edit edits its configuration further. */
export async function startWithAccess(
  issuers: CaseIssuers,
  edit: (config: Record<string, unknown>) => void,
): Promise<{ readonly sallyport: Sallyport; readonly address: string; readonly secret: string }> {
  const [port = 0] = await freePorts(1);
  const sallyport = await startSallyport({
    env: { ...issuers.env, OPERATIONS_SECRET: secret, SEAL_SECRET: 'a secret of thirty-two bytes, ok' },
    edit: (config) => {
      issuers.configure(config);
      config['listen'] = { ...(config['listen'] as object), access: `127.0.0.1:${port}` };
      // The demo's file has a list.
      (config['issuers'] as object[]).push({
        name: 'operations',
        issuer: OPERATIONS,
        audience: 'any',
        algorithms: ['HS256'],
        secrets: [{ env: 'OPERATIONS_SECRET' }],
        allowScopes: ['access:check', 'access:introspect'],
      });
      edit(config);
    },
  });
  await untilReady(sallyport, [port]);
  return { sallyport, address: `127.0.0.1:${port}`, secret };
}

/** Returns a token of the corporate issuer, and the key of the entry that ends it. */
export function revocableToken(issuers: CaseIssuers): { readonly token: string; readonly key: string } {
  const jti = randomBytes(8).toString('hex');
  return { token: corporateToken(issuers, 'EdDSA', claims({ jti })), key: `sallyport:revoked:corporate:${jti}` };
}
