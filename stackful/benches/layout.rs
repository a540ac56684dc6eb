//! Which distance between stacks, and which colours of their tops, make resuming many suspended
//! coroutines cheapest?
//!
//! It lays out its own stacks, for the crate has one layout only. All layouts take turns, so that
//! a busy machine slows all of them down alike; printed are the least and the median of the
//! rounds, in ns a resume in random order, and the memory of a suspended coroutine. Every word
//! that comes back is checked. `cargo bench -p greenroom-stackful --bench layout`

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use corosensei::stack::{Stack, StackPointer};
use corosensei::{Coroutine, CoroutineResult};

const PAGE: usize = 4096;
const ROUNDS: usize = 9;

#[derive(Clone, Copy)]
struct Layout {
    stride_pages: usize,
    colours: usize,
    colour_bytes: usize,
}

const LAYOUTS: [Layout; 10] = [
    layout(16, 1, 0),
    layout(16, 8, 256),
    layout(17, 1, 0),
    layout(24, 1, 0),
    layout(23, 1, 0),
    layout(23, 4, 256),
    layout(23, 8, 256),
    layout(23, 8, 512),
    layout(23, 16, 128),
    layout(23, 32, 64),
];

const fn layout(stride_pages: usize, colours: usize, colour_bytes: usize) -> Layout {
    Layout { stride_pages, colours, colour_bytes }
}

/// A part of one mapping; the pages below serve as its guard, for the bodies here are shallow.
struct Bare {
    base: usize,
    limit: usize,
}

// SAFETY: the bodies of this bench use some hundred bytes of their 64 KiB.
unsafe impl Stack for Bare {
    fn base(&self) -> StackPointer {
        NonZeroUsize::new(self.base).unwrap()
    }

    fn limit(&self) -> StackPointer {
        NonZeroUsize::new(self.limit).unwrap()
    }
}

struct World {
    coroutines: Vec<Coroutine<usize, usize, (), Bare>>,
    start: *mut libc::c_void,
    bytes: usize,
    sweeps: usize,
    nanoseconds: Vec<f64>,
}

impl World {
    fn new(layout: Layout, count: usize) -> Self {
        let stride = layout.stride_pages * PAGE;
        let bytes = count * stride + PAGE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
        };
        assert_ne!(start, libc::MAP_FAILED);
        // SAFETY: the mapping above.
        unsafe { libc::madvise(start, bytes, libc::MADV_NOHUGEPAGE) };
        let coroutine = |index: usize| {
            let limit = start.addr() + index * stride;
            let base = limit + stride - 64 - (index % layout.colours) * layout.colour_bytes;
            let mut coroutine = Coroutine::with_stack(Bare { base, limit }, |yielder, mut word| {
                let mut locals = [0_usize; 32];
                loop {
                    for local in locals.iter_mut().step_by(8) {
                        *local += word;
                    }
                    word = yielder.suspend(black_box(&locals)[8]);
                }
            });
            coroutine.resume(0);
            coroutine
        };
        let coroutines = (0..count).map(coroutine).collect();
        Self { coroutines, start, bytes, sweeps: 0, nanoseconds: Vec::new() }
    }

    /// One sweep to get the caches back from the other layouts, then one that is measured.
    fn turn(&mut self, order: &[u32]) {
        self.sweep(order);
        let begin = Instant::now();
        self.sweep(order);
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
        self.nanoseconds.push(begin.elapsed().as_nanos() as f64 / order.len() as f64);
    }

    fn sweep(&mut self, order: &[u32]) {
        self.sweeps += 1;
        for &index in order {
            let word = self.coroutines[index as usize].resume(1);
            assert_eq!(word, CoroutineResult::Yield(self.sweeps));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.coroutines.clear();
        // SAFETY: nothing uses the mapping any more.
        unsafe { libc::munmap(self.start, self.bytes) };
    }
}

/// Fisher and Yates, with a fixed seed.
fn shuffled(count: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(count).unwrap()).collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for index in (1..count).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(index, usize::try_from(state % (index as u64 + 1)).unwrap());
    }
    order
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    PAGE * statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
}

fn main() {
    println!("coroutines  stride  colours        least ns  median ns  bytes each");
    for count in [200, 1_000, 2_000, 5_000, 20_000, 100_000] {
        let order = shuffled(count);
        let mut worlds: Vec<(World, usize)> = Vec::new();
        for layout in LAYOUTS {
            let before = resident_bytes();
            let world = World::new(layout, count);
            worlds.push((world, (resident_bytes() - before) / count));
        }
        let repeats = (20_000 / count).max(1);
        for _ in 0..ROUNDS * repeats {
            worlds.iter_mut().for_each(|(world, _)| world.turn(&order));
        }
        for (layout, (mut world, bytes)) in LAYOUTS.into_iter().zip(worlds) {
            world.nanoseconds.sort_by(f64::total_cmp);
            let (least, median) = (world.nanoseconds[0], world.nanoseconds[world.nanoseconds.len() / 2]);
            let Layout { stride_pages, colours, colour_bytes } = layout;
            let stride = stride_pages * 4;
            println!(
                "{count:10}  {stride:2} KiB  {colours:2} x {colour_bytes:3} B  {least:12.1}  {median:9.1}  {bytes:10}"
            );
        }
    }
}
