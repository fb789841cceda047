import { promisify } from 'node:util';
import type { ChannelCredentials, Metadata, MethodDefinition, ServiceError } from '@grpc/grpc-js';
import { Client, credentials, Metadata as NewMetadata } from '@grpc/grpc-js';
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { accessDefinition, loadPackage } from '../../../src/edge/access-api/definition.ts';
import type {
  AuthorizeManyRequest,
  AuthorizeManyResponse,
  AuthorizeRequest,
  AuthorizeResponse,
  IntrospectRequest,
  IntrospectResponse,
} from '../../../src/edge/access-api/messages.ts';
import type { AccessMethod } from '../../../src/edge/access-api/routes.ts';

/** The longest wait for an open door. */
const READY_MS = 20_000;

/** How the calls of a client are made. */
export interface AccessClientOptions {
  /** The caller's own bearer token. */
  readonly token?: string;
  readonly channel?: ChannelCredentials;
  /** Milliseconds until the deadline of each call. */
  readonly timeoutMs?: number;
}

/** Without the fields that only the decoder sets. */
export type Question = Omit<AuthorizeRequest, 'credential' | 'question'>;

/** A client of the internal API. Its calls reject with a {@link CallFailure}. */
export interface AccessClient {
  /** Resolves once the door accepts connections: it opens after the others. */
  ready(): Promise<void>;
  authorize(question: Question): Promise<AuthorizeResponse>;
  authorizeMany(questions: readonly Question[]): Promise<AuthorizeManyResponse>;
  introspect(request: IntrospectRequest): Promise<IntrospectResponse>;
  /** Calls a method with this metadata; `cancel` receives a function that cancels the call. */
  call(
    method: AccessMethod,
    message: object,
    metadata?: Metadata,
    cancel?: (end: () => void) => void,
  ): Promise<unknown>;
  close(): void;
}

/** A call that failed, and its details by the last part of their types' names. */
class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly code: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(error: ServiceError, details: Readonly<Record<string, unknown>>) {
    super(error.details);
    this.code = error.code;
    this.details = details;
  }
}

/** @param target `127.0.0.1:9194` or `unix:/path`. */
export function connectAccess(target: string, options: AccessClientOptions = {}): AccessClient {
  const loaded = loadPackage();
  const definition = accessDefinition(loaded);
  const { token, timeoutMs } = options;
  const client = new Client(target, options.channel ?? credentials.createInsecure());
  const own = new NewMetadata();
  if (token !== undefined) own.set('authorization', `Bearer ${token}`);
  const call: AccessClient['call'] = (method, message, metadata = own, cancel = () => {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { path, requestSerialize, responseDeserialize }: MethodDefinition<object, object> = definition[method];
    const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    const running = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      metadata,
      deadline,
      (error, response) => {
        if (error === null) resolve(response);
        else reject(new CallFailure(error, detailsOf(error, loaded)));
      },
    );
    cancel(() => running.cancel());
    return promise;
  };
  return {
    ready: () => promisify(client.waitForReady.bind(client))(Date.now() + READY_MS),
    authorize: async (question) => (await call('Authorize', question)) as AuthorizeResponse,
    authorizeMany: async (questions) =>
      (await call('AuthorizeMany', { questions } satisfies AuthorizeManyRequest)) as AuthorizeManyResponse,
    introspect: async (request) => (await call('Introspect', request)) as IntrospectResponse,
    call,
    close: () => client.close(),
  };
}

/** A detail of an error, as the loader decodes `google.protobuf.Any`. */
interface Detail {
  readonly type_url: string;
  readonly value: Uint8Array;
}

function detailsOf({ metadata }: ServiceError, loaded: PackageDefinition): Readonly<Record<string, unknown>> {
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Buffer)) return {};
  const { details = [] } = decode(loaded, 'google.rpc.Status', bytes) as { readonly details?: readonly Detail[] };
  return readDetails(details, loaded);
}

/** Decodes the details of a `google.rpc.Status`. */
function readDetails(
  details: readonly Detail[],
  loaded: PackageDefinition = loadPackage(),
): Readonly<Record<string, unknown>> {
  const named = details.map(({ type_url: url, value }) => [url.split('/')[1] ?? '', value] as const);
  return Object.fromEntries(named.map(([name, value]) => [name.split('.').at(-1), decode(loaded, name, value)]));
}

function decode(loaded: PackageDefinition, name: string, bytes: Uint8Array): object {
  // The package describes the message.
  return (loaded[name] as MessageTypeDefinition<object, object>).deserialize(Buffer.from(bytes));
}
