import type * as z from 'zod';
import type { expectSchema, signedSchema, TEST_RULINGS } from './tests-schema.ts';

/** One request, and what Sallyport must decide about it. */
export interface TestCase {
  /** As the caller named it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly name: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Names in lower case. A field that is sent several times occurs several times. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Unix milliseconds; `undefined` for the present time. */
  readonly nowMs: number | undefined;
  readonly credential: TestCredential;
  /** What each policy decision point answers; one that is left out does not answer. */
  readonly rulings: ReadonlyMap<string, TestRuling>;
  readonly expect: Expectation;
}

/** What a policy decision point answers in a test. */
export type TestRuling = (typeof TEST_RULINGS)[number];

/** What a request presents. */
export type TestCredential =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'signed' } & SignedToken)
  /** A token as it was in a file. */
  | { readonly kind: 'given'; readonly token: string; readonly revoked: boolean }
  | {
      readonly kind: 'basic';
      readonly account: string;
      readonly scopes: readonly string[];
      readonly isRight: boolean;
      readonly disabled: boolean;
    };

/** A token that the test signs. Spans are in seconds. */
export type SignedToken = Omit<z.output<typeof signedSchema>, 'issuer' | 'revoked' | 'forged'> & {
  /** The name of an issuer of the configuration. */
  readonly issuer: string;
  readonly revoked: boolean;
  readonly forged: boolean;
  /** Whether the claims are all that the token has, as those of a token in a file are. */
  readonly isWhole: boolean;
};

/** What must be found; `undefined` for what is not compared. */
export interface Expectation extends Omit<z.output<typeof expectSchema>, 'outcome' | 'scope' | 'identity'> {
  readonly outcome: 'allow' | 'deny';
  readonly scope: readonly string[] | undefined;
  /** By name in lower case; `null`: absent. */
  readonly identity: ReadonlyMap<string, string | null>;
}
