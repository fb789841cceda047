import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { exchange, type Field, type RawResponse, valuesOf } from './raw-exchange.ts';
import { HOP_BY_HOP, MANAGED, type TraefikRecording } from './traefik-recordings.ts';

const DYNAMIC = new URL('../../../../deploy/gateways/traefik/dynamic.yaml', import.meta.url);

/** A request of a client, at Traefik. */
export interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: readonly Field[];
}

/** What Traefik does with a request after it has asked. */
export type TraefikOutcome =
  | {
      readonly outcome: 'passes';
      /** What the upstream receives of the client's fields and of Sallyport's, by name in lower case. */
      readonly upstream: Readonly<Record<string, string>>;
    }
  | { readonly outcome: 'denied'; readonly answer: RawResponse };

/** The options of forwardAuth that are set in `dynamic.yaml`. */
export interface ForwardAuth {
  readonly address: string;
  readonly authResponseHeaders: readonly string[];
  readonly authResponseHeadersRegex: string;
}

/** Reads the middleware of `deploy/gateways/traefik/dynamic.yaml`. */
export function readForwardAuth(): ForwardAuth {
  // The file is ours; Traefik rejects one of another form.
  const file = parse(readFileSync(DYNAMIC, 'utf8')) as {
    http: { middlewares: { sallyport: { forwardAuth: ForwardAuth } } };
  };
  return file.http.middlewares.sallyport.forwardAuth;
}

/** Asks Sallyport as Traefik does, and applies the answer as forward.go does. */
export async function throughTraefik(
  verifyPort: number,
  recording: TraefikRecording,
  client: ClientRequest,
  options: ForwardAuth,
): Promise<TraefikOutcome> {
  const received = { ...client, path: normalised(client.path), headers: afterEntryPoint(client.headers) };
  const answer = await exchange(verifyPort, questionOf(recording, received, verifyPort));
  // forward.go: every 2xx lets the request pass.
  if (answer.status < 200 || answer.status >= 300) return { outcome: 'denied', answer: afterForward(answer) };
  return { outcome: 'passes', upstream: upstreamOf(received.headers, answer.fields, options) };
}

/** normalizePath in server_entrypoint_tcp.go: hex digits in upper case, and no escape of an unreserved character. */
function normalised(path: string): string {
  return path.replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
}

/** Removes what the entry point removes of an untrusted client's fields, and those that `Connection` names. */
function afterEntryPoint(headers: readonly Field[]): readonly Field[] {
  const named = valuesOf(headers, 'connection').flatMap((value) => value.toLowerCase().split(/\s*,\s*/));
  return headers.filter(([field]) => {
    const name = field.toLowerCase();
    return !MANAGED.has(name.replaceAll('_', '-')) && !named.includes(name) && name !== 'connection';
  });
}

function questionOf({ request }: TraefikRecording, client: ClientRequest, verifyPort: number): string {
  const { method, path, host, headers } = client;
  const sent = headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && name.toLowerCase() !== 'host');
  const facts: Readonly<Record<string, string>> = {
    sallyport: `127.0.0.1:${verifyPort}`,
    client: sent.map(([name, value]) => `${canonical(name)}: ${value}`).join('\r\n'),
    address: '203.0.113.7',
    host,
    method,
    target: path,
  };
  const lines = request
    .split('\n')
    .map((line) => line.replaceAll(/\{(\w+)\}/g, (_, fact: string) => facts[fact] ?? ''));
  return `${lines.filter((line) => line !== '').join('\r\n')}\r\n\r\n`;
}

/** `http.CanonicalHeaderKey` of Go. */
function canonical(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/(^|-)([a-z])/g, (_, hyphen: string, letter: string) => hyphen + letter.toUpperCase());
}

/** What the client gets of a denial: everything but hop-by-hop fields. */
function afterForward(answer: RawResponse): RawResponse {
  return { ...answer, fields: answer.fields.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase())) };
}

/**
 * What an upstream receives (forward.go, after an answer that lets pass): each name of the options is removed, and set if the
 * answer has it. By name in lower case.
 */
export function upstreamOf(
  client: readonly Field[],
  answer: readonly Field[],
  options: ForwardAuth,
): Record<string, string> {
  const listed = options.authResponseHeaders.map((name) => name.toLowerCase());
  const pattern = new RegExp(options.authResponseHeadersRegex.replace('(?i)', ''), 'i');
  const isSallyports = (name: string): boolean => listed.includes(name.toLowerCase()) || pattern.test(name);
  const fields = [
    ...client.filter(([name]) => !isSallyports(canonical(name))),
    ...answer.filter(([name]) => isSallyports(canonical(name))),
  ];
  return Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
}
