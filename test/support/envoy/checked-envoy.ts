import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { Problem } from '../../../src/config/reading/problems.ts';
import { checkEnvoy } from '../../../src/envoy-config/check-envoy.ts';
import type { EnvoyFindings } from '../../../src/envoy-config/findings.ts';

/** Where the connection manager of `envoy.yaml` is. */
export const MANAGER = 'static_resources.listeners.0.filter_chains.0.filters.0.typed_config';

/**
 * Puts a value at a path of keys and positions, in which `~` stands for a dot of a key. `undefined` removes what is there,
 * `{ insert }` puts it before a position, and `{ copy }` takes what is at another path.
 */
export type Change = readonly [path: string, value: unknown];

/** The messages of each kind. */
export type Messages = { readonly [Kind in keyof EnvoyFindings]: readonly string[] };

/** Checks a right file after some changes, as JSON. */
export function checkChanged(file: string | URL, changes: readonly Change[], config: Config): Messages {
  const document: unknown = parse(readFileSync(file, 'utf8'));
  for (const change of changes) apply(document, change);
  return checkTexts([JSON.stringify(document, null, 1)], config);
}

/** Checks files with these contents. */
export function checkTexts(texts: readonly string[], config: Config): Messages {
  const { problems, warnings, unseen } = findingsIn(texts, config);
  const messages = (list: readonly Problem[]): string[] => list.map(({ path, message }) => `${path}: ${message}`);
  return { problems: messages(problems), warnings: messages(warnings), unseen: messages(unseen) };
}

/** The same with places; files are named `0.yaml`, `1.yaml` and so on. */
export function findingsIn(texts: readonly string[], config: Config): EnvoyFindings {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-envoy-'));
  try {
    const files = texts.map((text, index) => {
      const file = join(folder, `${index}.yaml`);
      writeFileSync(file, text);
      return file;
    });
    const found = checkEnvoy(files, config);
    const brief = (list: readonly Problem[]): Problem[] =>
      list.map((problem) => ({ ...problem, file: problem.file.slice(folder.length + 1) }));
    return { problems: brief(found.problems), warnings: brief(found.warnings), unseen: brief(found.unseen) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Loads a configuration of Sallyport after edits of its text. */
export function sallyportConfig(
  file: string | URL,
  ...edits: readonly (readonly [from: string, to: string])[]
): Config {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-envoy-'));
  try {
    const path = join(folder, 'sallyport.yaml');
    let text = readFileSync(file, 'utf8');
    for (const [from, to] of edits) {
      if (!text.includes(from)) throw new Error(`${String(file)} does not contain ${from}`);
      text = text.replace(from, to);
    }
    writeFileSync(path, text);
    const loaded = loadConfig(path, {}, { withoutSecrets: true });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.config;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function apply(document: unknown, [path, value]: Change): void {
  const steps = path.split('.').map((step) => step.replaceAll('~', '.'));
  const last = steps.pop() ?? '';
  const parent = steps.reduce(memberOf, document);
  if (typeof parent !== 'object' || parent === null) throw new Error(`nothing is at ${path}`);
  const inserted = has(value, 'insert') ? value.insert : undefined;
  if (inserted !== undefined && Array.isArray(parent)) parent.splice(Number(last), 0, inserted);
  else if (has(value, 'copy')) {
    Reflect.set(parent, last, structuredClone(String(value.copy).split('.').reduce(memberOf, document)));
  } else if (value !== undefined) Reflect.set(parent, last, value);
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (!Reflect.deleteProperty(parent, last)) throw new Error(`nothing is at ${path}`);
}

function memberOf(value: unknown, step: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}

function has<Key extends string>(value: unknown, key: Key): value is Readonly<Record<Key, unknown>> {
  return typeof value === 'object' && value !== null && key in value;
}
