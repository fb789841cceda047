import { isUndone, kindOfEntry, readReach } from '../core/revocation-entry.ts';
import { timeOf } from '../lib/time-format.ts';
import { quote } from '../lib/wording.ts';
import { readAttribution } from '../revocation-set/entry.ts';

/** An entry of the revocation set in words: what it ends, and when, by whom and why it was written, if it says so. */
export function entryText(key: string, value: string): string {
  if (isUndone(value)) return 'ends nothing: it was taken back';
  return kindOfEntry(key)?.endsWith('mark') === true ? wordsOfMark(key, value) : wordsOfReason(key, value);
}

function wordsOfMark(key: string, value: string): string {
  const { issuedUpToSeconds } = readReach(key, value);
  if (!Number.isFinite(issuedUpToSeconds))
    return `ends whatever was issued: its time cannot be read in ${quote(value)}`;
  const time = timeOf(issuedUpToSeconds * 1000);
  return time === 'never' ? 'ends whatever is issued, forever' : `ends what was issued up to ${time}`;
}

function wordsOfReason(key: string, value: string): string {
  const { fromSeconds } = readReach(key, value);
  if (Number.isFinite(fromSeconds)) return `counts from ${timeOf(fromSeconds * 1000)}`;
  const { at, by, reason } = readAttribution(value);
  const when = at === undefined ? '' : ` ${timeOf(at * 1000)}`;
  const who = by === undefined ? '' : ` by ${by}`;
  if (`${when}${who}` === '' && reason === undefined) {
    return value.trim() === '' ? 'revoked; it does not say when, by whom and why' : `revoked; it says ${quote(value)}`;
  }
  return `revoked${when}${who}${reason === undefined ? '' : `: ${reason}`}`;
}
