import { decodePath, readPath } from '../core/path.ts';
import { quote } from '../lib/wording.ts';

/** The path pattern of a route for an operation, or why there can be none. */
export type PatternOf =
  | { readonly outcome: 'pattern'; readonly pattern: string }
  | { readonly outcome: 'inexpressible'; readonly why: string };

/**
 * Translates the path template of an operation (OpenAPI 3.1, section 4.8.8.2). A parameter may have any name there; in a
 * route it has letters, digits and underscores, and is a whole segment. Literals are decoded, as routes write them.
 */
export function patternFor(template: string): PatternOf {
  if (!template.startsWith('/')) return inexpressible(`the path ${quote(template)} does not begin with '/'`);
  const names = new Set<string>();
  const segments: string[] = [];
  for (const segment of template.slice(1).split('/')) {
    const parameter = /^\{([^{}]*)\}$/.exec(segment)?.[1];
    const literal = parameter === undefined ? literalOf(segment) : undefined;
    if (parameter === undefined && literal === undefined) return inexpressible(faultOf(segment));
    if (parameter !== undefined && /[*+]$/.test(parameter)) {
      return inexpressible(`{${parameter}} may stand for several segments: decide whether a route with ** fits`);
    }
    segments.push(literal ?? `{${nameFor(parameter ?? '', names)}}`);
  }
  return { outcome: 'pattern', pattern: `/${segments.join('/')}` };
}

function inexpressible(why: string): PatternOf {
  return { outcome: 'inexpressible', why };
}

function faultOf(segment: string): string {
  return /\{/.test(segment)
    ? `in ${quote(segment)} a parameter is part of a segment: a route can only match the whole segment`
    : `no request that is decided can have the segment ${quote(segment)}`;
}

/** Reads a literal segment; `undefined` if a route cannot have it. */
function literalOf(segment: string): string | undefined {
  if (/[{}*?#\\;\p{C}\p{Zl}\p{Zp}]/u.test(segment) || /^\.{1,2}$/.test(segment)) return undefined;
  if (!segment.includes('%')) return segment;
  const readable = readPath(`/${segment}`) === undefined ? undefined : decodePath(segment);
  return readable === undefined || readable.includes('%') ? undefined : readable;
}

/** The name of a parameter in a route, different from those before it. */
function nameFor(written: string, names: Set<string>): string {
  const plain = written.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?![A-Za-z_])/, '_');
  let name = plain;
  for (let count = 2; names.has(name); count++) name = `${plain}_${count}`;
  names.add(name);
  return name;
}
