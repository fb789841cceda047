/** Imports against the rules that wait for a cut of the house; whoever makes the cut deletes the line. */
export const WAITING: readonly string[] = [
  'src/cli/operator.ts → src/store/store.ts',
  'src/cli/terminal/revocation-text.ts → src/cli/token-revoke.ts',
  'src/cli/token.ts → src/store/store.ts',
  'src/revocation/revocation-resolver.ts → src/app/inspection.ts',
  'src/revocation/revocation-resolver.ts → src/cli/command.ts',
  'src/revocation/revocation-resolver.ts → src/cli/terminal/credential-file.ts',
  'src/revocation/revocation-resolver.ts → src/cli/token-revoke.ts',
  'src/revocation/revocation-resolver.ts → src/signing/key-life.ts',
  'src/revocation/revocation-resolver.ts → src/store/store.ts',
];
