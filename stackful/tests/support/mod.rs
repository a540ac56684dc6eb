//! What the tests of several files need: child processes, and code of a known depth.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::cell::Cell;
use std::hint::black_box;
use std::process::{Command, Output};
use std::rc::Rc;

use greenroom_stackful::{Coroutine, StackPool, StackSize, Suspender};

/// Names the test whose body is to run in this process.
const CHILD: &str = "GREENROOM_STACKFUL_CHILD";

/// With what a child ends whose body came to its end. Not zero, which a misspelt name would give.
pub(crate) const FINISHED: Option<i32> = Some(42);

/// Frames are to lie on the stack, also with a sanitizer, which would keep them on the heap.
#[cfg(feature = "sanitizer")]
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"detect_stack_use_after_return=0".as_ptr()
}

/// Runs `body` in a process of its own: this program again, with only the test `name`, which has
/// to be the calling one.
pub(crate) fn in_child(name: &str, body: impl FnOnce()) -> Output {
    if std::env::var(CHILD).is_ok_and(|child| child == name) {
        body();
        std::process::exit(FINISHED.unwrap());
    }
    let program = std::env::current_exe().unwrap();
    let arguments = [name, "--exact", "--nocapture", "--test-threads=1", "--include-ignored"];
    let mut command = Command::new(program);
    command.args(arguments).env(CHILD, name).env("RUST_BACKTRACE", "0");
    command.output().unwrap()
}

/// Asserts that the body of a child came to its end.
#[track_caller]
pub(crate) fn assert_finished(output: &Output) {
    assert_eq!(output.status.code(), FINISHED, "{}", stderr(output));
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Counts how often it was dropped.
pub(crate) struct Counted(pub(crate) Rc<Cell<usize>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// Recurses, a destructor and an allocation a frame, until the stack has overflowed; then panics.
/// Counts its frames in `frames` and its destructors in `drops`.
pub(crate) fn dive(suspender: &Suspender, frames: &Rc<Cell<usize>>, drops: &Rc<Cell<usize>>) -> u64 {
    if suspender.overflowed() {
        std::panic::resume_unwind(Box::new("stack overflow"));
    }
    frames.set(frames.get() + 1);
    let _counted = Counted(Rc::clone(drops));
    let allocation = black_box(vec![1_u64; 8]);
    let room = black_box([1_u64; 16]);
    dive(suspender, frames, drops) + allocation[3] + room[5]
}

/// Recurses for ever, whatever it is told.
pub(crate) fn plunge(depth: u64) -> u64 {
    let room = black_box([depth; 16]);
    if room[3] == u64::MAX { depth } else { plunge(depth + 1) + room[5] }
}

/// Goes `bytes` deep, touching every page on the way, calls `at_bottom`, and comes back. Returns
/// how many frames it was.
pub(crate) fn sink(bytes: usize, at_bottom: &mut dyn FnMut()) -> usize {
    fn go_on(above: usize, bytes: usize, at_bottom: &mut dyn FnMut()) -> usize {
        let room = black_box([1_u8; 512]);
        if above - room.as_ptr().addr() < bytes {
            go_on(above, bytes, at_bottom) + usize::from(room[7])
        } else {
            at_bottom();
            usize::from(room[7])
        }
    }
    let here = 0_u8;
    go_on(black_box(&raw const here).addr(), bytes, at_bottom)
}

/// A coroutine of the pool that sinks as many bytes as each word says.
pub(crate) fn sinker(pool: &mut StackPool, size: StackSize) -> Coroutine {
    let stack = pool.take(size).unwrap();
    Coroutine::new(stack, |suspender, mut bytes| {
        loop {
            sink(bytes, &mut || {});
            bytes = suspender.suspend(0);
        }
    })
}

/// How many mappings this process has.
pub(crate) fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

/// Whether an address lies in a mapping of this process.
pub(crate) fn is_mapped(address: usize) -> bool {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().any(|line| {
        let (start, rest) = line.split_once('-').unwrap();
        let (end, _) = rest.split_once(' ').unwrap();
        let parse = |hex| usize::from_str_radix(hex, 16).unwrap();
        (parse(start)..parse(end)).contains(&address)
    })
}

/// Whether the kernel can read the byte at an address: not if it is guarded.
pub(crate) fn is_readable(address: usize) -> bool {
    let mut byte = 0_u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: std::ptr::with_exposed_provenance_mut(address), iov_len: 1 };
    // SAFETY: asks for the id of this process.
    let process = unsafe { libc::getpid() };
    // SAFETY: the kernel checks the address, and the byte is ours.
    let read = unsafe { libc::process_vm_readv(process, &raw const local, 1, &raw const remote, 1, 0) };
    read == 1
}
