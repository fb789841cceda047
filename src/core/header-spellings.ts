/** Most hyphens that a name may have whose spellings are written out: with five there are 243. */
export const MAX_HYPHENS = 5;

const SEPARATORS = ['-', '_', '.'] as const;

/**
 * Every other spelling of a header's name that upstreams may read as this one: each hyphen as `-`, `_` or `.`, in all
 * combinations. CGI and its kin (WSGI, PHP, Rack) read `-` and `_` alike, PHP `.` too.
 *
 * @param name lower-case; hyphens beyond {@link MAX_HYPHENS} stay.
 */
export function otherSpellings(name: string): readonly string[] {
  const [first = '', ...rest] = name.split('-');
  const spellings = rest.reduce<readonly string[]>(
    (so, part, index) => {
      const separators = index < MAX_HYPHENS ? SEPARATORS : SEPARATORS.slice(0, 1);
      return so.flatMap((start) => separators.map((separator) => `${start}${separator}${part}`));
    },
    [first],
  );
  return spellings.filter((spelling) => spelling !== name);
}
