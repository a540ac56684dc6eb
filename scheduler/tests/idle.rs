//! An idle scheduler wakes up zero times. Alone in its process, for it reads all of the process's threads.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use greenroom_scheduler::{Config, Lane};
use support::{Running, receive, task, wait_until, workers};

/// All threads start with this, cut to 15 bytes with their number.
const NAME: &str = "quiet";

/// The context switches of this scheduler's threads so far: by thread, voluntary and other.
fn switches() -> BTreeMap<String, (u64, u64)> {
    let mut switches = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let value = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key)).unwrap();
            line[key.len()..].trim().to_owned()
        };
        let name = value("Name:");
        if name.starts_with(NAME) {
            let counts = (value("voluntary_ctxt_switches:"), value("nonvoluntary_ctxt_switches:"));
            let before = switches.insert(name, (counts.0.parse().unwrap(), counts.1.parse().unwrap()));
            assert!(before.is_none(), "thread names are unique");
        }
    }
    switches
}

#[test]
fn over_three_idle_seconds_no_thread_wakes_up_not_even_the_monitor() {
    let running = Running::start(Config { name: NAME.to_owned(), relief: 2, ..workers(2) });
    // Work, and a stuck worker, so that relief has its thread too and every queue was used.
    let (tell, used) = mpsc::channel();
    running.0.inject(task(move |worker| {
        for lane in [Lane::Next, Lane::Back, Lane::Fresh, Lane::Urgent] {
            let tell = tell.clone();
            worker.schedule(task(move |_| tell.send(()).unwrap()), lane);
        }
    }));
    receive(&used, 4);
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let (tell, begun) = mpsc::channel();
    for _ in 0..2 {
        let (held, tell) = (held.clone(), tell.clone());
        running.0.inject(task(move |_| {
            tell.send(()).unwrap();
            let _ = held.lock().unwrap().recv();
        }));
    }
    receive(&begun, 2);
    let relief = running.ask(|worker, send| send.send(worker.index()).unwrap());
    assert!(relief >= 2, "both workers are stuck");
    drop(release);

    // The monitor dozes a tenth of a second after the last worker fell asleep: from then on nothing moves.
    let mut before = switches();
    let mut quiet = 0;
    wait_until("all threads are quiet", || {
        thread::sleep(Duration::from_millis(50));
        let now = switches();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
        quiet == 4
    });
    for thread in ["quiet-0", "quiet-1", "quiet-relief-0", "quiet-monitor"] {
        assert!(before.contains_key(thread), "{before:?}");
    }
    thread::sleep(Duration::from_secs(3));
    assert_eq!(switches(), before);

    // And it is alive.
    running.ask(|_, send| send.send(()).unwrap());
}
