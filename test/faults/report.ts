import type { Trial } from './trial.ts';

const COLUMNS: Readonly<Record<string, (trial: Trial) => string>> = {
  fault: ({ fault }) => fault,
  acknowledged: ({ acknowledged: { api, hand } }) => `${api} + ${hand}`,
  lost: ({ lost }) => `${lost.length}`,
  tried: ({ tried }) => `${tried}`,
  'passed late': ({ passedLate }) => `${passedLate.length}`,
  'by kept answers': ({ keptPasses, passes }) => `${Math.round((100 * keptPasses) / Math.max(passes, 1))} %`,
  'last pass': ({ lastPassMs }) => milliseconds(lastPassMs),
  'wrongly denied': ({ wronglyDenied }) => `${wronglyDenied.length}`,
  unclear: ({ unclear }) => `${unclear}`,
  unavailable: ({ unavailable }) => `${unavailable}`,
  noticed: ({ noticeMs }) => milliseconds(noticeMs),
  recovered: ({ recoverMs }) => milliseconds(recoverMs),
};

/** Only where answers were kept. */
const KEPT_COLUMN = 'by kept answers';

/** Formats the trials as a Markdown table. */
export function tableOf(trials: readonly Trial[]): string {
  const isKeeping = trials.some(({ keptPasses }) => keptPasses > 0);
  const names = Object.keys(COLUMNS).filter((name) => isKeeping || name !== KEPT_COLUMN);
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
