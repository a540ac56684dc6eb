use greenroom::prelude::*;
use greenroom::trace::Filter;
use greenroom::{Supervisor, World};
use greenroom_trace::{Limits, Trace};

#[derive(Default, Debug, Clone)]
struct Account {
    cents: i64,
}
#[actor]
impl Account {
    fn deposit(&mut self, cents: i64) -> i64 {
        self.cents += cents;
        self.cents
    }
    fn withdraw(&mut self, cents: i64) -> Result<i64, BankError> {
        if self.cents < cents {
            return Err(BankError::Poor { has: self.cents });
        }
        self.cents -= cents;
        Ok(self.cents)
    }
    fn balance(&self) -> i64 {
        self.cents
    }
    fn pay(&mut self, to: Ref<Account>, cents: i64) -> Result<i64, CallError> {
        self.cents -= cents;
        to.deposit(cents)
    }
    fn spoil(&mut self, text: String) -> i64 {
        panic!("no such amount: {text}")
    }
    #[cast]
    fn add(&mut self, by: i64) {
        self.cents += by;
    }
}
#[derive(Debug, Clone)]
enum BankError {
    Poor {
        #[allow(dead_code)]
        has: i64,
    },
    #[allow(dead_code)]
    Call(CallError),
}
impl From<CallError> for BankError {
    fn from(e: CallError) -> Self {
        BankError::Call(e)
    }
}
impl std::fmt::Display for BankError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}
impl std::error::Error for BankError {}

struct Bank;
#[actor]
impl Bank {
    fn transfer(&mut self, from: Ref<Account>, to: Ref<Account>, cents: i64) -> Result<(), BankError> {
        from.withdraw(cents)?;
        to.deposit(cents)?;
        Ok(())
    }
    fn day(&mut self, rounds: i64) -> Result<i64, CallError> {
        let a = spawn(Account::default());
        for round in 0..rounds {
            a.deposit(round)?;
        }
        a.balance()
    }
}

fn chain() {
    let bank = spawn(Bank);
    let (a, b) = (spawn(Account { cents: 100 }), spawn(Account::default()));
    bank.transfer(&a, &b, 70).unwrap();
    let _ = bank.transfer(&a, &b, 70);
    b.exit("closed");
    let _ = bank.transfer(&a, &b, 10);
}
fn group() {
    let team: Group<Account> = (0..60).map(|_| spawn(Account::default())).collect();
    team.cast().add(1);
    let _ = team.each().balance().all().unwrap();
}
fn crash() {
    let sup =
        spawn(Supervisor::one_for_one().intensity(3, 5 * SECOND).child("till", || Account { cents: 5 }));
    let till = sup.find::<Account>("till").unwrap();
    till.deposit(3).unwrap();
    let _ = till.spoil("<five>".into());
    till.deposit(1).unwrap();
}
fn deadlock() {
    let (a, b) = (spawn(Account::default()), spawn(Account::default()));
    let (x, y) = (a.request().pay(&b, 5), b.request().pay(&a, 7));
    let _ = (x.wait(), y.wait());
}
fn rounds() {
    spawn(Bank).day(20_000).unwrap().to_string();
}
fn timers() {
    let a = spawn(Account::default());
    a.after(20 * std::time::Duration::from_millis(1)).add(4);
    sleep(50 * std::time::Duration::from_millis(1)).unwrap();
    a.balance().unwrap();
}
fn busy() {
    let all: Vec<_> = (0..36).map(|_| spawn(Account { cents: 9999 })).collect();
    let banks: Vec<_> = (0..4).map(|_| spawn(Bank)).collect();
    let t: Vec<_> = (0..600usize)
        .map(|n| banks[n % 4].request().transfer(&all[n * 7 % 36], &all[(n * n + 1) % 36], n as i64))
        .collect();
    for t in t {
        let _ = t.wait();
    }
}

fn main() {
    let out = std::env::args().nth(1).unwrap();
    let scenes: [(&str, fn()); 7] = [
        ("chain", chain),
        ("group", group),
        ("crash", crash),
        ("deadlock", deadlock),
        ("rounds", rounds),
        ("timers", timers),
        ("busy", busy),
    ];
    for (world_name, simulated) in [("real", false), ("sim", true)] {
        for (name, scene) in scenes {
            let mut b = Vm::builder().workers(2);
            if simulated {
                b = b.world(World::Simulated { seed: 7 });
            }
            let vm = b.build().unwrap();
            let session =
                vm.trace(Filter::everything().with_arguments().with_schedulers().capacity(2_000_000));
            vm.run(scene).unwrap();
            let trace =
                Trace::from_records(format!("{name}, {world_name}"), session.take(), session.dropped());
            let stem = format!("{out}/{world_name}-{name}");
            let t = std::time::Instant::now();
            let limits = Limits::default();
            let svg = trace.sequence(&limits).to_svg();
            let t1 = t.elapsed();
            let html = trace.to_html(&limits);
            let t2 = t.elapsed() - t1;
            println!(
                "{stem}: {} events {} rows, svg {t1:?} {} B, html {t2:?} {} B",
                trace.events.len(),
                trace.sequence(&limits).rows.len(),
                svg.len(),
                html.len()
            );
            std::fs::write(format!("{stem}.svg"), svg).unwrap();
            std::fs::write(format!("{stem}.html"), html).unwrap();
            std::fs::write(format!("{stem}.txt"), trace.to_text()).unwrap();
            let t = std::time::Instant::now();
            let map = trace.actor_map();
            std::fs::write(format!("{stem}-map.svg"), map.to_svg()).unwrap();
            println!("   map {:?}", t.elapsed());
            std::fs::write(format!("{stem}-map.dot"), map.to_dot()).unwrap();
            std::fs::write(format!("{stem}.json"), trace.to_timeline()).unwrap();
        }
    }
}
