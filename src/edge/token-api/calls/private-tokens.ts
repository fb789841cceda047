import * as z from 'zod';
import type { FieldError } from '../../../core/answer.ts';
import { TOKEN_USES } from '../../../core/credential/verified-credential.ts';
import type { Assignment } from '../../../tokens/idempotency.ts';
import { MAX_OVERLAP_SECONDS, shownOnce } from '../../../tokens/rotation.ts';
import type { TokenForm } from '../../../tokens/token.ts';
import { formOf } from '../../../tokens/token.ts';
import { newTokenId } from '../../../tokens/token-mint.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import { scopes, tokenName } from '../../field-schemas.ts';
import { failed } from '../../http/problems.ts';
import type { Call, CallerRule, CallInput, Outcome } from '../call.ts';
import { actorOf, authorityEnded, authorityOf, callerOf, clockBehind, done } from '../call.ts';
import { tokenBody, utcTime } from '../encode.ts';
import { issuedToken, optionalReason, time, utcDateTime } from './fields.ts';
import { answerPage, next, PAGING } from './paging.ts';

const MANAGES_TOKENS: CallerRule = { scopes: ['tokens:manage'], sufficient: ['login'], basic: false };
/** A private token may also rotate itself. */
const ROTATES: CallerRule = { ...MANAGES_TOKENS, sufficient: ['login', 'private'] };
const UNKNOWN = failed('not_found', 'no such token');
const NO_KEYS: FieldError = {
  field: 'form',
  message: 'must be jwt: the configuration has no API keys; add the section apiKeys with a prefix to it',
};

const createRequest = z.strictObject({
  name: tokenName,
  scopes,
  expires_at: time,
  form: z
    .enum(['jwt', 'key'], "must be 'jwt' or 'key'")
    .nullish()
    .describe('`key` for a short opaque API key, if the configuration has `apiKeys`; by default a JWT'),
});

const form = z.enum(['jwt', 'key']).describe('Whether the token is a JWT or an opaque API key');

const rotateRequest = z.strictObject({
  expires_at: time,
  overlap: z
    .int('must be a whole number of seconds')
    .min(0, 'must be at least 0 seconds')
    .max(MAX_OVERLAP_SECONDS, `must be at most ${MAX_OVERLAP_SECONDS} seconds`)
    .nullable()
    .default(0)
    .transform((seconds) => seconds ?? 0)
    .describe('How many seconds the old token stays valid'),
});

const revokeRequest = z.strictObject({ reason: optionalReason }).optional();

const created = issuedToken.extend({ name: z.string(), form, scopes: z.array(z.string()), created_at: utcDateTime });

const shown = z.strictObject({
  id: z.string(),
  token_use: z.enum(TOKEN_USES),
  name: z.string().nullable(),
  form,
  key_hash: z.string().nullable().describe('For an API key: its SHA-256 in hexadecimal digits'),
  family: z
    .string()
    .nullable()
    .describe('For an access token with a refresh token: the id under which that one is listed'),
  refreshes: z.int().nullable().describe('For a refresh token: how often it was used'),
  scopes: z.array(z.string()),
  created_at: utcDateTime,
  expires_at: utcDateTime,
  last_used_at: utcDateTime.nullable().describe('Up to a minute late'),
  status: z.enum(['active', 'expired', 'revoked']),
  revoked: z
    .strictObject({ at: utcDateTime.nullable(), by: z.string().nullable(), reason: z.string().nullable() })
    .nullable()
    .describe('How it was revoked, or after a rotation with an overlap, how it will be'),
  rotated_to: z.string().nullable(),
});

const page = z.strictObject({ tokens: z.array(shown), next });

export const createPrivateToken: Call<z.output<typeof createRequest>> = {
  method: 'POST',
  url: '/v1/tokens',
  operation: 'createPrivateToken',
  summary: 'Create a private token',
  admission: MANAGES_TOKENS,
  needsAuthority: true,
  body: createRequest,
  newId: newTokenId,
  success: [{ status: 201, description: 'The token, which is not shown again', content: created }],
  problems: ['conflict'],
  handle: create,
};

export const listTokens: Call = {
  method: 'GET',
  url: '/v1/tokens',
  operation: 'listTokens',
  summary: "List the caller's tokens, the newest first",
  admission: MANAGES_TOKENS,
  query: PAGING,
  success: [{ status: 200, description: 'One page of the list', content: page }],
  problems: ['invalid_query'],
  handle: list,
};

export const showToken: Call = {
  method: 'GET',
  url: '/v1/tokens/:id',
  operation: 'showToken',
  summary: "Show a token of the caller's account",
  admission: MANAGES_TOKENS,
  success: [{ status: 200, description: "The token's record, without the token itself", content: shown }],
  problems: ['not_found'],
  handle: show,
};

export const rotateToken: Call<z.output<typeof rotateRequest>> = {
  method: 'POST',
  url: '/v1/tokens/:id/rotate',
  operation: 'rotateToken',
  summary:
    'Rotate a private token: create one with the same name and scopes, and revoke the old one at once or after an overlap',
  admission: ROTATES,
  needsAuthority: true,
  body: rotateRequest,
  newId: newTokenId,
  success: [{ status: 201, description: 'The new token, which is not shown again', content: created }],
  problems: ['not_found', 'conflict'],
  handle: rotate,
};

export const revokeToken: Call<z.output<typeof revokeRequest>> = {
  method: 'DELETE',
  url: '/v1/tokens/:id',
  operation: 'revokeToken',
  summary: "Revoke a token of the caller's account; a token that it was rotated to stays valid",
  admission: MANAGES_TOKENS,
  body: revokeRequest,
  success: [{ status: 204, description: 'The token is revoked' }],
  problems: ['not_found'],
  handle: revoke,
};

async function create(input: CallInput<z.output<typeof createRequest>>): Promise<Outcome> {
  const { name, scopes: names, expires_at: expiresAtSeconds, form: asked } = input.body;
  const request = { name, scopes: names, expiresAtSeconds, form: asked ?? undefined };
  const result = await input.services.privateTokens.create(
    actorOf(input),
    authorityOf(input),
    request,
    assignmentOf(input),
  );
  switch (result.outcome) {
    case 'no_authority':
      return authorityEnded(input);
    case 'clock_behind':
      return clockBehind(result);
    case 'refused':
      return failed('invalid_body', 'the token cannot be created as requested', result.errors);
    case 'no_keys':
      return failed('invalid_body', 'the token cannot be created as requested', [NO_KEYS]);
    case 'shown_once':
      return failed('conflict', shownOnce(result));
    case 'issued':
      return done(201, createdBody(result, name, asked ?? 'jwt'));
  }
}

async function list({ caller, query, services }: CallInput<undefined>): Promise<Outcome> {
  const { accountId } = callerOf({ caller });
  return await answerPage(
    query,
    {
      read: (limit, after) => services.tokenViews.list(accountId, limit, after),
      find: (id) => services.tokenViews.positionOf(accountId, id),
    },
    (found, following) =>
      done(200, { tokens: found.tokens.map(shownBody), next: following } satisfies z.output<typeof page>),
  );
}

async function show({ caller, params, services }: CallInput<undefined>): Promise<Outcome> {
  const token = await services.tokenViews.find(callerOf({ caller }).accountId, params['id'] ?? '');
  return token === undefined ? UNKNOWN : done(200, shownBody(token));
}

async function rotate(input: CallInput<z.output<typeof rotateRequest>>): Promise<Outcome> {
  const { id = '' } = input.params;
  const { expires_at: expiresAtSeconds, overlap: overlapSeconds } = input.body;
  const { granted, ...caller } = callerOf(input);
  const rotator = { ...caller, authority: authorityOf(input), managesTokens: granted.has('tokens:manage') };
  const request = { expiresAtSeconds, overlapSeconds };
  const result = await input.services.rotation.rotate(actorOf(input), id, rotator, request, assignmentOf(input));
  switch (result.outcome) {
    case 'not_found':
    case 'not_allowed':
      return UNKNOWN;
    case 'no_authority':
      return authorityEnded(input);
    case 'clock_behind':
      return clockBehind(result);
    case 'conflict':
      return failed('conflict', result.message);
    case 'refused':
      return failed('invalid_body', 'the token cannot be rotated as requested', result.errors);
    case 'issued':
      return done(201, createdBody(result, result.name ?? '', result.form));
  }
}

async function revoke(input: CallInput<z.output<typeof revokeRequest>>): Promise<Outcome> {
  const { id = '' } = input.params;
  const { outcome } = await input.services.ownTokenRevocation.revoke(id, actorOf(input), input.body?.reason);
  return outcome === 'revoked' ? done(204) : UNKNOWN;
}

function assignmentOf({
  assignedId: id,
  assignedSeed: seed,
}: Pick<CallInput<never>, 'assignedId' | 'assignedSeed'>): Assignment {
  return { id, seed };
}

function createdBody(token: Parameters<typeof tokenBody>[0], name: string, made: TokenForm): z.output<typeof created> {
  return {
    ...tokenBody(token),
    name,
    form: made,
    scopes: [...token.scopes],
    created_at: utcTime(token.createdAtSeconds),
  };
}

function shownBody(token: TokenView): z.output<typeof shown> {
  const { id, use, name, scopes: granted, createdAtSeconds, expiresAtSeconds, lastUsedAtSeconds, ending } = token;
  return {
    id,
    token_use: use,
    name: name ?? null,
    form: formOf(token),
    key_hash: token.keyHash ?? null,
    family: token.family ?? null,
    refreshes: token.refreshes ?? null,
    scopes: [...granted],
    created_at: utcTime(createdAtSeconds),
    expires_at: utcTime(expiresAtSeconds),
    last_used_at: timeOrNull(lastUsedAtSeconds),
    status: token.status,
    revoked: ending === undefined ? null : endingBody(ending),
    rotated_to: token.successor ?? null,
  };
}

function endingBody({ atSeconds, by, reason: why }: NonNullable<TokenView['ending']>) {
  return { at: timeOrNull(atSeconds), by: by ?? null, reason: why ?? null };
}

function timeOrNull(seconds: number | undefined): string | null {
  return seconds === undefined ? null : utcTime(seconds);
}
