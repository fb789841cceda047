import type { KeyObject } from 'node:crypto';
import type { Batch } from './messages.ts';

/** The most keys that a thread is made to remember, apart from those of one batch. */
const MAX_KEYS = 1_000;

/** Numbers the keys that a thread knows, so that each is sent once. */
export class KeyNumbers {
  private numbers = new WeakMap<KeyObject, number>();
  private last = 0;
  private forgotten = 0;
  private added: [number, KeyObject][] = [];

  /**
   * Returns the next batch for the thread, without its id: the questions, and the keys to add and to forget.
   *
   * @param questions is called with the numbers of keys.
   */
  batch<Questions>(questions: (numberOf: (key: KeyObject) => number) => Questions): Pick<Batch, 'keys' | 'forget'> & {
    readonly questions: Questions;
  } {
    const forget = this.last - this.forgotten >= MAX_KEYS;
    if (forget) {
      this.numbers = new WeakMap();
      this.forgotten = this.last;
    }
    this.added = [];
    const numbered = questions((key) => this.numberOf(key));
    return { keys: this.added, forget, questions: numbered };
  }

  private numberOf(key: KeyObject): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.last += 1;
    this.numbers.set(key, this.last);
    this.added.push([this.last, key]);
    return this.last;
  }
}
