import type { ResourceConfig } from '../../config/config.ts';

/** The metadata of a resource (RFC 9728, section 2). It leaves out empty members (section 3.2). */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly resource_name?: string;
  readonly resource_documentation?: string;
}

/** Encodes the metadata of a resource, whose URL stays as it is written. */
export function encodeMetadata(resource: ResourceConfig): ResourceMetadata {
  const { url, authorizationServers, scopes, title, documentation } = resource;
  return {
    resource: url,
    authorization_servers: authorizationServers,
    ...(scopes === undefined ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(title === undefined ? {} : { resource_name: title }),
    ...(documentation === undefined ? {} : { resource_documentation: documentation }),
  };
}
