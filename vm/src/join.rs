//! Waiting for the replies of many promises.

use std::time::Duration;

use crate::error::CallError;
use crate::promise::Promise;
use crate::stopwatch::{Limit, Stopwatch};

/// Waits for all of the replies, which come in the order of their promises. As for one: in a handler it suspends only
/// that handler, on a plain thread it blocks the thread.
///
/// All requests are made before the first reply is waited for, also if the iterator makes them.
///
/// # Errors
/// The first error in the order of the promises, as of [`Promise::wait`]. The replies behind it are given up, as if
/// their promises were dropped: to know of each, wait for each.
///
/// # Panics
/// If the reply of one was taken before.
///
/// ```
/// use greenroom::{join_all, prelude::*};
/// # struct Square; impl Actor for Square {}
/// # struct Of(u64); impl Message for Of { type Reply = u64; }
/// # impl Handler<Of> for Square { fn handle(&mut self, Of(n): Of) -> u64 { n * n } }
/// # let vm = Vm::builder().workers(1).build()?;
/// let square = vm.spawn(Square);
/// let squares = join_all((1..=4).map(|n| square.send_request(Of(n))))?;
/// assert_eq!(squares, [1, 4, 9, 16]);
/// # Ok::<(), greenroom::Error>(())
/// ```
pub fn join_all<R>(promises: impl IntoIterator<Item = Promise<R>>) -> Result<Vec<R>, CallError> {
    join_all_within(Duration::MAX, promises)
}

/// As [`join_all`], for at most `limit` in all. Replies that are there by then count.
///
/// # Errors
/// As for `join_all`. After a [`CallError::Timeout`], `started` tells of the first request without a reply.
///
/// # Panics
/// As for `join_all`.
pub fn join_all_within<R>(
    limit: Duration,
    promises: impl IntoIterator<Item = Promise<R>>,
) -> Result<Vec<R>, CallError> {
    let watch = Stopwatch::start();
    let promises: Vec<_> = promises.into_iter().collect();
    let wait = |promise: Promise<R>| {
        promise.wait_or_call_off(Limit::of(watch.left_of(limit))).map_err(|error| match error {
            CallError::Timeout { started, .. } => {
                CallError::Timeout { limit, elapsed: watch.elapsed(), started }
            }
            error => error,
        })
    };
    promises.into_iter().map(wait).collect()
}
