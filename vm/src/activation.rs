//! One activation: a batch of an actor's messages, and what becomes of the actor afterwards.
//!
//! | the batch ends because          | then                                                          |
//! |---------------------------------|---------------------------------------------------------------|
//! | everything read was handled     | the actor rests; if more came, it goes on or queues again     |
//! | its share is used up            | what is unread is put aside, and the actor queues again       |
//! | a message ended the actor       | its names are free, the mailbox closes, the state drops       |
//! | the message is a lease          | the right to run goes to whoever asked for it                 |
//! | there is an order               | it ends, with the reason that the order gives                 |
//! | a handler panicked              | the same, and the one it worked for gets the report           |
//! | nobody refers to it any more    | the same, with nothing queued                                 |
//!
//! Functions here are given the right to run an actor, and pass it on or use it up before they return. A handler
//! may suspend in their middle: they go on later, on the same stack and thread.

use std::time::Duration;

use greenroom_scheduler::{Lane, Time};

use crate::actor::Priority;
use crate::cell::{Header, Kind};
use crate::coroutine::Coroutine;
use crate::ending::{end, end_at_once, end_by_order, end_by_panic, obey};
use crate::errand::Errand;
use crate::error::ExitReason;
use crate::handle::Runnable;
use crate::hooks;
use crate::lease;
use crate::mailbox::Rest;
use crate::panics;
use crate::process;
use crate::reader::Reader;
use crate::worker::Worker;

/// How long a batch may take, looked at every [`CLOCK_EVERY`] messages.
const LONGEST_BATCH: Duration = Duration::from_micros(200);
const CLOCK_EVERY: u32 = 32;

/// Runs an actor that came out of a run queue.
#[inline]
pub(crate) fn run(worker: &Worker, coroutine: &Coroutine, runnable: Runnable) {
    if runnable.class.stack == coroutine.size {
        run_here(worker, coroutine, runnable);
    } else {
        run_on_other_stack(worker, runnable);
    }
}

fn run_here(worker: &Worker, coroutine: &Coroutine, runnable: Runnable) {
    match runnable.class.kind {
        Kind::Object => run_batch(worker, coroutine, Reader::begin(runnable)),
        Kind::Process => process::start(worker, coroutine, runnable),
    }
}

/// For a class whose stack size is not that of the loop's coroutine.
#[cold]
fn run_on_other_stack(worker: &Worker, runnable: Runnable) {
    let size = runnable.class.stack;
    let mut visit =
        Errand::new(runnable, |runnable, coroutine| run_here(coroutine.worker(), coroutine, runnable));
    // No stack can be had: the actor ends with that as its reason.
    if let Err(error) = worker.send(size, &mut visit, |_| {})
        && let Some(runnable) = visit.content.take()
    {
        end(worker, Reader::begin(runnable), ExitReason::Custom(error.to_string().into()));
    }
}

/// How a batch ended.
enum End {
    /// Everything read was handled.
    Read,
    /// The share is used up.
    Share,
    /// A message ended the actor, or asked for the right to run it; or an order came while it was handled.
    Exit,
    /// An order came.
    Interrupted,
}

#[inline]
fn run_batch(worker: &Worker, coroutine: &Coroutine, mut reader: Reader) {
    coroutine.enter(reader.actor().address());
    let mut share = worker.core.options.batch;
    loop {
        let is_interrupted = if reader.is_done() { reader.look() } else { reader.is_interrupted() };
        if is_interrupted && let Some(order) = obey(worker, &reader) {
            end_by_order(worker, reader, order);
            break;
        }
        match panics::catch(|| handle(worker, coroutine, &mut reader, &mut share)) {
            Ok(End::Read) => match reader.rest() {
                Rest::AtRest => break,
                Rest::More if !worker.scheduler.has_other_work() => {}
                Rest::Interrupted => {}
                Rest::More => {
                    queue_again(worker, reader);
                    break;
                }
                Rest::Released => {
                    end(worker, reader, ExitReason::Normal);
                    break;
                }
            },
            Ok(End::Share) => {
                queue_again(worker, reader);
                break;
            }
            Ok(End::Interrupted) => {}
            Ok(End::Exit) => {
                if let Some(asker) = coroutine.take_lease() {
                    lease::grant(asker, reader.put_aside());
                    break;
                }
                if let Some(reason) = coroutine.take_exit() {
                    match coroutine.is_state_broken() {
                        true => end_at_once(worker, reader, reason),
                        false => end(worker, reader, reason),
                    }
                    break;
                }
            }
            Err(caught) => {
                end_by_panic(worker, coroutine, reader, caught);
                break;
            }
        }
    }
    coroutine.leave();
}

/// Handles what has been read, up to the share.
#[inline]
fn handle(worker: &Worker, coroutine: &Coroutine, reader: &mut Reader, share: &mut u32) -> End {
    let mut since: Option<Time> = None;
    while !reader.is_done() {
        if *share == 0 {
            return End::Share;
        }
        if worker.has_orders() && reader.is_interrupted() {
            return End::Interrupted;
        }
        *share -= 1;
        let Some(contents) = reader.open() else { break };
        worker.scheduler.counters().messages.add_one();
        coroutine.begin(contents.name);
        if hooks::are_any() {
            reader.run_and_tell(contents, coroutine);
        } else {
            reader.run(coroutine);
        }
        if coroutine.has_exit() {
            return End::Exit;
        }
        if coroutine.has_overflowed() {
            // Went deep, and came back without a call: the guard is closed before the next message.
            *share = 0;
            continue;
        }
        if share.is_multiple_of(CLOCK_EVERY) {
            let now = worker.scheduler.now();
            if now.since(*since.get_or_insert(now)) > LONGEST_BATCH {
                *share = 0;
            }
        }
    }
    End::Read
}

/// A visit by direct hand-off ends, on the visitor's coroutine if it has begun: the actor rests, queues, or ends.
#[inline]
pub(crate) fn end_visit(worker: &Worker, visitor: Option<&Coroutine>, runnable: Runnable) {
    let mut reader = Reader::begin(runnable);
    if let Some(visitor) = visitor
        && visitor.has_exit()
        && let Some(reason) = visitor.take_exit()
    {
        end(worker, reader, reason);
        return;
    }
    match reader.rest() {
        Rest::AtRest => {}
        // The caller goes on first: its reply is there.
        Rest::More | Rest::Interrupted => queue_again(worker, reader),
        Rest::Released => end(worker, reader, ExitReason::Normal),
    }
}

/// Passes the right to run on through the run queue.
fn queue_again(worker: &Worker, reader: Reader) {
    let runnable = reader.put_aside();
    let lane = lane(&runnable, Lane::Back);
    worker.schedule(runnable, lane);
}

/// Which queue an actor goes into: its own priority, or else `otherwise`.
#[inline]
pub(crate) fn lane(cell: &Header, otherwise: Lane) -> Lane {
    match cell.class.priority {
        Priority::High => Lane::Urgent,
        Priority::Normal => otherwise,
    }
}
