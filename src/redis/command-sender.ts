import type { Redis } from 'ioredis';
import type { Answers, RawCommand, ScriptCall, Scripts } from './command.ts';
import { isScriptCall } from './command.ts';
import { fault } from './failure.ts';

/** Sends commands on one connection. */
export class CommandSender {
  private readonly client: Pick<Redis, 'call' | 'asking' | 'pipeline'>;
  private readonly scripts: Scripts;
  /** Names of scripts that went whole to the server of this connection. */
  private readonly sent = new Set<string>();

  constructor(client: Pick<Redis, 'call' | 'asking' | 'pipeline'>, scripts: Scripts) {
    this.client = client;
    this.scripts = scripts;
  }

  /** The connection was made again: its server may not know any script. */
  onConnect(): void {
    this.sent.clear();
  }

  /**
   * Sends one command. A script goes to the server whole the first time on each connection, so that it takes one round
   * trip, and by its hash from then on. If the server forgot it meanwhile, it goes there whole again.
   *
   * @param isAsking whether the slot of the key is on its way to this server. Without ASKING before each command, the
   *   server would redirect it.
   */
  async send(command: RawCommand | ScriptCall, isAsking = false): Promise<unknown> {
    if (!isScriptCall(command)) return await this.put(command, isAsking);
    const script = this.scripts.get(command.script);
    if (script === undefined) throw new Error(`there is no script "${command.script}"`);
    const words = [command.keys.length, ...command.keys, ...command.args];
    const sendWhole = () => this.put(['eval', script.lua, ...words], isAsking);
    if (!this.sent.has(command.script)) {
      this.sent.add(command.script);
      return await sendWhole();
    }
    try {
      return await this.put(['evalsha', script.sha, ...words], isAsking);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await sendWhole();
    }
  }

  /** Sends several commands in one write. Resolves with what each came to, in the same order. */
  async sendAll(commands: readonly RawCommand[], isAsking = false): Promise<Answers> {
    const all = isAsking ? commands.flatMap((command) => [['asking'], [...command]]) : commands.map((one) => [...one]);
    const answers = (await this.client.pipeline(all).exec()) ?? [];
    return isAsking ? answers.filter((_answer, index) => index % 2 === 1) : answers;
  }

  /**
   * Sends reads in one write and resolves with their answers. A primary that became a replica keeps its connections and
   * answers with outdated data, so ROLE goes first each time. The only failure left to the caller is a key that holds no
   * string.
   */
  async readAll(commands: readonly RawCommand[], isAsking = false): Promise<Answers> {
    const [role, ...answers] = await this.sendAll([['role'], ...commands], isAsking);
    if (role?.[0]) throw role[0];
    if (!(Array.isArray(role?.[1]) && role[1][0] === 'master')) throw fault('READONLY');
    const failure = answers.find(([error]) => error !== null && !isOtherType(error))?.[0];
    if (failure) throw failure;
    // A missing answer would read as "not revoked".
    if (answers.length !== commands.length) throw new Error(`answered ${answers.length} of ${commands.length}`);
    return answers;
  }

  private put([name, ...words]: RawCommand, isAsking: boolean): Promise<unknown> {
    // A failure of ASKING fails the command, too.
    if (isAsking) this.client.asking().catch(() => undefined);
    // By names in lower case, ioredis recognizes commands whose replies it changes; ours stay as Redis gives them.
    return this.client.call(name.toUpperCase(), ...words);
  }
}

/** The key holds a set or a hash: it exists, and existence alone counts. */
function isOtherType(error: Error): boolean {
  return error.message.startsWith('WRONGTYPE');
}
