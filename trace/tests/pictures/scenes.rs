//! What the pictures are of: one scene for each thing that a reader may have to see.

use greenroom_trace::ArrowKind::{Call, Cast, Create, Error, Lost, Reply, Request, Signal, Timer};
use greenroom_trace::{Frame, NoteKind, Sequence};

use super::script::Script;

pub(super) fn all() -> Vec<(&'static str, Sequence)> {
    vec![
        ("arrows", arrows()),
        ("call-chain", call_chain()),
        ("one-to-many", one_to_many()),
        ("crash", crash()),
        ("deadlock", deadlock()),
        ("loop", folded_loop()),
        ("nodes", nodes()),
        ("names", names()),
        ("nothing", Sequence::default()),
    ]
}

/// Each sort of arrow, to the right, to the left, and to itself.
fn arrows() -> Sequence {
    let mut script = Script::new("Every arrow", &["Left#0.1", "Right#0.2"]);
    for kind in [Call, Request, Cast, Timer, Signal, Reply, Error, Lost] {
        let name = format!("{kind:?}").to_lowercase();
        script.arrow(kind, 0, 1, &format!("{name}(to the right)"));
        script.arrow(kind, 1, 0, &format!("{name}(to the left)"));
        script.arrow(kind, 1, 1, &format!("{name}(to itself)"));
    }
    script.done()
}

fn call_chain() -> Sequence {
    let names = ["[outside]", "Teller#0.1", "bank", "Account#0.3", "Account#0.4"];
    let mut script = Script::new("A transfer that fails", &names);
    script.call(0, 1, "transfer(100)");
    script.call(1, 2, "transfer(Account#0.3, Account#0.4, 100)");
    script.call(2, 3, "withdraw(100)").later(1_200).reply(3, 2, "Ok(20)");
    script.call(2, 4, "deposit(100)");
    script.call(4, 4, "check()").reply(4, 4, "false");
    script.error(4, 2, "Err(Closed)");
    script.note(2, NoteKind::Remark, "the money goes back where it came from");
    script.later(3_400_000).call(2, 3, "deposit(100)").reply(3, 2, "Ok(120)");
    script.error(2, 1, "Err(BankError::Closed { account: \"Account#0.4\", since: 2026 })");
    script.error(1, 0, "Err(Closed)");
    script.done()
}

fn one_to_many() -> Sequence {
    let names = ["[outside]", "Counter#0.1", "Counter#0.2", "Counter#0.3", "Counter ×61"];
    let mut script = Script::new("A group is asked", &names)
        .remark("61 actors share a lifeline: Counter ×61. They sent and received 122 of 128 messages.");
    script.open(Frame::Par, "value() to each of 64");
    for who in 1..5 {
        script.arrow(Request, 0, who, "value()");
    }
    for who in 1..5 {
        script.begin(who, "value()").reply(who, 0, &format!("{}", who * 10));
    }
    script.close();
    script.open(Frame::Par, "add(1) to each of 64");
    for who in 1..5 {
        script.arrow(Cast, 0, who, "add(1)");
    }
    script.close();
    script.begin(2, "add(1)").begin(3, "add(1)").end(2).end(3);
    script.done()
}

fn crash() -> Sequence {
    let names = ["[outside]", "Supervisor#0.1", "cashier", "Journal#0.3"];
    let mut script = Script::new("A crash under a supervisor", &names).created(3);
    script.call(0, 2, "book(-7)");
    script.arrow(Create, 2, 3, "").call(2, 3, "write(\"book -7\")").reply(3, 2, "()");
    let report = "panicked at 'no such amount: -7', examples/bank.rs:41:9\nthe state is lost";
    script.note(2, NoteKind::Panic, report);
    script.error(2, 0, "Panicked(\"no such amount: -7\")");
    script.arrow(Signal, 2, 1, "exit: panicked");
    script.arrow(Signal, 2, 3, "exit: panicked").note(3, NoteKind::Stop, "linked to cashier").destroy(3);
    script.later(100_000_000).arrow(Timer, 1, 1, "begin cashier anew");
    script.note(2, NoteKind::Restart, "restart 1 of at most 3 within 5 s");
    script.call(0, 2, "book(7)").reply(2, 0, "Ok(7)");
    script.done()
}

fn deadlock() -> Sequence {
    let names = ["[outside]", "Account#0.1", "Account#0.2"];
    let mut script = Script::new("Two accounts, each of which waits for the other", &names);
    script.arrow(Request, 0, 1, "transfer_to(Account#0.2, 5)");
    script.arrow(Request, 0, 2, "transfer_to(Account#0.1, 7)");
    script.begin(1, "transfer_to").begin(2, "transfer_to");
    script.arrow(Call, 1, 2, "deposit(5)").arrow(Call, 2, 1, "deposit(7)");
    let cycle = "deadlock: Account#0.1 transfer_to → Account#0.2 transfer_to → Account#0.1 deposit";
    script.later(10_000_000).note(2, NoteKind::Deadlock, cycle);
    script.arrow(Error, 1, 2, "Deadlock").error(2, 0, "Err(Deadlock)");
    script.begin(2, "deposit(5)").reply(2, 1, "12").reply(1, 0, "Ok(())");
    script.done()
}

fn folded_loop() -> Sequence {
    let mut script = Script::new("A thousand rounds", &["[outside]", "Ping#0.1", "Pong#0.2"])
        .remark("98,112 events are summarised in 14 rows.");
    script.call(0, 1, "play(1000)");
    script.open(Frame::Loop(1000), "each within 1.2 µs");
    script.call(1, 2, "pong()").reply(2, 1, "()");
    script.open(Frame::Loop(3), "");
    script.arrow(Cast, 1, 1, "count(1)");
    script.close().close();
    script.gap(98_098, "98,098 events: 31,000 calls Ping#0.1 → Pong#0.2, 2,000 casts Ping#0.1 → Ping#0.1");
    script.reply(1, 0, "Ok(1000)");
    script.done()
}

fn nodes() -> Sequence {
    let names = ["client", "Leader#0.1", "Log#0.2", "Follower#0.3", "Log#0.4", "Follower#0.5"];
    let mut script = Script::new("Two-phase commit, seed 4711", &names)
        .on_node("node-1", 1..3)
        .on_node("node-2", 3..5)
        .on_node("node-3", 5..6);
    script.call(0, 1, "commit(42)").call(1, 2, "append(Prepare(42))").reply(2, 1, "()");
    script.open(Frame::Par, "prepare(42) to each of 2");
    script.arrow(Request, 1, 3, "prepare(42)").arrow(Lost, 1, 5, "prepare(42)");
    script.close();
    script.note(5, NoteKind::Remark, "lost on the link node-1 → node-3");
    script.later(5_000_000).begin(3, "prepare(42)").call(3, 4, "append(Ready(42))").reply(4, 3, "()");
    script.reply(3, 1, "Ready");
    script.later(2_000_000_000).fault("node-3 crashes");
    script.destroy(5);
    script.arrow(Timer, 1, 1, "timeout");
    script.error(1, 0, "Err(Timeout)");
    script.done()
}

/// Names and words that a careless writer would let through as XML.
fn names() -> Sequence {
    let names = ["Map<&str, \"u8\">#0.1", "it's & co", "口座#0.3"];
    let mut script = Script::new("<script>alert('title')</script> & more", &names)
        .on_node("a\"b<c>", 0..2)
        .remark("a remark with <b>tags</b>");
    script.call(0, 1, "put(\"a\", <dyn Fn() -> &T>)").reply(1, 0, "]]> --> \u{0}\u{1b}[31m");
    script.note(1, NoteKind::Panic, "assertion `left == right` failed\n  left: \"<\"\n right: \"&\"");
    script.arrow(Cast, 1, 2, "送金(一万円, 口座から口座へ)");
    script.done()
}

/// Too many for one screen: this many lifelines and rows, in no pattern that could be folded.
pub(super) fn large(lifelines: usize, rows: usize) -> Sequence {
    let names: Vec<String> = (0..lifelines).map(|at| format!("Worker#0.{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut script = Script::new("A long run", &names);
    for at in 0..rows / 4 {
        let (from, to) = (at * 7 % lifelines, (at * 11 + 1) % lifelines);
        script.call(from, to, &format!("work({at})")).reply(to, from, &format!("{}", at * at));
    }
    script.done()
}
