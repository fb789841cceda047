import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSallyport } from '../../../test/support/servers/run-sallyport.ts';
import { loadCommands } from '../command-line.ts';
import type { Shell } from './scripts.ts';
import { SHELLS } from './scripts.ts';

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-completion-'));
  writeFileSync(join(folder, 'my file.yaml'), '');
  for (const shell of SHELLS) {
    const { code, output } = await runSallyport(['completion', shell]);
    expect(code).toBe(0);
    writeFileSync(join(folder, `c.${shell}`), output);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

/** What a real shell offers for a line, without the descriptions. */
const OFFERS: Readonly<Record<Shell, (line: string) => readonly string[]>> = {
  bash(line) {
    const words = line.split(' ').map((word) => `'${word}'`);
    const script = `source c.bash; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; compopt() { :; }
      _sallyport; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(execFileSync('bash', ['--norc', '-c', script], { cwd: folder, encoding: 'utf8' }));
  },
  zsh(line) {
    // Outside its line editor zsh has no list of choices, so what makes one prints instead.
    const words = line.split(' ').map((word) => `'${word}'`);
    const script = `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print -l -- *; }
      _describe() { for one in "\${(@P)2}"; do print -r -- "\${one%%:*}"; done; }
      source c.zsh; words=(${words.join(' ')}); CURRENT=${words.length}; _sallyport`;
    return linesOf(execFileSync('zsh', ['-f', '-c', script], { cwd: folder, encoding: 'utf8' }));
  },
  fish(line) {
    const script = `source c.fish; complete -C ${JSON.stringify(line)}`;
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
    const output = execFileSync('fish', ['--no-config', '-c', script], { cwd: folder, encoding: 'utf8', env });
    return linesOf(output).map((one) => one.split('\t')[0] ?? '');
  },
};

function linesOf(output: string): readonly string[] {
  return output.trimEnd().split('\n');
}

describe.each(SHELLS)('in a real %s', (shell) => {
  const test = it.skipIf(!has(shell));

  test(`completes commands, sub-commands and options (needs ${shell})`, () => {
    expect(OFFERS[shell]('sallyport s')).toEqual(expect.arrayContaining(['serve', 'status', 'store']));
    expect(OFFERS[shell]('sallyport keys r')).toEqual(expect.arrayContaining(['rotate', 'revoke', 'reseal']));
    const options = OFFERS[shell]('sallyport keys revoke --');
    expect(options).toEqual(expect.arrayContaining(['--reason', '--yes', '--config', '--json']));
    expect(options).not.toContain('--ttl');
    expect(OFFERS[shell]('sallyport check --')).toContain('--without-secrets');
  });

  test(`completes files for an option and for an argument (needs ${shell})`, () => {
    for (const line of ['sallyport check --config my', 'sallyport store import my']) {
      expect(OFFERS[shell](line).join(' ').replaceAll('\\', '')).toContain('my file.yaml');
    }
  });
});

it('every script names every command, sub-command and option', async () => {
  const commands = await loadCommands();
  for (const shell of SHELLS) {
    const { output } = await runSallyport(['completion', shell, '--json']);
    const { script } = JSON.parse(output) as { readonly script: string };
    for (const { name, actions } of commands) {
      expect(script).toContain(name);
      for (const [word, { options }] of Object.entries(actions)) {
        expect(script).toContain(word);
        for (const option of Object.keys(options))
          expect(script).toContain(shell === 'fish' ? `-l ${option}` : `--${option}`);
      }
    }
  }
});

it('refuses another shell', async () => {
  expect(await runSallyport(['completion', 'tcsh'])).toEqual({
    code: 2,
    output: 'sallyport: expected bash, zsh or fish; see `sallyport completion --help`\n',
  });
});
