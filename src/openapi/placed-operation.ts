import type { ApiDocument, ApiOperation } from './document.ts';
import type { Server } from './servers.ts';

/** Where the API is served, in place of what the document says. */
export interface Serving {
  readonly server?: Server | undefined;
  /** Whether the hosts of the servers count; otherwise, requests are taken to name no host. */
  readonly hosts: boolean;
}

/** An operation at one server. */
export interface PlacedOperation {
  readonly operation: ApiOperation;
  /** With the base path. */
  readonly path: string;
  readonly host: string;
}

/** Returns where an operation is served, each place once. */
export function placesOf(operation: ApiOperation, { server, hosts }: Serving): readonly PlacedOperation[] {
  const servers = server === undefined ? operation.servers : [server];
  const places = servers.map(({ base, host = '' }) => ({
    operation,
    path: `${base}${operation.path}`,
    host: hosts || server !== undefined ? host : '',
  }));
  return places.filter((one, index) => {
    return places.findIndex((other) => other.path === one.path && other.host === one.host) === index;
  });
}

/** Returns the base paths of all operations. */
export function basesOf({ operations }: ApiDocument, { server }: Serving): readonly string[] {
  if (server !== undefined) return [server.base];
  return [...new Set(operations.flatMap(({ servers }) => servers.map(({ base }) => base)))];
}
