import { randomBytes } from 'node:crypto';
import { KEPT_FIELD } from '../support/kept/keeping.ts';
import { claims, corporateToken, OWNER } from '../support/servers/case-issuers.ts';
import type { HttpResponse } from '../support/servers/http-client.ts';
import type { FaultWorld, Side } from './world.ts';

const TOKENS = '/3rdparty/v1/auth/token';
const AT_ONCE = 4;

/** A token that may send messages. */
export interface Token {
  /** Its `jti`. */
  readonly id: string;
  readonly access: string;
  /** The entry of the revocation set that ends it. */
  readonly key: string;
}

/** A token of the corporate issuer, which needs no request. */
export function corporate({ cases }: FaultWorld): Token {
  const id = randomBytes(8).toString('hex');
  const access = corporateToken(cases, 'EdDSA', claims({ jti: id }));
  return { id, access, key: `sallyport:revoked:corporate:${id}` };
}

/** Issues tokens at A, and revokes them there. */
export class Issuer {
  private readonly world: FaultWorld;
  private manager = OWNER;

  constructor(world: FaultWorld) {
    this.world = world;
  }

  async issue(count: number): Promise<Token[]> {
    // With a password for each request the trial would measure the hashing of passwords.
    this.manager = `Bearer ${(await this.issueOne(['tokens:manage'], OWNER)).access}`;
    const tokens: Token[] = [];
    while (tokens.length < count) {
      const some = Array.from({ length: AT_ONCE }, () => this.issueOne(['messages:send'], this.manager));
      tokens.push(...(await Promise.all(some)));
    }
    return tokens;
  }

  /** Resolves to A's status; 204 acknowledges the revocation. */
  async revoke({ id }: Token): Promise<number> {
    const headers = [['Authorization', this.manager]] as const;
    return (await this.world.ask('a', { method: 'DELETE', path: `${TOKENS}/${id}`, headers })).status;
  }

  private async issueOne(scopes: readonly string[], authorization: string): Promise<Token> {
    const headers = [
      ['Authorization', authorization],
      ['Content-Type', 'application/json'],
    ] as const;
    const question = { method: 'POST', path: TOKENS, headers, body: JSON.stringify({ scopes }) };
    const { status, body } = await this.world.ask('a', question);
    if (status !== 201) throw new Error(`no token was issued: ${status} ${body}`);
    const { id, access_token: access } = JSON.parse(body);
    return { id, access, key: `sallyport:revoked:sallyport:${id}` };
  }
}

/** Resolves to the status of a message with the token through this side's Envoy; 0 without a response. */
export async function sendMessage(
  world: FaultWorld,
  side: Side,
  { access }: Token,
): Promise<Pick<HttpResponse, 'status' | 'body'> & { readonly isKept: boolean }> {
  const headers = [['Authorization', `Bearer ${access}`]] as const;
  const question = { method: 'POST', path: '/3rdparty/v1/messages', headers };
  try {
    const { status, body, headers: fields } = await world.ask(side, question);
    return { status, body, isKept: fields[KEPT_FIELD] === 'true' };
  } catch (error) {
    return { status: 0, body: String(error), isKept: false };
  }
}
