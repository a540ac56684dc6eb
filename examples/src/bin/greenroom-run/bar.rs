//! A progress bar that follows a tally, on a thread of its own.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::tally::Tally;

const REFRESH: Duration = Duration::from_millis(100);

/// Shows how a tally grows, until it is dropped.
pub(crate) struct Bar {
    bar: ProgressBar,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Bar {
    /// None where nobody would see it.
    pub(crate) fn follow(tally: &'static Tally, title: &str, is_wanted: bool) -> Option<Self> {
        if !is_wanted || !std::io::stderr().is_terminal() {
            return None;
        }
        let style =
            ProgressStyle::with_template("{msg:36} {bar:32} {percent:>3}% {human_pos:>11} {elapsed:>4}");
        let bar = ProgressBar::new(tally.expected())
            .with_style(style.expect("the template is well formed"))
            .with_message(title.to_owned());
        let is_over = Arc::new(AtomicBool::new(false));
        let (shown, over) = (bar.clone(), Arc::clone(&is_over));
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(move || {
            // ORDERING: Relaxed: a flag that guards no other data.
            while !over.load(Ordering::Relaxed) {
                shown.set_position(tally.arrived());
                thread::park_timeout(REFRESH);
            }
        });
        Some(Bar { bar, is_over, thread: thread.ok()? })
    }

    /// Takes the bar from the screen.
    pub(crate) fn end(self) {
        // ORDERING: Relaxed, as above.
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        // A thread that only draws has nothing to say at its end.
        let _ = self.thread.join();
        self.bar.finish_and_clear();
    }
}
