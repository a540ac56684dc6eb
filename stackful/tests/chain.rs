//! Faults that are not ours reach whoever they reached before.
#![cfg(not(feature = "sanitizer"))] // The sanitizer's own handler is in between there.

mod support;

use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};

use greenroom_stackful::overflow::{self, AlternateStack};
use greenroom_stackful::{Coroutine, PoolOptions, StackPool, StackSize};
use support::{assert_finished, in_child, plunge, stderr};

/// With what a handler of these tests ends the process.
const HANDLED: i32 = 77;

fn segfault() {
    let nothing = std::hint::black_box(std::ptr::without_provenance::<u8>(8));
    // SAFETY: none: the fault is what is tested.
    unsafe { nothing.read_volatile() };
}

fn in_a_coroutine(body: fn()) {
    let mut pool = StackPool::new(PoolOptions::default());
    let stack = pool.take(StackSize::KIB_64).unwrap();
    Coroutine::new(stack, move |_, _| body()).resume(0);
}

fn prepare() -> AlternateStack {
    overflow::install().unwrap();
    AlternateStack::for_this_thread().unwrap()
}

#[track_caller]
fn assert_signal(output: &Output, signal: i32) {
    assert_eq!(output.status.signal(), Some(signal), "{:?}: {}", output.status, stderr(output));
}

/// Sets a handler as a crash reporter would, before ours.
fn set_handler(signal: i32, handler: usize, flags: i32) {
    // SAFETY: all zeros is a valid action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the handlers of these tests only write and exit.
    assert_eq!(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) }, 0);
}

fn say(text: &str) {
    // SAFETY: writes a slice.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}

extern "C" fn plain_handler(signal: i32) {
    say(if signal == libc::SIGSEGV { "plain: a fault" } else { "plain: another" });
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(HANDLED) };
}

extern "C" fn informed_handler(_: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel's own.
    let info = unsafe { &*info };
    // SAFETY: a fault has an address.
    let address = unsafe { info.si_addr() }.addr();
    // SAFETY: all zeros is a valid set.
    let mut mask: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: only asks.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut mask) };
    // SAFETY: a valid set.
    let is_blocked = unsafe { libc::sigismember(&raw const mask, libc::SIGSEGV) } == 1;
    if address == 8 && !context.is_null() && is_blocked {
        say("informed: at 8, blocked");
    }
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(HANDLED) };
}

#[test]
fn a_real_segmentation_fault_dies_by_its_signal() {
    let output = in_child("a_real_segmentation_fault_dies_by_its_signal", || {
        let _alternate = prepare();
        segfault();
    });
    assert_signal(&output, libc::SIGSEGV);
    assert!(!stderr(&output).contains("overflow"), "{}", stderr(&output));
}

#[test]
fn a_segmentation_fault_in_a_coroutine_dies_by_its_signal() {
    let output = in_child("a_segmentation_fault_in_a_coroutine_dies_by_its_signal", || {
        let _alternate = prepare();
        in_a_coroutine(segfault);
    });
    assert_signal(&output, libc::SIGSEGV);
}

#[test]
fn a_stray_pointer_into_the_yellow_zone_of_another_stack_is_a_segmentation_fault() {
    let output =
        in_child("a_stray_pointer_into_the_yellow_zone_of_another_stack_is_a_segmentation_fault", || {
            let _alternate = prepare();
            let mut pool = StackPool::new(PoolOptions::default());
            let stack = pool.take(StackSize::KIB_64).unwrap();
            let guarded: *const u8 = std::ptr::with_exposed_provenance(stack.limit() + (16 << 10));
            // SAFETY: none: the fault is what is tested.
            unsafe { guarded.read_volatile() };
        });
    assert_signal(&output, libc::SIGSEGV);
}

#[test]
fn a_plain_threads_overflow_prints_the_usual_message() {
    let output = in_child("a_plain_threads_overflow_prints_the_usual_message", || {
        overflow::install().unwrap();
        let thread = std::thread::Builder::new().name("plain".into());
        thread.spawn(|| plunge(0)).unwrap().join().unwrap();
    });
    assert_signal(&output, libc::SIGABRT);
    assert!(stderr(&output).contains("has overflowed its stack"), "{}", stderr(&output));
}

#[test]
fn a_worker_threads_own_overflow_prints_the_usual_message() {
    let output = in_child("a_worker_threads_own_overflow_prints_the_usual_message", || {
        let worker = || {
            let _alternate = prepare();
            plunge(0)
        };
        std::thread::spawn(worker).join().unwrap();
    });
    assert_signal(&output, libc::SIGABRT);
    assert!(stderr(&output).contains("has overflowed its stack"), "{}", stderr(&output));
}

#[test]
fn a_handler_that_was_there_before_gets_what_is_not_ours() {
    let output = in_child("a_handler_that_was_there_before_gets_what_is_not_ours", || {
        let handler: extern "C" fn(_, _, _) = informed_handler;
        set_handler(libc::SIGSEGV, handler as usize, libc::SA_SIGINFO);
        let _alternate = prepare();
        in_a_coroutine(segfault);
    });
    assert_eq!(output.status.code(), Some(HANDLED));
    assert!(stderr(&output).contains("informed: at 8, blocked"), "{}", stderr(&output));
}

#[test]
fn a_handler_without_information_is_called_as_it_was_declared() {
    let output = in_child("a_handler_without_information_is_called_as_it_was_declared", || {
        let handler: extern "C" fn(_) = plain_handler;
        set_handler(libc::SIGSEGV, handler as usize, libc::SA_RESETHAND);
        let _alternate = prepare();
        segfault();
    });
    assert_eq!(output.status.code(), Some(HANDLED));
    assert!(stderr(&output).contains("plain: a fault"), "{}", stderr(&output));
}

#[test]
fn a_handler_that_is_to_be_called_once_is_called_once() {
    extern "C" fn returning_handler(_: i32) {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        // ORDERING: Relaxed: a count on one thread.
        if CALLS.fetch_add(1, Ordering::Relaxed) > 0 {
            // SAFETY: ends the process at once.
            unsafe { libc::_exit(HANDLED) };
        }
        say("once");
    }
    let output = in_child("a_handler_that_is_to_be_called_once_is_called_once", || {
        let handler: extern "C" fn(_) = returning_handler;
        set_handler(libc::SIGSEGV, handler as usize, libc::SA_RESETHAND);
        let _alternate = prepare();
        segfault();
    });
    assert_signal(&output, libc::SIGSEGV);
    assert!(stderr(&output).contains("once"), "{}", stderr(&output));
}

#[test]
fn a_bus_error_goes_to_its_own_handler() {
    let output = in_child("a_bus_error_goes_to_its_own_handler", || {
        let handler: extern "C" fn(_) = plain_handler;
        set_handler(libc::SIGBUS, handler as usize, 0);
        let _alternate = prepare();
        // SAFETY: the signal has a handler.
        unsafe { libc::raise(libc::SIGBUS) };
    });
    assert_eq!(output.status.code(), Some(HANDLED));
    assert!(stderr(&output).contains("plain: another"), "{}", stderr(&output));
}

#[test]
fn a_signal_that_was_sent_and_ignored_before_is_ignored() {
    let output = in_child("a_signal_that_was_sent_and_ignored_before_is_ignored", || {
        set_handler(libc::SIGSEGV, libc::SIG_IGN, 0);
        let _alternate = prepare();
        // SAFETY: the signal is ignored.
        unsafe { libc::raise(libc::SIGSEGV) };
    });
    assert_finished(&output);
}

#[test]
fn a_fault_is_not_ignored_even_if_the_signal_was() {
    let output = in_child("a_fault_is_not_ignored_even_if_the_signal_was", || {
        set_handler(libc::SIGSEGV, libc::SIG_IGN, 0);
        let _alternate = prepare();
        segfault();
    });
    assert_signal(&output, libc::SIGSEGV);
}

#[test]
fn a_signal_that_was_sent_does_what_it_did_by_default() {
    let output = in_child("a_signal_that_was_sent_does_what_it_did_by_default", || {
        set_handler(libc::SIGSEGV, libc::SIG_DFL, 0);
        let _alternate = prepare();
        // SAFETY: the process is meant to die of it.
        unsafe { libc::raise(libc::SIGSEGV) };
    });
    assert_signal(&output, libc::SIGSEGV);
}

#[test]
fn the_alternate_stack_before_ours_is_in_place_again_afterwards() {
    fn current() -> (usize, usize) {
        let mut now = libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
        // SAFETY: only asks.
        unsafe { libc::sigaltstack(std::ptr::null(), &raw mut now) };
        (now.ss_sp.addr(), now.ss_size)
    }
    let before = current();
    let alternate = AlternateStack::for_this_thread().unwrap();
    let (ours, bytes) = current();
    assert_ne!((ours, bytes), before);
    assert_eq!(bytes, 64 << 10);
    assert!(support::is_readable(ours) && !support::is_readable(ours - 1), "guarded below");
    drop(alternate);
    assert_eq!(current(), before);
    assert!(!support::is_readable(ours));
}
