import { randomBytes } from 'node:crypto';
import { Passwords } from '../../accounts/passwords/passwords.ts';
import type { Config } from '../../config/config.ts';
import type { TestCase } from '../../config/tests/test-case.ts';
import type { Decision } from '../../core/decision.ts';
import type { Route } from '../../core/route.ts';
import { requiredScopes } from '../../core/scope.ts';
import { decodeCheck } from '../../edge/ext-authz/decode.ts';
import { denialOf } from '../../explanation/decision-steps.ts';
import type { Explanation } from '../../explanation/explain.ts';
import { explainRequest } from '../../explanation/explain.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import type { Store } from '../../store/store.ts';
import { closeAll } from '../opened-parts.ts';
import { ACCOUNT_NAME, presentCredential } from './presented.ts';
import type { OpaqueTokens, Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { testConfig } from './test-config.ts';
import { TestKeys } from './test-keys.ts';

/** What Sallyport decided about a case. */
export interface Found {
  readonly explanation: Explanation;
  /** The scopes that a denial asks for. */
  readonly scope: readonly string[];
  /** The header fields that Sallyport gives the upstream, by name in lower case. */
  readonly identity: ReadonlyMap<string, string>;
  /** The route that matched. */
  readonly route: Route | undefined;
}

/** Decides cases as the gateway's listener would, with a configuration and nothing else of the outside world. */
export interface TestRun {
  /** Rejects only on a bug. */
  decide(test: TestCase): Promise<Found>;
  close(): Promise<void>;
}

/**
 * Opens a run of tests. Everything is made anew in memory: keys, accounts, tokens, revocations.
 *
 * @param presentMs the time of the cases that name none, in Unix milliseconds.
 */
export function openTestRun(config: Config, presentMs: number): TestRun {
  const keys = new TestKeys();
  const tested = testConfig(config, keys);
  const opaque: OpaqueTokens = new Map();
  const passwords = new TestPasswords();
  const stages = new Map<number, Promise<Stage>>();
  const stageAt = (nowMs: number): Promise<Stage> => {
    const stage = stages.get(nowMs) ?? openStage(tested, keys, opaque, nowMs);
    stages.set(nowMs, stage);
    return stage;
  };
  return {
    decide: async (test) => {
      const stage = await stageAt(test.nowMs ?? presentMs);
      const presented = await presentCredential(test, tested, { keys, opaque, stage, password: passwords.right });
      const accounts = await passwords.accountsOf(test, stage);
      return decideOn(stage, test, presented, accounts, tested);
    },
    close: async () => {
      const opened = await Promise.all(stages.values());
      await closeAll(opened.map((stage) => () => stage.close()));
    },
  };
}

async function decideOn(
  stage: Stage,
  test: TestCase,
  authorization: string | undefined,
  accounts: Store['accounts'],
  { clockSkewMs }: Config,
): Promise<Found> {
  const gateway = stage.gateway(accounts, test.rulings);
  const { request, shown } = decodeCheck(checkOf(test, authorization), {
    isDisguised: (name) => gateway.headers.isDisguised(name),
    wantedFields: gateway.wantedFields,
  });
  const decision = await gateway.decider.decide(request);
  const { revocations, status } = stage.revocationSet;
  const decider = { decide: () => decision };
  const { clock } = stage;
  const explanation = await explainRequest(request, { decider, revocations, status, clock, clockSkewMs });
  const identity = decision.outcome === 'allow' ? gateway.headers.write(decision, shown).set : [];
  return { explanation, scope: scopeOf(decision), identity: new Map(identity), route: routeOf(decision) };
}

/** The request as Envoy describes it, with every header shown. */
function checkOf({ method, host, path, headers }: TestCase, authorization: string | undefined) {
  const credential = authorization === undefined ? [] : [['authorization', authorization] as const];
  const pseudo = [[':method', method] as const, [':path', path] as const, [':authority', host] as const];
  const fields = [...pseudo, ...headers, ...credential].map(([key, value]) => ({ key, raw_value: Buffer.from(value) }));
  return { attributes: { request: { http: { method, host, path, header_map: { headers: fields } } } } };
}

function routeOf(decision: Decision): Route | undefined {
  return decision.route ?? denialOf(decision)?.route;
}

function scopeOf(decision: Decision): readonly string[] {
  const denial = denialOf(decision);
  if (denial?.reason !== 'scope_required') return [];
  const requirement = denial.required ?? denial.route?.requirement;
  return requirement === undefined ? [] : requiredScopes(requirement);
}

/** One password for all accounts of a run, because hashing takes long on purpose. */
class TestPasswords {
  readonly right = randomBytes(24).toString('base64url');
  private readonly passwords = new Passwords();
  private hashed: Promise<string> | undefined;

  /** The accounts that exist for a case: one if it presents a password, otherwise none. */
  async accountsOf({ credential }: TestCase, { clock }: Stage): Promise<Store['accounts']> {
    const { accounts } = openMemoryStore(() => clock.wallMs());
    if (credential.kind !== 'basic') return accounts;
    const { account: id, scopes, disabled } = credential;
    this.hashed ??= this.hash();
    const passwordHash = await this.hashed;
    const createdAtSeconds = Math.floor(clock.wallMs() / 1000);
    await accounts.add({ id, name: ACCOUNT_NAME, passwordHash, scopes, disabled, createdAtSeconds, version: 0 });
    return accounts;
  }

  private async hash(): Promise<string> {
    const hashed = await this.passwords.hash(this.right);
    if (hashed.outcome === 'busy') throw new Error('the queue of passwords is full');
    return hashed.value;
  }
}
