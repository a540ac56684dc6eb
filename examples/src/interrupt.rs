//! Ctrl-C, noticed: the first signal asks the program to end in order, the second ends it at once.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

/// The signal that asked this process to end; 0 while none has.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Signals that come closer together are one: `timeout` and some shells send to a process, and again to its group.
const SAME: Duration = Duration::from_millis(300);

/// Listens for SIGINT and SIGTERM from now on; `react` is run, on a thread of its own, at the first one.
///
/// # Errors
/// If the system does not let us listen.
pub fn listen(react: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, status_of(signal).into(), Arc::clone(&again))?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            ask_to_end(signal);
            react();
            thread::sleep(SAME);
            // ORDERING: SeqCst: once; the handler that reads it is not worth a thought about less.
            again.store(true, Ordering::SeqCst);
        }
    })?;
    Ok(())
}

/// Asks this process to end as soon as its standard input does: so one that started it can ask it to, and does
/// so even by dying.
///
/// # Errors
/// If no thread can be had.
pub fn end_with_stdin() -> std::io::Result<()> {
    let watch = || {
        let mut stdin = std::io::stdin();
        // Nothing is ever sent: what comes is the end, or an error that means as much.
        while matches!(stdin.read(&mut [0; 64]), Ok(1..)) {}
        ask_to_end(SIGINT);
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(watch)?;
    Ok(())
}

fn ask_to_end(signal: i32) {
    // ORDERING: Relaxed: a flag that guards no other data.
    let _ = SIGNAL.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed);
}

/// Whether the process was asked to end.
pub fn is_asked() -> bool {
    // ORDERING: Relaxed, as above.
    SIGNAL.load(Ordering::Relaxed) != 0
}

/// The exit status of a process that was asked to end, and did: 128 and the signal, as shells have it.
pub fn status() -> u8 {
    // ORDERING: Relaxed, as above.
    match SIGNAL.load(Ordering::Relaxed) {
        0 => status_of(SIGINT),
        signal => status_of(signal),
    }
}

fn status_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
