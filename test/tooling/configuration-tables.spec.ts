import { describe, expect, it } from 'vitest';
import { CONFIGURATION_PAGE, configurationTables } from '../../tools/configuration-tables.ts';
import { holdsBlocks } from '../../tools/marked-blocks.ts';

describe('configurationTables()', () => {
  it('are what docs/configuration.md holds', () => {
    const hint = 'docs/configuration.md is out of step with the schema: rewrite its tables with `npm run schema`';
    expect(holdsBlocks(CONFIGURATION_PAGE, configurationTables()), hint).toBe(true);
  });

  it('have a row for a key at every depth, with its values and its default', () => {
    const rows = configurationTables().get('issuers') ?? '';
    expect(rows).toMatch(/\| `issuers\[\]\.introspection\.clientAuth` \| `basic`, `post` \| .* \| `basic` \|/);
    expect(rows).toMatch(/\| `issuers\[\]\.name` \| string \| .* \| required \| all \|/);
  });

  it('name the neighbour whose members a map repeats', () => {
    const rows = configurationTables().get('listen') ?? '';
    expect(rows).toContain('`listen.admin.hosts`');
    expect(rows).not.toContain('`listen.admin.address`');
    expect(rows).toContain('It has `address`, `tls`, `insecure` and `maxConnections` of `listen.extAuthz` too');
  });
});
