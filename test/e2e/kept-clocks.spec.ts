import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keeping } from '../support/kept/keeping.ts';
import { type KeptPlatform, startKeptPlatform } from '../support/kept/kept-platform.ts';
import { ChangedScripts, CLOCKS_FROM_FIELDS } from '../support/kept/scripts.ts';
import { claims, corporateToken } from '../support/servers/case-issuers.ts';

/** What the script keeps at most here, whatever the answer says. */
const KEEP_MS = 700;
const BEGIN_MS = 1_000_000;

const scripts = new ChangedScripts();
let platform: KeptPlatform;
let authorization: string;

beforeAll(async () => {
  const file = scripts.write(...CLOCKS_FROM_FIELDS, ['LONGEST_MS = 60000', `LONGEST_MS = ${KEEP_MS}`]);
  const edit = keeping((parts) => {
    parts.code['source_code'] = { filename: file };
  });
  platform = await startKeptPlatform({ listeners: [{ name: 'kept', normalises: true, rawHeaders: true, edit }] });
});

afterAll(async () => {
  await platform.close();
  scripts.remove();
});

/** Sends the token at this time of both clocks, in milliseconds after the first. */
function send(bootMs: number, wallMs = bootMs): Promise<string> {
  const fields = { 'x-boot': String(BEGIN_MS + bootMs), 'x-wall': String(BEGIN_MS + wallMs) };
  return platform.send('kept', authorization, fields);
}

/** Has the answer about a new token kept from 0 on. */
async function keep(): Promise<void> {
  authorization = `Bearer ${corporateToken(platform.issuers, 'EdDSA', claims())}`;
  expect([await send(0), await send(0), await send(0)]).toEqual(['200', '200', '200 kept']);
}

describe('a kept answer', () => {
  it('ends when its time is over, counted from when the request arrived', async () => {
    await keep();
    expect(await send(KEEP_MS - 1)).toBe('200 kept');
    expect(await send(KEEP_MS)).toBe('200');
  });

  it('is kept anew from the question that followed its end', async () => {
    await keep();
    expect([await send(KEEP_MS + 50), await send(2 * KEEP_MS), await send(2 * KEEP_MS + 50)]).toEqual([
      '200',
      '200 kept',
      '200',
    ]);
  });

  it.each([
    ['backwards by a little', 1, -300],
    ['backwards by an hour', 1, -3_600_000],
    ['past its end', 1, KEEP_MS],
    ['forwards by an hour', 1, 3_600_000],
    ['and the other one not, as after the sleep of a machine', KEEP_MS, 1],
  ])('ends when the wall clock steps %s', async (_, bootMs, wallMs) => {
    await keep();
    expect(await send(bootMs, wallMs)).toBe('200');
  });

  it('outlives a step that neither clock takes for its end, but not the end by the other clock', async () => {
    await keep();
    expect(await send(1, KEEP_MS - 100)).toBe('200 kept');
    expect(await send(101, KEEP_MS)).toBe('200');
  });

  it('is kept from the second time on only if that comes within some seconds', async () => {
    authorization = `Bearer ${corporateToken(platform.issuers, 'EdDSA', claims())}`;
    expect([await send(0), await send(5_000), await send(10_000), await send(10_001), await send(10_002)]).toEqual([
      '200',
      '200',
      '200',
      '200',
      '200 kept',
    ]);
  });
});
