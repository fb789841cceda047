import { readFile } from 'node:fs/promises';
import jsonwebtoken from 'jsonwebtoken';
import { connectChecks } from '../../test/support/servers/check-client.ts';
import type { Sallyport } from '../../test/support/servers/sallyport.ts';
import { startSallyport } from '../../test/support/servers/sallyport.ts';
import { Spread } from './spread.ts';

const ENV = { PARTNER_SECRET: 'a secret of thirty-two bytes, ok', SEAL_SECRET: 'another one of thirty-two bytes!' };
const TOKENS = 500;
const WARM_UP = 100;

export interface InstanceFigures {
  /** From the start of the process until its listeners are open, in milliseconds. */
  readonly startMs: number;
  /** A check over gRPC of a token that is new to the instance, with its verification and a read of the store, in milliseconds. */
  readonly newTokens: Spread;
  /** A check over gRPC of a known token, in milliseconds. */
  readonly knownTokens: Spread;
  readonly residentBytes: number;
  /** The instance, stopped; its folder holds the configuration and a SQLite store. */
  readonly sallyport: Sallyport;
}

/** Starts a real instance on this store, sends checks as Envoy does, and stops it. Its folder stays, for `after`. */
export async function measureInstance(store: string, after?: Sallyport): Promise<InstanceFigures> {
  const beganMs = performance.now();
  const edit = (config: Record<string, unknown>): void => configure(config, store);
  const sallyport = await startSallyport({ env: ENV, edit, ...(after && { after }) });
  const startMs = performance.now() - beganMs;
  const checks = connectChecks(sallyport.ports.extAuthz);
  const check = async (token: string): Promise<number> => {
    const headers = [['authorization', `Bearer ${token}`]] as const;
    const sentAtMs = performance.now();
    const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'gateway', headers };
    const answer = await checks.check(request, 'plain');
    if (answer.outcome !== 'passes') throw new Error(`a good token was denied: ${JSON.stringify(answer)}`);
    return performance.now() - sentAtMs;
  };
  for (const token of newTokensOf(WARM_UP)) await check(token);
  const tokens = newTokensOf(TOKENS);
  const [newTokens, knownTokens] = [new Spread(), new Spread()];
  for (const token of tokens) newTokens.add(await check(token));
  for (const token of tokens) knownTokens.add(await check(token));
  const residentBytes = await residentBytesOf(sallyport.pid);
  checks.close();
  await sallyport.stop();
  return { startMs, newTokens, knownTokens, residentBytes, sallyport };
}

function configure(config: Record<string, unknown>, store: string): void {
  config['store'] = store;
  // Long limits, because slow checks are to be measured and not denied.
  config['timeouts'] = { decision: '5s', store: '4s' };
  // In the demo's file, the first issuer is our own.
  const [own] = config['issuers'] as [{ signing: object }];
  own.signing = { ...own.signing, sealWith: { env: 'SEAL_SECRET' } };
  const partner = { name: 'partner', issuer: 'https://partner.example', audience: 'any', algorithms: ['HS256'] };
  config['issuers'] = [own, { ...partner, secrets: [{ env: 'PARTNER_SECRET', encoding: 'utf8' }] }];
}

function newTokensOf(count: number): string[] {
  return Array.from({ length: count }, () =>
    jsonwebtoken.sign({ scopes: ['messages:send'] }, ENV.PARTNER_SECRET, {
      issuer: 'https://partner.example',
      subject: `account-${crypto.randomUUID()}`,
      jwtid: crypto.randomUUID(),
      expiresIn: '1h',
    }),
  );
}

async function residentBytesOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}
