import { findEnvoy } from '../../../tools/envoy.ts';
import { findRedisServer } from '../../../tools/redis.ts';

/** Fetches Envoy and Redis once, before the first spec and outside any test's time-out. */
export async function setup(): Promise<void> {
  const [envoy, redis] = [await findEnvoy(), await findRedisServer()];
  process.stdout.write(`Envoy ${envoy.version}: ${envoy.origin}\nRedis ${redis.version}: ${redis.origin}\n`);
}
