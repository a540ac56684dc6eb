//! `launch` and `serve_forever`, each in a process of its own: how they end, and that they end in order.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use greenroom::prelude::*;
use greenroom::{launch, serve_forever};

/// Says its name when it is dropped: an orderly end drops the states of all actors.
struct Farewell(&'static str);
impl Actor for Farewell {}
impl Drop for Farewell {
    fn drop(&mut self) {
        println!("{} dropped", self.0);
    }
}
struct Wait;
impl Message for Wait {
    type Reply = ();
}
impl Handler<Wait> for Farewell {
    fn handle(&mut self, _: Wait) {
        let _on_stack = Farewell("guard of a suspended handler");
        println!("waiting");
        let _ = sleep(Duration::from_secs(3600));
    }
}

/// References that outlive their machine.
static KEPT: Mutex<Vec<Ref<Farewell>>> = Mutex::new(Vec::new());

const PROGRAM: &str = "GREENROOM_TEST_PROGRAM";

/// Not a test of its own: what the child processes of the tests below run.
#[test]
fn program() {
    let Ok(program) = std::env::var(PROGRAM) else { return };
    match program.as_str() {
        "launch" => {
            let result = launch(|| {
                let kept = spawn(Farewell("actor"));
                println!("main ends");
                KEPT.lock().unwrap().push(kept);
                Ok(42)
            });
            println!("launched {result:?}");
        }
        "launch error" => {
            println!("{}", launch(|| -> greenroom::Result { Err("no luck".into()) }).unwrap_err());
        }
        "launch panic" => println!("{}", launch(|| -> greenroom::Result { panic!("ouch") }).unwrap_err()),
        "serve" => {
            serve_forever(|| {
                let actor = spawn(Farewell("actor"));
                actor.send(Wait)?;
                KEPT.lock().unwrap().push(actor);
                Ok(())
            })
            .unwrap();
            println!("served");
        }
        "stubborn" => {
            serve_forever(|| {
                process(|_: Inbox<()>| {
                    println!("waiting");
                    loop {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                });
                Ok(())
            })
            .unwrap();
        }
        other => unreachable!("{other}"),
    }
}

fn start(program: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "program", "--nocapture"]).env(PROGRAM, program);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Reads until a line contains `text`.
fn read_until(out: &mut impl BufRead, text: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(text) {
        assert!(out.read_line(&mut seen).unwrap() > 0, "the program ended after {seen:?}");
    }
    seen
}

fn finish(program: &str) -> String {
    let out = start(program).wait_with_output().unwrap();
    assert!(out.status.success(), "{:?}", out.status);
    String::from_utf8(out.stdout).unwrap()
}

fn signal(child: &Child, name: &str) {
    let killed = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

#[test]
fn launch_ends_when_main_ends_after_an_orderly_shutdown() {
    let out = finish("launch");
    let order = ["main ends", "actor dropped", "launched Ok(42)"].map(|text| out.find(text));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{out}");
}

#[test]
fn launch_returns_what_went_wrong() {
    assert!(finish("launch error").contains("no luck"));
    let out = finish("launch panic");
    assert!(out.contains("panicked at") && out.contains("ouch"), "{out}");
}

fn serves_until(name: &str) -> (String, ExitStatus) {
    let mut child = start("serve");
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut seen = read_until(&mut out, "waiting");
    signal(&child, name);
    out.read_to_string(&mut seen).unwrap();
    (seen, child.wait().unwrap())
}

#[test]
fn serve_forever_ends_in_order_on_a_signal() {
    for name in ["-INT", "-TERM"] {
        let (out, status) = serves_until(name);
        assert!(status.success(), "{name}: {status:?}");
        let order =
            ["guard of a suspended handler dropped", "actor dropped", "served"].map(|text| out.find(text));
        assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{name}: {out}");
    }
}

#[test]
fn a_second_signal_ends_a_machine_that_cannot_end_in_order() {
    let mut child = start("stubborn");
    let mut out = BufReader::new(child.stdout.take().unwrap());
    read_until(&mut out, "waiting");
    // The first is taken at some time after this; the ones after that end the process.
    let status = loop {
        signal(&child, "-INT");
        std::thread::sleep(Duration::from_millis(20));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!((status.code(), status.signal()), (Some(130), None));
}
