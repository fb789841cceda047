import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findPrometheus } from '../../tools/prometheus.ts';
import { RULES_FOLDER, readRules } from '../support/monitoring/rules.ts';

const RUNBOOK = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const promtool = await findPrometheus('promtool');
const alerts = readRules().filter(({ alert }) => alert !== undefined);

/** `SallyportFeedStale` as `sallyport-feed-stale`. */
function kebab(name = ''): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase();
}

describe('deploy/prometheus/rules.yaml', () => {
  it('has a section of the runbook for each alert, and no other section is about an alert', () => {
    const sections = Array.from(RUNBOOK.matchAll(/^## (Sallyport .*)$/gm), ([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    expect(sections.toSorted()).toEqual(alerts.map(({ alert }) => kebab(alert)).toSorted());
  });

  it.each(alerts)(
    '$alert says how serious it is, what it is, and where its section is',
    ({ alert, labels, annotations }) => {
      expect(labels?.['severity']).toMatch(/^(?:critical|warning)$/);
      expect(annotations).toMatchObject({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\.$/),
      });
      expect(annotations?.['runbook_url']).toBe(`docs/runbook.md#${kebab(alert)}`);
    },
  );

  it('names no account, token or address in a label', () => {
    const text = readFileSync(`${RULES_FOLDER}rules.yaml`, 'utf8');
    const grouped = Array.from(text.matchAll(/by \(([^)]*)\)/g), ([, labels = '']) => labels.split(', ')).flat();
    const allowed = ['cluster', 'namespace', 'job', 'instance', 'issuer', 'door', 'use', 'version', 'le'];
    expect([...new Set(grouped)].filter((label) => !allowed.includes(label))).toEqual([]);
  });

  it('has a test for every alert', () => {
    const tests = readFileSync(`${RULES_FOLDER}rules.test.yaml`, 'utf8');
    expect(alerts.filter(({ alert }) => !tests.includes(`alertname="${alert}"`))).toEqual([]);
  });

  it.skipIf(promtool === undefined)('passes its unit tests (needs promtool)', async () => {
    const args = ['test', 'rules', 'rules.test.yaml'];
    const { stdout } = await promisify(execFile)(promtool?.path ?? '', args, { cwd: RULES_FOLDER });
    expect(stdout).toContain('SUCCESS');
  });
});
