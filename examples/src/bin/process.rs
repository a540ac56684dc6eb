//! A process in Erlang's manner: a function with an inbox, which it reads in the order that suits it.
//!
//! Prints:
//! ```text
//! urgent: first aid
//! echo: one
//! echo: two
//! echo: three
//! nothing came for 1ms
//! asked to end: stopped
//! ```

use std::sync::mpsc;
use std::time::Duration;

use greenroom::RecvError;
use greenroom::prelude::*;

#[derive(Debug)]
enum Mail {
    Plain(&'static str),
    Urgent(&'static str),
}

fn echo(inbox: &Inbox<Mail>, out: &mpsc::Sender<String>) -> Result<(), mpsc::SendError<String>> {
    // Whatever is urgent goes first, wherever it stands; the others keep their order.
    if let Ok(Mail::Urgent(text)) = inbox.recv_match(|mail| matches!(mail, Mail::Urgent(_))) {
        out.send(format!("urgent: {text}"))?;
    }
    loop {
        let limit = Duration::from_millis(1);
        match inbox.recv_timeout(limit) {
            Ok(Mail::Plain(text) | Mail::Urgent(text)) => out.send(format!("echo: {text}"))?,
            Err(RecvError::Timeout) => break out.send(format!("nothing came for {limit:?}"))?,
            Err(other) => return out.send(format!("too early: {other}")),
        }
    }
    // Waits for more, and learns that it is to end.
    match inbox.recv() {
        Err(RecvError::Exit(reason)) => out.send(format!("asked to end: {reason}")),
        other => out.send(format!("unexpected: {other:?}")),
    }
}

fn main() -> greenroom::Result {
    let vm = Vm::builder().build()?;
    let (out, lines) = mpsc::channel();
    let process = vm.process(move |inbox| echo(&inbox, &out).unwrap_or_else(|_| stop()));

    for text in ["one", "two", "three"] {
        process.send(Mail::Plain(text))?;
    }
    process.send(Mail::Urgent("first aid"))?;
    for line in lines {
        println!("{line}");
        if line.starts_with("nothing") {
            process.stop();
        }
    }
    Ok(())
}
