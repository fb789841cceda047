import type { CheckRequest, HttpRequest } from '../../messages.ts';
import type { ExtAuthzPackage } from './definition.ts';

const REQUEST = { method: 'GET', host: 'warm-up.invalid', path: '/' };

/** Encodes checks as Envoy sends them: one without a credential, and one for each `Authorization` value. */
export function encodeChecks({ service, peer }: ExtAuthzPackage, authorizations: readonly string[]): Uint8Array[] {
  const source = peer.serialize({ address: { socket_address: { address: '127.0.0.1' } } });
  return [undefined, ...authorizations].map((authorization, index) => {
    const http = { ...REQUEST, ...encodeFields(fieldsWith(authorization), index % 2 === 0) };
    const check: CheckRequest = { attributes: { source, request: { http } } };
    return service.Check.requestSerialize(check);
  });
}

/** Envoy has two forms of the same fields. */
function encodeFields(fields: readonly (readonly [name: string, value: string])[], isPlain: boolean): HttpRequest {
  if (isPlain) return { headers: Object.fromEntries(fields) };
  return { header_map: { headers: fields.map(([key, value]) => ({ key, raw_value: Buffer.from(value) })) } };
}

function fieldsWith(authorization: string | undefined): [name: string, value: string][] {
  const fields: [name: string, value: string][] = [
    [':authority', REQUEST.host],
    [':method', REQUEST.method],
    [':path', REQUEST.path],
    ['x-forwarded-for', '127.0.0.1'],
  ];
  return authorization === undefined ? fields : [...fields, ['authorization', authorization]];
}
