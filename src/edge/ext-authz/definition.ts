import { fileURLToPath } from 'node:url';
import type { MessageTypeDefinition, MethodDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import type { Metadata, Peer } from './messages.ts';

export const EXT_AUTHZ = 'envoy.service.auth.v3.Authorization';
const PEER = 'envoy.service.auth.v3.Peer';
const METADATA = 'envoy.config.core.v3.Metadata';
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
  return loadMessage<Peer>(PEER);
}

/** Decodes {@link Metadata}; throws if the bytes are not that. */
export function loadMetadata(): (bytes: Uint8Array) => Metadata {
  return loadMessage<Metadata>(METADATA);
}

function loadMessage<Message extends object>(name: string): (bytes: Uint8Array) => Message {
  const { [name]: definition }: Readonly<Record<string, unknown>> = load();
  if (!isMessage<Message>(definition)) throw new Error(`proto/ does not describe ${name}`);
  return (bytes) => definition.deserialize(Buffer.from(bytes));
}

function load() {
  const options = { includeDirs: [PROTO_FOLDER], keepCase: true, enums: String, oneofs: true };
  return loadSync('envoy/service/auth/v3/external_auth.proto', options);
}

function isMessage<Message extends object>(definition: unknown): definition is MessageTypeDefinition<Message, Message> {
  return typeof definition === 'object' && definition !== null && 'deserialize' in definition;
}

function isExtAuthz(definition: object): definition is ExtAuthzDefinition {
  return 'Check' in definition;
}
