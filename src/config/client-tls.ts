import type { Secret } from './secret.ts';

/** What a client presents and trusts: PEM contents. Without `ca`, the CAs that Node trusts. */
export interface ClientTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: Secret | undefined;
}
