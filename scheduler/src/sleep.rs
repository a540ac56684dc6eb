//! Who sleeps and who searches: the protocol by which no job is left while a worker sleeps, and by which no more
//! workers are woken than there is work for.
//!
//! Waking a parked thread costs the waker about 6.6 microseconds, a hundred messages' worth. So exactly one
//! sleeper is woken, and only if nobody searches already: a searcher that finds work looks whether there is more
//! and wakes the next.
//!
//! One word packs how many workers sleep and how many search. It is read without the lock and written only with
//! it; the lock is taken only by those about to pay for a futex call anyway.
//!
//! | a worker | `sleepers` holds it | the word counts it as | leaves by |
//! |---|---|---|---|
//! | works | no | nothing | `begin_search`, `announce` |
//! | searches | no | searching | `end_search`, `announce` |
//! | sleeps | yes | sleeping | `withdraw` (own resume, timer, stop) -> works; `claim` by a waker -> searches |
//!
//! Why no job is lost. A pusher pushes, fences, reads the word ([`Sleep::notify`]); a sleeper announces, fences,
//! looks at every queue again. One of the two fences is first, so either the sleeper sees the job or the pusher
//! sees the sleeper. If the pusher stays its hand because someone searches, then that searcher's own step away
//! from searching comes later: it finds work and, being the last, looks for more behind a fence; or it finds
//! nothing and announces, and looks again behind a fence.
//!
//! It does not know how a thread parks, nor where jobs are.

use super::sync::{AtomicBool, AtomicU64, Mutex, Ordering, fence};

/// One sleeping worker in the upper half of the word.
const SLEEPING: u64 = 1 << 32;
/// One searching worker in the lower half.
const SEARCHING: u64 = 1;

/// How many of the workers search.
fn searching(word: u64) -> u64 {
    word & (SLEEPING - 1)
}

/// Whether someone sleeps and nobody searches.
fn wants_waking(word: u64) -> bool {
    word >= SLEEPING && searching(word) == 0
}

/// The sleepers and the searchers of one scheduler.
#[derive(Debug)]
pub(crate) struct Sleep {
    word: AtomicU64,
    /// Who sleeps, the latest last: it is woken first, its caches are warmest.
    sleepers: Mutex<Vec<usize>>,
    /// At most so many search at a time.
    searchers_max: u64,
}

impl Sleep {
    /// For `workers` workers: at most half of them, and at least one, search at a time.
    pub(crate) fn new(workers: usize) -> Self {
        let searchers_max = (workers as u64 / 2).max(1);
        Sleep { word: AtomicU64::new(0), sleepers: Mutex::new(Vec::with_capacity(workers)), searchers_max }
    }

    /// Whether waking someone could help. One relaxed load, for the hot path: a worker that reads it too early
    /// reads it again at its next turn.
    #[inline]
    pub(crate) fn wants_waking(&self) -> bool {
        // ORDERING: Relaxed, a hint; `notify` decides behind a fence.
        wants_waking(self.word.load(Ordering::Relaxed))
    }

    /// Asks to search. False if enough others do.
    pub(crate) fn begin_search(&self) -> bool {
        // ORDERING: Relaxed, a guess to save the lock; it is looked at again with the lock held.
        if searching(self.word.load(Ordering::Relaxed)) >= self.searchers_max {
            return false;
        }
        let _sleepers = self.sleepers.lock();
        // ORDERING: Relaxed, the word is written only with the lock held.
        let word = self.word.load(Ordering::Relaxed);
        let may = searching(word) < self.searchers_max;
        if may {
            // ORDERING: Relaxed. A pusher that reads this leaves its job to us, and we look after the next step
            // that we take out of this state, which is behind a fence.
            self.word.store(word + SEARCHING, Ordering::Relaxed);
        }
        may
    }

    /// Stops to search, having found work or the right to search lost. True if it was the last searcher: the
    /// caller must look whether there is more work, and if so `notify`.
    #[must_use = "the last searcher wakes the next if there is more work"]
    pub(crate) fn end_search(&self) -> bool {
        let word = self.update(|word| word - SEARCHING);
        // ORDERING: SeqCst pairs with the fence in `notify`: a pusher that still read us as searching has pushed
        // before the look at the queues that now follows.
        fence(Ordering::SeqCst);
        searching(word) == 0
    }

    /// Enters the sleepers, after the parking flag was raised. The caller then looks at every queue again and
    /// either parks or withdraws.
    pub(crate) fn announce(&self, worker: usize, was_searching: bool) {
        let mut sleepers = self.sleepers.lock();
        sleepers.push(worker);
        // ORDERING: Relaxed, written only with the lock held; the fence below orders it before the second look.
        let word = self.word.load(Ordering::Relaxed);
        self.word.store(word + SLEEPING - if was_searching { SEARCHING } else { 0 }, Ordering::Relaxed);
        drop(sleepers);
        // ORDERING: SeqCst pairs with the fence in `notify`: of this announcement and that push, at least one is
        // seen by the other side.
        fence(Ordering::SeqCst);
    }

    /// Leaves the sleepers, after the parking flag was lowered. True if the worker goes on as a searcher: a waker
    /// had claimed it and counted it as one, or it asks to be one because it saw work.
    pub(crate) fn withdraw(&self, worker: usize, saw_work: bool) -> bool {
        let mut sleepers = self.sleepers.lock();
        let Some(place) = sleepers.iter().position(|&sleeper| sleeper == worker) else {
            return true;
        };
        sleepers.remove(place);
        // ORDERING: Relaxed, the word is written only with the lock held.
        let word = self.word.load(Ordering::Relaxed);
        self.word.store(word - SLEEPING + if saw_work { SEARCHING } else { 0 }, Ordering::Relaxed);
        saw_work
    }

    /// After a push that must not wait: wakes one sleeper if someone sleeps and nobody searches. `take` lowers a
    /// worker's parking flag and says whether it was up. The caller unparks the worker that is returned.
    #[must_use = "the claimed worker must be unparked"]
    pub(crate) fn notify(&self, take: impl FnMut(usize) -> bool) -> Option<usize> {
        // ORDERING: SeqCst pairs with the fences in `announce` and `end_search`: the push before this look.
        fence(Ordering::SeqCst);
        // ORDERING: Relaxed, behind the fence.
        if wants_waking(self.word.load(Ordering::Relaxed)) { self.claim(take) } else { None }
    }

    /// Takes the latest sleeper whose parking flag is still up, and counts it as searching. A sleeper whose flag
    /// is down is on its way already and will look at every queue before it sleeps again.
    fn claim(&self, mut take: impl FnMut(usize) -> bool) -> Option<usize> {
        let mut sleepers = self.sleepers.lock();
        // ORDERING: Relaxed, the word is written only with the lock held.
        let word = self.word.load(Ordering::Relaxed);
        if !wants_waking(word) {
            return None;
        }
        let place = sleepers.iter().rposition(|&sleeper| take(sleeper))?;
        let worker = sleepers.remove(place);
        // ORDERING: Relaxed, the lock again; pushers that read it find a searcher, which the claimed worker is.
        self.word.store(word - SLEEPING + SEARCHING, Ordering::Relaxed);
        Some(worker)
    }

    /// Changes the word under the lock and returns the new value.
    fn update(&self, change: impl FnOnce(u64) -> u64) -> u64 {
        let _sleepers = self.sleepers.lock();
        // ORDERING: Relaxed, the word is written only with the lock held.
        let word = change(self.word.load(Ordering::Relaxed));
        self.word.store(word, Ordering::Relaxed);
        word
    }
}

/// The monitor's deep sleep, which a worker that wakes up ends.
///
/// The monitor dozes when every worker sleeps, and then nobody's clock ticks. The same two fences as above, the
/// roles turned: the monitor says that it dozes and looks whether a worker is awake; a worker wakes up and looks
/// whether the monitor dozes.
#[derive(Debug)]
pub(crate) struct Doze {
    dozing: AtomicBool,
}

impl Doze {
    pub(crate) fn new() -> Self {
        Doze { dozing: AtomicBool::new(false) }
    }

    /// The monitor dozes from here on, unless `all_asleep` then says no.
    pub(crate) fn begin(&self, all_asleep: impl FnOnce() -> bool) -> bool {
        // ORDERING: Relaxed, the fence orders it.
        self.dozing.store(true, Ordering::Relaxed);
        // ORDERING: SeqCst pairs with the fence in `end`.
        fence(Ordering::SeqCst);
        let asleep = all_asleep();
        if !asleep {
            // ORDERING: Relaxed, a worker that still reads true unparks a monitor that is awake: harmless.
            self.dozing.store(false, Ordering::Relaxed);
        }
        asleep
    }

    /// Whether the monitor is to stay parked.
    pub(crate) fn is_dozing(&self) -> bool {
        // ORDERING: Relaxed, only the flag itself matters.
        self.dozing.load(Ordering::Relaxed)
    }

    /// A worker is awake (or the scheduler stops). True if the monitor must be unparked, for one caller only.
    #[must_use = "a dozing monitor must be unparked"]
    pub(crate) fn end(&self) -> bool {
        // ORDERING: SeqCst pairs with the fence in `begin`: this worker's lowered parking flag before the look.
        fence(Ordering::SeqCst);
        // ORDERING: Relaxed, behind the fence; the swap only picks one of several workers.
        self.dozing.load(Ordering::Relaxed) && self.dozing.swap(false, Ordering::Relaxed)
    }
}
