import { fileURLToPath } from 'node:url';
import type { MessageTypeDefinition, MethodDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { EXT_AUTHZ } from '../../door.ts';
import type { Metadata, Peer } from '../../messages.ts';

const PEER = 'envoy.service.auth.v3.Peer';
const METADATA = 'envoy.config.core.v3.Metadata';
const PROTO_FOLDER = fileURLToPath(new URL('../../../../../proto', import.meta.url));

/** The service as `proto/` describes it, with the messages of `messages.ts`. */
export interface ExtAuthzDefinition {
  readonly Check: MethodDefinition<object, object>;
}

/** Reads and describes everything that the door needs of `proto/`, at once: a request must not wait for that. */
export interface ExtAuthzPackage {
  readonly service: ExtAuthzDefinition;
  readonly peer: MessageTypeDefinition<Peer, Peer>;
  readonly metadata: MessageTypeDefinition<Metadata, Metadata>;
}

export function loadPackage(): ExtAuthzPackage {
  const options = { includeDirs: [PROTO_FOLDER], keepCase: true, enums: String, oneofs: true };
  const loaded = loadSync('envoy/service/auth/v3/external_auth.proto', options);
  const { [EXT_AUTHZ]: service } = loaded;
  if (service === undefined || !isExtAuthz(service)) throw new Error(`proto/ does not describe ${EXT_AUTHZ}`);
  return { service, peer: messageOf<Peer>(loaded, PEER), metadata: messageOf<Metadata>(loaded, METADATA) };
}

export function loadExtAuthz(): ExtAuthzDefinition {
  return loadPackage().service;
}

function messageOf<Message extends object>(
  loaded: Readonly<Record<string, unknown>>,
  name: string,
): MessageTypeDefinition<Message, Message> {
  const { [name]: definition } = loaded;
  if (!isMessage<Message>(definition)) throw new Error(`proto/ does not describe ${name}`);
  return definition;
}

function isMessage<Message extends object>(definition: unknown): definition is MessageTypeDefinition<Message, Message> {
  return typeof definition === 'object' && definition !== null && 'deserialize' in definition;
}

function isExtAuthz(definition: object): definition is ExtAuthzDefinition {
  return 'Check' in definition;
}
