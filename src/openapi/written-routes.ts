import { SCOPE_NAME } from '../config/sections/file-schema.ts';
import { MANAGEMENT_SCOPES } from '../core/scope.ts';
import { counted } from '../lib/time-format.ts';
import { printable, quote } from '../lib/wording.ts';
import type { ApiDocument, ApiOperation } from './document.ts';
import type { PlacedOperation, Serving } from './placed-operation.ts';
import { placesOf } from './placed-operation.ts';
import type { UndecidedRoute } from './route-outcomes.ts';
import { judgeOperations } from './route-outcomes.ts';
import { list, text } from './yaml-text.ts';

/** The text of an included file, and the operations about which a person must decide. */
export interface WrittenRoutes {
  readonly text: string;
  readonly written: number;
  readonly undecided: number;
}

/**
 * Writes the routes of operations as an included file. Deny is the start value: an operation gets a route only if the
 * document states what it demands, and only if a route can require exactly that. All others are comments.
 *
 * @param known the scopes that the catalogue has already.
 */
export function writeRoutes(document: ApiDocument, serving: Serving, known: ReadonlySet<string>): WrittenRoutes {
  const judged = judgeOperations(document.operations.flatMap((operation) => placesOf(operation, serving)));
  const written = judged.flatMap(({ found }) => (found.outcome === 'written' ? [found] : []));
  const undecided = judged.filter(({ found }) => found.outcome === 'undecided').length;
  const lines = judged.flatMap(({ one, found }) => {
    if (found.outcome === 'covered') return [];
    if (found.outcome === 'undecided') return undecidedLines(one, found, document.file);
    return [`  - { ${headOf(one, found.pattern)}, ${found.rule} }${remark(one.operation)}`];
  });
  const heading = headingOf(document, written.length, undecided);
  const catalogue = scopeLines(document, new Set(written.flatMap(({ scopes }) => scopes)), known);
  const routes = [written.length === 0 ? 'routes: []' : 'routes:', ...lines];
  const whole = [...heading, ...catalogue, ...routes];
  return { text: `${whole.join('\n')}\n`, written: written.length, undecided };
}

function headOf({ operation, host }: PlacedOperation, pattern: string): string {
  const hosts = host === '' ? '' : `hosts: ${list([host])}, `;
  return `method: ${operation.method}, ${hosts}path: ${text(pattern)}`;
}

function undecidedLines(one: PlacedOperation, { why, pattern }: UndecidedRoute, file: string): readonly string[] {
  const { method, id, line } = one.operation;
  const name = id === undefined ? '' : `, ${id}`;
  const lines = [comment(`Decide about ${method} ${one.path} (${file}:${line}${name}): ${why}`)];
  if (pattern !== undefined) lines.push(comment(`- { ${headOf(one, pattern)}, authenticated: true }`));
  return lines;
}

function headingOf({ file, title }: ApiDocument, written: number, left: number): readonly string[] {
  const from = title === '' ? file : `${file}, ${quote(title)}`;
  return [
    plainComment(`Written by \`sallyport routes --from-openapi\` from ${from}`),
    plainComment(`It has ${counted(written, 'route')}; operations to decide about: ${left === 0 ? 'none' : left}`),
  ];
}

function scopeLines({ scopes }: ApiDocument, used: ReadonlySet<string>, known: ReadonlySet<string>) {
  const names = [...used].filter((name) => SCOPE_NAME.test(name) && !known.has(name) && !MANAGEMENT_SCOPES.has(name));
  if (names.length === 0) return [];
  const lines = names.toSorted().map((name) => {
    const description = scopes.get(name)?.trim() ?? '';
    return `  ${text(name)}: ${description === '' ? '{}' : `{ description: ${text(description)} }`}`;
  });
  return ['scopes:', ...lines];
}

/** Any credential passes if the document names no scope, for example because its schemes cannot. */
function remark({ id, demand }: ApiOperation): string {
  const isOpen = demand.kind === 'authenticated' && !demand.statesScopes;
  const parts = [id, isOpen ? 'no scope is stated: choose one' : undefined].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` ${plainComment(parts.join('; '))}`;
}

function comment(words: string): string {
  return `  ${plainComment(words)}`;
}

/** A document may contain anything: a line break in a name must not become a line of YAML. */
function plainComment(words: string): string {
  return `# ${printable(words).replaceAll('\uFEFF', '\u{FFFD}')}`;
}
