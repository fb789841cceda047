// Package kept keeps allows of Authorize for as long as WatchRevocations vouches for them.
package kept

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	access "example.com/service/accesspb"
)

const (
	// The share of the time by which Sallyport's clock and ours may drift apart, in thousandths.
	drift = 1
	// No answer is kept for longer, whatever it says, so reports need not be remembered for longer.
	longest = time.Minute
	// Bounds the memory: about 1 KB each.
	most = 100_000
)

// Now is the time since the machine started, with the time in which it was suspended.
func Now() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}

// Watch is one stream of WatchRevocations.
type Watch struct {
	// SentAt is the moment just before its request is sent.
	SentAt time.Duration
	// When its first beat arrived: every later change is reported on it.
	firstBeat time.Duration
	// Every revocation that was acknowledged before this moment has been reported on it.
	completeUpTo time.Duration
}

type answer struct {
	response *access.AuthorizeResponse
	askedAt  time.Duration
}

// Answers finds no answer later than max_staleness_ms after a revocation that ends it was acknowledged.
type Answers struct {
	mutex   sync.Mutex
	answers map[string]answer
	// When a key was last reported.
	reported map[string]time.Duration
	// From this moment on, no report has been missed.
	since time.Duration
	// The stream that vouches for the answers.
	trusted      *Watch
	maxStaleness time.Duration
}

func NewAnswers() *Answers {
	return &Answers{answers: map[string]answer{}, reported: map[string]time.Duration{}}
}

func (a *Answers) Find(question string) *access.AuthorizeResponse {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	found, ok := a.answers[question]
	if !ok || a.trusted == nil || Now()-a.trusted.completeUpTo > a.maxStaleness {
		return nil
	}
	keep := time.Duration(found.response.WatchedKeepMs) * time.Millisecond
	if Now()-found.askedAt >= min(keep-keep*drift/1000, longest) {
		return nil
	}
	// The instance that answered may have learnt of a change later than the one that reports to us.
	known := found.askedAt - a.maxStaleness
	isReported := slices.ContainsFunc(found.response.RevocationKeys, func(key string) bool {
		at, ok := a.reported[key]
		return ok && at >= known
	})
	if isReported || a.since > known {
		return nil
	}
	return found.response
}

// Keep takes the moment just before the call was sent.
func (a *Answers) Keep(question string, askedAt time.Duration, response *access.AuthorizeResponse) {
	if !response.Allowed || response.WatchedKeepMs <= 0 {
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.answers) >= most {
		clear(a.answers)
	}
	a.answers[question] = answer{response, askedAt}
}

// Changed: answers that rest on these entries must be asked for again.
func (a *Answers) Changed(keys []string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, key := range keys {
		a.reported[key] = Now()
	}
	if len(a.reported) > most {
		a.reset()
	}
}

// Reset: reports may have been missed.
func (a *Answers) Reset() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.reset()
}

func (a *Answers) Beat(watch *Watch, beat *access.Beat) {
	elapsed := time.Duration(beat.ElapsedMs) * time.Millisecond
	age := time.Duration(beat.FeedAgeMs) * time.Millisecond
	a.mutex.Lock()
	defer a.mutex.Unlock()
	watch.completeUpTo = watch.SentAt + elapsed - elapsed*drift/1000 - age - age*drift/1000
	if watch.firstBeat == 0 {
		watch.firstBeat = Now()
	}
	a.maxStaleness = time.Duration(beat.MaxStalenessMs) * time.Millisecond
	for key, at := range a.reported {
		if Now()-at > longest+a.maxStaleness {
			delete(a.reported, key)
		}
	}
	if a.trusted == nil {
		a.trusted = watch
		a.reset()
	} else if watch.SentAt > a.trusted.SentAt && a.trusted.completeUpTo >= watch.firstBeat {
		// The former stream has reported all that happened before this one began: none is missed in between.
		a.trusted = watch
	}
}

// Ended: a stream has ended, for whatever reason.
func (a *Answers) Ended(watch *Watch) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.trusted == watch {
		a.trusted = nil
		a.reset()
	}
}

func (a *Answers) reset() {
	clear(a.answers)
	clear(a.reported)
	a.since = Now()
}
