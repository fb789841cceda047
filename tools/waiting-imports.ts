/** Imports against the rules that wait for a cut of the house; whoever makes the cut deletes the line. */
export const WAITING: readonly string[] = [];
