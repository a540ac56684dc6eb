//! First light.
use greenroom::prelude::*;
use greenroom::{World, sleep};
use std::time::Duration;

struct Counter(u64);
impl Actor for Counter {}
struct Add(u64);
impl Message for Add {
    type Reply = u64;
}
impl Handler<Add> for Counter {
    fn handle(&mut self, Add(by): Add) -> u64 {
        self.0 += by;
        self.0
    }
}
struct Slow(Duration);
impl Message for Slow {
    type Reply = u64;
}
impl Handler<Slow> for Counter {
    fn handle(&mut self, Slow(d): Slow) -> u64 {
        sleep(d).unwrap();
        self.0
    }
}

fn program() -> u64 {
    let c = spawn(Counter(0));
    for _ in 0..1000 {
        c.send(Add(1)).unwrap();
    }
    assert_eq!(c.call(Add(0)).unwrap(), 1000);
    for _ in 0..1000 {
        c.call(Add(1)).unwrap();
    }
    assert_eq!(
        c.call_within(Duration::from_millis(5), Slow(Duration::from_millis(50))),
        Err(CallError::Timeout { limit: Duration::from_millis(5), started: true })
    );
    let p = c.request(Slow(Duration::from_millis(1)));
    assert_eq!(p.wait().unwrap(), 2000);
    c.call(Add(0)).unwrap()
}

#[test]
fn real() {
    let vm = Vm::builder().workers(2).build().unwrap();
    assert_eq!(vm.run(program).unwrap(), 2000);
    let c = vm.spawn(Counter(5));
    assert_eq!(c.call(Add(1)).unwrap(), 6);
    println!("{:?}", vm.counters());
}

#[test]
fn simulated() {
    let vm = Vm::builder().workers(2).world(World::Simulated { seed: 1 }).build().unwrap();
    assert_eq!(vm.run(program).unwrap(), 2000);
    let c = vm.spawn(Counter(5));
    assert_eq!(c.call(Add(1)).unwrap(), 6);
}
