import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certify, hasOpenssl, readCertificate } from '../support/certificates.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

describe.skipIf(!hasOpenssl)('certificates on disk (needs the openssl command)', () => {
  let folder: string;
  let sallyport: Sallyport;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-renewal-'));
    for (const name of ['old', 'new', 'envoy', 'stranger']) certify(folder, name);
    await install('old');
    sallyport = await startSallyport({ edit });
  });

  afterAll(async () => {
    await sallyport.close();
    await rm(folder, { recursive: true });
  });

  async function install(name: string): Promise<void> {
    for (const ending of ['pem', 'key'])
      await copyFile(join(folder, `${name}.${ending}`), join(folder, `tls.${ending}`));
  }

  /** Configures both doors with TLS; Envoy's door accepts only Envoy's certificate. */
  function edit(config: Record<string, unknown>): void {
    // `startSallyport` writes addresses.
    const { extAuthz, tokens, ...others } = config['listen'] as Record<string, string>;
    const tls = { cert: join(folder, 'tls.pem'), key: join(folder, 'tls.key') };
    const clientCa = join(folder, 'envoy.pem');
    config['workers'] = 2;
    config['listen'] = {
      ...others,
      extAuthz: { address: extAuthz, tls: { ...tls, clientCa } },
      tokens: { address: tokens, tls },
    };
  }

  /** Resolves to the name in a door's certificate. Rejects if the door does not accept ours. */
  function shownAt(port: number, client?: string): Promise<string | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const own = client === undefined ? {} : readCertificate(folder, client);
    const options: ConnectionOptions = {
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      ...own,
    };
    const socket = connect(options, () => {
      const { subject } = socket.getPeerCertificate();
      // With TLS 1.3 a refused client learns it only when it reads the first byte.
      socket.once('data', () => {
        resolve(String(subject.CN));
        socket.destroy();
      });
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
    });
    socket.once('error', reject).once('close', () => reject(new Error('closed')));
    return promise;
  }

  /** The token service speaks HTTP/1.1. */
  async function tokensShow(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = { port: sallyport.ports.tokens, host: '127.0.0.1', rejectUnauthorized: false };
    const socket = connect(options, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once('error', reject);
    return promise;
  }

  /** Shows what each worker has: they get connections in turn. */
  async function workersShow(): Promise<readonly unknown[]> {
    const { extAuthz } = sallyport.ports;
    return [await shownAt(extAuthz, 'envoy'), await shownAt(extAuthz, 'envoy')];
  }

  it('are reloaded at every door and in every worker while it runs, and clients still need theirs', async () => {
    const { extAuthz } = sallyport.ports;
    expect([...(await workersShow()), await tokensShow()]).toEqual(['old', 'old', 'old']);
    await install('new');
    await expect.poll(workersShow, { timeout: 10_000 }).toEqual(['new', 'new']);
    expect(await tokensShow()).toBe('new');
    await expect(shownAt(extAuthz, 'stranger')).rejects.toThrow();
    await expect(shownAt(extAuthz)).rejects.toThrow();
  });

  it('are kept if the new certificate and key do not match', async () => {
    await copyFile(join(folder, 'stranger.key'), join(folder, 'tls.key'));
    await expect.poll(() => sallyport.output(), { timeout: 10_000 }).toContain('does not belong to cert');
    expect(await shownAt(sallyport.ports.extAuthz, 'envoy')).toBe('new');
    expect(sallyport.output()).not.toContain('PRIVATE KEY');
  });
});
