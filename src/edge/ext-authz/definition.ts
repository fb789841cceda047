import { fileURLToPath } from 'node:url';
import type { MethodDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';

export const EXT_AUTHZ = 'envoy.service.auth.v3.Authorization';
const PROTO_FOLDER = fileURLToPath(new URL('../../../proto', import.meta.url));

/** The service as `proto/` describes it; messages are those of `messages.ts`. */
export interface ExtAuthzDefinition {
  readonly Check: MethodDefinition<object, object>;
}

export function loadExtAuthz(): ExtAuthzDefinition {
  const definition = loadSync('envoy/service/auth/v3/external_auth.proto', {
    includeDirs: [PROTO_FOLDER],
    keepCase: true,
    enums: String,
    oneofs: true,
  })[EXT_AUTHZ];
  if (definition === undefined || !isExtAuthz(definition)) throw new Error(`proto/ does not describe ${EXT_AUTHZ}`);
  return definition;
}

function isExtAuthz(definition: object): definition is ExtAuthzDefinition {
  return 'Check' in definition;
}
