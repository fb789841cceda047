import type { Who } from './actor.ts';

/** Writes records, one line each. Ignores the log level, because no record may be omitted. */
export interface AuditOutput {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** Limits records that a client can cause without a credential. */
export interface RecordLimit {
  /**
   * Writes the first record of a kind at once, and combines later ones into one record with their number.
   *
   * @param kind a string that is equal for records of the same kind.
   * @param write receives the number of records that were omitted since the last one, as a fact for the record if there are any.
   */
  tell(kind: string, write: (repeated: { readonly repeated?: number }) => void): void;
}

/** What was revoked, and the names that identify it. */
export type Revoked = { readonly kind: keyof typeof REVOKED } & Readonly<Record<string, unknown>>;

const REVOKED = {
  token: 'token revoked',
  claims: 'token revoked',
  thumbprint: 'token revoked',
  'signing key': 'signing key revoked',
  subject: 'subject revoked',
  account: 'subject revoked',
  issuer: 'issuer revoked',
} as const;

/** A repeated request received the same token again. */
const SHOWN_AGAIN = 'token shown again';

/**
 * Writes audit records, with one method for each act. The use case that performs an act writes its record once the act
 * is done. A record contains ids, names and addresses, but never a token, a password or a secret.
 */
export class AuditLog {
  private readonly output: AuditOutput;
  private readonly limit: RecordLimit;

  constructor(output: AuditOutput, limit: RecordLimit) {
    this.output = output;
    this.limit = limit;
  }

  configurationTakenUp(): void {
    this.output.info({}, 'configuration taken up');
  }

  firstAccountCreated(name: string): void {
    this.output.info({ account: name }, 'first account created from SALLYPORT_ACCOUNT');
  }

  accountAdded(who: Who, { id, scopes }: { readonly id: string; readonly scopes: readonly string[] }): void {
    this.write(who, { subject: id, scopes }, 'account added');
  }

  /** @param changed the names of the fields that were changed. */
  accountChanged(
    who: Who,
    { id, scopes, disabled }: { readonly id: string; readonly scopes?: readonly string[]; readonly disabled?: boolean },
    changed: readonly string[],
  ): void {
    this.write(who, { subject: id, changed, scopes, disabled }, 'account changed');
  }

  accountUnlocked(who: Who, id: string): void {
    this.write(who, { subject: id }, 'account unlocked');
  }

  accountRemoved(who: Who, id: string): void {
    this.write(who, { subject: id }, 'account removed');
  }

  tokenIssued(
    who: Who,
    token: {
      readonly id: string;
      readonly scopes: readonly string[];
      readonly family?: string | undefined;
    } & MaybeRepeated,
  ): void {
    const message = token.isRepeated === true ? SHOWN_AGAIN : 'token issued';
    this.write(who, { tokenId: token.id, scopes: token.scopes, family: token.family }, message);
  }

  tokenRotated(who: Who, id: string, successor: { readonly id: string } & MaybeRepeated): void {
    const message = successor.isRepeated === true ? SHOWN_AGAIN : 'token rotated';
    this.write(who, { tokenId: id, successor: successor.id }, message);
  }

  /** @param token the new access token. */
  tokenRefreshed(who: Who, token: { readonly id: string; readonly family: string } & MaybeRepeated): void {
    const message = token.isRepeated === true ? SHOWN_AGAIN : 'token refreshed';
    this.write(who, { tokenId: token.id, family: token.family }, message);
  }

  /** A refresh token was used twice, so its family was revoked. */
  refreshTokenReused(who: Who, family: string): void {
    this.write(who, { family }, 'refresh token used twice');
  }

  loggedIn(who: Who, tokenId: string): void {
    this.write(who, { tokenId }, 'logged in');
  }

  /** @param reason without a token that someone pasted into it. */
  revoked(who: Who, { kind, ...facts }: Revoked, reason: string | undefined): void {
    this.write(who, { ...facts, reason }, REVOKED[kind]);
  }

  /** @param reason without a token that someone pasted into it. */
  unrevoked(who: Who, { kind, ...facts }: Revoked, reason: string | undefined): void {
    this.write(who, { ...facts, reason }, `${REVOKED[kind]}: taken back`);
  }

  /** An account tried to revoke a token of another account. */
  foreignTokenLeft(who: Who, tokenId: string): void {
    this.write(who, { tokenId }, 'token left alone: it is of another account');
  }

  /** @param key `signsFrom`: the time from which it signs, in UTC. */
  signingKeyMade(who: Who, key: { readonly issuer: string; readonly kid: string; readonly signsFrom: string }): void {
    this.write(who, key, 'signing key made');
  }

  /** @param count how many keys were sealed with another secret. */
  signingKeysResealed(who: Who, keys: { readonly issuer: string; readonly count: number }): void {
    this.write(who, keys, 'signing keys resealed');
  }

  /** An operator declared a lost part of the revocation set complete, so decisions that depend on it resume. */
  lossAccepted(who: Who, { key, epoch, lost, noticedAtSeconds }: LostPart): void {
    const since = noticedAtSeconds === undefined ? undefined : new Date(noticedAtSeconds * 1000).toISOString();
    this.write(who, { key, epoch, lost, since }, 'loss of the revocation set accepted');
  }

  /** @param copy the time of its export, and the number of its records that were written. */
  storeImported(who: Who, { isComplete, ...copy }: ImportedCopy): void {
    this.write(who, copy, isComplete ? 'store imported' : 'store imported in part: the import broke off');
  }

  /**
   * The console refused a form that none of its pages sent.
   *
   * @param form method and path, such as `POST /console/login`.
   */
  foreignFormRefused(client: string, form: string): void {
    this.limit.tell(`foreign form ${form}`, (repeated) => {
      this.output.warn({ client, form, ...repeated }, 'form refused: no page of the console sent it');
    });
  }

  private write(who: Who, facts: object, message: string): void {
    // Field by field, because the object may be a session, which contains more.
    const author = 'account' in who ? { account: who.account } : { by: who.by };
    const client = 'client' in who ? { client: who.client } : {};
    this.output.info({ ...author, ...client, ...facts }, message);
  }
}

interface LostPart {
  readonly key: string;
  /** The new epoch. */
  readonly epoch: string;
  /** The epochs that were lost. */
  readonly lost: readonly string[];
  readonly noticedAtSeconds: number | undefined;
}

interface ImportedCopy {
  readonly exportedAt: string;
  readonly accounts: number;
  readonly signingKeys: number;
  readonly tokens: number;
  readonly revocations: number;
  /** Records that were not written, because the store contains different ones. */
  readonly conflicts: number;
  readonly isComplete: boolean;
}

/** `isRepeated` is set if a repeated request gets the same response again. */
interface MaybeRepeated {
  readonly isRepeated?: boolean;
}
