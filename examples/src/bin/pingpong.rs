//! Two actors play: once with one-way messages, once with calls.
//!
//! Prints:
//! ```text
//! one-way: ping had the ball 5000 times, pong 5000 times
//! calls: pong answered 10000 times
//! ```

use greenroom::prelude::*;

#[derive(Default)]
struct Player {
    balls: u64,
    /// Told when the ball is out.
    over: Option<ProcessRef<()>>,
}

impl Actor for Player {}

/// Carries both players, so that neither has to know the other.
struct Ball {
    left: u64,
    back_to: Ref<Player>,
}

impl Message for Ball {
    type Reply = ();
}

impl Handler<Ball> for Player {
    fn handle(&mut self, Ball { left, back_to }: Ball) {
        self.balls += 1;
        if left > 0 {
            // It ends only with the last reference, and here is one.
            let _ = back_to.send(Ball { left: left - 1, back_to: me() });
        } else if let Some(over) = &self.over {
            let _ = over.send(());
        }
    }
}

/// How many balls did you have?
struct Count;

impl Message for Count {
    type Reply = u64;
}

impl Handler<Count> for Player {
    fn handle(&mut self, _: Count) -> u64 {
        self.balls
    }
}

struct Ping;

impl Message for Ping {
    type Reply = &'static str;
}

impl Handler<Ping> for Player {
    fn handle(&mut self, _: Ping) -> &'static str {
        self.balls += 1;
        "pong"
    }
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().build()?;
    let (result, results) = std::sync::mpsc::channel();

    // A process can wait for messages wherever it likes: here, for the end of the game.
    vm.process(move |inbox: Inbox<()>| {
        let ping = spawn(Player::default());
        let pong = spawn(Player { over: Some(inbox.me()), ..Player::default() });
        // A result that nobody hears leaves the main thread without one, and it says so.
        let _ = ping.send(Ball { left: 9_999, back_to: pong.clone() });
        let _ = inbox.recv();
        let _ = result.send((ping.ask(Count), pong.ask(Count)));
    });
    let (ping, pong) = results.recv()?;
    println!("one-way: ping had the ball {} times, pong {} times", ping?, pong?);

    let answers = vm.run(|| {
        let pong = spawn(Player::default());
        (0..10_000).filter(|_| pong.ask(Ping) == Ok("pong")).count()
    })?;
    println!("calls: pong answered {answers} times");
    Ok(())
}
