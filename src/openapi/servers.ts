import { isMap } from '../config/reading/draft.ts';
import type { Path } from '../config/reading/problems.ts';
import { quote } from '../lib/wording.ts';
import type { DocumentReader } from './document-reader.ts';

/** Where operations are served. */
export interface Server {
  /** The path before that of the operation, without a slash at its end; often empty. */
  readonly base: string;
  /** In lower case, without a port; `undefined` for a relative URL. */
  readonly host: string | undefined;
}

/** Of a document without servers (OpenAPI 3.1, section 4.8.1). */
const DEFAULT: readonly Server[] = [{ base: '', host: undefined }];

/** Reads the `servers` of the innermost of these places that has any. */
export function readServers(reader: DocumentReader, places: readonly Path[]): readonly Server[] {
  for (const place of places) {
    const servers = [...place, 'servers'];
    const list = reader.listAt(servers);
    if (list === undefined || list.length === 0) continue;
    return distinct(list.flatMap((_, index) => readServer(reader, [...servers, index]) ?? []));
  }
  return DEFAULT;
}

/** Variables have their default. */
function readServer(reader: DocumentReader, place: Path): Server | undefined {
  const url = reader.valueAt([...place, 'url']);
  const variables = reader.valueAt([...place, 'variables']);
  const server =
    typeof url === 'string'
      ? parseServer(url.replace(/\{([^}]*)\}/g, (whole, name: string) => defaultOf(variables, name) ?? whole))
      : undefined;
  if (server === undefined)
    reader.refuse([...place, 'url'], 'expected the URL of a server, with a default for each variable');
  return server;
}

function defaultOf(variables: unknown, name: string): string | undefined {
  const variable = isMap(variables) && Object.hasOwn(variables, name) ? variables[name] : undefined;
  const value = isMap(variable) ? variable['default'] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Reads the URL of a server, or only its path; `undefined` if it is neither. */
export function parseServer(url: string): Server | undefined {
  if (/[{}?#]/.test(url)) return undefined;
  const isAbsolute = /^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(url);
  try {
    const { hostname, pathname } = new URL(url, 'http://relative.invalid/');
    const base = decodeURI(pathname).replace(/\/+$/, '');
    return { base, host: isAbsolute ? hostname.toLowerCase() : undefined };
  } catch {
    return undefined;
  }
}

/** What is wrong with the URL of a server on the command line, or `undefined`. */
export function serverProblem(url: string): string | undefined {
  return parseServer(url) === undefined
    ? `expected the URL of a server, or a path such as /v1, found ${quote(url)}`
    : undefined;
}

function distinct(servers: readonly Server[]): readonly Server[] {
  return servers.filter(({ base, host }, index) => {
    return servers.findIndex((other) => other.base === base && other.host === host) === index;
  });
}
