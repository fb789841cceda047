import { configJsonSchema } from '../src/config/json-schema.ts';
import { list } from '../src/lib/wording.ts';
import { writeBlocks } from './marked-blocks.ts';

/** The page that lists every key of the configuration. */
export const CONFIGURATION_PAGE = new URL('../docs/configuration.md', import.meta.url);

/** The members of a JSON Schema that the tables use. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** One row of a table. */
interface Row {
  readonly key: string;
  readonly values: string;
  readonly description: string;
  readonly default: string;
}

const DURATION = '(ms|s|m|h|d)$';
const ISSUERS = 'issuers';

/** Returns the tables of the configuration, by the names of their blocks. */
export function configurationTables(): ReadonlyMap<string, string> {
  // The text is this project's own schema.
  const root = JSON.parse(configJsonSchema()) as Schema;
  const sections = Object.entries(root.properties ?? {});
  const plain = sections.filter(([, schema]) => membersOf(schema).length === 0);
  const single = plain.map(([key, schema]) => rowOf(key, schema, isRequired(root, key)));
  const tables = sections
    .filter(([, schema]) => membersOf(schema).length > 0)
    .map(([key, schema]): [string, string] => [key, sectionTable(key, schema, isRequired(root, key))]);
  return new Map([['other keys', table(single)], ...tables]);
}

function sectionTable(key: string, schema: Schema, required: boolean): string {
  const kinds = key === ISSUERS ? (schema.items?.anyOf ?? schema.items?.oneOf ?? []) : [];
  if (kinds.length > 0) return issuerTable(kinds);
  return table([rowOf(key, schema, required), ...memberRows(key, schema)]);
}

/** Returns the table of the issuers. A member that several kinds share has one row. */
function issuerTable(kinds: readonly Schema[]): string {
  const rows = new Map<string, { readonly row: Row; readonly kinds: string[] }>();
  for (const kind of kinds) {
    for (const row of memberRows(`${ISSUERS}[]`, kind)) {
      const same = JSON.stringify(row);
      const found = rows.get(same) ?? { row, kinds: [] };
      found.kinds.push(kindOf(kind));
      rows.set(same, found);
    }
  }
  const all = kinds.length;
  const lines = Array.from(rows.values(), ({ row, kinds: having }) => {
    return [...cells(row), having.length === all ? 'all' : having.map(code).join(', ')];
  });
  return markdown(['key', 'values', 'what', 'default', 'kinds'], lines);
}

/** Returns the member that identifies a kind of issuer. */
function kindOf({ properties = {} }: Schema): string {
  const kinds = ['signing', 'jwks', 'discovery', 'secrets', 'introspection'];
  const kind = kinds.find((name) => name in properties);
  if (kind === undefined) throw new Error('an issuer of an unknown kind');
  return kind;
}

/** Returns a row for each member below `key`, at every depth. Members that a neighbour has too are only referred to. */
function memberRows(key: string, schema: Schema): Row[] {
  const rows: Row[] = [];
  const seen = new Map<string, string>();
  for (const [name, member, required] of membersOf(schema)) {
    const path = `${key}${name}`;
    const { description = '', ...shape } = member;
    const inner = isSecret(member) ? [] : memberRows(path, member);
    const fresh = inner.filter((row) => !seen.has(relative(row, path)));
    const shared = inner.filter((row) => seen.has(relative(row, path)));
    const neighbour = shared.map((row) => seen.get(relative(row, path)))[0];
    const further = neighbour === undefined ? '' : `. It has ${sharedMembers(shared, path, neighbour, rows)} too`;
    rows.push(rowOf(path, { ...shape, description: `${description}${further}` }, required), ...fresh);
    for (const row of fresh) seen.set(relative(row, path), path);
  }
  return rows;
}

/** Names the members that the map at `path` shares with a neighbour, which may have more. */
function sharedMembers(shared: readonly Row[], path: string, neighbour: string, rows: readonly Row[]): string {
  if (rows.filter(({ key }) => key.startsWith(`${neighbour}.`)).length === shared.length) {
    return `the members of \`${neighbour}\``;
  }
  const names = shared.map(({ key }) => key.slice(path.length + 1)).filter((name) => !/[.[]/.test(name));
  return `${list(names.map(code), 'and')} of \`${neighbour}\``;
}

/** Returns a row without the path of its parent, for the comparison with the rows of a neighbour. */
function relative({ key, ...row }: Row, parent: string): string {
  return JSON.stringify({ ...row, key: key.slice(parent.length) });
}

/** Returns the members of a map, of the items of a list, or of the alternative that is a map. */
function membersOf(schema: Schema): (readonly [suffix: string, schema: Schema, required: boolean])[] {
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema;
  const own = Object.entries(properties).map(([name, member]) => {
    return [`.${name}`, member, isRequired(schema, name)] as const;
  });
  const named = typeof additionalProperties === 'object' ? membersOf(additionalProperties) : [];
  return [
    ...own,
    ...named.map(([suffix, member, required]) => [`.NAME${suffix}`, member, required] as const),
    ...(items === undefined ? [] : membersOf(items)).map(([suffix, ...rest]) => [`[]${suffix}`, ...rest] as const),
    ...anyOf.flatMap(membersOf),
  ];
}

function isRequired({ required = [] }: Schema, name: string): boolean {
  return required.includes(name);
}

/** Whether a schema is a secret, or a list or a map of secrets, whose members the page describes once. */
function isSecret({ properties, items, additionalProperties, anyOf }: Schema): boolean {
  if (items !== undefined) return isSecret(items);
  if (typeof additionalProperties === 'object') return isSecret(additionalProperties);
  if (anyOf !== undefined) return anyOf.some(isSecret);
  return properties !== undefined && 'env' in properties && 'file' in properties;
}

/** Whether a schema is a map whose values may be secrets. */
function isNamedSecrets(schema: Schema): schema is Schema & { readonly additionalProperties: Schema } {
  return typeof schema.additionalProperties === 'object' && isSecret(schema);
}

function rowOf(key: string, schema: Schema, required: boolean): Row {
  return {
    key,
    values: valuesOf(schema),
    description: schema.description ?? '',
    default: required ? 'required' : defaultOf(schema.default),
  };
}

function defaultOf(value: unknown): string {
  if (value === undefined || isEmpty(value)) return '';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function valuesOf(schema: Schema): string {
  const { anyOf, oneOf, type, items, pattern = '' } = schema;
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(valuesOf))].join(' or ');
  if (type === 'array') return items === undefined ? 'list' : `list of ${plural(valuesOf(items))}`;
  if (isNamedSecrets(schema)) return `map to ${valuesOf(schema.additionalProperties)}`;
  if (isSecret(schema)) return '[secret](#secrets-and-text)';
  if (type === 'object' || oneOf !== undefined) return 'map';
  if (type === 'integer' || type === 'number') return numberOf(schema);
  if (pattern.endsWith(DURATION)) return 'duration';
  return type === 'boolean' ? '`true` or `false`' : 'string';
}

function plural(values: string): string {
  return ['string', 'map'].includes(values) ? `${values}s` : values.replace('[secret]', '[secrets]');
}

function numberOf({ minimum, maximum }: Schema): string {
  return minimum === undefined || maximum === undefined ? 'number' : `${minimum} to ${maximum}`;
}

function table(rows: readonly Row[]): string {
  return markdown(['key', 'values', 'what', 'default'], rows.map(cells));
}

function cells(row: Row): string[] {
  return [code(row.key), row.values, row.description, row.default];
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(escape))];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main && process.argv.includes('--write')) writeBlocks(CONFIGURATION_PAGE, configurationTables());
