/** The greatest age, in milliseconds, of a caller's authorization when the call begins: a body may arrive slowly. */
const ADMITTED_MS = 250;

interface Admission<Who> {
  readonly who: Who;
  readonly atMs: number;
}

/**
 * Authorizes the caller of each request: before its body is read, so that an unknown caller cannot make us parse, and
 * again if that took long, so that a caller who was revoked meanwhile is stopped.
 */
export class FreshAdmission<Request extends object, Who> {
  private readonly known = new WeakMap<Request, Admission<Who>>();
  private readonly ask: (request: Request) => Promise<Who>;

  constructor(ask: (request: Request) => Promise<Who>) {
    this.ask = ask;
  }

  /** By the monotonic clock. */
  async of(request: Request): Promise<Who> {
    const found = this.known.get(request);
    if (found !== undefined && performance.now() - found.atMs <= ADMITTED_MS) return found.who;
    const who = await this.ask(request);
    this.known.set(request, { who, atMs: performance.now() });
    return who;
  }
}
