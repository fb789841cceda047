import { expect, it } from 'vitest';
import { configFrom } from '../../../../../test/support/config.ts';
import { IGNORED_TRANSPORT } from '../../../../../test/support/ext-authz.ts';
import { limitsSchema } from '../../../../config/sections/listeners/transport-schema.ts';
import { DEFAULT_LIMITS } from '../../../../http2/limits.ts';
import { observe } from './transport-observer.ts';

it('counts each limit under its key in the configuration', () => {
  const seen: (readonly string[])[] = [];
  const transport = {
    ...IGNORED_TRANSPORT,
    begin: (limits: readonly string[]) => void seen.push(limits),
    limitReached: (limit: string, client = '') => void seen.push([limit, client]),
  };
  observe({ transport, failed: () => {} }).limitReached('prefaceMs', '192.0.2.1', true);
  expect(seen[0]?.toSorted()).toEqual(Object.keys(limitsSchema.shape).toSorted());
  expect(seen[1]).toEqual(['prefaceTimeout', '192.0.2.1']);
});

it('hands a bug on', () => {
  const failures: unknown[] = [];
  const observer = observe({ transport: IGNORED_TRANSPORT, failed: (error) => void failures.push(error) });
  observer.methodFailed('/x', 'one');
  observer.broken('two');
  expect(failures).toEqual(['one', 'two']);
});

it('the configuration has the same defaults as the transport', () => {
  const text = 'version: 1\nlisten: { extAuthz: { address: "127.0.0.1:1", transport: fast } }\nroutes: []';
  expect(configFrom(text).listen.extAuthz?.transport).toMatchObject({ limits: DEFAULT_LIMITS });
});
