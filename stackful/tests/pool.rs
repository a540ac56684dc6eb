//! The pool: few mappings, hottest first, memory given back, guards everywhere.

mod support;

use greenroom_stackful::{Coroutine, GuardKind, PoolOptions, StackError, StackPool, StackSize};
use support::{assert_finished, in_child, is_mapped, is_readable, mappings, sink, sinker};

/// Whether this kernel has guards that need no mappings: Linux 6.13.
fn has_light_guards() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut parts = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap(), parts.next().unwrap()) >= (6, 13)
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer's mappings are counted too")]
fn twenty_thousand_stacks_are_a_few_mappings() {
    if !has_light_guards() {
        eprintln!("not tested: this kernel has no guards without mappings");
        return;
    }
    let output = in_child("twenty_thousand_stacks_are_a_few_mappings", || {
        let mut pool = StackPool::new(PoolOptions::default());
        let before = mappings();
        let stacks: Vec<_> = (0..20_000).map(|_| pool.take(StackSize::KIB_64).unwrap()).collect();
        assert!(mappings() <= before + 24, "{} mappings, {before} before", mappings());
        assert_eq!(pool.stats().carved, 20_000);
        assert!(pool.stats().slabs <= 12, "{:?}", pool.stats());
        stacks.into_iter().for_each(|stack| pool.put(stack));
        assert_eq!(pool.stats().free, 20_000);
    });
    assert_finished(&output);
}

#[test]
#[ignore = "takes seconds and 200 MB of page tables: cargo test --release -- --ignored"]
fn a_million_stacks_are_a_few_dozen_mappings() {
    let output = in_child("a_million_stacks_are_a_few_dozen_mappings", || {
        let mut pool = StackPool::new(PoolOptions::default());
        let before = mappings();
        let stacks: Vec<_> = (0..1_000_000).map(|_| pool.take(StackSize::KIB_64).unwrap()).collect();
        eprintln!("{} mappings, {before} before; {:?}", mappings(), pool.stats());
        assert!(mappings() <= before + 100);
        drop(stacks);
    });
    assert_finished(&output);
    eprintln!("{}", support::stderr(&output));
}

#[test]
fn every_stack_has_its_guards_and_all_else_is_usable() {
    for guard in [GuardKind::Auto, GuardKind::ForceMprotect { margin: 1000 }] {
        let options = PoolOptions { guard, ..PoolOptions::default() };
        let mut pool = StackPool::new(options);
        for size in StackSize::ALL {
            let stacks: Vec<_> = (0..70).map(|_| pool.take(size).unwrap()).collect();
            for stack in &stacks {
                let usable = stack.limit() + 4096 * if size == StackSize::KIB_16 { 3 } else { 7 };
                for page in (stack.limit()..usable).step_by(4096) {
                    assert!(!is_readable(page), "{guard:?} {size:?}");
                }
                assert!(is_readable(usable) && is_readable(stack.base()), "{guard:?} {size:?}");
                assert_eq!(stack.base() - usable, size.bytes() - 64);
            }
        }
    }
}

#[test]
fn the_stack_that_was_put_back_last_is_taken_first() {
    let mut pool = StackPool::new(PoolOptions::default());
    let first = pool.take(StackSize::KIB_64).unwrap();
    let second = pool.take(StackSize::KIB_64).unwrap();
    let (first_base, second_base) = (first.base(), second.base());
    pool.put(first);
    pool.put(second);
    assert_eq!(pool.take(StackSize::KIB_64).unwrap().base(), second_base);
    assert_eq!(pool.take(StackSize::KIB_64).unwrap().base(), first_base);
}

#[test]
fn the_peak_is_right_within_two_pages() {
    let mut pool = StackPool::new(PoolOptions::default());
    for kib in [2, 20, 50, 200, 900] {
        let stack = pool.take(StackSize::MIB_1).unwrap();
        let top = stack.base();
        let mut coroutine = Coroutine::new(stack, move |suspender, _| {
            let mut deepest = 0;
            sink(kib << 10, &mut || {
                let here = 0_u8;
                deepest = top - (&raw const here).addr();
            });
            suspender.suspend(deepest);
        });
        let deepest = coroutine.resume(0).unwrap();
        let peak = coroutine.stack().used_peak();
        assert!((deepest..=deepest + 2 * 4096).contains(&peak), "{peak} for {deepest}");
        // Dropped, not put back: the next one is fresh.
    }
}

#[test]
fn a_stack_that_was_used_deep_gives_its_memory_back_when_it_is_put_back() {
    let mut pool = StackPool::new(PoolOptions::default());
    let mut coroutine = sinker(&mut pool, StackSize::MIB_1);
    coroutine.resume(700 << 10);
    assert!(coroutine.stack().used_peak() > 700 << 10);
    coroutine.unwind();
    pool.put(coroutine.into_stack());
    assert!(pool.stats().peak_used_bytes > 700 << 10);
    let stack = pool.take(StackSize::MIB_1).unwrap();
    assert_eq!(stack.used_peak(), PoolOptions::default().trim_threshold);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "with a sanitizer every one is counted")]
fn one_in_sixty_four_is_counted_however_it_looks() {
    // All that is written below the threshold is a few words, many pages below the page that is
    // looked at: as a large buffer that is hardly used would leave it.
    let mut pool = StackPool::new(PoolOptions::default());
    let mut stack = pool.take(StackSize::MIB_1).unwrap();
    for round in 1..=64 {
        let word: *mut u64 = std::ptr::with_exposed_provenance_mut(stack.base() - (512 << 10));
        // SAFETY: the stack is ours, and nothing runs on it.
        unsafe { word.write(round) };
        assert_eq!(pool.stats().peak_used_bytes, 0);
        pool.put(stack);
        stack = pool.take(StackSize::MIB_1).unwrap();
    }
    assert!((512 << 10..520 << 10).contains(&pool.stats().peak_used_bytes), "{:?}", pool.stats());
    assert_eq!(stack.used_peak(), 0);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer's memory is counted too")]
fn a_hundred_deep_stacks_do_not_stay_resident() {
    let output = in_child("a_hundred_deep_stacks_do_not_stay_resident", || {
        fn resident() -> usize {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
            4096 * statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap()
        }
        let mut pool = StackPool::new(PoolOptions::default());
        let mut deep: Vec<_> = (0..100).map(|_| sinker(&mut pool, StackSize::MIB_1)).collect();
        let before = resident();
        deep.iter_mut().for_each(|coroutine| assert_eq!(coroutine.resume(800 << 10), Some(0)));
        assert!(resident() > before + (75 << 20));
        deep.iter_mut().for_each(|coroutine| pool.recycle(coroutine));
        assert!(resident() < before + (8 << 20), "{} of {before}", resident());
        deep.iter_mut().for_each(|coroutine| assert_eq!(coroutine.resume(800 << 10), Some(0)));
    });
    assert_finished(&output);
}

#[test]
fn a_stack_that_was_used_little_keeps_its_memory() {
    let mut pool = StackPool::new(PoolOptions::default());
    let mut coroutine = sinker(&mut pool, StackSize::KIB_64);
    coroutine.resume(2 << 10);
    coroutine.unwind();
    pool.put(coroutine.into_stack());
    assert!(pool.take(StackSize::KIB_64).unwrap().used_peak() > 0);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "with a sanitizer pages that were only read count")]
fn more_free_stacks_than_are_kept_warm_keep_no_memory_and_are_taken_last() {
    let options = PoolOptions { warm_stacks: 2, ..PoolOptions::default() };
    let mut pool = StackPool::new(options);
    let mut used: Vec<_> = (0..5).map(|_| sinker(&mut pool, StackSize::KIB_64)).collect();
    used.iter_mut().for_each(|coroutine| assert_eq!(coroutine.resume(1000), Some(0)));
    for mut coroutine in used {
        coroutine.unwind();
        pool.put(coroutine.into_stack());
    }
    let peaks: Vec<_> = (0..5).map(|_| pool.take(StackSize::KIB_64).unwrap().used_peak()).collect();
    assert!(peaks[0] > 0 && peaks[1] > 0, "{peaks:?}");
    assert_eq!(peaks[2..], [0, 0, 0]);
    assert_eq!(pool.stats().carved, 5);
}

#[test]
fn slabs_are_unmapped_with_the_last_stack_and_not_before() {
    let output = in_child("slabs_are_unmapped_with_the_last_stack_and_not_before", || {
        let mut pool = StackPool::new(PoolOptions::default());
        let stack = pool.take(StackSize::KIB_64).unwrap();
        let other = pool.take(StackSize::KIB_256).unwrap();
        let (base, other_base) = (stack.base(), other.base());
        pool.put(other);
        drop(pool);
        assert!(!is_mapped(other_base));
        assert!(is_mapped(base));
        let mut coroutine = Coroutine::new(stack, |suspender, word| {
            suspender.suspend(word + 1);
        });
        assert_eq!(coroutine.resume(1), Some(2));
        drop(coroutine);
        assert!(!is_mapped(base));
    });
    assert_finished(&output);
}

#[test]
fn a_small_pool_stays_small_and_slabs_double() {
    let mut pool = StackPool::new(PoolOptions::default());
    assert_eq!(pool.stats().mapped_bytes, 0);
    let _first = pool.take(StackSize::KIB_64).unwrap();
    assert_eq!((pool.stats().slabs, pool.stats().mapped_bytes), (1, 4 << 20));
    let _more: Vec<_> = (0..50).map(|_| pool.take(StackSize::KIB_64).unwrap()).collect();
    assert_eq!((pool.stats().slabs, pool.stats().mapped_bytes), (2, 12 << 20));
}

#[test]
fn the_mprotect_fallback_stops_at_its_margin_with_an_error_that_names_the_remedy() {
    let output =
        in_child("the_mprotect_fallback_stops_at_its_margin_with_an_error_that_names_the_remedy", || {
            let limit: usize =
                std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap().trim().parse().unwrap();
            let options = PoolOptions {
                guard: GuardKind::ForceMprotect { margin: limit - mappings() - 1000 },
                ..PoolOptions::default()
            };
            let mut pool = StackPool::new(options);
            let mut stacks = Vec::new();
            let error = loop {
                match pool.take(StackSize::KIB_16) {
                    Ok(stack) => stacks.push(stack),
                    Err(error) => break error,
                }
            };
            assert!((450..=500).contains(&stacks.len()), "{} stacks", stacks.len());
            assert!(matches!(error, StackError::TooManyMappings { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("vm.max_map_count") && text.contains("Linux 6.13"), "{text}");
            // What was given back is still to be had, and dropping it all makes room again.
            pool.put(stacks.pop().unwrap());
            stacks.push(pool.take(StackSize::KIB_16).unwrap());
            pool.take(StackSize::KIB_16).unwrap_err();
            drop((pool, stacks));
            StackPool::new(options).take(StackSize::KIB_16).unwrap();
        });
    assert_finished(&output);
}

#[test]
fn a_process_that_locks_its_memory_gets_guards_by_mprotect() {
    let output = in_child("a_process_that_locks_its_memory_gets_guards_by_mprotect", || {
        // SAFETY: affects only this process.
        if unsafe { libc::mlockall(libc::MCL_FUTURE | libc::MCL_ONFAULT) } != 0 {
            return; // Not allowed here, so there is nothing to test.
        }
        let mut pool = StackPool::new(PoolOptions::default());
        match pool.take(StackSize::KIB_64) {
            Ok(stack) => {
                assert!(!is_readable(stack.limit()) && is_readable(stack.base()));
                pool.put(stack);
            }
            // Allowed to lock, but not this much.
            Err(error) => assert!(matches!(error, StackError::Map { .. }), "{error:?}"),
        }
    });
    assert_finished(&output);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer needs address space too")]
fn a_refusal_of_address_space_is_an_error() {
    let output = in_child("a_refusal_of_address_space_is_an_error", || {
        let none = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
        // SAFETY: affects only this process.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const none) }, 0);
        let error = StackPool::new(PoolOptions::default()).take(StackSize::KIB_64).unwrap_err();
        assert!(matches!(error, StackError::Map { .. }), "{error:?}");
        assert!(error.to_string().contains("ulimit -v"), "{error}");
    });
    assert_finished(&output);
}

#[test]
#[cfg_attr(feature = "sanitizer", ignore = "the sanitizer maps terabytes")]
fn a_slab_is_made_smaller_where_the_kernel_refuses_a_large_one() {
    let output = in_child("a_slab_is_made_smaller_where_the_kernel_refuses_a_large_one", || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let mapped = 4096 * statm.split(' ').next().unwrap().parse::<u64>().unwrap();
        let limit = libc::rlimit { rlim_cur: mapped + (100 << 20), rlim_max: mapped + (100 << 20) };
        // SAFETY: affects only this process.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
        let options = PoolOptions { slab_bytes: usize::MAX, ..PoolOptions::default() };
        let mut pool = StackPool::new(options);
        pool.take(StackSize::KIB_64).unwrap();
        assert_eq!(pool.stats().mapped_bytes, 64 << 20);
    });
    assert_finished(&output);
}

#[test]
fn a_pool_moves_to_its_worker() {
    let mut pool = StackPool::new(PoolOptions::default());
    let taken = std::thread::spawn(move || pool.take(StackSize::KIB_64).is_ok());
    assert!(taken.join().unwrap());
}
