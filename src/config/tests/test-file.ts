import * as z from 'zod';
import { list, quote, suggest } from '../../lib/wording.ts';
import type { Config } from '../config.ts';
import { Draft, isMap } from '../reading/draft.ts';
import type { Path, Problem } from '../reading/problems.ts';
import { readSource } from '../reading/read-source.ts';
import { EMPTY, expected } from '../reading/shape.ts';
import type { Expectation, TestCase } from './test-case.ts';
import { readCredential } from './test-credential.ts';
import { caseSchema, testsSchema } from './tests-schema.ts';

/** The cases of a file, or everything that is wrong with it. */
export type ReadTests =
  | { readonly outcome: 'read'; readonly cases: readonly TestCase[] }
  | { readonly outcome: 'unreadable'; readonly problems: readonly Problem[] };

/** What a test file refers to. */
export type Tested = Pick<Config, 'issuers' | 'identity' | 'decisionPoints'>;

const topLevel = z.strictObject({
  version: z.unknown().optional(),
  now: z.unknown().optional(),
  cases: z.unknown().optional(),
});
/** Each case is read by itself, so that a fault in one hides none in the others. */
const casesSchema = z.array(z.unknown(), { error: expected('a list of cases') }).min(1, { error: EMPTY });

/** A case whose credential is read by its kind, so that a fault in it is one of that kind. */
const shellSchema = caseSchema.extend({ credential: z.unknown().optional() });

type WrittenCase = z.output<typeof shellSchema>;

/** Header fields that have a key of their own. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['authorization', 'credential'],
  ['host', 'host'],
]);
/** A field name (RFC 9110, section 5.1). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

/** Reads a file with test cases and the tokens that it names. Never throws. */
export function readTestFile(file: string, tested: Tested): ReadTests {
  const read = readSource(file);
  if (read.outcome === 'unreadable') {
    return { outcome: 'unreadable', problems: [{ file, line: 1, column: 1, path: '', message: read.why }] };
  }
  const draft = new Draft(file, read.source, {});
  const cases = read.source.value === undefined ? [] : readCases(draft, tested);
  return draft.problems.length > 0 ? { outcome: 'unreadable', problems: draft.problems } : { outcome: 'read', cases };
}

function readCases(draft: Draft, tested: Tested): readonly TestCase[] {
  if (draft.valueAt([]) === null) {
    draft.refuse([], "the file is empty: begin with 'version: 1'");
    return [];
  }
  draft.read([], topLevel);
  if (!isMap(draft.valueAt([]))) return [];
  const { version, now } = testsSchema.shape;
  draft.read(['version'], version);
  const nowMs = draft.read(['now'], now);
  const written = draft.read(['cases'], casesSchema);
  return (written ?? []).flatMap((_, index) => readCase(draft, ['cases', index], tested, nowMs) ?? []);
}

function readCase(draft: Draft, path: Path, tested: Tested, nowMs: number | undefined): TestCase | undefined {
  const written = draft.read(path, shellSchema);
  if (written === undefined) return undefined;
  const credential = readCredential(draft, [...path, 'credential'], tested.issuers);
  const expect = readExpectation(draft, [...path, 'expect'], written.expect, tested);
  const headers = readHeaders(draft, [...path, 'headers'], written.headers ?? {});
  refuseUnknownPoints(draft, [...path, 'decisionPoints'], written.decisionPoints ?? {}, tested);
  if (credential === undefined || expect === undefined) return undefined;
  const { method, host = '', path: target, name = `${method} ${host}${target}` } = written;
  const line = draft.lineOf([...path, written.name === undefined ? 'method' : 'name']);
  const request = { method, host, path: target, headers, nowMs: written.now ?? nowMs };
  const rulings = new Map(Object.entries(written.decisionPoints ?? {}));
  return { file: draft.name, line, name, ...request, credential, rulings, expect };
}

function refuseUnknownPoints(draft: Draft, path: Path, written: object, { decisionPoints }: Tested): void {
  for (const name of Object.keys(written)) {
    if (decisionPoints.has(name)) continue;
    draft.refuseKey([...path, name], `unknown decision point ${quote(name)}${suggest(name, decisionPoints.keys())}`);
  }
}

function readHeaders(draft: Draft, path: Path, written: NonNullable<WrittenCase['headers']>): TestCase['headers'] {
  const names = new Map<string, string>();
  for (const name of Object.keys(written)) {
    const lower = name.toLowerCase();
    const key = ELSEWHERE.get(lower);
    const former = names.get(lower);
    if (key !== undefined) draft.refuseKey([...path, name], `write this field as ${quote(key)} of the case`);
    else if (!FIELD_NAME.test(name))
      draft.refuseKey([...path, name], `${quote(name)} is not the name of a header field`);
    else if (former !== undefined) draft.refuseKey([...path, name], `${quote(former)} is the same field: use a list`);
    names.set(lower, name);
  }
  return Object.entries(written).flatMap(([name, values]) =>
    [values].flat().map((value) => [name.toLowerCase(), value] as const),
  );
}

function readExpectation(
  draft: Draft,
  path: Path,
  written: WrittenCase['expect'],
  { identity: { headers, claims, token } }: Tested,
): Expectation | undefined {
  const { outcome, reason, status, scope, check, identity, ...rest } = written;
  if (Object.keys(written).length === 0) draft.refuse(path, 'expects nothing: write `outcome: allow`, or a reason');
  const isDenied = [reason, status, scope, check].some((member) => member !== undefined);
  const concluded = outcome ?? (isDenied && rest.shadow !== true ? 'deny' : 'allow');
  if (concluded === 'allow' && status !== undefined) {
    draft.refuse(
      [...path, 'status'],
      'Sallyport sets the status of denials only: the upstream answers what is allowed',
    );
  }
  if (concluded === 'allow' && rest.shadow !== true && (reason ?? scope ?? check) !== undefined) {
    draft.refuse([...path, 'outcome'], 'a request that is allowed has no reason: add `shadow: true`, or expect deny');
  }
  if (concluded === 'deny' && (identity !== undefined || rest.shadow === true)) {
    const key = identity === undefined ? 'shadow' : 'identity';
    draft.refuse([...path, key], 'nothing reaches the upstream if the request is denied');
  }
  const { subject, scopes, tokenId, issuer, scheme } = headers;
  const ours = [subject, scopes, tokenId, issuer, scheme, ...claims.map((claim) => claim.name)];
  for (const name of Object.keys(identity ?? {})) {
    if (ours.includes(name.toLowerCase())) continue;
    const why =
      name.toLowerCase() === token?.header
        ? 'is signed anew each time, so that no test can expect its value'
        : `is not set by Sallyport: expected ${list(ours)}${suggest(name, ours)}`;
    draft.refuseKey([...path, 'identity', name], `${quote(name)} ${why}`);
  }
  return {
    ...rest,
    outcome: concluded,
    reason,
    status,
    check,
    scope: scope === undefined ? undefined : [scope].flat(),
    identity: new Map(Object.entries(identity ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  };
}
