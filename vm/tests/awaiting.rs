//! Async programs outside of a machine, which await its actors: by `block_on`, and on an executor of their own.

mod support;

use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};

use greenroom::block_on;
use greenroom::prelude::*;
use support::{LOST, Object, ask, both_worlds, real, watched};

#[test]
fn an_async_program_awaits_references_of_both_worlds() {
    both_worlds(|vm| {
        let servers: Vec<_> = (0..4).map(|_| vm.spawn(Object(0_u64))).collect();
        let add = |number: u64| {
            ask(move |sum: &mut u64| {
                if number.is_multiple_of(5) {
                    yield_now().unwrap();
                }
                *sum += number;
                *sum
            })
        };
        let sum = block_on(async {
            for number in 0..200 {
                let (here, there) = (&servers[number % 4], &servers[(number + 1) % 4]);
                let (one, two) = (here.send_request(add(1)), there.send_request(add(number as u64)));
                assert!(two.await.is_ok() && one.await.is_ok());
            }
            let mut sum = 0;
            for server in &servers {
                sum += server.send_request(add(0)).await.unwrap();
            }
            sum
        });
        assert_eq!(sum, Ok(20_100));
    });
}

/// An executor of one thread, as small as they come: it polls what was woken.
fn run_all(mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>>) {
    struct Task(usize, mpsc::Sender<usize>);
    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            let _ = self.1.send(self.0);
        }
    }
    let (sender, woken) = mpsc::channel();
    let wakers: Vec<_> =
        (0..tasks.len()).map(|number| Waker::from(Arc::new(Task(number, sender.clone())))).collect();
    wakers.iter().for_each(Waker::wake_by_ref);
    let mut left: Vec<_> = tasks.iter().map(|_| true).collect();
    while left.contains(&true) {
        let number = woken.recv_timeout(LOST).expect("a task that waits is woken");
        let mut context = Context::from_waker(&wakers[number]);
        if left[number] && tasks[number].as_mut().poll(&mut context).is_ready() {
            left[number] = false;
        }
    }
}

#[test]
fn tasks_of_a_foreign_executor_share_servers_with_handlers() {
    watched(|| {
        let vm = real();
        let servers: Rc<Vec<_>> = Rc::new((0..5).map(|_| vm.spawn(Object(0_usize))).collect());
        let count = || {
            ask(|count: &mut usize| {
                *count += 1;
                if count.is_multiple_of(7) {
                    yield_now().unwrap();
                }
                *count
            })
        };
        let task = |client: usize| -> Pin<Box<dyn Future<Output = ()>>> {
            let servers = Rc::clone(&servers);
            Box::pin(async move {
                for number in 0..50 {
                    servers[(client + number) % 5].send_request(count()).await.unwrap();
                }
            })
        };
        let handlers: Vec<_> = (0..10)
            .map(|client| {
                let servers = servers.to_vec();
                vm.spawn(Object(())).send_request(ask(move |(): &mut ()| {
                    (0..50).for_each(|n| assert!(servers[(client + n) % 5].ask(count()).is_ok()));
                }))
            })
            .collect();
        run_all((0..10).map(task).collect());
        assert!(handlers.into_iter().all(|handler| handler.wait() == Ok(())));
        let counts = servers.iter().map(|server| server.ask(ask(|count: &mut usize| *count)).unwrap());
        assert_eq!(counts.sum::<usize>(), 1000);
    });
}
