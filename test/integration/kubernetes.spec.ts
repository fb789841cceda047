import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiscoveryIssuer } from '../../src/config/issuer-config.ts';
import { parseJwt } from '../../src/verification/jwt.ts';
import { fetchDocument } from '../../src/verification/key-sets/fetch-document.ts';
import { KeySets } from '../../src/verification/key-sets/key-sets.ts';
import { certify, hasOpenssl } from '../support/certificates.ts';
import { discovered } from '../support/jwt/issuers.ts';
import { Publisher } from '../support/jwt/publisher.ts';
import { SKEW, VerifierFixture } from '../support/jwt/verifying.ts';
import { startApiServer } from '../support/kubernetes/api-server.ts';
import {
  KEY_SET_PATH,
  METADATA_PATH,
  RECORDED_HOST,
  RECORDED_ISSUER,
  readRecorded,
} from '../support/kubernetes/recorded.ts';
import type { IssuerServer } from '../support/servers/issuer-server.ts';

const { tokens } = readRecorded();
const ORDERS = 'system:serviceaccount:shop:orders';

describe.skipIf(!hasOpenssl)('the recorded documents of a Kubernetes API server (needs the openssl command)', () => {
  let folder: string;
  let server: IssuerServer;
  const publisher = new Publisher();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-kubernetes-'));
    certify(folder, 'ca');
    server = await startApiServer({ tls: certify(folder, 'apiserver', 'ca'), token: () => tokens.apiServer });
    writeFileSync(join(folder, 'token'), tokens.apiServer);
  });

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  function issuerWith(changes: Partial<DiscoveryIssuer> = {}): DiscoveryIssuer {
    const files = { tokenFile: join(folder, 'token'), ca: join(folder, 'ca.pem') };
    const hosts = [new URL(RECORDED_ISSUER).host, RECORDED_HOST];
    const access = { headers: {}, ...files, hosts };
    const claims = { audience: ['sms-api'], requireSubject: ORDERS, grant: ['messages:send'] };
    return discovered({
      name: 'kubernetes',
      issuer: [RECORDED_ISSUER],
      algorithms: ['RS256'],
      access,
      ...claims,
      ...changes,
    });
  }

  /** Returns a verifier at the time of the recording, and the key sets to close. */
  function verifierOf(issuer: DiscoveryIssuer) {
    const { time: clock, observer } = publisher;
    const { origin, host } = new URL(server.origin);
    const keySets = new KeySets({
      clock,
      timers: clock,
      observer,
      // The documents name addresses of the recorded cluster; only those lead to the server of this test.
      fetchDocument: (url, signal, access) => {
        const hosts = access?.hosts.includes(url.host) === true ? [host] : [];
        return fetchDocument(new URL(url.pathname, origin), signal, access && { ...access, hosts });
      },
    });
    keySets.reconfigure([issuer]);
    const verifier = new VerifierFixture({ config: issuer, keys: keySets.at(issuer) });
    verifier.nowSeconds = claimsOf(tokens.orders)['iat'] + 60;
    return { verifier, keySets };
  }

  it.each(['orders', 'ordersWithoutPod'] as const)('verify the recorded token: %s', async (name) => {
    server.requests.length = 0;
    const { verifier, keySets } = verifierOf(issuerWith());
    const result = await verifier.verify(tokens[name]);
    const { jti, exp } = claimsOf(tokens[name]);
    expect(result).toMatchObject({
      outcome: 'verified',
      identity: { issuer: 'kubernetes', subject: ORDERS, tokenId: jti },
      validUntilMs: (exp + SKEW) * 1_000,
    });
    expect(server.requests).toEqual([METADATA_PATH, KEY_SET_PATH]);
    keySets.close();
  });

  it.each([
    ['billing', 'aud'],
    ['apiServer', 'aud'],
    ['sallyport', 'sub'],
  ] as const)('refuse the recorded token of another audience or subject: %s', async (name, check) => {
    const { verifier, keySets } = verifierOf(issuerWith());
    expect(await verifier.verify(tokens[name])).toMatchObject({ outcome: 'refused', reason: 'token_invalid', check });
    keySets.close();
  });

  it('are not fetched from the address of the key set, unless the operator names it', async () => {
    server.requests.length = 0;
    publisher.told.length = 0;
    const { access } = issuerWith();
    const unnamed = access && { ...access, hosts: [new URL(RECORDED_ISSUER).host] };
    const { verifier, keySets } = verifierOf(issuerWith({ access: unnamed }));
    expect(await verifier.verify(tokens.orders)).toMatchObject({ outcome: 'refused', reason: 'unavailable' });
    expect(server.requests).toEqual([METADATA_PATH]);
    expect(publisher.told.join()).toContain('may not receive headers and token');
    keySets.close();
  });
});

/** Returns the claims of a recorded token that are numbers, and `jti`. */
function claimsOf(token: string): { readonly iat: number; readonly exp: number; readonly jti: string } {
  const parsed = parseJwt(token, token.length);
  if (typeof parsed === 'string') throw new Error(parsed);
  // Kubernetes sets all three.
  return parsed.payload as unknown as ReturnType<typeof claimsOf>;
}
