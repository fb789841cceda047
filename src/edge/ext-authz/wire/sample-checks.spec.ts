import { expect, it } from 'vitest';
import { loadPackage } from '../transports/grpc-js/definition.ts';
import { encodeChecks } from './sample-checks.ts';

it('encodes checks in both forms, as the proto loader reads them', () => {
  const { service, peer } = loadPackage();
  const common = { method: 'GET', host: 'warm-up.invalid', path: '/' };
  const plain = { ':authority': common.host, ':method': 'GET', ':path': '/', 'x-forwarded-for': '127.0.0.1' };
  const raw = Object.entries({ ...plain, authorization: 'Bearer a.b.c' }).map(([key, value]) => ({
    key,
    raw_value: Buffer.from(value),
  }));
  const source = peer.serialize({ address: { socket_address: { address: '127.0.0.1' } } });
  const read = encodeChecks(['Bearer a.b.c']).map((check) => service.Check.requestDeserialize(check));
  expect(read).toMatchObject([
    { attributes: { source, request: { http: { ...common, headers: plain } } } },
    { attributes: { source, request: { http: { ...common, header_map: { headers: raw } } } } },
  ]);
});
