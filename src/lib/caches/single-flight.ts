/**
 * Runs work once at a time, however often it is asked for: calls that arrive while it runs share that run. The next
 * call after its end runs it again.
 */
export class SingleFlight<Value> {
  private readonly work: () => Promise<Value>;
  private flight: Promise<Value> | undefined;

  constructor(work: () => Promise<Value>) {
    this.work = work;
  }

  /** The run that is under way, if any. */
  get running(): Promise<Value> | undefined {
    return this.flight;
  }

  run(): Promise<Value> {
    this.flight ??= this.work().finally(() => (this.flight = undefined));
    return this.flight;
  }
}
