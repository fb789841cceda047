type State = 'starting' | 'ready' | 'stopping';

/** Told at once, and whenever it changes. */
type Follower = (isReady: boolean) => void;

/**
 * Whether this instance wants requests: from the moment its configuration, keys and store were there and its doors
 * are open, until it begins to stop. What fails in between changes nothing here, or a hiccup of a shared store would
 * take every instance out at once.
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

  /** For good. */
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
