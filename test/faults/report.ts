import type { Trial } from './trial.ts';

const COLUMNS: Readonly<Record<string, (trial: Trial) => string>> = {
  fault: ({ fault }) => fault,
  acknowledged: ({ acknowledged: { api, hand } }) => `${api} + ${hand}`,
  lost: ({ lost }) => `${lost.length}`,
  tried: ({ tried }) => `${tried}`,
  'passed late': ({ passedLate }) => `${passedLate.length}`,
  'last pass': ({ lastPassMs }) => milliseconds(lastPassMs),
  'wrongly denied': ({ wronglyDenied }) => `${wronglyDenied.length}`,
  unclear: ({ unclear }) => `${unclear}`,
  unavailable: ({ unavailable }) => `${unavailable}`,
  noticed: ({ noticeMs }) => milliseconds(noticeMs),
  recovered: ({ recoverMs }) => milliseconds(recoverMs),
};

/** Formats the trials as a Markdown table. */
export function tableOf(trials: readonly Trial[]): string {
  const names = Object.keys(COLUMNS);
  const rows = [
    names,
    names.map(() => '---'),
    ...trials.map((trial) => names.map((name) => COLUMNS[name]?.(trial) ?? '')),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function milliseconds(ms: number): string {
  return Number.isFinite(ms) ? `${ms.toFixed(0)} ms` : '–';
}
