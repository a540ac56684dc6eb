//! A circuit breaker: an actor in front of a service that fails, which spares the callers the wait and the service the load.
//!
//! | state     | what a call does                             | becomes                                         |
//! |-----------|----------------------------------------------|-------------------------------------------------|
//! | closed    | goes to the service, with a deadline         | open, after 3 failures in a row                 |
//! | open      | fails at once                                | half-open, by a timer, after 5 seconds          |
//! | half-open | one goes to the service; others fail at once | closed, if that one succeeds; open, if it fails |
//!
//! Calls do not wait for each other: the breaker's one method that waits is parallel, and has the state only before and after
//! the call to the service. What comes back when the breaker has opened meanwhile counts for nothing.
//!
//! In the simulated runs the service fails, hangs and recovers by chance, under calls in bursts at random times. What is
//! asserted: of each burst the service sees those calls that the state of the breaker lets through, and no others; and the
//! next state is that of the table.
//!
//! Prints:
//! ```text
//! all is well: 5 quotes; the breaker is closed
//! the service hangs: 3 calls time out; the breaker is open
//! 1000 of 1000 calls fail at once; the service has seen 0 of them
//! 6 s later the breaker is half-open; 1 call is let through, and times out; it is open
//! 6 s later the breaker is half-open; 1 of 10 calls is let through, and succeeds; it is closed
//! 200 simulated runs: the service sees what it should, and the breaker is closed when all is well
//! ```

use std::fmt;
use std::time::Duration;

use greenroom::World;
use greenroom::prelude::*;
use greenroom_examples::chance::Chance;
use greenroom_examples::worlds;

/// How long the service may take.
const DEADLINE: Duration = Duration::from_millis(200);
/// How long the breaker stays open: longer than any call that it let through before.
const COOL_DOWN: Duration = Duration::from_secs(5);
const _: () = assert!(COOL_DOWN.as_millis() > DEADLINE.as_millis());
/// So many failures in a row open it.
const MAX_FAILURES: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    /// It says that it cannot.
    Fails,
    /// Its replies come too late.
    Hangs,
}

/// Why there is no quote.
#[derive(Debug)]
enum Failure {
    /// The breaker let nothing through.
    Open,
    OutOfOrder,
    Call(CallError),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Failure::Call(error)
    }
}

struct Service {
    health: Health,
    seen: usize,
}

#[actor]
impl Service {
    #[parallel]
    fn quote(me: &Me<Self>) -> Result<u64, Failure> {
        let health = me.with(|service| {
            service.seen += 1;
            service.health
        });
        sleep(match health {
            Health::Well => DEADLINE / 10,
            Health::Fails => DEADLINE / 20,
            Health::Hangs => 5 * DEADLINE,
        })?;
        if health == Health::Fails { Err(Failure::OutOfOrder) } else { Ok(42) }
    }

    /// How many calls it has seen.
    fn seen(&self) -> usize {
        self.seen
    }

    fn set_health(&mut self, health: Health) {
        self.health = health;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// After so many failures in a row.
    Closed {
        failures: usize,
    },
    Open,
    /// Has it let its one call through?
    HalfOpen {
        is_tried: bool,
    },
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Closed { .. } => "closed",
            State::Open => "open",
            State::HalfOpen { .. } => "half-open",
        })
    }
}

struct Breaker {
    service: Ref<Service>,
    state: State,
}

#[actor]
impl Breaker {
    fn new(service: Ref<Service>) -> Self {
        Breaker { service, state: State::Closed { failures: 0 } }
    }

    #[parallel]
    fn quote(me: &Me<Self>) -> Result<u64, Failure> {
        let service = me.with(Breaker::admit).ok_or(Failure::Open)?;
        let reply = service.within(DEADLINE).quote();
        me.with(|breaker| breaker.learn(reply.is_ok()));
        reply
    }

    fn state(&self) -> State {
        self.state
    }

    #[cast]
    fn half_open(&mut self) {
        self.state = State::HalfOpen { is_tried: false };
    }

    /// Where a call goes that is let through.
    #[local]
    fn admit(&mut self) -> Option<Ref<Service>> {
        match &mut self.state {
            State::Closed { .. } => {}
            State::HalfOpen { is_tried } if !*is_tried => *is_tried = true,
            State::Open | State::HalfOpen { .. } => return None,
        }
        Some(self.service.clone())
    }

    /// A call that was let through has ended.
    #[local]
    fn learn(&mut self, is_success: bool) {
        self.state = match self.state {
            State::Open => State::Open,
            _ if is_success => State::Closed { failures: 0 },
            State::Closed { failures } if failures + 1 < MAX_FAILURES => {
                State::Closed { failures: failures + 1 }
            }
            State::Closed { .. } | State::HalfOpen { .. } => {
                me::<Self>().after(COOL_DOWN).half_open();
                State::Open
            }
        };
    }
}

/// What became of calls that were made at once.
#[derive(Default)]
struct Burst {
    quotes: usize,
    refused: usize,
    failed: usize,
    late: usize,
}

impl Burst {
    fn of(calls: usize, breaker: &Ref<Breaker>) -> Result<Self, CallError> {
        let mut burst = Burst::default();
        let under_way: Vec<_> = (0..calls).map(|_| breaker.request().quote()).collect();
        for call in under_way {
            match call.wait() {
                Ok(_) => burst.quotes += 1,
                Err(Failure::Open) => burst.refused += 1,
                Err(Failure::OutOfOrder) => burst.failed += 1,
                Err(Failure::Call(CallError::Timeout { .. })) => burst.late += 1,
                Err(Failure::Call(error)) => return Err(error),
            }
        }
        Ok(burst)
    }
}

fn a_bad_day() -> Result<(), CallError> {
    let service = spawn(Service { health: Health::Well, seen: 0 });
    let breaker = spawn(Breaker::new(service.clone()));

    let burst = Burst::of(5, &breaker)?;
    println!("all is well: {} quotes; the breaker is {}", burst.quotes, breaker.state()?);

    service.set_health(Health::Hangs)?;
    let burst = Burst::of(3, &breaker)?;
    println!("the service hangs: {} calls time out; the breaker is {}", burst.late, breaker.state()?);

    let before = service.seen()?;
    let burst = Burst::of(1_000, &breaker)?;
    let seen = service.seen()? - before;
    println!("{} of 1000 calls fail at once; the service has seen {seen} of them", burst.refused);

    sleep(6 * SECOND)?;
    print!("6 s later the breaker is {}; ", breaker.state()?);
    let burst = Burst::of(1, &breaker)?;
    println!("{} call is let through, and times out; it is {}", burst.late, breaker.state()?);

    service.set_health(Health::Well)?;
    sleep(6 * SECOND)?;
    print!("6 s later the breaker is {}; ", breaker.state()?);
    let burst = Burst::of(10, &breaker)?;
    println!("{} of 10 calls is let through, and succeeds; it is {}", burst.quotes, breaker.state()?);
    Ok(())
}

/// What is to become of so many calls at once: how many are let through, and the next state.
fn expected(state: State, calls: usize, is_well: bool) -> (usize, State) {
    match state {
        State::Closed { .. } if is_well => (calls, State::Closed { failures: 0 }),
        State::Closed { failures } if failures + calls < MAX_FAILURES => {
            (calls, State::Closed { failures: failures + calls })
        }
        State::Closed { .. } => (calls, State::Open),
        State::Open => (0, State::Open),
        State::HalfOpen { .. } => (1, if is_well { State::Closed { failures: 0 } } else { State::Open }),
    }
}

/// In a simulated run.
fn some_days(mut chance: Chance) -> Result<(), CallError> {
    let service = spawn(Service { health: Health::Well, seen: 0 });
    let breaker = spawn(Breaker::new(service.clone()));
    for _ in 0..15 {
        let health = [Health::Well, Health::Fails, Health::Hangs][chance.below(3) as usize];
        service.set_health(health)?;
        sleep(chance.below_time(COOL_DOWN))?;

        let (state, before) = (breaker.state()?, service.seen()?);
        let calls = chance.below(5) as usize + 1;
        let (admitted, next) = expected(state, calls, health == Health::Well);
        let burst = Burst::of(calls, &breaker)?;
        assert_eq!(service.seen()? - before, admitted, "{state:?}");
        assert_eq!(burst.refused, calls - admitted, "{state:?}");
        let by_health = match health {
            Health::Well => burst.quotes,
            Health::Fails => burst.failed,
            Health::Hangs => burst.late,
        };
        assert_eq!(by_health, admitted, "{state:?}");
        assert_eq!(breaker.state()?, next, "{state:?}");
    }

    service.set_health(Health::Well)?;
    sleep(2 * COOL_DOWN)?;
    assert_eq!(Burst::of(1, &breaker)?.quotes, 1);
    assert_eq!(breaker.state()?, State::Closed { failures: 0 });

    // A reply that comes when the breaker has opened does not close it.
    let early = breaker.request().quote();
    sleep(MILLISECOND)?;
    service.set_health(Health::Fails)?;
    assert_eq!(Burst::of(MAX_FAILURES, &breaker)?.failed, MAX_FAILURES);
    assert!(early.wait().is_ok());
    assert_eq!(breaker.state()?, State::Open);
    Ok(())
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().world(World::Simulated { seed: 1 }).build()?;
    vm.run(a_bad_day)??;
    let runs = worlds::simulate(|chance| some_days(chance).expect("all actors live"))?.len();
    println!(
        "{runs} simulated runs: the service sees what it should, and the breaker is closed when all is well"
    );
    Ok(())
}
