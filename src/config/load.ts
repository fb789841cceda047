import { resolve } from 'node:path';
import * as z from 'zod';
import type { Config, LogConfig } from './config.ts';
import { Draft, isMap } from './reading/draft.ts';
import { deepFreeze } from './reading/freeze.ts';
import type { Problem } from './reading/problems.ts';
import { readSource } from './reading/read-source.ts';
import { readApiKeys, refuseKeysWithoutIssuer } from './sections/api-keys/api-keys.ts';
import { readCors, warnOfUnservedCors } from './sections/cors/cors.ts';
import { readDecisionPoints } from './sections/decision-points/decision-points.ts';
import { warnOfDoubts } from './sections/doubts/doubts.ts';
import { readDpop, refuseDpopWhereOff } from './sections/dpop/dpop.ts';
import { fileSchema } from './sections/file-schema.ts';
import { identityHeaders, readIdentity } from './sections/identity/identity.ts';
import type { Included } from './sections/include/included-files.ts';
import { readIncludedFiles } from './sections/include/included-files.ts';
import { refuseScopesBeyondLimits } from './sections/include/limits.ts';
import { issuerNames, readIssuers, refuseShortPublishAhead } from './sections/issuers/issuers.ts';
import { readListen, refuseUnusableAccess, warnOfUntrustedGateways } from './sections/listeners/listeners.ts';
import { withRefreshTokens } from './sections/refresh-tokens/refresh-tokens.ts';
import { judgeAudiences } from './sections/resources/audiences.ts';
import { warnOfHiddenMetadata } from './sections/resources/metadata-routes.ts';
import { readResources, resourceNames } from './sections/resources/resources.ts';
import { readRevocation, refuseKeepWithoutListener } from './sections/revocation/revocation.ts';
import { readRoutes } from './sections/routes/routes.ts';
import type { Catalogue } from './sections/scopes.ts';
import { readCatalogue } from './sections/scopes.ts';
import { readStore } from './sections/store.ts';
import { readTelemetry } from './sections/telemetry/telemetry.ts';
import { readWorkers } from './sections/workers/workers.ts';

/** A valid configuration with its warnings, or every problem; both sorted by file and line. */
export type Loaded = (
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly Problem[];
      /** Paths of the secrets that were absent, and therefore not checked; see {@link LoadOptions}. */
      readonly unchecked: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }
) & {
  /** Absolute paths of all files that the configuration depends on. */
  readonly files: readonly string[];
  /** Absolute globs of files that it includes. */
  readonly globs: readonly string[];
};

export interface LoadOptions {
  /** Whether secrets and certificates may be absent, as where only the file itself is checked. No such configuration can run. */
  readonly withoutSecrets?: boolean;
}

/**
 * Reads a configuration file and the secrets and certificates that it names. Paths in it are relative to its directory.
 * Never throws.
 *
 * @param file path of the file; problems quote it.
 * @param env the variables that secrets refer to.
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv, { withoutSecrets = false }: LoadOptions = {}): Loaded {
  const read = readSource(file);
  if (read.outcome === 'unreadable') {
    const problem = { file, line: 1, column: 1, path: '', message: read.why };
    return { ok: false, problems: [problem], files: [resolve(file)], globs: [] };
  }
  const { source } = read;
  const draft = new Draft(file, source, env, withoutSecrets);
  const isWhole = source.value !== undefined;
  const included = isWhole && isMap(source.value) ? readIncludedFiles(draft) : NOTHING_INCLUDED;
  const config = isWhole ? readConfig(draft, included) : undefined;
  const drafts = [draft, ...included.drafts];
  const files = [...new Set(drafts.flatMap((one) => one.files))];
  const problems = drafts.flatMap((one) => one.problems);
  const { globs } = included;
  if (config === undefined || problems.length > 0) return { ok: false, problems, files, globs };
  const warnings = drafts.flatMap((one) => one.warnings);
  return { ok: true, config: deepFreeze(config), warnings, unchecked: draft.unchecked, files, globs };
}

const NOTHING_INCLUDED: Included = { files: [], drafts: [], globs: [], isComplete: true };

const topLevel = z.strictObject(
  Object.fromEntries(Object.keys(fileSchema.shape).map((key) => [key, z.unknown().optional()])),
);

/** Reads each section by itself, so that a fault in one hides none in the others; `undefined` if one is invalid. */
function readConfig(draft: Draft, included: Included): Config | undefined {
  if (draft.valueAt([]) === null) {
    draft.refuse([], "the file is empty: begin with 'version: 1'");
    return undefined;
  }
  draft.read([], topLevel);
  if (!isMap(draft.valueAt([]))) return undefined;
  draft.read(['version'], fileSchema.shape.version);
  const catalogue = readWholeCatalogue(draft, included);
  const basic = readBasic(draft);
  const issuers = withRefreshTokens(draft, readIssuers(draft, catalogue));
  const own = issuers?.find(({ kind }) => kind === 'signing')?.name;
  const settings = readSettings(draft);
  refuseShortPublishAhead(draft, issuers, settings.clockSkewMs);
  const resources = readResources(draft, catalogue);
  const cors = readCors(draft);
  const identity = readIdentity(draft, issuers);
  const decisionPoints = readDecisionPoints(draft, settings);
  const context = {
    cors,
    catalogue,
    issuers: issuerNames(draft),
    own,
    clockSkewMs: settings.clockSkewMs,
    decisionPoints,
    basic: basic?.routes,
    resources,
    resourceNames: resourceNames(draft),
    identityHeaders: identity === undefined ? [] : identityHeaders(identity),
  };
  const listen = readListen(draft);
  if (issuers !== undefined) refuseUnusableAccess(draft, listen?.access, issuers);
  const placed = readRoutes(draft, included.files, context);
  refuseDpopWhereOff(draft, settings.dpop, issuers ?? [], placed);
  const parts = {
    ...settings,
    file: draft.file,
    listen,
    workers: readWorkers(draft, { listen, ...settings }),
    scopes: catalogue,
    issuers,
    basic,
    resources,
    decisionPoints,
    routes: placed?.routes,
    routePlaces: placed?.places,
    cors: cors && { rule: cors.rule },
    identity,
  };
  refuseKeepWithoutListener(draft, settings.revocation, listen);
  refuseAccountsWithoutIssuer(draft, issuers, settings.authzen);
  refuseKeysWithoutIssuer(draft, issuers, settings.apiKeys);
  if (settings.authzen !== undefined && listen !== undefined) warnOfUnservedAuthzen(draft, settings.authzen, listen);
  warnOfUntrustedGateways(draft, listen?.verify, settings.trustedProxies ?? []);
  if (cors !== undefined && listen !== undefined) warnOfUnservedCors(draft, cors, listen);
  judgeAudiences(draft, parts);
  warnOfHiddenMetadata(draft, parts);
  warnOfDoubts([draft, ...included.drafts], { ...parts, placed });
  return isComplete<Config>(parts) ? parts : undefined;
}

/** The scopes of all files; `undefined` if one of them is unknown, so that none can be called unknown. */
function readWholeCatalogue(draft: Draft, { files, isComplete }: Included): Catalogue | undefined {
  for (const file of files) refuseScopesBeyondLimits(file);
  const catalogue = readCatalogue([draft, ...files.map((file) => file.draft)]);
  return isComplete ? catalogue : undefined;
}

/** Accounts belong to our own issuer. */
function refuseAccountsWithoutIssuer(
  draft: Draft,
  issuers: Config['issuers'] | undefined,
  authzen: Config['authzen'] | undefined,
): void {
  if (issuers === undefined || authzen === undefined || authzen.accountTypes.size === 0) return;
  if (issuers.some(({ kind }) => kind === 'signing')) return;
  draft.refuse(['authzen', 'accountTypes'], 'needs an issuer with signing: accounts belong to it');
}

/** Warns of settings of AuthZEN without the listener that serves it. */
function warnOfUnservedAuthzen(
  draft: Draft,
  { url, accountTypes, requireToken }: Config['authzen'],
  { verify }: Config['listen'],
): void {
  const isWritten = url !== undefined || accountTypes.size > 0 || !requireToken;
  if (isWritten && verify === undefined) draft.warn(['authzen'], 'no listener serves it: add listen.verify');
}

function isComplete<T>(parts: { readonly [K in keyof T]: T[K] | undefined }): parts is T & typeof parts {
  return Object.values(parts).every((part) => part !== undefined);
}

/** Reads the sections that refer to no other section. */
function readSettings(draft: Draft) {
  const { shape } = fileSchema;
  const timeouts = draft.read(['timeouts'], shape.timeouts);
  const shutdown = draft.read(['shutdown'], shape.shutdown);
  return {
    store: readStore(draft),
    clockSkewMs: draft.read(['clockSkew'], shape.clockSkew),
    timeouts: timeouts && { decisionMs: timeouts.decision, storeMs: timeouts.store },
    trustedProxies: draft.read(['trustedProxies'], shape.trustedProxies),
    shadow: draft.read(['shadow'], shape.shadow),
    revocation: readRevocation(draft),
    limits: draft.read(['limits'], shape.limits),
    shutdown: shutdown && { delayMs: shutdown.delay, drainMs: shutdown.drain },
    log: readLog(draft),
    authzen: readAuthzen(draft),
    apiKeys: readApiKeys(draft),
    telemetry: readTelemetry(draft),
    dpop: readDpop(draft),
  };
}

function readLog(draft: Draft): LogConfig | undefined {
  const written = draft.read(['log'], fileSchema.shape.log);
  return written && { ...written, audit: written.audit === undefined ? undefined : draft.absolute(written.audit) };
}

function readAuthzen(draft: Draft): Config['authzen'] | undefined {
  const written = draft.read(['authzen'], fileSchema.shape.authzen);
  return written && { ...written, url: written.url, accountTypes: new Set(written.accountTypes) };
}

function readBasic(draft: Draft): Config['basic'] | undefined {
  const written = draft.read(['basic'], fileSchema.shape.basic);
  return written && { routes: written.routes, sunsetMs: written.sunset ?? Infinity };
}
