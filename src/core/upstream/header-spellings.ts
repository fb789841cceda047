/** The most hyphens of a name that are varied: five give 243 spellings. */
export const MAX_HYPHENS = 5;

const SEPARATORS = ['-', '_', '.'] as const;

/**
 * Every other spelling of a header name that upstreams may take for this one: each hyphen as `-`, `_` or `.`, in all
 * combinations. CGI and its descendants (WSGI, PHP, Rack) treat `-` and `_` alike; PHP also `.`.
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
