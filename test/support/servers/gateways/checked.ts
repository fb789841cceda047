import type { IncomingMessage } from 'node:http';
import type { GatewayKind } from '../../../../deploy/gateways/kinds.ts';

/** What a gateway asks Sallyport about. */
export interface Checked {
  readonly method: string;
  /** Lower-case, without a port and a final dot, as Sallyport compares it. */
  readonly host: string;
  readonly path: string;
}

/** Reads a check request as Sallyport does in the gateway's mode (contract §6). */
export function readChecked({ method = '', url = '', headers }: IncomingMessage, mode: GatewayKind['mode']): Checked {
  const field = (name: string): string => String(headers[name] ?? '');
  if (mode === 'path') return checked(method, field('host'), url.replace(/^\/auth(?=\/)/, ''));
  if (mode === 'forwarded')
    return checked(field('x-forwarded-method'), field('x-forwarded-host'), field('x-forwarded-uri'));
  const [, host = '', path = ''] = /^https?:\/\/([^/]*)(.*)$/.exec(field('x-original-url')) ?? [];
  return checked(field('x-original-method'), host, path);
}

function checked(method: string, host: string, path: string): Checked {
  return { method, host: plainHost(host), path };
}

/** The form of a host in which two spellings of one host are equal. */
export function plainHost(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}
