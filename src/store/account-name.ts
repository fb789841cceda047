/** What two spellings of one account's name have in common: names are unique without regard to case. */
export function accountNameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
