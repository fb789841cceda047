/** One measured value of a metric, with what tells it apart from the metric's others. */
export interface Sample {
  /** Values may hold anything: they are escaped where they are written. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** What a histogram's parts are told apart by. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}
