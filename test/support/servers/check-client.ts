import { Client, credentials, type MethodDefinition } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import type { CheckRequest, CheckResponse, HeaderValueOption } from '../../../src/edge/ext-authz/messages.ts';
import { loadExtAuthz } from '../../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import type { HttpResponse } from './http-client.ts';

/** A request as Envoy describes it. */
export interface DescribedRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The effect of a check response: the response to the client, or the header fields that the upstream receives. */
export type Outcome =
  | { readonly outcome: 'denied'; readonly code: number; readonly answer: Omit<HttpResponse, 'headers'> }
  | {
      readonly outcome: 'passes';
      readonly upstream: ReadonlyMap<string, string>;
      /** How long the answer may be kept, counted from when the check was sent. */
      readonly keepMs: number;
    };

export interface CheckClient {
  /** @param form which of Envoy's two encodings of header fields to use. */
  check(request: DescribedRequest, form: 'plain' | 'raw'): Promise<Outcome>;
  /** Resolves to the door's status by `grpc.health.v1`. */
  health(): Promise<string>;
  close(): void;
}

/** Calls the ext_authz door as Envoy does. @param at its port on this machine, or `unix:/path`. */
export function connectChecks(at: number | string): CheckClient {
  // Clients do not share a connection.
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  const target = typeof at === 'number' ? `127.0.0.1:${at}` : at;
  const client = new Client(target, credentials.createInsecure(), options);
  const { path, requestSerialize, responseDeserialize } = loadExtAuthz().Check;
  return {
    check: async (request, form) => {
      const { promise, resolve, reject } = Promise.withResolvers<CheckResponse>();
      const message: CheckRequest = { attributes: { request: { http: describe(request, form) } } };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, (error, response) => {
        if (error === null && response !== undefined) resolve(response as CheckResponse);
        else reject(error ?? new Error('no response'));
      });
      return read(await promise, request);
    },
    health: async () => {
      const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: string }>();
      // The health package describes its own service.
      const method = healthService['Check'] as MethodDefinition<object, { readonly status: string }>;
      const { path: healthPath, requestSerialize: write, responseDeserialize: parse } = method;
      client.makeUnaryRequest(healthPath, write, parse, { service: '' }, (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error('no response'));
      });
      return (await promise).status;
    },
    close: () => client.close(),
  };
}

/** Describes a request as Envoy does, which sends pseudo-headers with the others. */
function describe({ headers: sent, ...rest }: DescribedRequest, form: 'plain' | 'raw') {
  const pseudo = [
    [':authority', rest.host],
    [':method', rest.method],
    [':path', rest.path],
  ] as const;
  const headers = [...pseudo, ...sent];
  if (form === 'raw') {
    const raw = headers.map(([name, value]) => ({ key: name.toLowerCase(), raw_value: Buffer.from(value, 'latin1') }));
    return { ...rest, header_map: { headers: raw } };
  }
  const plain = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const clean = value.replace(/[^\x00-\x7f]/g, '!');
    plain.set(key, plain.has(key) ? `${plain.get(key)},${clean}` : clean);
  }
  return { ...rest, headers: Object.fromEntries(plain) };
}

/** Applies a response as Envoy does: a code other than 0 denies, whatever else the response contains. */
function read(response: CheckResponse, request: DescribedRequest): Outcome {
  const { code } = response.status;
  if ('denied_response' in response && response.denied_response) {
    const { status, headers, body } = response.denied_response;
    return { outcome: 'denied', code, answer: { status: status.code, challenges: valuesOf(headers), body } };
  }
  if (code !== 0 || !('ok_response' in response)) throw new Error(`status ${code} without a denied_response`);
  const upstream = new Map(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
  // An empty list is not sent.
  for (const { header } of response.ok_response.headers ?? []) upstream.set(header.key, header.value);
  for (const name of response.ok_response.headers_to_remove ?? []) upstream.delete(name);
  const kept = response.dynamic_metadata.fields['keep_ms'];
  return { outcome: 'passes', upstream, keepMs: kept !== undefined && 'numberValue' in kept ? kept.numberValue : 0 };
}

function valuesOf(headers: readonly HeaderValueOption[]): string[] {
  return headers.filter(({ header }) => header.key === 'www-authenticate').map(({ header }) => header.value);
}
