import * as z from 'zod';
import type { Account } from '../../accounts/account.ts';
import { TOKEN_USES } from '../../core/credential/verified-credential.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { EPOCH_PREFIX } from '../../revocation-set/revocation-store.ts';
import type { SealedSigningKey } from '../../signing/signing-key-store.ts';
import type { TokenEnd, TrackedToken } from '../../tokens/token.ts';
import type { StoredRecord } from '../store.ts';

/**
 * A copy of a store is JSON Lines in UTF-8: a header, one record per line and a trailer. A new member needs a higher
 * version, because a reader refuses members that it does not know.
 */
export const FORMAT = 'sallyport-store';
export const VERSION = 4;

export type RecordKind = StoredRecord['kind'];
export const KINDS = ['account', 'signing-key', 'token', 'revocation'] as const satisfies readonly RecordKind[];

/** The number of records of each kind. */
export type Counts = Readonly<Record<RecordKind, number>>;

/** The members of the header that every version has. */
export const anyHeaderSchema = z.object({ format: z.literal(FORMAT), version: z.int(), sallyport: z.string() });

export const headerSchema = z.strictObject({
  ...anyHeaderSchema.shape,
  exportedAt: z.iso.datetime(),
  /** The issuers that signed with the keys in the store. Tokens stay valid only under the same name and issuer. */
  issuers: z.array(z.strictObject({ name: z.string(), issuer: z.string() })),
});

export type Header = z.output<typeof headerSchema>;

/** Requires a schema for every member, optional ones too, so that no new member is forgotten here. */
type Members<Kept> = Readonly<Record<keyof Kept, z.ZodType>>;

const seconds = z.number().nonnegative();
const count = z.int().nonnegative();
const text = z.string().min(1);

const accountSchema = z.strictObject({
  id: text,
  name: text,
  email: text.optional(),
  passwordHash: z.string(),
  scopes: z.array(z.string()),
  disabled: z.boolean(),
  createdAtSeconds: seconds,
  /** Copies of version 1 have no account versions. */
  version: count.default(0),
} satisfies Members<Account>) satisfies z.ZodType<Account>;

const signingKeySchema = z.strictObject({
  kid: text,
  issuer: text,
  algorithm: text,
  sealed: text,
  createdAtSeconds: seconds,
  signsFromSeconds: seconds,
  longestTokenSeconds: seconds,
} satisfies Members<SealedSigningKey>) satisfies z.ZodType<SealedSigningKey>;

const endSchema = z.strictObject({
  atSeconds: seconds,
  by: z.string(),
  reason: z.string().optional(),
} satisfies Members<TokenEnd>);

const tokenSchema = z
  .strictObject({
    id: text,
    accountId: text,
    use: z.enum(TOKEN_USES),
    name: z.string().optional(),
    scopes: z.array(z.string()),
    createdAtSeconds: seconds,
    expiresAtSeconds: seconds,
    keyHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    family: text.optional(),
    accessTtlSeconds: seconds.optional(),
    refreshes: count.optional(),
    lastUsedAtSeconds: seconds.optional(),
    end: endSchema.optional(),
    successor: text.optional(),
  } satisfies Members<TrackedToken>)
  .transform(({ lastUsedAtSeconds, end, successor, ...record }) => {
    return { ...record, lastUsedAtSeconds, end, successor };
  }) satisfies z.ZodType<TrackedToken>;

const revocationSchema = z
  .strictObject({
    key: z
      .string()
      .regex(/^sallyport:(revoked|notbefore)/, { error: 'expected a key of the revocation set' })
      .refine((key) => !key.startsWith(EPOCH_PREFIX), { error: 'an epoch record cannot be imported' }),
    value: z.string(),
    expiresAtSeconds: seconds.optional(),
  } satisfies Members<RevocationEntry>)
  .transform(({ key, value, expiresAtSeconds }) => ({
    key,
    value,
    expiresAtSeconds,
  })) satisfies z.ZodType<RevocationEntry>;

/** Any line except the header. */
export const lineSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account'), record: accountSchema }),
  z.strictObject({ kind: z.literal('signing-key'), record: signingKeySchema }),
  z.strictObject({ kind: z.literal('token'), record: tokenSchema }),
  z.strictObject({ kind: z.literal('revocation'), record: revocationSchema }),
  z.strictObject({
    kind: z.literal('end'),
    counts: z.strictObject({ account: count, 'signing-key': count, token: count, revocation: count }),
    /** The hash of every byte before this line, in hexadecimal digits. */
    sha256: z.string(),
  }),
]);

export function noCounts(): Record<RecordKind, number> {
  return { account: 0, 'signing-key': 0, token: 0, revocation: 0 };
}
