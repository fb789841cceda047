import { errorMessage } from '../../lib/errors.ts';
import type { Terminal } from '../command.ts';
import { ConfigError, UsageError } from '../command.ts';

/** Prints what a command found or did: `value` with `--json`, otherwise `text`. */
export function show(terminal: Terminal, value: unknown, text: string | (() => string)): void {
  if (terminal.json === true) terminal.out(`${JSON.stringify(value, null, 2)}\n`);
  else terminal.out(typeof text === 'string' ? text : text());
}

/** The terminal of a command with `--json`: each line for standard error becomes an object of one line. */
export function jsonTerminal(terminal: Terminal): Terminal {
  return { ...terminal, out: (text) => terminal.out(text), err: (text) => terminal.err(inJson(text)), json: true };
}

/** The error of a command with `--json`, as one line. */
export function errorJson(error: unknown): string {
  const kind = kindOf(error);
  const problems = error instanceof ConfigError ? { problems: error.problems } : {};
  return `${JSON.stringify({ error: { kind, message: unprefixed(errorMessage(error)), ...problems } })}\n`;
}

function kindOf(error: unknown): 'usage' | 'configuration' | 'failed' {
  if (error instanceof UsageError) return 'usage';
  return error instanceof ConfigError ? 'configuration' : 'failed';
}

function inJson(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => `${line.startsWith('{') ? line : messageJson(line)}\n`).join('');
}

function messageJson(line: string): string {
  const isWarning = line.startsWith('warning: ');
  const message = unprefixed(isWarning ? line.slice('warning: '.length) : line);
  return JSON.stringify({ level: isWarning ? 'warning' : 'info', message });
}

function unprefixed(message: string): string {
  return message.replace(/^sallyport: /, '');
}
