//! Signals in the midst of everything: a handler of the user's runs on whichever stack is at hand, or on the one for
//! signals, and no handler of an actor notices.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::fs;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;

use crate::support::child::{in_child, own_name};
use crate::support::{LOST, real, wait_until};

/// How often the signal handlers ran: at all, where an actor's handler computed, and on the stack for signals.
static SEEN: AtomicU64 = AtomicU64::new(0);
static OVER_A_HANDLER: AtomicU64 = AtomicU64::new(0);
static ON_THE_ALTERNATE_STACK: AtomicU64 = AtomicU64::new(0);
/// What they computed, so that they do.
static SUM: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Where the frames of the handler that computes on this thread lie; 0 while none does.
    static COMPUTES_AT: Cell<usize> = const { Cell::new(0) };
}

fn is_on_the_alternate_stack() -> bool {
    let mut now = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: only asks.
    unsafe { libc::sigaltstack(ptr::null(), &raw mut now) };
    now.ss_flags & libc::SS_ONSTACK != 0
}

/// Modest: a buffer of a KiB, some arithmetic, nothing that a signal handler may not do.
extern "C" fn count(_signal: c_int) {
    let mut buffer = [0_u64; 128];
    for (number, word) in (0_u64..).zip(&mut buffer) {
        *word = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    let sum = std::hint::black_box(&buffer).iter().fold(0, |sum: u64, word| sum.wrapping_add(*word));
    SUM.fetch_xor(sum, Ordering::Relaxed);
    SEEN.fetch_add(1, Ordering::Relaxed);
    let is_over = COMPUTES_AT.get().abs_diff(buffer.as_ptr().addr()) < 64 << 10;
    if is_on_the_alternate_stack() {
        ON_THE_ALTERNATE_STACK.fetch_add(1, Ordering::Relaxed);
    } else if is_over {
        OVER_A_HANDLER.fetch_add(1, Ordering::Relaxed);
    }
}

/// As a sampling profiler does: looks at what was interrupted. `errno` is as it was when it returns.
extern "C" fn sample(signal: c_int, _info: *mut libc::siginfo_t, context: *mut c_void) {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: the kernel gives every handler with `SA_SIGINFO` its `ucontext_t`.
        let context = unsafe { &*context.cast::<libc::ucontext_t>() };
        let stack_pointer = context.uc_mcontext.gregs[libc::REG_RSP as usize].cast_unsigned() as usize;
        // SAFETY: the word at the top of the stack that was interrupted.
        let top = unsafe { ptr::with_exposed_provenance::<u64>(stack_pointer & !7).read_volatile() };
        SUM.fetch_xor(top, Ordering::Relaxed);
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = context;
    count(signal);
}

fn install(signal: c_int, handler: usize, flags: c_int) {
    // SAFETY: all zeros is a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the handlers above do nothing but what a handler may do.
    assert_eq!(unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) }, 0);
}

/// Has the timer raise its signal so often, in threads other than the calling one.
fn raise_every(timer: c_int, signal: c_int, micros: i64) {
    // SAFETY: all zeros is a valid set.
    let mut signals: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is ours.
    unsafe { libc::sigaddset(&raw mut signals, signal) };
    // SAFETY: as above.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, ptr::null_mut()) };
    let period = libc::timeval { tv_sec: 0, tv_usec: micros };
    let times = libc::itimerval { it_interval: period, it_value: period };
    // SAFETY: it is given times to read.
    assert_eq!(unsafe { libc::setitimer(timer, &raw const times, ptr::null_mut()) }, 0);
}

/// Sends the signal to every thread of the process, over and over, until it is told to stop.
fn raise_everywhere(signal: c_int, stop: &AtomicBool) {
    // SAFETY: asks for this process's number.
    let process = unsafe { libc::getpid() };
    while !stop.load(Ordering::Relaxed) {
        for task in fs::read_dir("/proc/self/task").unwrap() {
            let task: c_int = task.unwrap().file_name().to_str().unwrap().parse().unwrap();
            // SAFETY: a signal that has a handler, to a thread that may have ended meanwhile.
            unsafe { libc::syscall(libc::SYS_tgkill, process, task, signal) };
        }
        thread::sleep(Duration::from_micros(50));
    }
}

#[derive(Default)]
struct Clerk {
    sum: u64,
}

#[actor]
impl Clerk {
    /// Computes long enough to be interrupted, in integers and in floating point.
    fn add(&mut self, number: u64) -> u64 {
        let here = 0_u8;
        COMPUTES_AT.set((&raw const here).addr());
        let (mut bits, mut real) = (number, 0.0_f64);
        for step in 0..2000_u32 {
            bits = std::hint::black_box(bits.rotate_left(7) ^ u64::from(step));
            real = std::hint::black_box(real + f64::from(step));
        }
        COMPUTES_AT.set(0);
        assert!((real - 1_999_000.0).abs() < 1e-9, "{real}");
        for step in (0..2000_u32).rev() {
            bits = (bits ^ u64::from(step)).rotate_right(7);
        }
        self.sum += bits;
        self.sum
    }

    /// The same, by another, with a wait before and a call in between.
    #[parallel]
    fn add_by(me: &Me<Self>, other: Ref<Clerk>, number: u64) -> Result<(), CallError> {
        sleep(Duration::from_micros(number % 200))?;
        other.within(LOST).add(number)?;
        me.with(|clerk| clerk.sum += number);
        yield_now()
    }

    fn sum(&self) -> u64 {
        self.sum
    }
}

/// Works in every way there is until the signals have been seen often enough, and checks every sum.
fn sums_are_right_until(vm: &Vm, seen: impl Fn() -> bool) {
    let begin = Instant::now();
    while !seen() {
        assert!(
            begin.elapsed() < LOST,
            "too few signals came: {SEEN:?}, {OVER_A_HANDLER:?}, {ON_THE_ALTERNATE_STACK:?}"
        );
        let clerks: Vec<_> = (0..8).map(|_| vm.spawn(Clerk::default())).collect();
        let pairs = (0..400_u64).map(|number| {
            let at = |number: u64| clerks[usize::try_from(number).unwrap() % clerks.len()].clone();
            at(number).request().add_by(at(number / 8), number)
        });
        for promise in pairs.collect::<Vec<_>>() {
            promise.wait().unwrap();
        }
        let sum: u64 = clerks.iter().map(|clerk| clerk.within(LOST).sum().unwrap()).sum();
        assert_eq!(sum, 2 * (0..400).sum::<u64>());
    }
}

fn count_of(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "with a sanitizer frames are several times larger")]
fn a_modest_signal_handler_may_run_on_the_small_stack_of_whatever_it_interrupts() {
    let ended = in_child(own_name!(), &[], || {
        // Without SA_ONSTACK, and without SA_RESTART: what waits in the kernel is interrupted.
        install(libc::SIGUSR1, count as *const () as usize, 0);
        let (vm, stop) = (real(), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| raise_everywhere(libc::SIGUSR1, &stop));
            sums_are_right_until(&vm, || count_of(&OVER_A_HANDLER) > 300);
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(count_of(&ON_THE_ALTERNATE_STACK), 0);
        drop(vm);
    });
    ended.finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "with a sanitizer frames are several times larger")]
fn a_storm_of_timer_signals_disturbs_no_sum() {
    let ended = in_child(own_name!(), &[], || {
        install(libc::SIGALRM, count as *const () as usize, 0);
        install(libc::SIGPROF, count as *const () as usize, libc::SA_RESTART);
        let vm = real();
        raise_every(libc::ITIMER_REAL, libc::SIGALRM, 200);
        raise_every(libc::ITIMER_PROF, libc::SIGPROF, 1000);
        sums_are_right_until(&vm, || count_of(&OVER_A_HANDLER) > 50 && count_of(&SEEN) > 2000);
        drop(vm);
    });
    ended.finished();
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "a profiler reads raw stacks, of which parts are poisoned there")]
fn a_profiler_samples_handlers_from_the_stack_for_signals() {
    let ended = in_child(own_name!(), &[], || {
        let flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        install(libc::SIGPROF, sample as *const () as usize, flags);
        install(libc::SIGUSR1, sample as *const () as usize, flags);
        let (vm, stop) = (real(), AtomicBool::new(false));
        raise_every(libc::ITIMER_PROF, libc::SIGPROF, 1000);
        thread::scope(|scope| {
            scope.spawn(|| raise_everywhere(libc::SIGUSR1, &stop));
            sums_are_right_until(&vm, || count_of(&ON_THE_ALTERNATE_STACK) > 1000);
            stop.store(true, Ordering::Relaxed);
        });
        assert_eq!(count_of(&OVER_A_HANDLER), 0, "nothing of it on an actor's stack");
        drop(vm);
    });
    ended.finished();
}

/// Whether the kernel can read the byte at an address: not if it is guarded.
fn is_readable(address: usize) -> bool {
    let mut byte = 0_u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: ptr::with_exposed_provenance_mut(address), iov_len: 1 };
    // SAFETY: asks for the number of this process.
    let process = unsafe { libc::getpid() };
    // SAFETY: the kernel checks the address, and the byte is ours.
    unsafe { libc::process_vm_readv(process, &raw const local, 1, &raw const remote, 1, 0) == 1 }
}

/// Somebody is where the next signal finds no room.
static DEEP: AtomicBool = AtomicBool::new(false);

/// Fills its stack until less is left than the frame of a signal takes, and waits there.
struct Brim;
impl Actor for Brim {}
impl Message for Brim {
    type Reply = ();
}
impl Handler<Brim> for Brim {
    fn handle(&mut self, _: Brim) {
        fn fill(guard: usize) {
            let here = std::hint::black_box([0_u8; 64]);
            if here.as_ptr().addr() - guard > 800 {
                fill(guard);
            } else {
                DEEP.store(true, Ordering::Relaxed);
                let mut left = u64::MAX;
                while std::hint::black_box(left) > 0 {
                    left -= 1;
                }
            }
            std::hint::black_box(&here);
        }
        let here = 0_u8;
        let mut page = (&raw const here).addr() & !4095;
        while is_readable(page - 1) {
            page -= 4096;
        }
        fill(page);
    }
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "with a sanitizer frames are several times larger")]
fn a_signal_handler_that_finds_no_room_on_a_small_stack_ends_the_process_with_the_remedy() {
    let ended = in_child(own_name!(), &[], || {
        install(libc::SIGUSR1, count as *const () as usize, 0);
        let (vm, stop) = (real(), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                wait_until("it is deep", || DEEP.load(Ordering::Relaxed));
                raise_everywhere(libc::SIGUSR1, &stop);
            });
            let _ = vm.spawn(Brim).ask_within(LOST, Brim);
        });
    });
    ended.aborted_with(&["a signal found no room", "needs SA_ONSTACK", "Brim#", "on a stack of 64 KiB"]);
}
