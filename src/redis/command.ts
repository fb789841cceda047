/** An argument of a command. */
export type Word = string | number;

/** A command of Redis, in words. */
export type RawCommand = readonly [name: string, ...words: Word[]];

/** A command of Redis about a key. */
export type KeyCommand = readonly [name: string, key: string, ...words: Word[]];

/** A call of a script by its name. All of its keys lie on the server that serves the first one. */
export interface ScriptCall {
  readonly script: string;
  readonly keys: readonly [key: string, ...more: string[]];
  readonly args: readonly Word[];
}

/** What to ask Redis for, as data: only the client layer holds a connection. */
export type Command = KeyCommand | ScriptCall;

/** A Lua script and its SHA-1, by which servers know it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export type Scripts = ReadonlyMap<string, Script>;

/** What one command of several came to. */
export type Answer = readonly [error: Error | null, value: unknown];
export type Answers = readonly Answer[];

/** The key that decides which server of a cluster gets the command. */
export function keyOf(command: Command): string {
  return isScriptCall(command) ? command.keys[0] : command[1];
}

export function isScriptCall(command: RawCommand | ScriptCall): command is ScriptCall {
  return 'script' in command;
}

/** A string as GET answers it, `undefined` where there is none, empty where the key holds something else. */
export function valueOf([error, value]: Answer): string | undefined {
  if (error !== null) return '';
  return typeof value === 'string' ? value : undefined;
}
