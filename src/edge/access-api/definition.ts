import { fileURLToPath } from 'node:url';
import type { MessageTypeDefinition, MethodDefinition, PackageDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as HEALTH_PROTO } from 'grpc-health-check';
import { ACCESS_METHODS, ACCESS_SERVICE, type AccessMethod } from './routes.ts';

/** The service as `proto/` describes it, with the messages of `messages.ts`. */
export type AccessDefinition = Readonly<Record<AccessMethod, MethodDefinition<object, object>>>;

/** What reflection describes besides the API. */
export const HEALTH_SERVICE = 'grpc.health.v1.Health';

const PROTO_FOLDER = fileURLToPath(new URL('../../../proto', import.meta.url));
const FILES = ['sallyport/access/v1/access.proto', 'google/rpc/error_details.proto', HEALTH_PROTO];

/** Loads everything that the API consists of. */
export function loadPackage(): PackageDefinition {
  return loadSync(FILES, { includeDirs: [PROTO_FOLDER], keepCase: true, longs: Number, enums: String, oneofs: true });
}

export function accessDefinition(loaded: PackageDefinition): AccessDefinition {
  const { [ACCESS_SERVICE]: definition } = loaded;
  if (definition === undefined || !isAccess(definition)) throw new Error(`proto/ does not describe ${ACCESS_SERVICE}`);
  return definition;
}

/** Encodes one kind of message. */
type Encode = (message: object) => Uint8Array;

/** Returns the encoders of `google.rpc.Status` and of what its details may hold. */
export function errorEncoders(loaded: PackageDefinition) {
  return {
    Status: encoderOf(loaded, 'google.rpc.Status'),
    ErrorInfo: encoderOf(loaded, 'google.rpc.ErrorInfo'),
    RetryInfo: encoderOf(loaded, 'google.rpc.RetryInfo'),
    BadRequest: encoderOf(loaded, 'google.rpc.BadRequest'),
  };
}

function encoderOf(loaded: PackageDefinition, name: string): Encode {
  const { [name]: definition } = loaded;
  if (definition === undefined || !isMessage(definition)) throw new Error(`proto/ does not describe ${name}`);
  return (message) => definition.serialize(message);
}

function isMessage(definition: object): definition is MessageTypeDefinition<object, object> {
  return 'serialize' in definition;
}

function isAccess(definition: object): definition is AccessDefinition {
  return ACCESS_METHODS.every((method) => method in definition);
}
