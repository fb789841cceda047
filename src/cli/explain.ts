import { requireStore } from '../app/command-use-cases.ts';
import type { Inspection } from '../app/inspection.ts';
import { openInspection } from '../app/inspection.ts';
import type { Config } from '../config/config.ts';
import { answerTo } from '../core/answer.ts';
import type { Decision } from '../core/decision.ts';
import type { Reason } from '../core/reason.ts';
import { REASONS } from '../core/reason.ts';
import type { AccessRequest } from '../core/request.ts';
import { isEnded } from '../core/standing.ts';
import { stepsOf } from '../explanation/decision-steps.ts';
import { entryText } from '../explanation/entry-text.ts';
import { MEANINGS } from '../explanation/reason-meanings.ts';
import { timeOf } from '../lib/time-format.ts';
import { printable } from '../lib/wording.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { requireConfig, UsageError } from './command.ts';
import { readCredentialFile } from './terminal/credential-file.ts';

/** Decides one request as the gateway's door would, and tells each step; or tells what a reason means. */
export const explain: Command = {
  summary: 'tell each step of a decision, or what a reason means',
  usage: `usage: sallyport explain [--token-file FILE | --basic-file FILE] [--host HOST] METHOD PATH [--config FILE]
       sallyport explain REASON

Decides one request on the configuration and its store, as the gateway's door would, and tells each step. The credential
comes from a file, or from standard input where FILE is -: a token, or name:password. Exits with 0 where the request
passes, with 1 where it is denied.
REASON is one of ${REASONS.join(', ')}.
`,
  options: { 'token-file': { type: 'string' }, 'basic-file': { type: 'string' }, host: { type: 'string' } },
  async run(args, terminal) {
    const [method, path, ...rest] = args.positionals;
    if (method === undefined || rest.length > 0) throw new UsageError('expected METHOD PATH, or a reason');
    if (path === undefined) return define(method, terminal);
    const config = requireConfig(args.config, terminal.env);
    requireStore(config.store);
    const request = requestOf(method, path, args, await readCredential(args, terminal));
    return decide(config, request, terminal);
  },
};

function define(name: string, { out }: Terminal): number {
  if (!isReason(name)) throw new UsageError(`no such reason: '${name}'`);
  out(`${name}: ${MEANINGS[name]}\n`);
  return 0;
}

function isReason(name: string): name is Reason {
  return REASONS.some((reason) => reason === name);
}

function requestOf(
  method: string,
  path: string,
  { values }: Arguments,
  authorization: string | undefined,
): AccessRequest {
  const host = typeof values['host'] === 'string' ? values['host'] : '';
  return { door: 'ext-authz', method, host, path, authorization, fromBrowser: false };
}

async function readCredential({ values }: Arguments, terminal: Terminal): Promise<string | undefined> {
  const { 'token-file': token, 'basic-file': basic } = values;
  if (token !== undefined && basic !== undefined) throw new UsageError('expected one of --token-file and --basic-file');
  const file = token ?? basic;
  if (typeof file !== 'string') return undefined;
  const credential = await readCredentialFile(file, terminal);
  return token === undefined ? `Basic ${Buffer.from(credential).toString('base64')}` : `Bearer ${credential}`;
}

async function decide(config: Config, request: AccessRequest, terminal: Terminal): Promise<number> {
  const out = (line: string): void => terminal.out(`${printable(line)}\n`);
  const inspection = await openInspection(config);
  try {
    const decision = await inspection.gateway.decider.decide(request);
    for (const { name, outcome, words } of stepsOf(decision))
      out(`${MARKS[outcome]}  ${name.padEnd(12)}  ${words}`.trimEnd());
    for (const line of await entriesOf(decision, inspection)) out(`      ${line}`);
    for (const line of conclusionOf(decision)) out(line);
    if (isUnavailable(decision)) for (const line of lossOf(inspection)) out(line);
    return decision.outcome === 'allow' ? 0 : 1;
  } finally {
    await inspection.close();
  }
}

const MARKS = { passed: 'ok  ', failed: 'FAIL', 'not reached': '-   ' } as const;

/** The entries that ended the token, as the store has them: they say when, by whom and why. */
async function entriesOf(decision: Decision, { store }: Inspection): Promise<readonly string[]> {
  const denial = decision.outcome === 'deny' ? decision : decision.shadowed;
  if (denial?.reason !== 'token_revoked' || denial.credential === undefined) return [];
  const { standings, issuedAtSeconds } = denial.credential;
  const keys = standings.filter((one) => isEnded(one, issuedAtSeconds, Date.now())).map(({ key }) => key);
  const values = await store.revocations.read(keys);
  return keys.map((key, index) => `${key}: ${entryText(key, values[index] ?? '')}`);
}

function isUnavailable(decision: Decision): boolean {
  return (decision.outcome === 'deny' ? decision : decision.shadowed)?.reason === 'unavailable';
}

function lossOf({ revocationSet }: Inspection): readonly string[] {
  const { lostSinceSeconds } = revocationSet.status;
  if (lostSinceSeconds === undefined) return [];
  return [
    `the revocation set is lost since ${timeOf(lostSinceSeconds * 1000)}: see what it lacks, then run sallyport store accept-loss`,
  ];
}

function conclusionOf(decision: Decision): readonly string[] {
  if (decision.outcome === 'allow') {
    return [decision.shadowed === undefined ? 'allowed' : `allowed by shadow; would be ${decision.shadowed.reason}`];
  }
  return [`denied: ${decision.reason}, ${answerTo(decision).status}`, MEANINGS[decision.reason]];
}
