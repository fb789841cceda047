import jsonwebtoken from 'jsonwebtoken';
import { loadExtAuthz } from '../../src/edge/ext-authz/transports/grpc-js/definition.ts';

export const CHECK_PATH = '/envoy.service.auth.v3.Authorization/Check';
export const GRPC_FIELDS = { 'content-type': 'application/grpc', te: 'trailers' };

/** The issuer of the tokens, in Sallyport's configuration and in Envoy's own. */
export const PARTNER = {
  name: 'partner',
  issuer: 'https://partner.example',
  audience: 'sms-api',
  secret: 'a secret of thirty-two bytes, ok',
};

export const MESSAGES = '/3rdparty/v1/messages';
const HOST = 'gateway.example.com';
const { Check } = loadExtAuthz();

/** Returns tokens of about 600 characters, all different, that stay valid for a day. */
export function makeTokens(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    jsonwebtoken.sign(
      {
        scopes: ['messages:send', 'messages:read', 'messages:list', 'devices:list'],
        user_id: crypto.randomUUID(),
        device: `device-${index}`,
        tenant: crypto.randomUUID(),
      },
      PARTNER.secret,
      {
        issuer: PARTNER.issuer,
        audience: PARTNER.audience,
        subject: `account-${crypto.randomUUID()}`,
        jwtid: crypto.randomUUID(),
        expiresIn: '24h',
      },
    ),
  );
}

/** The header fields of a client, twelve with those that each request has. */
export const CLIENT_FIELDS = {
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en-GB,en;q=0.9',
  'cache-control': 'no-cache',
  'user-agent': 'android-sms-gateway/4.3.3 (bench)',
  'x-client-version': '4.3.3',
  'x-forwarded-for': '198.51.100.9',
  'x-forwarded-proto': 'https',
};

/** The check of a request as Envoy sends it with `encode_raw_headers`, with the prefix of gRPC. */
export function checkFrame(token: string, requestId: string): Buffer {
  const fields = {
    ':authority': HOST,
    ':method': 'GET',
    ':path': MESSAGES,
    ':scheme': 'http',
    ...CLIENT_FIELDS,
    'x-request-id': requestId,
    authorization: `Bearer ${token}`,
  };
  const headers = Object.entries(fields).map(([key, value]) => ({ key, raw_value: Buffer.from(value) }));
  const message = Check.requestSerialize({
    attributes: { request: { http: { method: 'GET', path: MESSAGES, host: HOST, header_map: { headers } } } },
  });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
