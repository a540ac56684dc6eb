//! Gathered calls: the replies of a group's members, all of them, or as many as come in time, or as are enough.
//!
//! It knows the members and the deadline; who has answered is the `bundle`'s to know.
//!
//! | a member that      | in `all`               | in `replies`     | in `next`                  | in `quorum`, `first` |
//! |--------------------|------------------------|------------------|----------------------------|----------------------|
//! | answers            | its reply              | in `answers`     | its answer, when it comes  | counts               |
//! | fails, or ends     | the error of all       | in `answers`     | its error, when it comes   | in the error         |
//! | is late            | `CallError::Timeout`   | in `missing`     | is not given               | in the error         |
//!
//! **Nobody is called off silently.** A gather that is dropped, or has what it wants, leaves the other requests alone:
//! they run, and their replies are dropped. What has not begun is called off by `cancel`, and by the deadline, as any
//! call's is.

use std::fmt;
use std::iter::FusedIterator;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::bundle::{Bundle, Status, Want};
use crate::core::Core;
use crate::deadlock::PATIENCE;
use crate::error::CallError;
use crate::expiry::Expiry;
use crate::inbox::Inbox;
use crate::process;
use crate::promise::Promise;
use crate::quorum::QuorumError;
use crate::refs::Ref;
use crate::reply::{Outcome, Slot};
use crate::vm;
use crate::worker::{self, Worker};

/// The replies to come of [`Group::each`](crate::Group::each), each with its member. The requests are under way.
///
/// It is an iterator over the answers in the order in which they come, and takes several at a time by
/// [`all`](Self::all), [`replies`](Self::replies), [`first`](Self::first) and [`quorum`](Self::quorum). What one of them
/// takes, the next does not give again. Waiting in a handler suspends only that handler; on a plain thread it blocks the
/// thread. Where nothing may wait, who has not answered yet comes with that as its error.
///
/// The deadline began when the members were asked. When it passes, requests that have not begun are called off, as those of
/// all calls are. Dropping this calls nothing off: the requests run, and their replies are dropped.
///
/// ```
/// use greenroom::prelude::*;
/// # struct Square(u64);
/// # #[actor]
/// # impl Square { fn value(&self) -> u64 { self.0 * self.0 } }
/// # let vm = Vm::builder().workers(1).build()?;
/// let squares: Group<Square> = (1..=3).map(|n| vm.spawn(Square(n))).collect();
/// assert_eq!(squares.each().value().all()?, [1, 4, 9]);
/// for (square, value) in squares.each().value() {
///     println!("{square:?} answers {}", value?);
/// }
/// # Ok::<(), greenroom::Error>(())
/// ```
#[must_use = "the replies come by `all`, `replies`, `first`, `quorum` or iterating; to want none, `cast`"]
pub struct Gather<T: ?Sized, R, E = CallError> {
    members: Arc<Vec<Ref<T>>>,
    expiry: Expiry,
    answers: Box<dyn Answers<R, E>>,
    /// How many were not given out yet, whether they have come or not.
    left: usize,
    /// The deadline has passed, and was seen to.
    is_over: bool,
    waiting: Waiting,
}

/// Members that waited for the caller when they were asked, by what method.
pub(crate) struct Waiting {
    pub(crate) members: Vec<usize>,
    pub(crate) method: fn() -> &'static str,
}

/// A [`Bundle`] whose replies are seen as those of the method.
trait Answers<R, E>: Send {
    fn wait(&mut self, want: Want, limit: Duration) -> Result<bool, CallError>;
    fn take(&mut self, index: usize) -> Option<Result<R, E>>;
    fn take_next(&mut self) -> Option<(usize, Result<R, E>)>;
    fn give_up_one(&mut self) -> Option<usize>;
    fn fail(&mut self, index: usize, error: CallError);
    fn call_off(&mut self);
    fn status(&self, index: usize) -> Status;
}

/// See [`Answers`].
pub(crate) struct Seen<X: Send + 'static, R, E> {
    pub(crate) bundle: Bundle<X>,
    pub(crate) see: fn(Outcome<X>) -> Result<R, E>,
}

impl<X: Send + 'static, R, E> Answers<R, E> for Seen<X, R, E> {
    fn wait(&mut self, want: Want, limit: Duration) -> Result<bool, CallError> {
        self.bundle.wait(want, limit)
    }

    fn take(&mut self, index: usize) -> Option<Result<R, E>> {
        self.bundle.take(index).map(self.see)
    }

    fn take_next(&mut self) -> Option<(usize, Result<R, E>)> {
        self.bundle.take_next().map(|(index, outcome)| (index, (self.see)(outcome)))
    }

    fn give_up_one(&mut self) -> Option<usize> {
        self.bundle.give_up_one()
    }

    fn fail(&mut self, index: usize, error: CallError) {
        self.bundle.fail(index, error);
    }

    fn call_off(&mut self) {
        self.bundle.call_off();
    }

    fn status(&self, index: usize) -> Status {
        self.bundle.status(index)
    }
}

/// Something of a member, and the member.
type Of<T, R> = (Ref<T>, R);

/// What came of a gathered call by its deadline.
pub struct Replies<T: ?Sized, R, E = CallError> {
    /// Who answered, in the order of the members, with the reply or the error.
    pub answers: Vec<(Ref<T>, Result<R, E>)>,
    /// Who has not answered in time, in the order of the members.
    pub missing: Vec<Ref<T>>,
}

impl<T: ?Sized, R, E> Replies<T, R, E> {
    /// Whether every member has replied: none is missing, none has failed.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.answers.iter().all(|(_, answer)| answer.is_ok())
    }
}

impl<T: ?Sized, R: fmt::Debug, E: fmt::Debug> fmt::Debug for Replies<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies").field("answers", &self.answers).field("missing", &self.missing).finish()
    }
}

impl<T: ?Sized, R, E> Gather<T, R, E> {
    pub(crate) fn new<X: Send + 'static>(
        members: Arc<Vec<Ref<T>>>,
        expiry: Expiry,
        answers: Seen<X, R, E>,
        waiting: Waiting,
    ) -> Self
    where
        R: 'static,
        E: 'static,
    {
        let left = members.len();
        Gather { members, expiry, answers: Box::new(answers), left, is_over: false, waiting }
    }

    /// The members that have not answered yet.
    pub fn missing(&self) -> Vec<Ref<T>> {
        let is_missing =
            |index: &usize| matches!(self.answers.status(*index), Status::Awaited | Status::CalledOff);
        (0..self.members.len()).filter(is_missing).map(|index| self.members[index].clone()).collect()
    }

    /// Calls off what has not begun. What has begun runs to its end, and its reply is dropped.
    pub fn cancel(mut self) {
        self.answers.call_off();
    }

    /// Waits up to the deadline. If that passes, this is over.
    fn wait(&mut self, want: Want) -> Result<bool, CallError> {
        self.refuse_to_wait_for_itself();
        let is_there = self.answers.wait(want, self.expiry.left())?;
        if !is_there {
            self.answers.call_off();
            self.is_over = true;
        }
        Ok(is_there)
    }

    /// Members that waited for the caller, and still do, can never answer.
    fn refuse_to_wait_for_itself(&mut self) {
        for index in mem::take(&mut self.waiting.members) {
            if let Some(caller) = worker::current().and_then(Worker::coroutine)
                && let Err(error) = caller.refuse_cycle(&self.members[index].to().raw(), self.waiting.method)
            {
                self.answers.fail(index, error);
            }
        }
    }

    /// As a `wait` for all.
    fn wait_for_all(&mut self) -> Result<bool, CallError> {
        self.refuse_to_wait_for_itself();
        // Woken once, if it does not take long.
        if self.answers.wait(Want::All, self.expiry.left().min(PATIENCE / 2))? {
            return Ok(true);
        }
        // Whether one can ever answer is seen by who waits for that one.
        for index in 0..self.members.len() {
            if !self.wait(Want::Member(index))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take_next(&mut self) -> Option<Of<T, Result<R, E>>> {
        let (index, answer) = self.answers.take_next()?;
        self.left -= 1;
        Some((self.members[index].clone(), answer))
    }
}

impl<T: ?Sized, R, E: From<CallError>> Gather<T, R, E> {
    /// Waits for all replies. They come in the order of the members.
    ///
    /// # Errors
    /// The first error in the order of the members; a member that is late has a [`CallError::Timeout`]. The others are not
    /// waited for: to know of each, take [`replies`](Self::replies).
    pub fn all(mut self) -> Result<Vec<R>, E> {
        let mut replies = Vec::with_capacity(self.left);
        for index in 0..self.members.len() {
            // One that was given out before is none of these.
            if self.answers.status(index) != Status::Over {
                replies.push(self.reply_of(index)?);
            }
        }
        Ok(replies)
    }

    fn reply_of(&mut self, index: usize) -> Result<R, E> {
        self.wait(Want::Member(index))?;
        self.answers.take(index).unwrap_or_else(|| {
            let started = self.answers.status(index) != Status::CalledOff;
            let (limit, elapsed) = (self.expiry.limit(), self.expiry.elapsed());
            Err(CallError::Timeout { limit, elapsed, started }.into())
        })
    }

    /// Waits until all have answered, or the deadline passes.
    pub fn replies(mut self) -> Replies<T, R, E> {
        let waited = self.wait_for_all();
        let mut replies = Replies { answers: Vec::with_capacity(self.left), missing: Vec::new() };
        for (index, member) in self.members.iter().enumerate() {
            match (self.answers.take(index), &waited) {
                (Some(answer), _) => replies.answers.push((member.clone(), answer)),
                (None, _) if self.answers.status(index) == Status::Over => {}
                (None, Ok(_)) => replies.missing.push(member.clone()),
                (None, Err(error)) => replies.answers.push((member.clone(), Err(error.clone().into()))),
            }
        }
        replies
    }

    /// Waits for the first reply that is no error.
    ///
    /// # Errors
    /// If nobody replied in time, or the group is empty.
    ///
    /// ```
    /// # use greenroom::prelude::*;
    /// # struct Mirror;
    /// # #[actor]
    /// # impl Mirror { fn fetch(&mut self) -> String { "page".into() } }
    /// # let vm = Vm::builder().workers(1).build()?;
    /// # let mirrors: Group<Mirror> = (0..3).map(|_| vm.spawn(Mirror)).collect();
    /// let (mirror, page) = mirrors.each().fetch().first()?;
    /// assert!(mirrors.contains(&mirror) && page == "page");
    /// # Ok::<(), greenroom::Error>(())
    /// ```
    pub fn first(&mut self) -> Result<Of<T, R>, QuorumError<T, R, E>> {
        let mut answers = self.quorum(1)?;
        Ok(answers.pop().expect("a quorum has as many as were wanted"))
    }

    /// Waits for so many replies that are no errors: the first to come, in that order.
    ///
    /// # Errors
    /// At once if fewer members than that are left. As soon as so many have failed that the others are too few, and when
    /// the deadline passes; the error has all that came, and names who is missing.
    pub fn quorum(&mut self, wanted: usize) -> Result<Vec<Of<T, R>>, QuorumError<T, R, E>> {
        if wanted > self.left {
            return Err(QuorumError::TooFewMembers { wanted, members: self.left });
        }
        let (mut answers, mut errors) = (Vec::with_capacity(wanted), Vec::new());
        let mut sort = |answer| match answer {
            (member, Ok(reply)) => answers.push((member, reply)),
            (member, Err(error)) => errors.push((member, error)),
        };
        let mut replied = 0;
        while replied < wanted {
            let answer = if replied + self.left >= wanted { self.next() } else { self.take_next() };
            let Some(answer) = answer else {
                return Err(QuorumError::NotReached { wanted, answers, errors, missing: self.missing() });
            };
            replied += usize::from(answer.1.is_ok());
            sort(answer);
        }
        Ok(answers)
    }
}

/// The answers in the order in which they come, until all have come or the deadline passes.
impl<T: ?Sized, R, E: From<CallError>> Iterator for Gather<T, R, E> {
    type Item = (Ref<T>, Result<R, E>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 || self.is_over {
            return None;
        }
        match self.wait(Want::Next) {
            Ok(_) => self.take_next(),
            Err(error) => {
                let index = self.answers.give_up_one()?;
                self.left -= 1;
                Some((self.members[index].clone(), Err(error.into())))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl<T: ?Sized, R, E: From<CallError>> FusedIterator for Gather<T, R, E> {}

/// Awaited, it is ready with the [`Replies`]: when all have answered, or the deadline has passed, which a process of the
/// members' machine waits for. It fails if that machine ends before.
impl<T, R, E> IntoFuture for Gather<T, R, E>
where
    T: ?Sized + 'static,
    R: Send + 'static,
    E: From<CallError> + Send + 'static,
{
    type Output = Result<Replies<T, R, E>, CallError>;
    type IntoFuture = Promise<Replies<T, R, E>>;

    fn into_future(mut self) -> Self::IntoFuture {
        let (replier, promise) = Slot::pair();
        let machine = self.members.first().map(|member| member.id().machine());
        match machine.and_then(Core::find) {
            Some(core) if self.answers.wait(Want::All, Duration::ZERO) != Ok(true) => {
                let wait = move |_: Inbox<()>| vm::answer(replier, || self.replies());
                drop(process::spawn(&core, wait));
            }
            // Nobody is there who could be late.
            _ => drop(replier.complete(Ok(self.replies()))),
        }
        promise
    }
}

impl<T: ?Sized, R, E> fmt::Debug for Gather<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("members", &self.members).field("left", &self.left).finish()
    }
}
