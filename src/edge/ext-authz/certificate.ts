import { ServerCredentials } from '@grpc/grpc-js';
import type { ListenerTls } from '../../config/config.ts';

/** A door's certificate that can be renewed while the door is open; connections that stand keep theirs. */
export class RenewableCertificate extends ServerCredentials {
  /** Whether clients must show a certificate is decided here, for good. */
  constructor(tls: ListenerTls) {
    super({ requestCert: tls.clientCa !== undefined, rejectUnauthorized: true }, contextOf(tls));
  }

  renew(tls: ListenerTls): void {
    this.updateSecureContextOptions(contextOf(tls));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function contextOf({ cert, key, clientCa }: ListenerTls) {
  return { cert, key: Buffer.from(key.reveal()), ...(clientCa === undefined ? {} : { ca: clientCa }) };
}
