import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Certificate, certify, hasOpenssl } from '../../test/support/certificates.ts';
import { describeError } from '../../test/support/jwt/publisher.ts';
import { type IssuerServer, startIssuerServer } from '../../test/support/servers/issuer-server.ts';
import type { KeyServerAccess } from '../config/issuer-config.ts';
import { Secret } from '../config/secret.ts';
import { fetchDocument } from '../verification/key-sets/fetch-document.ts';

const OPEN = new AbortController().signal;
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.hunter2.signature';

describe.skipIf(!hasOpenssl)('fetchDocument() with access to a server (needs the openssl command)', () => {
  const folder = hasOpenssl ? mkdtempSync(join(tmpdir(), 'sallyport-access-')) : '';
  const pair = hasOpenssl ? certify(folder, 'server') : { cert: '', key: '' };
  const tokenFile = join(folder, 'token');
  const ca = join(folder, 'trusted.pem');
  /** The Authorization of each request. */
  const sent: (string | undefined)[] = [];
  let server: IssuerServer | undefined;

  beforeEach(() => {
    writeFileSync(tokenFile, `${TOKEN}\n`);
    writeFileSync(ca, pair.cert);
    sent.length = 0;
    return async () => server?.stop();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function serve(
    listener: RequestListener = (_, response) => response.end('{"keys":[]}'),
    certificate: Certificate = pair,
  ): Promise<URL> {
    server = await startIssuerServer((request, response) => {
      sent.push(request.headers.authorization);
      listener(request, response);
    }, certificate);
    return new URL(`${server.origin}/openid/v1/jwks`);
  }

  function accessTo(url: URL, changes: Partial<KeyServerAccess> = {}): KeyServerAccess {
    return { headers: {}, tokenFile, ca, hosts: [url.host], ...changes };
  }

  async function failureOf(url: URL, access: KeyServerAccess | undefined, signal = OPEN): Promise<string> {
    const error: unknown = await fetchDocument(url, signal, access).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const message = describeError(error);
    expect(message).not.toContain('hunter2');
    return message;
  }

  it('trusts the CA and sends the token', async () => {
    const url = await serve((_, response) => response.setHeader('cache-control', 'max-age=7').end('{"keys":[]}'));
    expect(await fetchDocument(url, OPEN, accessTo(url))).toEqual({ text: '{"keys":[]}', maxAgeMs: 7_000 });
    expect(sent).toEqual([`Bearer ${TOKEN}`]);
  });

  it('reads the token and the CA again for each request', async () => {
    const url = await serve();
    const access = accessTo(url);
    writeFileSync(ca, certifyNew(folder));
    expect(await failureOf(url, access)).toContain('its certificate is not signed by the CA in ca');
    writeFileSync(ca, pair.cert);
    await fetchDocument(url, OPEN, access);
    writeFileSync(tokenFile, 'next');
    await fetchDocument(url, OPEN, access);
    writeFileSync(ca, certifyNew(folder));
    expect(await failureOf(url, access)).toContain('its certificate is not signed by the CA in ca');
    expect(sent).toEqual([`Bearer ${TOKEN}`, 'Bearer next']);
  });

  it('sends the headers, to a host that the operator named', async () => {
    const names: string[] = [];
    const url = await serve(({ rawHeaders }, response) => {
      names.push(...rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
      response.end('{}');
    });
    const headers = { authorization: new Secret(Buffer.from('Basic abc')), 'x-tenant': new Secret(Buffer.from('a b')) };
    await fetchDocument(url, OPEN, accessTo(url, { headers, tokenFile: undefined }));
    expect(sent).toEqual(['Basic abc']);
    expect(names).toEqual(['accept', 'authorization', 'x-tenant', 'host', 'connection']);
  });

  it('sends nothing to a host that the operator did not name', async () => {
    const url = await serve();
    const elsewhere = accessTo(new URL('https://kubernetes.default.svc'));
    expect(await failureOf(url, elsewhere)).toBe(
      `its key set is at ${url.host}, which may not receive headers and token: list it in discovery.keySetHosts, or name the URL of the key set in jwks.url`,
    );
    // The same address with another port is another server.
    const otherPort = accessTo(url, { hosts: [url.hostname, `${url.hostname}:1`] });
    expect(await failureOf(url, otherPort)).toContain('may not receive headers and token');
    expect(server?.requests).toEqual([]);
  });

  it('fetches from any host that the CA vouches for, if there are no credentials', async () => {
    const url = await serve();
    await fetchDocument(url, OPEN, accessTo(url, { tokenFile: undefined, hosts: ['kubernetes.default.svc'] }));
    expect(sent).toEqual([undefined]);
  });

  it('sends no credentials over http, nor before the certificate is verified', async () => {
    let bytes = 0;
    const plain = createServer((socket) => socket.on('data', (chunk) => (bytes += chunk.length)));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const address = plain.address();
    const url = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/jwks`);
    expect(await failureOf(url, accessTo(url))).toBe('it is reached by http, over which no credentials are sent');
    expect(bytes).toBe(0);
    plain.close();
    writeFileSync(ca, certifyNew(folder));
    const secure = await serve();
    expect(await failureOf(secure, accessTo(secure))).toMatch(
      /^its certificate is not signed by the CA in ca \([A-Z_]+\)$/,
    );
    expect(server?.requests).toEqual([]);
  });

  it('does not follow a redirect with the token', async () => {
    const url = await serve((_, response) => response.writeHead(307, { location: '/elsewhere' }).end());
    expect(await failureOf(url, accessTo(url))).toBe('it answered 307');
    expect(server?.requests).toEqual(['/openid/v1/jwks']);
  });

  it('refuses a certificate for another host', async () => {
    const { cert, key } = certify(folder, 'elsewhere', undefined, 'DNS:elsewhere.example');
    writeFileSync(ca, cert);
    const url = await serve(undefined, { cert, key });
    expect(await failureOf(url, accessTo(url))).toContain("does not match certificate's altnames");
    expect(server?.requests).toEqual([]);
  });

  it('names the missing CA if it trusts only those of Node', async () => {
    const url = await serve();
    const message = 'its certificate is not signed by a CA that Node trusts: name its CA in ca';
    expect(await failureOf(url, undefined)).toContain(message);
    expect(await failureOf(url, accessTo(url, { ca: undefined }))).toContain(message);
  });

  it.each([
    ['missing', 'its tokenFile cannot be read: no such file'],
    ['empty', 'its tokenFile is empty'],
    ['two hunter2', 'its tokenFile does not hold one bearer token'],
    ['hunter2\r\nx-a: b', 'its tokenFile does not hold one bearer token'],
  ])('says what is wrong with a token file that is %j', async (contents, message) => {
    const url = await serve();
    if (contents === 'missing') rmSync(tokenFile);
    else writeFileSync(tokenFile, contents === 'empty' ? '' : contents);
    expect(await failureOf(url, accessTo(url))).toBe(message);
    expect(server?.requests).toEqual([]);
  });

  it.each([
    [undefined, 'its ca cannot be read: no such file'],
    ['-----BEGIN CERTIFICATE-----\nhunter2', 'its ca is not a PEM file that begins with a certificate'],
  ])('says what is wrong with a CA that is %j', async (contents, message) => {
    const url = await serve();
    if (contents === undefined) rmSync(ca);
    else writeFileSync(ca, contents);
    expect(await failureOf(url, accessTo(url))).toBe(message);
    expect(server?.requests).toEqual([]);
  });

  it.each([
    [
      401,
      'tokenFile',
      'it refuses the token in tokenFile. Kubernetes accepts only an unexpired token for the API server',
    ],
    [403, 'tokenFile', 'bind the ClusterRole system:service-account-issuer-discovery to its ServiceAccount'],
    [401, 'headers', 'it refuses the credentials in headers'],
    [403, 'nothing', 'no credentials were sent: set tokenFile or headers'],
  ])('says what to do about a %s to a request with %s', async (status, kind, advice) => {
    const url = await serve((_, response) => response.writeHead(status).end());
    const headers = kind === 'headers' ? { authorization: new Secret(Buffer.from('Bearer hunter2')) } : {};
    const access = accessTo(url, { headers, tokenFile: kind === 'tokenFile' ? tokenFile : undefined });
    const message = await failureOf(url, access);
    expect(message).toMatch(new RegExp(`^it answered ${status}: `));
    expect(message).toContain(advice);
  });

  it('keeps the limits on size and time, and ends its connection', async () => {
    const large = await serve((_, response) => response.end(' '.repeat(512 * 1024 + 1)));
    expect(await failureOf(large, accessTo(large))).toBe('it sent over 524288 bytes');
    await server?.stop();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const abort = new AbortController();
    const slow = await serve((_, response) => {
      response.on('close', leave).write(' ');
      abort.abort(new Error('no longer needed'));
    });
    expect(await failureOf(slow, accessTo(slow), abort.signal)).toBe('no longer needed');
    await left;
    await server?.stop();
    const cut = await serve((_, response) =>
      response.writeHead(200, { 'content-length': 9 }).write(' ', () => response.destroy()),
    );
    expect(await failureOf(cut, accessTo(cut))).toBe('aborted');
  });
});

/** Returns a certificate that signed no other. */
function certifyNew(folder: string): string {
  return certify(folder, 'other').cert;
}
