import * as z from 'zod';
import { parseAddress } from '../reading/addresses.ts';
import { EMPTY, expected, parsed } from '../reading/shape.ts';
import { redisAccess } from './redis-schema.ts';

const ADDRESSES = 'a list of host:port of the Sentinels';

const sentinelAddress = parsed('host:port of a Sentinel', (written) => {
  const address = parseAddress(written);
  return address !== undefined && 'host' in address && address.port > 0 ? address : undefined;
});

/** The schema of the Sentinels of a Redis store. */
export const sentinelSchema = z.strictObject({
  addresses: z
    .array(sentinelAddress, { error: expected(ADDRESSES) })
    .min(1, { error: EMPTY })
    .describe('host:port of every Sentinel'),
  ...redisAccess('TLS to the Sentinels'),
});
