//! Two actors play, once with one-way messages and once with calls. Then two throw balls at a third, and none is lost.
//!
//! Prints:
//! ```text
//! one-way: ping had the ball 5000 times, pong 5000 times
//! calls: pong answered 10000 times
//! two players threw 100 balls each, and the third caught 200
//! ```

use std::time::Duration;

use greenroom::prelude::*;

#[derive(Default)]
struct Player {
    balls: u64,
}

#[actor]
impl Player {
    /// Answered when the ball is out, by whoever has it then.
    fn play(&mut self, balls: u64, with: Ref<Player>, #[reply] over: Reply<()>) {
        self.take(balls, with, over);
    }

    /// The ball carries both players, so that neither has to know the other, and who waits for the end.
    #[cast]
    fn take(&mut self, ball: u64, from: Ref<Player>, over: Reply<()>) {
        self.balls += 1;
        if ball > 1 {
            // A player lives as long as there is a reference to it, and here is one.
            let _ = from.take(ball - 1, me::<Self>(), over);
        } else {
            over.send(());
        }
    }

    fn ping(&mut self) -> &'static str {
        self.balls += 1;
        "pong"
    }

    #[cast]
    fn catch(&mut self) {
        self.balls += 1;
    }

    fn throw(&self, balls: u64, at: Ref<Player>) -> Result<(), CallError> {
        for _ in 0..balls {
            at.catch()?;
        }
        // What one sender sends arrives in order: when this is answered, all of the balls are there.
        at.balls().map(drop)
    }

    fn balls(&self) -> u64 {
        self.balls
    }
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let (ping, pong) = (spawn(Player::default()), spawn(Player::default()));
        ping.within(Duration::MAX).play(10_000, &pong)?;
        println!("one-way: ping had the ball {} times, pong {} times", ping.balls()?, pong.balls()?);

        let pongs = (0..10_000).filter(|_| pong.ping() == Ok("pong")).count();
        println!("calls: pong answered {pongs} times");

        let third = spawn(Player::default());
        let throws = [ping.request().throw(100, &third), pong.request().throw(100, &third)];
        for throw in throws {
            throw.wait()?;
        }
        println!("two players threw 100 balls each, and the third caught {}", third.balls()?);
        Ok(())
    })
}
