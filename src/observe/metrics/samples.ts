/** One value of a metric. Labels and suffix distinguish it from the metric's other values. */
export interface Sample {
  /** Label values may be any strings; they are escaped when written. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Distinguishes the parts of a histogram. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}
