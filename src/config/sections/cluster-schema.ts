import * as z from 'zod';
import { parseAddress } from '../reading/addresses.ts';
import { EMPTY, expected, parsed } from '../reading/shape.ts';

const EXPECTED = 'true, or { addresses: [HOST:PORT, …] }';

const nodeAddress = parsed('host:port of a node', (written) => {
  const address = parseAddress(written);
  return address !== undefined && 'host' in address && address.port > 0 ? address : undefined;
});

const further = z.strictObject({
  addresses: z
    .array(nodeAddress, { error: expected('a list of host:port of nodes') })
    .min(1, { error: EMPTY })
    .describe('host:port of further nodes to discover the cluster from, if the node of the URL is unreachable'),
});

const alone = z
  .boolean({ error: expected(EXPECTED) })
  .refine((written) => written, { error: expected(EXPECTED) })
  .transform(() => ({ addresses: [] }))
  .meta({ const: true });

/** The schema of a Redis Cluster, of which the URL names one node. */
export const clusterSchema = z.union([alone, further], { error: expected(EXPECTED) });
