//! Traces: what is recorded of calls, casts and whatever else happens, and in which order.

mod support;

use std::time::Duration;

use greenroom::prelude::*;
use greenroom::trace::{Filter, Record, Way, What};
use greenroom::{ChildSpec, DynamicSupervisor, ExitReason};
use support::{both_worlds, in_simulations, settle, simulated};

#[derive(Default)]
struct Account {
    cents: u64,
}

#[actor]
impl Account {
    fn deposit(&mut self, cents: u64) -> u64 {
        self.cents += cents;
        self.cents
    }
    #[cast]
    fn note(&mut self, text: &'static str, secret: Secret) {
        let _ = (text, secret);
    }
    fn doze(&mut self, time: Duration) {
        let _ = sleep(time);
    }
    fn fail(&mut self) -> u64 {
        panic!("planned: no money")
    }
    fn pay_into(&mut self, to: Ref<Account>, cents: u64) -> Result<u64, CallError> {
        to.deposit(cents)
    }
    fn later(&mut self, #[reply] reply: Reply<u64>) {
        reply.send(self.cents);
    }
    #[parallel]
    fn audit(me: &Me<Self>, time: Duration) -> u64 {
        let _ = sleep(time);
        me.with(|account| account.cents)
    }
    fn put<T: Send + std::fmt::Debug + 'static>(&mut self, thing: T) {
        drop(thing);
    }
    fn hide<T: Send + 'static>(&mut self, thing: T) {
        drop(thing);
    }
    fn quit(&mut self) {
        greenroom::exit("tired");
    }
}

/// Can neither be shown nor copied.
struct Secret;

/// What happened, as lines without times and workers.
fn lines(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.what.to_string()).collect()
}

/// Checks that there are lines that contain these texts, in this order, among others. In a text, `{}` stands for whatever is
/// between its ends.
#[track_caller]
fn assert_in_order(records: &[Record], expected: &[String]) {
    let lines = lines(records);
    let mut rest = lines.iter();
    for text in expected {
        let is_it = |line: &String| match text.split_once("{}") {
            Some((begin, end)) => line.starts_with(begin) && line.ends_with(end),
            None => line == text,
        };
        assert!(rest.any(is_it), "`{text}` is not there, or not in order:\n{}", lines.join("\n"));
    }
}

macro_rules! assert_lines {
    ($records:expr, $([$($text:tt)+]),+ $(,)?) => {
        assert_in_order(&$records, &[$(format!($($text)+)),+])
    };
}

/// Ends an actor, and with it all that is recorded of its handlers.
fn end(vm: &Vm, actor: &Ref<Account>) {
    actor.stop();
    settle(vm, "the actor has ended", || actor.exit_reason().is_some());
}

#[test]
fn a_call_leaves_its_way_there_and_back() {
    both_worlds(|vm| {
        let session = vm.trace(Filter::everything().with_arguments());
        let (ada, bob) = (vm.spawn(Account::default()), vm.spawn(Account::default()));
        let (a, b) = (ada.id(), bob.id());
        assert_eq!(ada.pay_into(&bob, 7), Ok(7));
        end(vm, &ada);
        assert_lines!(
            session.take(),
            ["spawn Account{a:?}"],
            ["spawn Account{b:?}"],
            ["-> {a:?} call pay_into(Account{b:?}, 7) [0]"],
            ["start {a:?} pay_into [0]"],
            ["{a:?} -> {b:?} {{}} deposit(7) [1]"],
            ["start {b:?} deposit [1]"],
            ["reply [1] 7"],
            ["finish {b:?} [1]"],
            ["reply [0] Ok(7)"],
            ["finish {a:?} [0]"],
            ["stop {a:?} {}", ExitReason::Normal],
        );
    });
}

/// Handed off or queued, the worlds' chance decides: both happen.
#[test]
fn a_call_says_whether_it_was_handed_off_or_queued() {
    let mut ways = Vec::new();
    for seed in support::SEEDS {
        let vm = simulated(seed);
        let session = vm.trace(Filter::everything());
        vm.run(|| {
            let account = spawn(Account::default());
            for _ in 0..4 {
                account.deposit(1).unwrap();
            }
        })
        .unwrap();
        ways.extend(session.take().into_iter().filter_map(|record| match record.what {
            What::Send { way, method: "deposit", .. } => Some(way),
            _ => None,
        }));
    }
    assert!(ways.contains(&Way::HandOff) && ways.contains(&Way::Call), "{ways:?}");
    assert_eq!(ways.len(), 4 * support::SEEDS.count());
}

#[test]
fn a_handler_that_waits_is_suspended_and_resumed_and_a_visitor_answers_later() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let of = account.id();
        let session = vm.trace(Filter::only().actor(of).with_arguments());
        let by = account.clone();
        vm.run(move || by.doze(MILLISECOND)).unwrap().unwrap();
        end(vm, &account);
        assert_lines!(
            session.take(),
            ["{{}} doze(1ms) [0]"],
            ["start {of:?} doze [0]"],
            ["suspend {of:?} [0]"],
            ["resume {of:?} [0]"],
            ["reply [0] ()"],
            ["finish {of:?} [0]"],
        );
    });
}

#[test]
fn a_parallel_method_is_a_handler_of_its_own() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let of = account.id();
        let session = vm.trace(Filter::everything().with_arguments());
        let audit = account.request().audit(MILLISECOND);
        assert_eq!(account.deposit(3), Ok(3));
        assert!(audit.wait().is_ok());
        end(vm, &account);
        let records = session.take();
        assert_lines!(
            records,
            ["-> {of:?} request audit(1ms) [0]"],
            ["start {of:?} audit [0]"],
            ["suspend {of:?} [0]"],
            ["resume {of:?} [0]"],
            ["reply [0] {{}}"],
            ["finish {of:?} [0]"],
        );
        assert_lines!(records, ["start {of:?} deposit [1]"], ["reply [1] 3"], ["finish {of:?} [1]"]);
    });
}

#[test]
fn a_reply_by_token_is_the_call_s_and_comes_when_it_is_given() {
    both_worlds(|vm| {
        let account = vm.spawn(Account { cents: 4 });
        let session = vm.trace(Filter::everything().with_arguments());
        assert_eq!(account.later(), Ok(4));
        assert_lines!(session.take(), ["{{}} call later() [0]"], ["{{}} later [0]"], ["reply [0] 4"]);
    });
}

#[test]
fn what_cannot_be_shown_is_a_dot_and_so_is_a_parameter_of_which_nothing_is_known() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let session = vm.trace(Filter::everything().with_arguments());
        account.note("hush", Secret).unwrap();
        account.put(5).unwrap();
        account.hide(5).unwrap();
        assert_lines!(
            session.take(),
            ["{{}} cast note(\"hush\", …) [0]"],
            ["{{}} call put(5) [1]"],
            ["reply [1] ()"],
            ["{{}} call hide(…) [2]"]
        );
    });
}

#[test]
fn arguments_are_shown_only_where_they_are_asked_for() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let session = vm.trace(Filter::everything());
        account.deposit(5).unwrap();
        assert_lines!(session.take(), ["{{}} call deposit [0]"], ["reply [0]"]);
    });
}

#[test]
fn a_panic_ends_the_handler_the_call_and_the_actor() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let of = account.id();
        let session = vm.trace(Filter::everything());
        assert!(account.fail().is_err());
        settle(vm, "it has ended", || account.exit_reason().is_some());
        assert_lines!(
            session.take(),
            ["start {of:?} fail [0]"],
            ["panic {of:?} panicked at {{}}: planned: no money"],
            ["error [0] {{}}planned: no money"],
            ["finish {of:?} [0]"],
            ["stop {of:?} {{}}planned: no money"],
        );
    });
}

#[test]
fn a_restart_is_recorded_with_its_attempt_after_the_end_of_the_life_before() {
    both_worlds(|vm| {
        let supervisor = vm.spawn(DynamicSupervisor::new());
        let session = vm.trace(Filter::everything());
        let account = supervisor.start_child(ChildSpec::new("account", Account::default)).unwrap();
        let of = account.id();
        assert!(account.fail().is_err());
        settle(vm, "it lives again", || account.deposit(1) == Ok(1));
        assert_lines!(
            session.take(),
            ["spawn Account{of:?} by {:?}", supervisor.id()],
            ["panic {of:?} {{}}"],
            ["stop {of:?} {{}}"],
            ["restart {of:?} attempt 1"],
            ["start {of:?} deposit {{}}"],
        );
    });
}

#[test]
fn a_timer_sends_in_nobody_s_name() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let of = account.id();
        let session = vm.trace(Filter::everything().with_arguments());
        let timer = account.after(MILLISECOND).deposit(9);
        settle(vm, "it has fired", || account.call().deposit(0) == Ok(9));
        drop(timer);
        assert_lines!(session.take(), ["-> {of:?} timer deposit [{{}}]"], ["start {of:?} deposit [{{}}]"]);
    });
}

#[test]
fn what_nobody_handles_is_lost_or_answered_with_an_error() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let session = vm.trace(Filter::everything());
        let nap = account.request().doze(MILLISECOND);
        account.quit().unwrap();
        settle(vm, "it has ended", || account.exit_reason().is_some());
        assert!(nap.wait().is_ok());
        assert!(account.note("late", Secret).is_err());
        assert!(account.deposit(1).is_err());
        assert_lines!(
            session.take(),
            ["{{}} cast note [2]"],
            ["lost [2] the called actor ended before it began (exited: tired)"],
            ["{{}} call deposit [3]"],
            ["error [3] the called actor ended before it began (exited: tired)"],
        );
    });
}

/// While one sleeps, others wait for it.
#[test]
fn what_is_queued_when_its_actor_ends_is_lost_or_refused() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let session = vm.trace(Filter::everything());
        // Longer than the busiest machine takes to kill it.
        let nap = account.request().doze(3600 * SECOND);
        account.note("queued", Secret).unwrap();
        let refused = account.request().deposit(1);
        account.kill();
        assert!(nap.wait().is_err() && refused.wait().is_err());
        settle(vm, "it has ended", || account.exit_reason().is_some());
        let records = session.take();
        assert_lines!(records, ["lost [1] {{}}"]);
        assert_lines!(records, ["error [2] {{}}"]);
        assert_lines!(records, ["error [0] {{}}"]);
    });
}

#[test]
fn a_request_whose_caller_has_given_up_is_lost_and_never_starts() {
    in_simulations(|vm| {
        let account = vm.spawn(Account::default());
        let session = vm.trace(Filter::everything());
        let nap = account.request().doze(SECOND);
        assert!(account.within(MILLISECOND).deposit(1).is_err());
        nap.wait().unwrap();
        end(vm, &account);
        let records = session.take();
        assert_lines!(records, ["lost [1] nobody waits for its reply any more"]);
        assert!(!lines(&records).iter().any(|line| line.contains("start") && line.contains("deposit")));
    });
}

#[test]
fn what_a_group_is_sent_together_says_so() {
    both_worlds(|vm| {
        let group: Group<Account> = (0..3).map(|_| vm.spawn(Account::default())).collect();
        let session = vm.trace(Filter::everything());
        let alone = vm.spawn(Account::default());
        alone.deposit(1).unwrap();
        assert_eq!(group.each().deposit(1).all().unwrap().len(), 3);
        alone.deposit(1).unwrap();
        assert_eq!(group.cast().deposit(1), 3);
        alone.deposit(1).unwrap();
        let groups = session.take().into_iter().filter_map(|record| match record.what {
            What::Send { message, group, way, .. } => Some((message, group, way)),
            _ => None,
        });
        let (call, ask, cast) = (Way::Call, Way::Request, Way::Cast);
        let expected = [
            (0, None, call),
            (1, Some(1), ask),
            (2, Some(1), ask),
            (3, Some(1), ask),
            (4, None, call),
            (5, Some(5), cast),
            (6, Some(5), cast),
            (7, Some(5), cast),
            (8, None, call),
        ];
        assert_eq!(groups.collect::<Vec<_>>(), expected);
    });
}

#[test]
fn a_process_starts_takes_its_messages_and_finishes() {
    both_worlds(|vm| {
        let session = vm.trace(Filter::everything());
        let process = vm.process(|inbox: Inbox<u32>| while inbox.recv().is_ok() {});
        let of = process.id();
        process.send(1).unwrap();
        process.exit("done");
        settle(vm, "it has ended", || process.exit_reason().is_some());
        assert_lines!(
            session.take(),
            ["start {of:?} run"],
            ["start {of:?} u32 [0]"],
            ["finish {of:?} [0]"],
            ["finish {of:?}"]
        );
    });
}

#[test]
fn an_exit_is_a_signal_and_says_why() {
    both_worlds(|vm| {
        let account = vm.spawn(Account::default());
        let of = account.id();
        let session = vm.trace(Filter::everything().with_arguments());
        account.exit("no use");
        settle(vm, "it has ended", || account.exit_reason().is_some());
        assert_lines!(
            session.take(),
            ["-> {of:?} signal exit(exited: no use) [0]"],
            ["start {of:?} exit [0]"],
            ["stop {of:?} exited: no use"]
        );
    });
}
