//! Promises that call back: nobody waits while five servers answer five thousand requests of twenty clients.
//!
//! Prints:
//! ```text
//! 20 clients made 50 requests each to each of 5 servers
//! 5000 answers came, of them wrong: 0
//! each server answered 1000 times
//! ```

use greenroom::prelude::*;

const SERVERS: usize = 5;
const CLIENTS: usize = 20;
const REQUESTS: u64 = 50;

#[derive(Default)]
struct Server {
    answers: u64,
}

#[actor]
impl Server {
    fn square(&mut self, number: u64) -> u64 {
        self.answers += 1;
        number * number
    }

    fn answers(&self) -> u64 {
        self.answers
    }
}

#[derive(Default, Clone, Copy)]
struct Answers {
    right: u64,
    wrong: u64,
}

#[derive(Default)]
struct Client {
    pending: u64,
    answers: Answers,
    /// Who wants to know when all of them are in.
    done: Option<Reply<Answers>>,
}

#[actor]
impl Client {
    fn work(&mut self, servers: Vec<Ref<Server>>, #[reply] done: Reply<Answers>) {
        self.done = Some(done);
        for server in &servers {
            for number in 0..REQUESTS {
                self.pending += 1;
                // The answer comes as a message of this client's own: it has its state for itself then, as always.
                let promise = server.request().square(number);
                promise.then(&me(), move |client: &mut Client, answer| {
                    client.note(answer == Ok(number * number));
                });
            }
        }
    }

    #[local]
    fn note(&mut self, is_right: bool) {
        self.pending -= 1;
        self.answers.right += u64::from(is_right);
        self.answers.wrong += u64::from(!is_right);
        if self.pending == 0
            && let Some(done) = self.done.take()
        {
            done.send(self.answers);
        }
    }
}

fn main() -> greenroom::Result {
    greenroom::launch(|| {
        let servers: Vec<_> = (0..SERVERS).map(|_| spawn(Server::default())).collect();
        let clients: Vec<_> = (0..CLIENTS).map(|_| spawn(Client::default())).collect();

        let works: Vec<_> = clients.iter().map(|client| client.request().work(servers.clone())).collect();
        println!("{CLIENTS} clients made {REQUESTS} requests each to each of {SERVERS} servers");

        let mut all = Answers::default();
        for mut work in works {
            let answers = work.wait_for(60 * SECOND)?;
            all.right += answers.right;
            all.wrong += answers.wrong;
        }
        println!("{} answers came, of them wrong: {}", all.right + all.wrong, all.wrong);

        let each = (CLIENTS as u64) * REQUESTS;
        for server in &servers {
            assert_eq!(server.answers()?, each);
        }
        println!("each server answered {each} times");
        Ok(())
    })
}
