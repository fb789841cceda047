import { describe, expect, it } from 'vitest';
import { jwkOf, otherRsa, rsa } from '../../../test/support/jwt/keys.ts';
import { describeError, Publisher, setOf } from '../../../test/support/jwt/publisher.ts';
import { UnexpectedStatus } from '../../remote/fetch-text.ts';
import { DiscoveredLocation, FixedLocation } from './key-set-location.ts';

const ISSUER = 'https://login.example.com/tenant';
const OPENID = `${ISSUER}/.well-known/openid-configuration`;
const OAUTH = 'https://login.example.com/.well-known/oauth-authorization-server/tenant';
const JWKS = 'https://keys.example.com/jwks';
const HOUR_MS = 60 * 60_000;
const OPEN = new AbortController().signal;

/** An issuer that serves these documents by their URL, and responds 404 to other URLs. */
class Metadata extends Publisher {
  documents: Record<string, object | string | Error> = { [OPENID]: { issuer: ISSUER, jwks_uri: JWKS } };

  constructor() {
    super();
    this.answer = async ({ href }) => {
      const document = this.documents[href] ?? new UnexpectedStatus(404);
      if (document instanceof Error) throw document;
      return typeof document === 'string' ? document : JSON.stringify(document);
    };
  }

  location(issuer = ISSUER, metadata?: URL): DiscoveredLocation {
    return new DiscoveredLocation({ issuer, metadata, fetchDocument: this.fetchDocument, clock: this.time });
  }

  async failureOf(issuer = ISSUER): Promise<string> {
    return describeError(
      await this.location(issuer)
        .locate(OPEN)
        .catch((error: unknown) => error),
    );
  }

  get urls(): string[] {
    return this.asked.map(({ url }) => url);
  }
}

describe('FixedLocation.locate()', () => {
  it('resolves to the configured URL', async () => {
    const url = new URL(JWKS);
    expect(await new FixedLocation(url).locate()).toEqual({ url, asOfMs: Number.POSITIVE_INFINITY });
  });
});

describe('DiscoveredLocation.locate()', () => {
  it.each([
    ['https://a.example', 'https://a.example/.well-known/openid-configuration', undefined],
    ['https://a.example/', 'https://a.example/.well-known/openid-configuration', undefined],
    ['https://a.example/x/y', 'https://a.example/x/y/.well-known/openid-configuration', undefined],
    ['https://a.example/x/', 'https://a.example/x/.well-known/openid-configuration', undefined],
    ['https://a.example', undefined, 'https://a.example/.well-known/oauth-authorization-server'],
    ['https://a.example/', undefined, 'https://a.example/.well-known/oauth-authorization-server'],
    ['https://a.example/x/y', undefined, 'https://a.example/.well-known/oauth-authorization-server/x/y'],
    ['https://a.example/x/', undefined, 'https://a.example/.well-known/oauth-authorization-server/x'],
  ])('finds the metadata of %s at %s or %s', async (issuer, openid, oauth) => {
    const metadata = new Metadata();
    metadata.documents = { [openid ?? oauth ?? '']: { issuer, jwks_uri: JWKS } };
    expect(await metadata.location(issuer).locate(OPEN)).toEqual({ url: new URL(JWKS), asOfMs: 1_000_000 });
    expect(metadata.urls).toHaveLength(openid === undefined ? 2 : 1);
  });

  it('accepts the metadata of every tenant, whose issuer is a template', async () => {
    const template = 'https://a.example/{tenantid}/v2.0';
    const url = 'https://a.example/common/v2.0/.well-known/openid-configuration';
    const metadata = new Metadata();
    metadata.documents = { [url]: { issuer: template, jwks_uri: JWKS } };
    expect(await metadata.location(template, new URL(url)).locate(OPEN)).toMatchObject({ url: new URL(JWKS) });
    metadata.documents = { [url]: { issuer: 'https://a.example/common/v2.0', jwks_uri: JWKS } };
    await expect(metadata.location(template, new URL(url)).locate(OPEN)).rejects.toThrow('could not be discovered');
  });

  it.each<[what: string, openid: object | string | Error, why: string]>([
    ['500', new UnexpectedStatus(500), 'it answered 500'],
    ['an empty document', {}, `its document is of issuer none, not of "${ISSUER}"`],
    ['no jwks_uri', { issuer: ISSUER }, 'its document has no "jwks_uri"'],
    ['a jwks_uri of the wrong type', { issuer: ISSUER, jwks_uri: [JWKS] }, 'its document has no "jwks_uri"'],
    [
      'an extra slash',
      { issuer: `${ISSUER}/`, jwks_uri: JWKS },
      `its document is of issuer "${ISSUER}/", not of "${ISSUER}"`,
    ],
    [
      'another issuer, without the secrets in its URL',
      { issuer: 'https://u:hunter2@evil.example/x?hunter2#hunter2', jwks_uri: JWKS },
      `its document is of issuer "https://…@evil.example/x…", not of "${ISSUER}"`,
    ],
    [
      'plain http',
      { issuer: ISSUER, jwks_uri: 'http://keys.example.com/jwks' },
      'its "jwks_uri" is refused: expected an https URL; http is accepted on loopback only',
    ],
    [
      'http on the loopback address',
      { issuer: ISSUER, jwks_uri: 'http://127.0.0.1/' },
      'its "jwks_uri" is refused: not https',
    ],
    [
      'a jwks_uri with a password',
      { issuer: ISSUER, jwks_uri: 'https://u:hunter2@keys.example.com/' },
      'its "jwks_uri" is refused: a URL must not contain credentials',
    ],
    [
      'a jwks_uri that is not a URL',
      { issuer: ISSUER, jwks_uri: '/jwks' },
      'its "jwks_uri" is refused: expected the https URL of a JWKS',
    ],
  ])('rejects %s, and does not fetch the OAuth metadata', async (_, document, why) => {
    const metadata = new Metadata();
    metadata.documents = { [OPENID]: document, [OAUTH]: { issuer: ISSUER, jwks_uri: JWKS } };
    expect(await metadata.failureOf()).toBe(`its key set could not be discovered: ${why}`);
    expect(metadata.urls).toEqual([OPENID]);
  });

  it.each(['<html>', '[]', ...[400, 401, 403, 404, 405, 410].map((status) => new UnexpectedStatus(status))])(
    'fetches the OAuth metadata after %s',
    async (answer) => {
      const metadata = new Metadata();
      metadata.documents = { [OPENID]: answer, [OAUTH]: { issuer: ISSUER, jwks_uri: JWKS } };
      expect((await metadata.location().locate(OPEN)).url.href).toBe(JWKS);
      expect(metadata.urls).toEqual([OPENID, OAUTH]);
      delete metadata.documents[OAUTH];
      expect(await metadata.failureOf()).toContain(`could not be discovered: it answered ${flawOf(answer)}`);
    },
  );

  it.each([408, 429, 500, 503])(
    'does not fetch the OAuth metadata after %d, which may be temporary',
    async (status) => {
      const metadata = new Metadata();
      metadata.documents = { [OPENID]: new UnexpectedStatus(status), [OAUTH]: { issuer: ISSUER, jwks_uri: JWKS } };
      expect(await metadata.failureOf()).toBe(`its key set could not be discovered: it answered ${status}`);
      expect(metadata.urls).toEqual([OPENID]);
    },
  );

  it('fetches the metadata from its URL alone, if the configuration names one', async () => {
    const metadata = new Metadata();
    const url = new URL('https://10.0.0.1:6443/metadata');
    metadata.documents = { [url.href]: { issuer: ISSUER, jwks_uri: JWKS } };
    expect((await metadata.location(ISSUER, url).locate(OPEN)).url.href).toBe(JWKS);
    metadata.documents = { [OPENID]: { issuer: ISSUER, jwks_uri: JWKS } };
    await expect(metadata.location(ISSUER, url).locate(OPEN)).rejects.toThrow('its key set could not be discovered');
    expect(metadata.urls).toEqual([url.href, url.href]);
    metadata.documents = { [url.href]: { issuer: 'https://other.example', jwks_uri: JWKS } };
    await expect(metadata.location(ISSUER, url).locate(OPEN)).rejects.toThrow('its key set could not be discovered');
  });

  it('rejects if both documents are missing', async () => {
    const metadata = new Metadata();
    metadata.documents = {};
    expect(await metadata.failureOf()).toBe('its key set could not be discovered: it answered 404');
  });

  it('accepts http on loopback from an issuer on loopback', async () => {
    const [issuer, jwks_uri] = ['http://127.0.0.1:8', 'http://127.0.0.1:9/jwks'];
    const metadata = new Metadata();
    metadata.documents = { [`${issuer}/.well-known/openid-configuration`]: { issuer, jwks_uri } };
    expect((await metadata.location(issuer).locate(OPEN)).url.href).toBe(jwks_uri);
  });

  it('fetches the metadata again after a minute, and keeps the known location if that fails', async () => {
    const metadata = new Metadata();
    const location = metadata.location();
    await location.locate(OPEN);
    await metadata.time.advance(59_999);
    await location.locate(OPEN);
    expect(metadata.asked).toHaveLength(1);
    await metadata.time.advance(1);
    metadata.documents = {};
    const kept = await location.locate(OPEN);
    expect(kept).toMatchObject({ url: new URL(JWKS), asOfMs: 1_000_000 });
    expect(describeError(kept.failure)).toContain('it answered 404');
    expect(await location.locate(OPEN)).toBe(kept);
    expect(metadata.asked).toHaveLength(3);
    await metadata.time.advance(60_000);
    metadata.documents = { [OPENID]: { issuer: ISSUER, jwks_uri: `${JWKS}/2` } };
    expect(await location.locate(OPEN)).toEqual({ url: new URL(`${JWKS}/2`), asOfMs: 1_120_000 });
  });
});

function flawOf(answer: string | UnexpectedStatus): string {
  return answer instanceof UnexpectedStatus ? `${answer.status}` : 'no JSON';
}

describe('RemoteKeySet with a discovered location', () => {
  const A = jwkOf(rsa, { kid: 'a' });
  const B = jwkOf(otherRsa, { kid: 'b' });

  async function discovered() {
    const metadata = new Metadata();
    metadata.documents[JWKS] = setOf(A);
    const set = metadata.keySet({ location: metadata.location() });
    set.start();
    await metadata.time.advance(0);
    const kids = async (kid: string) => (await set.find('RS256', kid))?.map((key) => key.kid);
    return { metadata, set, kids };
  }

  it('refreshes in the background, and follows its issuer to another location', async () => {
    const { metadata, kids } = await discovered();
    expect(await kids('a')).toEqual(['a']);
    metadata.documents = { [OPENID]: { issuer: ISSUER, jwks_uri: `${JWKS}/2` }, [`${JWKS}/2`]: setOf(B) };
    await metadata.time.advance(5 * 60_000);
    expect([await kids('a'), await kids('b')]).toEqual([[], ['b']]);
  });

  it('fetches once per cool-down, however many unknown kids are presented', async () => {
    const { metadata, kids } = await discovered();
    await metadata.time.advance(10_000);
    const before = metadata.asked.length;
    await Promise.all(Array.from({ length: 50 }, (_, index) => kids(`x${index}`)));
    expect(metadata.urls.slice(before)).toEqual([JWKS]);
  });

  it('refreshes its keys without metadata, until the location is too old', async () => {
    const { metadata, set, kids } = await discovered();
    delete metadata.documents[OPENID];
    metadata.documents[JWKS] = setOf(B);
    await metadata.time.advance(5 * 60_000);
    expect(await kids('b')).toEqual(['b']);
    expect(metadata.told.slice(1)).toEqual([
      'corporate changed: +b -a',
      'corporate failed 0: its key set could not be discovered: it answered 404',
    ]);
    await metadata.time.advance(24 * HOUR_MS - 5 * 60_000 - 1);
    expect(await kids('b')).toEqual(['b']);
    await metadata.time.advance(1);
    expect(await kids('b')).toBeUndefined();
    await metadata.time.advance(HOUR_MS);
    expect(await kids('b')).toBeUndefined();
    expect(set.status().ageSeconds).toBeUndefined();
    metadata.documents[OPENID] = { issuer: ISSUER, jwks_uri: JWKS };
    await metadata.time.advance(61_000);
    expect(await kids('b')).toEqual(['b']);
  });

  it("ignores another issuer's metadata", async () => {
    const metadata = new Metadata();
    metadata.documents = { [OPENID]: { issuer: 'https://evil.example', jwks_uri: JWKS }, [JWKS]: setOf(A) };
    const set = metadata.keySet({ location: metadata.location() });
    expect(await set.find('RS256', 'a')).toBeUndefined();
    expect(metadata.urls).toEqual([OPENID]);
    expect(metadata.told).toEqual([
      `corporate failed 1: its key set could not be discovered: its document is of issuer "https://evil.example", not of "${ISSUER}"`,
    ]);
  });
});
