import { describe, expect, it } from 'vitest';
import { redisForTest } from '../../test/support/redis/config.ts';
import { CommandSender } from './command-sender.ts';

const ECHO = 'return { KEYS[1], ARGV[1] }';

/** A sender, and how often its server was asked for scripts by their text and by their hash. */
async function setUp() {
  const { client } = await redisForTest();
  const sha = String(await client.script('LOAD', ECHO));
  await client.script('FLUSH');
  const sender = new CommandSender(client, new Map([['echo', { lua: ECHO, sha }]]));
  const calls = async (command: string) => {
    const [, count = '0'] = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await client.info('commandstats')) ?? [];
    return Number(count);
  };
  return { client, sender, calls };
}

describe('CommandSender', () => {
  it('sends the source of a script once per connection, then its hash', async () => {
    const { sender, calls } = await setUp();
    for (let count = 0; count < 3; count++) {
      expect(await sender.send({ script: 'echo', keys: ['k'], args: [count] })).toEqual(['k', String(count)]);
    }
    expect([await calls('eval'), await calls('evalsha')]).toEqual([1, 2]);
    sender.onConnect();
    await sender.send({ script: 'echo', keys: ['k'], args: [1] });
    expect([await calls('eval'), await calls('evalsha')]).toEqual([2, 2]);
  });

  it('sends the source again if the server forgot the script', async () => {
    const { client, sender } = await setUp();
    await sender.send({ script: 'echo', keys: ['k'], args: [1] });
    await client.script('FLUSH');
    expect(await sender.send({ script: 'echo', keys: ['k'], args: ['x'] })).toEqual(['k', 'x']);
  });

  it('rejects an unknown script', async () => {
    const { sender } = await setUp();
    await expect(sender.send({ script: 'other', keys: ['k'], args: [] })).rejects.toThrow('there is no script "other"');
  });

  it('returns the replies of Redis unchanged', async () => {
    const { client, sender } = await setUp();
    await client.hset('h', 'a', '1');
    expect(await sender.send(['hgetall', 'h'])).toEqual(['a', '1']);
    expect(await sender.send(['get', 'none'])).toBeNull();
  });

  it('readAll() returns the error for a key of another type, and rejects for other failures', async () => {
    const { client, sender } = await setUp();
    await client.hset('h', 'a', '1');
    const [[error] = []] = await sender.readAll([['get', 'h']]);
    expect(error?.message).toContain('WRONGTYPE');
    await expect(sender.readAll([['get', 'h'], ['get']])).rejects.toThrow('wrong number of arguments');
  });
});
