/** So many different lists are shared; an issuer with a list of its own for each token gains nothing. */
const MAX_LISTS = 1_000;
/** A longer list is not shared, in characters. */
const MAX_CHARACTERS = 1_000;

/** The scopes of a credential, in both forms. */
export interface ScopeList {
  readonly scopes: readonly string[];
  readonly granted: ReadonlySet<string>;
}

/** Lets credentials with equal scopes share them: a list and its set take 360 bytes, and most tokens have one of a few. */
export class ScopeLists {
  private readonly lists = new Map<string, ScopeList>();

  share(scopes: readonly string[]): ScopeList {
    const name = JSON.stringify(scopes);
    const known = this.lists.get(name);
    if (known !== undefined) return known;
    const list = { scopes, granted: new Set(scopes) };
    if (name.length > MAX_CHARACTERS) return list;
    if (this.lists.size >= MAX_LISTS) this.lists.clear();
    this.lists.set(name, list);
    return list;
  }
}
