import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import type { Loaded } from '../../src/config/load.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Problem } from '../../src/config/reading/problems.ts';
import { formatProblems } from '../../src/config/reading/problems.ts';

/** What a configuration file may refer to. */
export interface ConfigEnvironment {
  readonly env?: NodeJS.ProcessEnv;
  /** Files beside the configuration, by relative path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** Loads a string as `sallyport.yaml` of a new directory. Problems name the file without the directory. */
export function loadConfigText(text: string | Uint8Array, { env = {}, files = {} }: ConfigEnvironment = {}): Loaded {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
  try {
    for (const [name, contents] of Object.entries({ ...files, 'sallyport.yaml': text })) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), contents);
    }
    const loaded = loadConfig(join(directory, 'sallyport.yaml'), env);
    if (loaded.ok) return loaded;
    const brief = ({ file, message, ...rest }: Problem): Problem => {
      return { ...rest, file: relative(directory, file), message: message.replaceAll(`${directory}/`, '') };
    };
    return { ...loaded, problems: loaded.problems.map(brief) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Returns the formatted problems of a configuration, without the file's name; empty if it loads. */
export function problemsOf(text: string | Uint8Array, environment?: ConfigEnvironment): string[] {
  const loaded = loadConfigText(text, environment);
  return loaded.ok
    ? []
    : formatProblems(loaded.problems)
        .replace(/^sallyport\.yaml:/gm, '')
        .split('\n');
}

const OPENING = 'version: 1\nlisten: { extAuthz: 127.0.0.1:9191 }\n';

/** Completes a few sections to a whole file, in which they begin at line 3. */
export function fileWith(sections: string): string {
  return /^routes:/m.test(sections) ? `${OPENING}${sections}` : `${OPENING}${sections}\nroutes: []`;
}

/** Loads `fileWith(sections)`. Throws if it has problems. */
export function configOf(sections: string, environment?: ConfigEnvironment): Config {
  return configFrom(fileWith(sections), environment);
}

/** Loads a whole file. Throws if it has problems. */
export function configFrom(text: string, environment?: ConfigEnvironment): Config {
  const loaded = loadConfigText(text, environment);
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}

/** Returns the messages of a whole file's warnings, without their places. Throws if it has problems. */
export function warningsOf(text: string): string[] {
  const loaded = loadConfigText(text);
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.warnings.map(({ message }) => message);
}

/** Whether a warning is about something that a map with few routes does not use. Most specs do not ask for it. */
export function isOfUse({ message }: { readonly message: string }): boolean {
  return /^no (route (requires|accepts tokens)|issuer (is configured|that it accepts can grant))/.test(message);
}
