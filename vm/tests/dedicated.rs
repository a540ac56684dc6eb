//! Actors with a thread of their own: whatever they do runs there, nothing else does, and nobody else waits for it.

mod support;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{ActorId, StackSize, blocking, current_actor, on_big_stack, spawn_dedicated};
use support::{
    Flag, LOST, Object, Tally, ask, both_worlds, real, real_builder, settle, sum, wait_until, watched,
};

/// The threads on which something ran.
#[derive(Clone, Default)]
struct Threads(Arc<Mutex<HashSet<ThreadId>>>);

impl Threads {
    fn note(&self) {
        self.0.lock().unwrap().insert(thread::current().id());
    }

    fn ids(&self) -> HashSet<ThreadId> {
        self.0.lock().unwrap().clone()
    }
}

/// Notes where it is dropped.
struct Noted(Threads);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.note();
    }
}

fn solo<S: Send + 'static>(vm: &Vm, state: S) -> Ref<Object<S>> {
    vm.spawn_dedicated(Object(state)).unwrap()
}

/// Sends it work of all kinds, has it do some that goes elsewhere, and returns where that went.
fn use_in_every_way(vm: &Vm, actor: &Ref<Object<Noted>>) -> Threads {
    let (elsewhere, done) = (Threads::default(), Tally::default());
    let other = vm.spawn(Object(Noted(elsewhere.clone())));
    for _ in 0..20 {
        let (other, outside, done) = (other.clone(), elsewhere.clone(), done.clone());
        actor
            .send(ask(move |own: &mut Noted| {
                own.0.note();
                other.ask(ask(|there: &mut Noted| there.0.note())).unwrap();
                own.0.note();
                other.send(ask(|there: &mut Noted| there.0.note())).unwrap();
                sleep(Duration::from_micros(50)).unwrap();
                own.0.note();
                let child = spawn(Object(Noted(outside.clone())));
                child.send(ask(|there: &mut Noted| there.0.note())).unwrap();
                child.ask(ask(|there: &mut Noted| there.0.note())).unwrap();
                let (noted, end) = (outside.clone(), done.clone());
                let process = process(move |inbox: Inbox<()>| {
                    inbox.recv().unwrap();
                    noted.note();
                    end.add_one();
                });
                process.send(()).unwrap();
                let noted = outside.clone();
                blocking(move || noted.note()).unwrap();
                own.0.note();
                done.add_one();
            }))
            .unwrap();
    }
    actor.ask(ask(|own: &mut Noted| own.0.note())).unwrap();
    let mine = actor.clone();
    vm.spawn(Object(()))
        .ask(ask(move |(): &mut ()| mine.ask(ask(|own: &mut Noted| own.0.note()))))
        .unwrap()
        .unwrap();
    wait_until("all is done", || done.count() == 40);
    elsewhere
}

#[test]
fn all_its_handlers_and_its_destructor_run_on_one_thread_that_runs_nothing_else() {
    let ends: [fn(&Ref<Object<Noted>>); 4] = [
        Ref::stop,
        |_| {},
        |actor| actor.send(ask(|_: &mut Noted| panic!("on purpose"))).unwrap(),
        |actor| actor.send(ask(|_: &mut Noted| sleep(Duration::MAX).unwrap())).unwrap(),
    ];
    watched(|| {
        for (number, end) in ends.into_iter().enumerate() {
            let vm = real();
            let threads = Threads::default();
            let actor = solo(&vm, Noted(threads.clone()));
            let elsewhere = use_in_every_way(&vm, &actor);
            end(&actor);
            let is_ended_by_the_machine = number == 3;
            drop(actor);
            if !is_ended_by_the_machine {
                wait_until("it has ended", || vm.actors() == 0);
            }
            drop(vm);
            let own = threads.ids();
            assert_eq!(own.len(), 1, "of end {number}");
            assert!(own.is_disjoint(&elsewhere.ids()), "of end {number}");
            assert!(!own.contains(&thread::current().id()));
        }
    });
}

#[test]
fn while_it_blocks_in_the_kernel_a_thousand_others_and_their_calls_go_on_on_one_worker_without_relief() {
    watched(|| {
        let vm = real_builder().workers(1).relief(0).build().unwrap();
        let (open, gate) = mpsc::channel::<()>();
        let (begun, block) = (Flag::default(), Mutex::new(gate));
        let blocked = solo(&vm, ());
        let begin = begun.clone();
        let reply = blocked.send_request(ask(move |(): &mut ()| {
            begin.raise();
            block.lock().unwrap().recv_timeout(LOST)
        }));
        wait_until("it blocks", || begun.is_raised());
        let others: Vec<_> = (0..1000).map(|number| vm.spawn(Object(number))).collect();
        let promises: Vec<_> = others
            .chunks_exact(2)
            .map(|pair| {
                let other = pair[1].clone();
                pair[0].send_request(ask(move |n: &mut u64| *n + other.ask(ask(|n: &mut u64| *n)).unwrap()))
            })
            .collect();
        let total: u64 = promises.into_iter().map(|promise| promise.wait().unwrap()).sum();
        assert_eq!(total, (0..1000).sum());
        // One that calls it waits alone.
        let waits =
            vm.spawn(Object(())).send_request(ask(move |(): &mut ()| blocked.ask(ask(|(): &mut ()| 7))));
        assert_eq!(vm.run(|| 5), Ok(5));
        assert!(!waits.is_done() && !reply.is_done());
        open.send(()).unwrap();
        assert_eq!((reply.wait(), waits.wait()), (Ok(Ok(())), Ok(Ok(7))));
    });
}

#[test]
fn it_calls_and_is_called_by_handlers_processes_threads_and_others_of_its_kind() {
    both_worlds(|vm| {
        let (one, two) = (solo(vm, 1), solo(vm, 2));
        let shared = vm.spawn(Object(3));
        // Thread to dedicated to shared to dedicated, with waits on the way.
        let (middle, last) = (shared, two.clone());
        let sum = one.ask(ask(move |one: &mut i32| {
            let below = middle.ask(ask(move |three: &mut i32| {
                sleep(Duration::from_micros(20)).unwrap();
                *three + last.ask(ask(|two: &mut i32| *two)).unwrap()
            }));
            *one + below.unwrap()
        }));
        assert_eq!(sum, Ok(6));
        let (next, from) = (two, one.clone());
        let sum = vm.run(move || from.ask(ask(move |one: &mut i32| *one + next.ask(ask(|n| *n)).unwrap())));
        assert_eq!(sum, Ok(Ok(3)));
        let enough = Flag::default();
        let end = enough.clone();
        let late = one.ask_within(Duration::from_millis(1), ask(move |_: &mut i32| end.wait()));
        assert!(matches!(late, Err(CallError::Timeout { .. })), "{late:?}");
        enough.raise();
        assert_eq!(one.ask(ask(|one: &mut i32| *one)), Ok(1));
    });
}

#[test]
fn it_knows_who_it_is_and_has_no_worker() {
    watched(|| {
        let vm = real();
        let actor = solo(&vm, ());
        let id = actor.id();
        let (me_is, who, worker) = actor
            .ask(ask(move |(): &mut ()| (me::<Object<()>>().id(), current_actor(), current_worker())))
            .unwrap();
        assert_eq!((me_is, who, worker), (id, Some(id), None));
        let own = actor.clone();
        let itself = actor.ask(ask(move |(): &mut ()| own.ask(ask(|(): &mut ()| ())))).unwrap();
        assert!(matches!(itself, Err(CallError::Deadlock { .. })), "{itself:?}");
        let deep =
            actor.ask(ask(|(): &mut ()| on_big_stack(|| [1_u8; 1 << 20].iter().map(|n| *n as u32).sum())));
        assert_eq!(deep, Ok(1_u32 << 20));
        // What it spawns is entered with what plain threads spawn, not in the way of a worker.
        let shard = |id: ActorId| id.to_string().split('.').next().map(str::to_owned);
        let child = actor.ask(ask(|(): &mut ()| spawn(Object(())).id())).unwrap();
        assert_eq!(shard(child), shard(vm.spawn(Object(())).id()));
        let plain = std::panic::catch_unwind(|| drop(spawn_dedicated(Object(()))));
        assert!(plain.unwrap_err().downcast_ref::<String>().unwrap().contains("plain thread"));
    });
}

#[test]
fn a_larger_stack_is_had_there_as_elsewhere() {
    struct Deep;
    impl Actor for Deep {
        const STACK: StackSize = StackSize::KIB_256;
    }
    struct Fill;
    impl Message for Fill {
        type Reply = (usize, ThreadId);
    }
    impl Handler<Fill> for Deep {
        fn handle(&mut self, _: Fill) -> (usize, ThreadId) {
            let filled = std::hint::black_box([1_u8; 80 << 10]);
            sleep(Duration::from_micros(10)).unwrap();
            (filled.iter().map(|n| *n as usize).sum(), thread::current().id())
        }
    }
    watched(|| {
        let vm = real();
        let deep = vm.spawn_dedicated(Deep).unwrap();
        let first = deep.ask(Fill).unwrap();
        assert_eq!(first.0, 80 << 10);
        assert!((0..20).all(|_| deep.ask(Fill).unwrap() == first));
    });
}

#[test]
fn a_ring_through_shared_and_dedicated_actors_goes_round() {
    struct Node {
        next: Option<Ref<Object<Node>>>,
        seen: usize,
    }
    fn pass(node: &mut Node, left: usize, done: Flag) {
        node.seen += 1;
        match left {
            0 => done.raise(),
            _ => node.next.as_ref().unwrap().send(ask(move |node| pass(node, left - 1, done))).unwrap(),
        }
    }
    both_worlds(|vm| {
        let nodes: Vec<_> = (0..6)
            .map(|number| {
                let node = Node { next: None, seen: 0 };
                if number % 3 == 0 { vm.spawn(Object(node)) } else { solo(vm, node) }
            })
            .collect();
        for (node, next) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
            let next = next.clone();
            node.ask(ask(|node: &mut Node| node.next = Some(next))).unwrap();
        }
        let done = Flag::default();
        let end = done.clone();
        nodes[0].send(ask(|node| pass(node, 599, end))).unwrap();
        settle(vm, "it has gone round", || done.is_raised());
        for node in nodes {
            let seen = node.ask(ask(|node: &mut Node| (node.seen, node.next.take()))).unwrap();
            assert_eq!(seen.0, 100);
        }
    });
}

#[test]
fn messages_of_each_sender_arrive_in_order() {
    watched(|| {
        let vm = real();
        let actor = solo(&vm, vec![0_u32; 6]);
        let send_all = |actor: Ref<Object<Vec<u32>>>, sender: usize| {
            for number in 0..300 {
                let check = ask(move |next: &mut Vec<u32>| {
                    assert_eq!(next[sender], number);
                    next[sender] += 1;
                });
                match number % 7 {
                    0 => actor.ask(check).unwrap(),
                    1 => actor.send_request(check).wait().unwrap(),
                    _ => actor.send(check).unwrap(),
                }
            }
        };
        let threads: Vec<_> = (0..2)
            .map(|sender| {
                let actor = actor.clone();
                thread::spawn(move || send_all(actor, sender))
            })
            .collect();
        let handlers: Vec<_> = (2..6)
            .map(|sender| {
                let actor = actor.clone();
                let from = if sender % 2 == 0 { vm.spawn(Object(())) } else { solo(&vm, ()) };
                from.send_request(ask(move |(): &mut ()| send_all(actor, sender)))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        handlers.into_iter().for_each(|handler| handler.wait().unwrap());
        assert_eq!(actor.ask(ask(|next: &mut Vec<u32>| next.clone())), Ok(vec![300; 6]));
    });
}

#[test]
fn what_they_counted_is_in_the_counters_while_they_live_and_afterwards() {
    watched(|| {
        let vm = real();
        let workers = vm.counters().len();
        let actors: Vec<_> = (0..5).map(|_| solo(&vm, 0_u32)).collect();
        for actor in &actors {
            for _ in 0..10 {
                actor.ask(ask(|n: &mut u32| *n += 1)).unwrap();
            }
        }
        let own = || vm.counters().last().cloned().unwrap();
        assert!(vm.counters().len() > workers && own().messages == 50 && !own().is_relief);
        let begun = Flag::default();
        let begin = begun.clone();
        actors[0]
            .send(ask(move |_: &mut u32| {
                begin.raise();
                sleep(Duration::from_millis(5)).unwrap();
                stop();
            }))
            .unwrap();
        wait_until("it runs", || begun.is_raised());
        let after = (0..7).filter(|_| actors[0].send(ask(|_: &mut u32| ())).is_ok()).count() as u64;
        drop(actors);
        wait_until("they have ended", || vm.actors() == 0);
        wait_until("all is counted", || own().messages + own().dead_letters == 51 + after);
        assert_eq!((own().ended, sum(&vm, |counted| counted.spawned)), (5, 0));
        solo(&vm, 0).ask(ask(|n: &mut i32| *n)).unwrap();
        assert_eq!(own().messages + own().dead_letters, 52 + after);
        // Names no worker.
        assert!(vm.counters().iter().take(workers).all(|worker| worker.worker != own().worker));
    });
}
