type State = 'starting' | 'ready' | 'stopping';

/** Called at once, and on each change. */
type Follower = (isReady: boolean) => void;

/**
 * Whether this instance accepts requests: it is ready once its configuration, keys and store have been available and its
 * doors are open, until it begins to stop. Failures in between do not change this, because a brief failure of a shared
 * store would take every instance out of service at once. Only the loss of all its workers does.
 */
export class Health {
  private current: State = 'starting';
  private readonly followers: Follower[] = [];

  get state(): State {
    return this.current;
  }

  ready(): void {
    this.change('ready');
  }

  /** No worker is left: the instance starts again, until {@link ready}. Nothing happens if it was not ready. */
  interrupted(): void {
    if (this.current === 'ready') this.change('starting');
  }

  /** Cannot be undone. */
  stopping(): void {
    this.change('stopping');
  }

  follow(follower: Follower): void {
    this.followers.push(follower);
    follower(this.current === 'ready');
  }

  private change(state: State): void {
    if (this.current === state || this.current === 'stopping') return;
    this.current = state;
    for (const follower of this.followers) follower(state === 'ready');
  }
}
