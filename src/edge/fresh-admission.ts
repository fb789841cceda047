/** How old the decision who calls may be when the call begins, in milliseconds: a body may take its time to arrive. */
const ADMITTED_MS = 250;

interface Admission<Who> {
  readonly who: Who;
  readonly atMs: number;
}

/**
 * Who was admitted with which request: asked before its body is read, so that nobody unknown makes us parse, and again
 * where that took long, so that who was revoked meanwhile does not go on.
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
