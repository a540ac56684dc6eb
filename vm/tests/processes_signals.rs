//! Processes and signals: what links and monitors tell a process, in the order of its inbox, and how it receives that.

mod support;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use greenroom::{Exit, ExitReason, RecvError};
use support::diary::{Entry, clerk, custom};
use support::{LOST, Object, ask, both_worlds, real, resume_quietly, settle, watched};

/// Runs a process to its end, and returns what it returned.
fn in_a_process<R: Send + 'static>(vm: &Vm, body: impl FnOnce(Inbox<Entry>) -> R + Send + 'static) -> R {
    let (tell, told) = mpsc::channel();
    let process = vm.process(move |inbox| tell.send(body(inbox)).unwrap());
    settle(vm, "the process has ended", || process.exit_reason().is_some());
    told.recv_timeout(LOST).unwrap()
}

/// An actor that has ended for this reason by the time this returns.
fn ended(peer: &Ref<Object<()>>, reason: &'static str) {
    peer.exit(reason);
    peer.ended().wait().unwrap();
}

#[test]
fn exits_downs_and_words_are_received_in_the_order_in_which_they_came() {
    both_worlds(|vm| {
        let peers = [(); 2].map(|()| vm.spawn(Object(())));
        let received = in_a_process(vm, move |inbox| {
            inbox.trap_exit(true);
            inbox.link(&peers[0]);
            inbox.monitor(&peers[1]);
            let me = inbox.me();
            me.send(Entry::Word(1)).unwrap();
            ended(&peers[0], "linked");
            me.send(Entry::Word(2)).unwrap();
            ended(&peers[1], "watched");
            me.exit("sent");
            me.send(Entry::Word(3)).unwrap();
            (0..6).map(|_| inbox.recv().unwrap()).collect::<Vec<_>>()
        });
        let received: Vec<_> = received
            .into_iter()
            .map(|entry| match entry {
                Entry::Word(word) => word.to_string(),
                Entry::Exit(exit) => format!("exit {}", exit.reason),
                Entry::Down(down) => format!("down {}", down.reason),
            })
            .collect();
        let expected = ["1", "exit exited: linked", "2", "down exited: watched", "exit exited: sent", "3"];
        assert_eq!(received, expected);
        settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
    });
}

#[test]
fn they_can_be_received_selectively_and_what_is_not_wanted_stays() {
    both_worlds(|vm| {
        let peers = [(); 2].map(|()| vm.spawn(Object(())));
        let (first, second, rest) = in_a_process(vm, move |inbox| {
            inbox.trap_exit(true);
            inbox.me().send(Entry::Word(1)).unwrap();
            inbox.link(&peers[0]);
            inbox.monitor(&peers[1]);
            ended(&peers[0], "linked");
            ended(&peers[1], "watched");
            let first = inbox.recv_match(|entry| matches!(entry, Entry::Down(_))).unwrap();
            let second = inbox.recv_match(|entry| matches!(entry, Entry::Exit(_))).unwrap();
            (first, second, [inbox.recv().ok(), inbox.recv_timeout(Duration::ZERO).ok()])
        });
        assert!(matches!(first, Entry::Down(down) if down.reason == custom("watched")));
        assert!(matches!(second, Entry::Exit(exit) if exit.reason == custom("linked")));
        assert_eq!(rest, [Some(Entry::Word(1)), None]);
    });
}

#[test]
fn one_that_does_not_trap_is_to_end_when_a_link_does_but_not_by_a_normal_end() {
    both_worlds(|vm| {
        let peers = [(); 2].map(|()| vm.spawn(Object(())));
        let (process, diary) = clerk(vm, {
            let peers = peers.clone();
            move |inbox| peers.iter().for_each(|peer| inbox.link(peer))
        });
        process.send(Entry::Word(1)).unwrap();
        diary.settle(vm, 1);
        peers[0].stop();
        peers[0].ended().wait().unwrap();
        process.send(Entry::Word(2)).unwrap();
        diary.settle(vm, 2);
        peers[1].exit("torn");
        assert_eq!(process.ended().wait(), Ok(custom("torn")));
        assert_eq!((diary.words(), vm.bonds()), (vec![1, 2], 0));
    });
}

#[test]
fn an_unlink_takes_what_is_queued_of_the_link_out_of_the_inbox() {
    both_worlds(|vm| {
        for traps in [false, true] {
            let peers = [(); 2].map(|()| vm.spawn(Object(())));
            let (lengths, received) = in_a_process(vm, move |inbox| {
                inbox.trap_exit(traps);
                peers.iter().for_each(|peer| inbox.link(peer));
                ended(&peers[0], "void");
                let before = inbox.len();
                inbox.unlink(&peers[0]);
                let lengths = [before, inbox.len()];
                ended(&peers[1], "valid");
                let received = match inbox.recv_timeout(LOST) {
                    Ok(Entry::Exit(Exit { reason, .. })) => (true, reason),
                    Err(RecvError::Exit(reason)) => (false, reason),
                    other => panic!("{other:?}"),
                };
                assert!(inbox.is_empty());
                (lengths, received)
            });
            assert_eq!((lengths, received), ([1, 0], (traps, custom("valid"))));
        }
    });
}

#[test]
fn a_process_that_is_linked_waits_though_nobody_refers_to_it() {
    both_worlds(|vm| {
        let peer = vm.spawn(Object(()));
        let linked = peer.clone();
        let (process, _) = clerk(vm, move |inbox| inbox.link(&linked));
        let (gone, weak) = (process.ended(), peer.downgrade());
        drop(process);
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();
        assert!(!gone.is_done());
        peer.exit("torn");
        assert_eq!(gone.wait(), Ok(custom("torn")));
        drop(peer);
        assert_eq!(weak.upgrade(), None);
    });
}

#[test]
fn the_end_of_a_process_is_told_down_its_links_whatever_it_is() {
    both_worlds(|vm| {
        let told = |end: fn(Inbox<Entry>)| {
            let peer = vm.spawn(Object(()));
            let linked = peer.clone();
            let process = vm.process(move |inbox: Inbox<Entry>| {
                inbox.link(&linked);
                end(inbox);
            });
            process.ended().wait().unwrap();
            peer.ask(ask(|(): &mut ()| ())).is_ok()
        };
        assert!(told(|_| ()), "it returned");
        assert!(!told(|_| resume_quietly()));
        assert!(!told(|_| greenroom::exit("by itself")));
        assert!(!told(|inbox| {
            inbox.me().exit("by another");
            assert!(inbox.recv().is_err());
        }));
        settle(vm, "nothing is bound to anyone", || vm.bonds() == 0);
    });
}

#[test]
fn a_message_whose_making_panics_ends_the_process_alone() {
    struct Refuses;
    impl From<Exit> for Refuses {
        fn from(_: Exit) -> Self {
            resume_quietly();
            Refuses
        }
    }
    both_worlds(|vm| {
        let process = vm.process(|inbox: Inbox<Refuses>| {
            inbox.trap_exit(true);
            drop(inbox.recv());
        });
        process.exit("one");
        process.exit("two");
        assert!(matches!(process.ended().wait(), Ok(ExitReason::Panicked(_)) | Ok(ExitReason::Custom(_))));
    });
}

#[test]
fn calls_are_not_slowed_down_by_what_is_queued_in_the_caller_s_own_inbox() {
    const CALLS: usize = 10_000;
    const QUEUED: u32 = 500_000;
    fn time_calls(callee: &Ref<Object<u32>>) -> Duration {
        let begin = Instant::now();
        for _ in 0..CALLS {
            callee.ask(ask(|n: &mut u32| *n += 1)).unwrap();
        }
        begin.elapsed()
    }
    watched(|| {
        let vm = real();
        let callee = vm.spawn(Object(0_u32));
        let ratio = in_a_process(&vm, move |inbox| {
            let me = inbox.me();
            // The best of three each: another program may have the core meanwhile.
            let empty = (0..3).map(|_| time_calls(&callee)).min().unwrap();
            (0..QUEUED / 2).for_each(|word| me.send(Entry::Word(word)).unwrap());
            assert_eq!(inbox.len(), QUEUED as usize / 2, "half of them out of the mailbox");
            (QUEUED / 2..QUEUED).for_each(|word| me.send(Entry::Word(word)).unwrap());
            let full = (0..3).map(|_| time_calls(&callee)).min().unwrap();
            assert_eq!(inbox.len(), QUEUED as usize);
            full.as_secs_f64() / empty.as_secs_f64()
        });
        assert!(ratio < 10.0, "{ratio:.1} times as long");
    });
}
