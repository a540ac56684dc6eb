//! An idle scheduler wakes up zero times. Alone in its process, for it reads all of the process's threads.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use greenroom_scheduler::{Config, Lane};
use support::{LOST, Running, receive, task, wait_until, workers};

/// All threads start with this, cut to 15 bytes with their number.
const NAME: &str = "quiet";

/// The context switches of this scheduler's threads so far: by name and number, voluntary and other. A thread that
/// just started still has its parent's name, so the name alone would not do.
fn switches() -> BTreeMap<(String, String), (String, String)> {
    let mut switches = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let value = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key)).unwrap();
            line[key.len()..].trim().to_owned()
        };
        if value("Name:").starts_with(NAME) {
            let counts = (value("voluntary_ctxt_switches:"), value("nonvoluntary_ctxt_switches:"));
            switches.insert((value("Name:"), value("Pid:")), counts);
        }
    }
    switches
}

/// Gets both workers stuck in the kernel, runs a job meanwhile, which only the monitor makes possible, and frees
/// them.
fn use_relief(running: &Running) {
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
    running.ask(|_, send| send.send(()).unwrap());
    drop(release);
}

/// Waits until nothing has moved for a while: the monitor dozes a tenth of a second after the last worker fell
/// asleep. This one thing can only be seen by waiting.
fn wait_until_quiet() -> BTreeMap<(String, String), (String, String)> {
    let mut before = switches();
    let mut quiet = 0;
    wait_until("all threads are quiet", || {
        thread::sleep(Duration::from_millis(50));
        let now = switches();
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
        quiet == 4
    });
    before
}

#[test]
fn over_three_idle_seconds_no_thread_wakes_up_not_even_the_monitor_and_then_all_are_alive() {
    let running = Running::start(Config { name: NAME.to_owned(), relief: 3, ..workers(2) });
    let (tell, used) = mpsc::channel();
    running.0.inject(task(move |worker| {
        for lane in [Lane::Next, Lane::Back, Lane::Fresh, Lane::Urgent] {
            let tell = tell.clone();
            worker.schedule(task(move |_| tell.send(()).unwrap()), lane);
        }
    }));
    receive(&used, 4);
    use_relief(&running);

    let before = wait_until_quiet();
    for thread in ["quiet-0", "quiet-1", "quiet-relief-0", "quiet-monitor"] {
        assert!(before.keys().any(|(name, _)| name == thread), "{before:?}");
    }
    thread::sleep(Duration::from_secs(3));
    assert_eq!(switches(), before);

    // The monitor wakes up with the workers.
    use_relief(&running);
    // And a stop ends its doze.
    wait_until_quiet();
    let (tell, ended) = mpsc::channel();
    thread::spawn(move || {
        drop(running);
        tell.send(()).unwrap();
    });
    ended.recv_timeout(LOST).expect("all threads end");
}
