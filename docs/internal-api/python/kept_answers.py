"""Keeps allows of Authorize for as long as WatchRevocations vouches for them."""

import threading
import time

# The share of the time by which Sallyport's clock and ours may drift apart.
DRIFT = 0.001
# No answer is kept for longer, whatever it says, so reports need not be remembered for longer.
LONGEST_S = 60
# Bounds the memory: about 1 KB each.
MOST = 100_000


def now():
    """Seconds, with those in which the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Watch:
    """One stream of WatchRevocations."""

    def __init__(self):
        self.sent_at = now()  # just before its request is sent
        self.first_beat = None  # every later change is reported on it
        self.complete_up_to = None  # every revocation acknowledged before this moment has been reported on it


class KeptAnswers:
    """Finds no answer later than max_staleness_ms after a revocation that ends it was acknowledged."""

    def __init__(self):
        self._lock = threading.Lock()
        self._answers = {}
        self._reported = {}  # when a key was last reported
        self._since = 0.0  # from this moment on, no report has been missed
        self._trusted = None  # the stream that vouches for the answers
        self._max_staleness = 0.0

    def find(self, question):
        with self._lock:
            answer, asked_at = self._answers.get(question, (None, 0.0))
            if answer is None or self._trusted is None:
                return None
            if now() - self._trusted.complete_up_to > self._max_staleness:
                return None
            if now() - asked_at >= min(answer.watched_keep_ms / 1000 * (1 - DRIFT), LONGEST_S):
                return None
            # The instance that answered may have learnt of a change later than the one that reports to us.
            known = asked_at - self._max_staleness
            is_reported = any(self._reported.get(key, -1.0) >= known for key in answer.revocation_keys)
            return None if is_reported or self._since > known else answer

    def keep(self, question, asked_at, answer):
        """asked_at: just before the call was sent."""
        if not answer.allowed or answer.watched_keep_ms <= 0:
            return
        with self._lock:
            if len(self._answers) >= MOST:
                self._answers.clear()
            self._answers[question] = (answer, asked_at)

    def changed(self, keys):
        """These entries have changed: answers that rest on them must be asked for again."""
        with self._lock:
            for key in keys:
                self._reported[key] = now()
            if len(self._reported) > MOST:
                self._reset()

    def reset(self):
        """Reports may have been missed."""
        with self._lock:
            self._reset()

    def beat(self, watch, beat):
        later_ms = beat.elapsed_ms * (1 - DRIFT) - beat.feed_age_ms * (1 + DRIFT)
        with self._lock:
            watch.complete_up_to = watch.sent_at + later_ms / 1000
            watch.first_beat = watch.first_beat or now()
            self._max_staleness = beat.max_staleness_ms / 1000
            oldest = now() - LONGEST_S - self._max_staleness
            self._reported = {key: at for key, at in self._reported.items() if at >= oldest}
            if self._trusted is None:
                self._trusted = watch
                self._reset()
            elif watch.sent_at > self._trusted.sent_at and self._trusted.complete_up_to >= watch.first_beat:
                # The former stream has reported all that happened before this one began: none is missed in between.
                self._trusted = watch

    def ended(self, watch):
        """A stream has ended, for whatever reason."""
        with self._lock:
            if self._trusted is watch:
                self._trusted = None
                self._reset()

    def _reset(self):
        self._answers.clear()
        self._reported.clear()
        self._since = now()
