const NAMES = /\b(?:sallyport|process|nodejs)_\w+/g;

/** The metrics of ours that a query reads. A part of a histogram counts as the histogram. */
export function metricsIn(query: string): readonly string[] {
  return [...new Set(Array.from(query.matchAll(NAMES), ([name]) => name.replace(/_(?:bucket|sum|count)$/, '')))];
}

/** The selectors of ours that a query reads, such as `sallyport_ready{job="x"}`. */
export function selectorsIn(query: string): readonly string[] {
  return [
    ...new Set(Array.from(query.matchAll(/\b(?:sallyport|process|nodejs)_\w+(?:\{[^}]*\})?/g), ([text]) => text)),
  ];
}
