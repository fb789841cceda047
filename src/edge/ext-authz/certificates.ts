import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { ListenerTls } from '../../config/config.ts';

type Update = { readonly certificate: Buffer; readonly privateKey: Buffer };
type CaUpdate = { readonly caCertificate: Buffer };

/** The door's certificate, exchangeable while it is open: what grpc-js calls a certificate provider. */
export class Certificates {
  private readonly identityListeners = new Set<(update: Update) => void>();
  private readonly caListeners = new Set<(update: CaUpdate) => void>();
  private tls: ListenerTls | undefined;

  /** A client needs a certificate where `clientCa` is configured, at first and for good. */
  credentials(tls: ListenerTls): ServerCredentials {
    this.tls = tls;
    const provider = {
      addIdentityCertificateListener: (listener: (update: Update) => void) => {
        this.identityListeners.add(listener);
        this.tell();
      },
      removeIdentityCertificateListener: (listener: (update: Update) => void) =>
        void this.identityListeners.delete(listener),
      addCaCertificateListener: (listener: (update: CaUpdate) => void) => {
        this.caListeners.add(listener);
        this.tell();
      },
      removeCaCertificateListener: (listener: (update: CaUpdate) => void) => void this.caListeners.delete(listener),
    };
    const needsClients = tls.clientCa !== undefined;
    // Both arguments are one provider: which of the two grpc-js takes for which differs between its types and its code.
    return experimental.createCertificateProviderServerCredentials(
      provider,
      needsClients ? provider : null,
      needsClients,
    );
  }

  renew(tls: ListenerTls): void {
    this.tls = tls;
    this.tell();
  }

  private tell(): void {
    if (this.tls === undefined) return;
    const { cert, key, clientCa } = this.tls;
    const update = { certificate: Buffer.from(cert), privateKey: Buffer.from(key.reveal()) };
    for (const listener of this.identityListeners) listener(update);
    const caCertificate = Buffer.from(clientCa ?? '');
    for (const listener of this.caListeners) listener({ caCertificate });
  }
}
