import { fileURLToPath } from 'node:url';
import type { MessageTypeDefinition, MethodDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import type { Peer } from './messages.ts';

export const EXT_AUTHZ = 'envoy.service.auth.v3.Authorization';
const PEER = 'envoy.service.auth.v3.Peer';
const PROTO_FOLDER = fileURLToPath(new URL('../../../proto', import.meta.url));

/** The service as `proto/` describes it, with the messages of `messages.ts`. */
export interface ExtAuthzDefinition {
  readonly Check: MethodDefinition<object, object>;
}

export function loadExtAuthz(): ExtAuthzDefinition {
  const { [EXT_AUTHZ]: definition } = load();
  if (definition === undefined || !isExtAuthz(definition)) throw new Error(`proto/ does not describe ${EXT_AUTHZ}`);
  return definition;
}

/** Decodes a {@link Peer}; throws if the bytes are not one. */
export function loadPeer(): (bytes: Uint8Array) => Peer {
  const { [PEER]: definition } = load();
  if (definition === undefined || !isPeer(definition)) throw new Error(`proto/ does not describe ${PEER}`);
  return (bytes) => definition.deserialize(Buffer.from(bytes));
}

function load() {
  const options = { includeDirs: [PROTO_FOLDER], keepCase: true, enums: String, oneofs: true };
  return loadSync('envoy/service/auth/v3/external_auth.proto', options);
}

function isPeer(definition: object): definition is MessageTypeDefinition<Peer, Peer> {
  return 'deserialize' in definition;
}

function isExtAuthz(definition: object): definition is ExtAuthzDefinition {
  return 'Check' in definition;
}
