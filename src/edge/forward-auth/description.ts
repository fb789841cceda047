import type { IncomingMessage } from 'node:http';
import type { ForwardAuthMode } from '../../config/config.ts';
import type { RequestFlaw } from '../../core/request.ts';

/** The path of forward authentication. */
export const AUTH = '/auth';

/** The request that a gateway asks about, as it describes it; empty where there is a flaw. */
export interface Described {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly flaw: RequestFlaw | undefined;
}

/** Header fields by lower-case name, in order. */
export type Fields = ReadonlyMap<string, readonly string[]>;

type Describe = (fields: Fields, message: Pick<IncomingMessage, 'method' | 'url'>) => Described;

/** How each mode describes a request. */
export const DESCRIPTIONS: Readonly<Record<ForwardAuthMode, Describe>> = {
  nginx: (fields) => {
    const method = only(fields.get('x-original-method'), COMMA);
    const url = only(fields.get('x-original-url'), JOINED_TARGETS);
    if (url.outcome !== 'once' || url.text.startsWith('/')) return describe(method, hostOf(fields, 'host'), url);
    return describe(method, ...split(url.text));
  },
  forwarded: (fields) => {
    const method = only(fields.get('x-forwarded-method'), COMMA);
    const path = only(fields.get('x-forwarded-uri'), JOINED_TARGETS);
    return describe(method, hostOf(fields, 'x-forwarded-host'), path);
  },
  path: (fields, { method = '', url = '' }) => {
    // CONNECT names no path (RFC 9112, section 3.2.3), and a 2xx response to it would open a tunnel.
    const path = method === 'CONNECT' ? '' : url.slice(AUTH.length);
    return describe(once(method), hostOf(fields, 'host'), once(path));
  },
};

/** A value that a gateway states: once, not at all, or more than once. */
type Value = { readonly outcome: 'once'; readonly text: string } | { readonly outcome: 'absent' | 'several' };

const ABSENT: Value = { outcome: 'absent' };
const SEVERAL: Value = { outcome: 'several' };

const COMMA = /,/;
/** Two targets in one field. A comma before anything but a further target is part of the target. */
const JOINED_TARGETS = /,\s*(?:\/|https?:\/\/)/i;
const ABSOLUTE = /^https?:\/\/([^/]*)(.*)$/s;
/**
 * Characters that end an authority, or that two parsers disagree about. Caddy 2.6 shows us the host `a/b` of a request over
 * HTTP/2, and sends the upstream `a`.
 */
const NO_AUTHORITY = /[\s,/?#@\\%]/;

/** @param joined matches a field into which two were joined. */
function only(values: readonly string[] | undefined, joined: RegExp): Value {
  const [value = '', ...others] = values ?? [];
  if (others.length > 0 || joined.test(value)) return SEVERAL;
  return once(value);
}

function once(text: string): Value {
  return text === '' ? ABSENT : { outcome: 'once', text };
}

function hostOf(fields: Fields, name: string): Value {
  return only(fields.get(name), NO_AUTHORITY);
}

/** Splits an absolute URL into its authority and the rest, unchanged. */
function split(url: string): readonly [host: Value, path: Value] {
  const [, host = '', path = ''] = ABSOLUTE.exec(url) ?? [];
  return [NO_AUTHORITY.test(host) ? SEVERAL : once(host), once(path)];
}

function describe(method: Value, host: Value, path: Value): Described {
  return {
    method: textOf(method),
    host: textOf(host),
    path: textOf(path),
    flaw:
      flawOf(method, 'no method', 'several methods') ??
      flawOf(host, 'no host', 'several hosts') ??
      flawOf(path, 'no path', 'several paths'),
  };
}

function flawOf({ outcome }: Value, absent: RequestFlaw, several: RequestFlaw): RequestFlaw | undefined {
  return outcome === 'once' ? undefined : outcome === 'absent' ? absent : several;
}

function textOf(value: Value): string {
  return value.outcome === 'once' ? value.text : '';
}
