/** What a step found: its figure, as text for people. */
export type Figure = string;

/** The steps of a run, printed as they end: one line each, with the time that it took and its figure. */
export class Steps {
  private passed = 0;
  private failed = 0;
  private readonly skipped: string[] = [];

  /** Runs one step. Prints and counts a failure, and rejects with it, because later steps rest on earlier ones. */
  async run(name: string, step: () => Promise<Figure>): Promise<void> {
    const began = performance.now();
    try {
      const figure = await step();
      this.passed += 1;
      print('ok', name, began, figure);
    } catch (error) {
      this.failed += 1;
      print('FAIL', name, began, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  get hasFailed(): boolean {
    return this.failed > 0;
  }

  /** Names what this cluster cannot show. */
  skip(name: string, reason: string): void {
    this.skipped.push(name);
    process.stdout.write(`skip  ${name}: ${reason}\n`);
  }

  /** Prints the totals; returns whether no step failed. */
  end(): boolean {
    const skipped = this.skipped.length === 0 ? '' : `, ${this.skipped.length} skipped`;
    process.stdout.write(`${this.passed} passed, ${this.failed} failed${skipped}\n`);
    return this.failed === 0;
  }
}

function print(verdict: 'ok' | 'FAIL', name: string, began: number, text: string): void {
  const seconds = ((performance.now() - began) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${verdict.padEnd(4)}  ${name.padEnd(46)} ${seconds} s  ${text}\n`);
}
