import * as z from 'zod';
import { readBearerToken } from '../../lib/bearer-token.ts';
import { decodeUtf8, parseJson } from '../../lib/utf8.ts';
import { quote, suggest } from '../../lib/wording.ts';
import type { IssuerConfig } from '../issuer-config.ts';
import type { Draft } from '../reading/draft.ts';
import { isMap } from '../reading/draft.ts';
import type { Path } from '../reading/problems.ts';
import type { SignedToken, TestCredential } from './test-case.ts';
import { basicSchema, fileTokenSchema, signedSchema, TEST_ALGORITHMS } from './tests-schema.ts';

const NONE = { kind: 'none' } as const;

/** Reads a credential by its kind. Adds problems and returns `undefined` if it is wrong. */
export function readCredential(draft: Draft, path: Path, issuers: readonly IssuerConfig[]): TestCredential | undefined {
  const written = draft.valueAt(path);
  if (written === undefined || written === 'none') return NONE;
  if (!isMap(written)) {
    draft.refuse(path, "expected 'none', or a map with one of issuer, token and basic");
    return undefined;
  }
  if (Object.hasOwn(written, 'basic')) return readBasic(draft, path);
  return Object.hasOwn(written, 'token') ? readFileToken(draft, path, issuers) : readSigned(draft, path, issuers);
}

function readBasic(draft: Draft, path: Path): TestCredential | undefined {
  const written = draft.read(path, basicSchema)?.basic;
  if (written === undefined) return undefined;
  const { account = 'test', scopes = [], password = 'right', disabled = false } = written;
  return { kind: 'basic', account, scopes, isRight: password === 'right', disabled };
}

function readSigned(draft: Draft, path: Path, issuers: readonly IssuerConfig[]): TestCredential | undefined {
  const written = draft.read(path, signedSchema);
  if (written === undefined) return undefined;
  const issuer = issuerAt(draft, [...path, 'issuer'], written.issuer, issuers);
  if (issuer === undefined) return undefined;
  if (issuer.kind !== 'signing' && written.use !== undefined) {
    draft.refuse([...path, 'use'], `only tokens of our own issuer have one: set token_use in 'claims'`);
  }
  for (const key of ['algorithm', 'type', 'forged'] as const) {
    if (issuer.kind === 'introspection' && written[key] !== undefined) {
      draft.refuse([...path, key], `the tokens of ${quote(issuer.name)} are opaque: nothing signs them`);
    }
  }
  const { revoked = false, forged = false } = written;
  return { kind: 'signed', ...written, revoked, forged, isWhole: false };
}

function readFileToken(draft: Draft, path: Path, issuers: readonly IssuerConfig[]): TestCredential | undefined {
  const written = draft.read(path, fileTokenSchema);
  if (written === undefined) return undefined;
  const { revoked = false } = written;
  const { file, issuer: name } = written.token;
  const contents = draft.readFile([...path, 'token', 'file'], file);
  const issuer = name === undefined ? undefined : issuerAt(draft, [...path, 'token', 'issuer'], name, issuers);
  if (contents === undefined || (name !== undefined && issuer === undefined)) return undefined;
  const token = readBearerToken(contents);
  const refuse = (why: string): undefined => draft.refuse([...path, 'token', 'file'], why) as undefined;
  if (token === undefined) return refuse('the file does not hold one bearer token and nothing else');
  if (issuer === undefined) return { kind: 'given', token, revoked };
  if (issuer.kind === 'introspection')
    return refuse(`the tokens of ${quote(issuer.name)} are opaque: write its claims`);
  const parts = partsOf(token);
  if (parts === undefined) return refuse('the token is no JWT of an algorithm that a test can sign with');
  return { kind: 'signed', issuer: issuer.name, ...parts, revoked, forged: false, isWhole: true };
}

function issuerAt(draft: Draft, path: Path, name: string, issuers: readonly IssuerConfig[]): IssuerConfig | undefined {
  const issuer = issuers.find((one) => one.name === name);
  if (issuer === undefined) {
    const names = issuers.map((one) => one.name);
    draft.refuse(path, `the configuration has no issuer ${quote(name)}${suggest(name, names)}`);
  }
  return issuer;
}

const headerSchema = z.looseObject({ alg: z.enum(TEST_ALGORITHMS), typ: z.string().optional() });
const claimsSchema = z.record(z.string(), z.json());

/** What the test signs anew; `undefined` if the token is no JWT that it could sign. */
function partsOf(token: string): Pick<SignedToken, 'algorithm' | 'type' | 'claims'> | undefined {
  const [header, payload] = token.split('.').map((part) => parseJson(decodeUtf8(Buffer.from(part, 'base64url')) ?? ''));
  const read = { header: headerSchema.safeParse(header), claims: claimsSchema.safeParse(payload) };
  if (!read.header.success || !read.claims.success) return undefined;
  return { algorithm: read.header.data.alg, type: read.header.data.typ, claims: read.claims.data };
}
