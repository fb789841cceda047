import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadCommands } from '../../src/cli/command-line.ts';
import { COMMAND_PAGE, commandTables } from '../../tools/command-tables.ts';
import { holdsBlocks } from '../../tools/marked-blocks.ts';

it('docs/command-line.md has every command and every option', async () => {
  const hint = 'docs/command-line.md is out of step with the commands: rewrite its tables with `npm run schema`';
  expect(holdsBlocks(COMMAND_PAGE, await commandTables()), hint).toBe(true);
  const page = readFileSync(COMMAND_PAGE, 'utf8');
  for (const { name, actions } of await loadCommands()) {
    for (const [word, { options }] of Object.entries(actions)) {
      expect(page).toContain(`| \`${word === '' ? name : `${name} ${word}`}\` |`);
      for (const option of Object.keys(options)) expect(page).toContain(`\`--${option}`);
    }
  }
});
