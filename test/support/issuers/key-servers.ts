import type { KeyObject } from 'node:crypto';
import { createSecretKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { curveOf } from '../../../src/lib/jose/key-fit.ts';
import { forge } from '../jwt/forge.ts';
import { jwkOf, type KeyPair } from '../jwt/keys.ts';
import { setOf } from '../jwt/publisher.ts';
import type { DocumentedToken, Json, Recipe } from './recipe.ts';

/** The issuers of all recipes: they sign tokens, and publish their metadata and keys at the URLs of the configurations. */
export class KeyServers {
  readonly answer: RequestListener = ({ url = '', headers: { host = '' } }, response) => {
    const body = this.documents.get(`https://${host}${url}`);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(body);
  };
  /** The hosts of all URLs. */
  readonly hosts: readonly string[];
  private readonly pairs = new Map<string, KeyPair>();
  private readonly documents = new Map<string, string>();
  private readonly secret: KeyObject;

  constructor(recipes: readonly Recipe[], secret: Uint8Array) {
    this.secret = createSecretKey(secret);
    for (const recipe of recipes) for (const issuer of recipe.issuers) this.publish(issuer, recipe);
    this.hosts = [...new Set(Array.from(this.documents.keys(), (url) => new URL(url).hostname))];
  }

  sign({ header }: DocumentedToken, payload: Json): string {
    const key = header.alg.startsWith('HS') ? this.secret : this.pairOf(header).privateKey;
    return forge(header, payload, key);
  }

  /** The key set of a recipe. */
  keySetOf({ tokens }: Recipe, members: Record<string, string> = {}): string {
    const headers = Array.from(tokens.values(), ({ header }) => header);
    const published = new Map<string, JsonWebKey>();
    for (const header of headers) {
      const { alg, kid = '' } = header;
      published.set(kid, jwkOf(this.pairOf(header), { kid, alg, use: 'sig', ...members }));
    }
    return setOf(...published.values());
  }

  private publish({ name, issuer, discovery, jwks }: Json, recipe: Recipe): void {
    const [first = ''] = [issuer].flat().map(String);
    // Entra's keys name the issuers whose tokens they sign.
    const members: Record<string, string> = first.includes('{tenantid}') ? { issuer: first } : {};
    if (typeof jwks === 'string') this.documents.set(jwks, this.keySetOf(recipe, members));
    if (discovery === undefined) return;
    const written = discovery === true ? undefined : (discovery as { readonly url?: string }).url;
    const metadata = new URL(written ?? `${first.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const uri = `${metadata.origin}/keys/${String(name)}`;
    this.documents.set(metadata.href, JSON.stringify({ issuer: first, jwks_uri: uri }));
    this.documents.set(uri, this.keySetOf(recipe, members));
  }

  private pairOf({ alg, kid = '' }: DocumentedToken['header']): KeyPair {
    const namedCurve = curveOf(alg);
    const known = this.pairs.get(kid);
    if (known !== undefined) return known;
    const pair =
      namedCurve === undefined
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve });
    this.pairs.set(kid, pair);
    return pair;
  }
}
