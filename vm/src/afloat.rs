//! Messages afloat: each is on its way to another node, and lands in its receiver's mailbox, or never does.

use std::ptr::NonNull;

use crate::capacity::Overload;
use crate::cell::WITH_ITS_MACHINE;
use crate::core::{self, Core};
use crate::envelope::{Envelope, Kind};
use crate::error::{CallError, ExitReason};
use crate::handle::{Delivery, Strong};
use crate::hooks;
use crate::overload::report;
use crate::reader::DeadLetters;
use crate::reply::Slot;
use crate::room::{overloaded, stopped};

/// A message on its way, for an actor that it keeps.
pub(crate) struct Afloat {
    to: Strong,
    /// None once it has gone in, or will not.
    envelope: Option<NonNull<Envelope>>,
    /// Whether it gets in where there is no room.
    must_pass: bool,
}

// SAFETY: its content is `Send`, as all that is sent is, and the envelope is in no mailbox.
unsafe impl Send for Afloat {}

impl Afloat {
    /// # Safety
    /// The envelope was sent to this receiver, is in no mailbox, and is the caller's to give away.
    pub(crate) unsafe fn new(to: Strong, envelope: NonNull<Envelope>, must_pass: bool) -> Self {
        Afloat { to, envelope: Some(envelope), must_pass }
    }

    /// It has arrived: it goes into the mailbox by the receiver's rule, and stands in line where a sender would.
    pub(crate) fn land(mut self) {
        let Some(envelope) = self.envelope.take() else { unreachable!("it is sent once") };
        let put = if self.must_pass { Strong::push } else { Strong::offer };
        // SAFETY: it was sent to this receiver, and is in no mailbox.
        let mut delivery = unsafe { put(&self.to, hooks::are_any(), None, envelope) };
        let (sender, room) = Slot::<()>::pair_for(Some(self.to.address().addr()));
        if matches!(delivery, Delivery::Full(limit) if self.to.lets_wait(limit)) {
            // SAFETY: it came back.
            delivery = unsafe { self.to.stand_in_line(None, envelope, Some(sender)) };
        }
        if matches!(delivery, Delivery::Done) {
            return;
        }
        self.envelope = Some(envelope);
        match delivery {
            Delivery::Waits => {
                report(&self.to, None, Overload::Waits);
                room.when_ready(move |mut room| self.has_stood_in_line(room.take().is_ok()));
            }
            Delivery::Full(limit) => {
                report(&self.to, None, Overload::Refused);
                let error = overloaded(&self.to, limit);
                self.discard(&error);
            }
            Delivery::Refused | Delivery::Done => {
                // SAFETY: it came back, for it is here.
                let name = unsafe { envelope.as_ref() }.contents.name;
                let error = stopped(&self.to);
                if self.discard(&error) {
                    core::count_dead_letter(&self.to, name);
                }
            }
        }
    }

    /// Where it lies, unless it is a request: that its reply is lost is noted where that is owed.
    pub(crate) fn place(&self) -> Option<usize> {
        // SAFETY: ours, for it is here.
        let message = self.envelope.filter(|it| unsafe { it.as_ref() }.contents.kind != Kind::Request);
        message.map(|envelope| envelope.addr().get())
    }

    /// Its machine has ended before it arrived.
    pub(crate) fn end(mut self, core: &Core) {
        let Some(envelope) = self.envelope else { return };
        // SAFETY: ours, for it is here.
        let name = unsafe { envelope.as_ref() }.contents.name;
        if self.discard(&CallError::Stopped { reason: WITH_ITS_MACHINE.clone(), started: false }) {
            core.report_dead_letters(&self.to, &DeadLetters::one(name), &WITH_ITS_MACHINE);
        }
    }

    fn has_stood_in_line(mut self, is_in: bool) {
        if is_in || self.envelope.is_some_and(|envelope| !self.to.take_back(envelope)) {
            self.envelope = None;
        } else {
            let error = stopped(&self.to);
            self.discard(&error);
        }
    }

    /// Whether it was one that nobody waits for.
    fn discard(&mut self, error: &CallError) -> bool {
        // SAFETY: ours, for it is here, and in no mailbox.
        self.envelope.take().is_some_and(|envelope| unsafe { Envelope::discard(envelope, error) })
    }
}

/// It never arrives.
impl Drop for Afloat {
    fn drop(&mut self) {
        self.discard(&CallError::Stopped { reason: ExitReason::Normal, started: false });
    }
}
