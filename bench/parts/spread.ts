/** A sample of figures and its quantiles. */
export class Spread {
  private readonly figures: number[] = [];

  add(figure: number): void {
    this.figures.push(figure);
  }

  get count(): number {
    return this.figures.length;
  }

  /** Returns a quantile: 0.5 is the median, 1 the maximum. */
  at(share: number): number {
    const sorted = this.figures.toSorted((left, right) => left - right);
    return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN;
  }
}
