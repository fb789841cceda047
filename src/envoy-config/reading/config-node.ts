import { isMap } from '../../config/reading/draft.ts';
import type { Path, Problem } from '../../config/reading/problems.ts';
import { formatPath } from '../../config/reading/problems.ts';
import type { Source } from '../../config/reading/source.ts';

/** A file of Envoy's configuration. */
export interface EnvoyFile {
  /** As the caller named it. */
  readonly name: string;
  readonly source: Source;
}

/** Envoy reads YAML 1.1, in which these are booleans, and takes `"true"` for one, too. */
const TRUE = /^(?:y|yes|on|true)$/i;
const FALSE = /^(?:n|no|off|false)$/i;

/**
 * A value of Envoy's configuration and its place. Reads it as Envoy does (the JSON form of Protocol Buffers): a field has
 * its name in the schema or the same name in camelCase, and null is an absent field.
 */
export class ConfigNode {
  readonly value: unknown;
  readonly file: EnvoyFile;
  private readonly path: Path;
  /** How many steps of the path messages leave out. */
  private readonly hidden: number;

  constructor(file: EnvoyFile, value: unknown, path: Path = [], hidden = 0) {
    this.file = file;
    this.value = value;
    this.path = path;
    this.hidden = hidden;
  }

  /** The field of this name, or the one at the end of several; `undefined` if it is absent. */
  get(...names: readonly string[]): ConfigNode | undefined {
    return names.reduce<ConfigNode | undefined>((node, name) => node?.field(name), this);
  }

  /** The members of a list; none of anything else. */
  items(): readonly ConfigNode[] {
    return Array.isArray(this.value) ? this.value.map((item, index) => this.child(index, item)) : [];
  }

  /** The members of a map; none of anything else. */
  entries(): readonly (readonly [name: string, node: ConfigNode])[] {
    if (!isMap(this.value)) return [];
    return Object.entries(this.value).map(([name, value]) => [name, this.child(name, value)]);
  }

  /** The names of fields that this map holds twice, under the name of the schema and in camelCase: Envoy takes either. */
  twice(): readonly string[] {
    if (!isMap(this.value)) return [];
    const names = Object.keys(this.value);
    return names.filter((name) => camelOf(name) !== name && names.includes(camelOf(name)));
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  /** Whether Envoy reads it as true. */
  get isTrue(): boolean {
    return this.value === true || TRUE.test(this.text ?? '');
  }

  /** Whether Envoy reads it as false. */
  get isFalse(): boolean {
    return this.value === false || FALSE.test(this.text ?? '');
  }

  /** A number, also as a string or, as in `Percent`, below `value`. */
  get number(): number | undefined {
    if (isMap(this.value)) return this.get('value')?.number;
    const number = typeof this.value === 'string' && this.value !== '' ? Number(this.value) : this.value;
    return typeof number === 'number' && !Number.isNaN(number) ? number : undefined;
  }

  /** Milliseconds of a duration such as `0.2s`. */
  get durationMs(): number | undefined {
    const seconds = /^(-?\d+(?:\.\d+)?)s$/.exec(this.text ?? '')?.[1];
    return seconds === undefined ? undefined : Number(seconds) * 1000;
  }

  /** The message type of an `Any`, such as `envoy.extensions.filters.http.lua.v3.Lua`. */
  get type(): string | undefined {
    const url = isMap(this.value) ? this.value['@type'] : undefined;
    return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : undefined;
  }

  /** This value, or the one inside if a `TypedStruct` wraps it. */
  unwrapped(): ConfigNode {
    return (this.type?.endsWith('.TypedStruct') === true ? this.get('value') : undefined) ?? this;
  }

  /** The message type, also of what a `TypedStruct` wraps. */
  get innerType(): string | undefined {
    if (this.type?.endsWith('.TypedStruct') !== true) return this.type;
    const url = this.get('type_url')?.text;
    return url?.slice(url.lastIndexOf('/') + 1);
  }

  /** The same value; messages begin its path at its own key, or at that of its list. */
  asTop(): ConfigNode {
    const steps = typeof this.path.at(-1) === 'number' ? 2 : 1;
    return new ConfigNode(this.file, this.value, this.path, Math.max(this.path.length - steps, 0));
  }

  /** The same value; messages name the path below it. */
  asBase(): ConfigNode {
    return new ConfigNode(this.file, this.value, this.path, this.path.length);
  }

  /** A statement about this value and its place. */
  say(message: string): Problem {
    const { line, column } = this.file.source.locate(this.path);
    return { file: this.file.name, line, column, path: formatPath(this.path.slice(this.hidden)), message };
  }

  private field(name: string): ConfigNode | undefined {
    if (!isMap(this.value)) return undefined;
    const key = [name, camelOf(name)].find((one) => isMap(this.value) && Object.hasOwn(this.value, one));
    const value = key === undefined ? undefined : this.value[key];
    return key === undefined || value === null || value === undefined ? undefined : this.child(key, value);
  }

  private child(step: string | number, value: unknown): ConfigNode {
    return new ConfigNode(this.file, value, [...this.path, step], this.hidden);
  }
}

function camelOf(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
