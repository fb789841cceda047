import type { DatabaseSync } from 'node:sqlite';
import { addAccount, removeAccount, updateAccount } from './account-writes.ts';
import { addBasicUses } from './basic-use-writes.ts';
import { swapEpoch } from './epoch-writes.ts';
import { claimRequest, settleRequest } from './idempotency-writes.ts';
import { countGuess, forgiveGuesses, rememberPlace, takeGuessBack } from './log-in-history-writes.ts';
import { purge } from './purge-write.ts';
import { restoreRevocation, undoRevocation, writeRevocation } from './revocation-writes.ts';
import { replaceSigningKeys } from './signing-key-writes.ts';
import {
  addToken,
  advanceToken,
  endToken,
  forgetTokenEnd,
  markTokensUsed,
  restoreToken,
  rotateToken,
} from './token-writes.ts';
import { useProof } from './used-proof-writes.ts';

/**
 * All operations of the writer thread. A new write needs one function and one line here. Its arguments and result pass
 * between the threads by the structured clone algorithm; `Writer.ask` infers their types from the function. Each
 * operation runs inside an open transaction and is committed as a whole or not at all.
 */
const OPERATIONS = {
  addAccount,
  updateAccount,
  removeAccount,
  addToken,
  rotateToken,
  advanceToken,
  endToken,
  forgetTokenEnd,
  markTokensUsed,
  restoreToken,
  claimRequest,
  settleRequest,
  writeRevocation,
  restoreRevocation,
  undoRevocation,
  swapEpoch,
  addBasicUses,
  countGuess,
  takeGuessBack,
  rememberPlace,
  forgiveGuesses,
  replaceSigningKeys,
  useProof,
  purge,
};

type Operations = typeof OPERATIONS;

export type OperationName = keyof Operations;

/** The arguments of an operation, without the database. */
export type Arguments<Name extends OperationName> =
  Parameters<Operations[Name]> extends [DatabaseSync, ...infer Rest] ? Rest : never;

export type Outcome<Name extends OperationName> = ReturnType<Operations[Name]>;

/** One operation, with its arguments. */
export type Operation<Name extends OperationName = OperationName> = {
  [Each in Name]: readonly [Each, ...Arguments<Each>];
}[Name];

/** Performs one operation in the open transaction. */
export function perform<Name extends OperationName>(
  database: DatabaseSync,
  [name, ...args]: Operation<Name>,
): Outcome<Name> {
  const operations: { [Each in OperationName]: (database: DatabaseSync, ...args: Arguments<Each>) => Outcome<Each> } =
    OPERATIONS;
  return operations[name](database, ...args);
}
