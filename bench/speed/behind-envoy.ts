import { CLIENT_FIELDS, MESSAGES } from './checks.ts';
import type { Contender } from './contenders.ts';
import type { Effort } from './direct.ts';
import { Table } from './figures.ts';
import { asks, startGateway } from './gateway.ts';
import { measureInTurns } from './measure.ts';

/** What a client sends: fields that stay the same, and a token. */
export function clientFields(token: string): Readonly<Record<string, string>> {
  return { ...CLIENT_FIELDS, authorization: `Bearer ${token}` };
}

/** The authorizer behind a real Envoy on another core, a known token, 128 requests in flight. */
export async function measureBehindEnvoy(
  contenders: readonly Contender[],
  token: string,
  effort: Effort,
): Promise<Table> {
  const table = new Table();
  const ways = contenders.map(({ name }) => ({ name, filters: [asks(name)] }));
  const servers = Object.fromEntries(contenders.map(({ name, port }) => [name, port]));
  const [, core] = effort.cores;
  const gateway = await startGateway(ways, servers, core);
  try {
    const load = { paths: [MESSAGES], fields: clientFields(token), connections: 4, streams: 32, core };
    const subjects = contenders.map(({ name, pid }) => ({
      name,
      processes: { 'CPU µs': [pid] },
      load: { ...load, port: gateway.portOf(name) },
    }));
    await measureInTurns(table, subjects, effort);
  } finally {
    await gateway.close();
  }
  return table;
}
