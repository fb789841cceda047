import { isMap } from '../config/reading/draft.ts';
import type { Path, Problem } from '../config/reading/problems.ts';
import { readSource } from '../config/reading/read-source.ts';
import { DocumentReader } from './document-reader.ts';
import type { Demand } from './security.ts';
import { readDemand } from './security.ts';
import type { Server } from './servers.ts';
import { readServers } from './servers.ts';

/** One operation of an API. */
export interface ApiOperation {
  /** In upper case. */
  readonly method: string;
  /** The path template as written, without the server's base path. */
  readonly path: string;
  /** Its `operationId`. */
  readonly id: string | undefined;
  readonly demand: Demand;
  readonly servers: readonly Server[];
  /** From 1. */
  readonly line: number;
}

/** An OpenAPI document: what concerns who may call what. */
export interface ApiDocument {
  /** As the caller named it. */
  readonly file: string;
  readonly title: string;
  readonly operations: readonly ApiOperation[];
  /** The descriptions of scopes, by name. */
  readonly scopes: ReadonlyMap<string, string>;
}

/** The document, or everything that keeps it from being read. */
export type ReadDocument =
  | { readonly outcome: 'read'; readonly document: ApiDocument }
  | { readonly outcome: 'unreadable'; readonly problems: readonly Problem[] };

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

/** Reads an OpenAPI 3.0 or 3.1 document in YAML or JSON. Never throws. */
export function readDocument(file: string): ReadDocument {
  const read = readSource(file);
  if (read.outcome === 'unreadable') return unreadable([{ file, line: 1, column: 1, path: '', message: read.why }]);
  const reader = new DocumentReader(file, read.source);
  if (read.source.value === undefined) return unreadable(reader.problems);
  const version = reader.valueAt(['openapi']);
  if (typeof version !== 'string' || !/^3\.[01]\./.test(version)) {
    reader.refuse(['openapi'], 'expected an OpenAPI document of version 3.0 or 3.1: convert others first');
    return unreadable(reader.problems);
  }
  const title = reader.valueAt(['info', 'title']);
  const operations = Object.keys(reader.mapAt(['paths']) ?? {})
    .filter((path) => !path.startsWith('x-'))
    .flatMap((path) => readPathItem(reader, path));
  const document = { file, title: typeof title === 'string' ? title : '', operations, scopes: readScopes(reader) };
  return reader.problems.length > 0 ? unreadable(reader.problems) : { outcome: 'read', document };
}

function unreadable(problems: readonly Problem[]): ReadDocument {
  return { outcome: 'unreadable', problems };
}

/** Beside a `$ref`, a path item may have members of its own; an operation in both places is ambiguous (section 4.8.9.1). */
function readPathItem(reader: DocumentReader, path: string): readonly ApiOperation[] {
  const own = ['paths', path];
  const target = reader.resolve(own);
  if (target === undefined || reader.mapAt(target) === undefined) return [];
  const isReference = target.join('\0') !== own.join('\0');
  const operations: ApiOperation[] = [];
  for (const method of METHODS) {
    const here = [own, target].filter((place) => reader.valueAt([...place, method]) !== undefined);
    const [item] = here;
    if (item === undefined) continue;
    if (isReference && here.length > 1) {
      reader.refuse([...own, method], 'this operation is also where $ref leads: keep one of the two');
    }
    if (reader.mapAt([...item, method]) !== undefined) operations.push(readOperation(reader, path, item, method));
  }
  return operations;
}

function readOperation(reader: DocumentReader, path: string, item: Path, method: string): ApiOperation {
  const place = [...item, method];
  const id = reader.valueAt([...place, 'operationId']);
  return {
    method: method.toUpperCase(),
    path,
    id: typeof id === 'string' ? id : undefined,
    demand: readDemand(reader, place),
    servers: readServers(reader, [place, item, []]),
    line: reader.lineOf(place),
  };
}

/** The scopes that the flows of OAuth schemes describe. */
function readScopes(reader: DocumentReader): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const schemes = reader.valueAt(['components', 'securitySchemes']);
  for (const scheme of isMap(schemes) ? Object.values(schemes) : []) {
    const flows = isMap(scheme) ? scheme['flows'] : undefined;
    for (const flow of isMap(flows) ? Object.values(flows) : []) {
      const scopes = isMap(flow) ? flow['scopes'] : undefined;
      for (const [name, description] of Object.entries(isMap(scopes) ? scopes : {})) {
        if (typeof description === 'string') found.set(name, description);
      }
    }
  }
  return found;
}
