//! An idle machine wakes up zero times and uses no CPU. Alone in its process, for it reads all of its threads.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use greenroom::prelude::*;
use support::{Object, ask, real_builder, watched};

/// All threads of the machine start with this.
const NAME: &str = "quiet";

/// By thread: context switches, voluntary and not, and ticks of CPU used, in user and system mode.
fn activity() -> BTreeMap<String, [u64; 4]> {
    let mut activity = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let status = fs::read_to_string(task.join("status")).unwrap();
        let value = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim().to_owned()
        };
        let stat = fs::read_to_string(task.join("stat")).unwrap();
        // After the name in parentheses, utime and stime are the 12th and 13th.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let number = |text: &str| text.parse().unwrap();
        let name = value("Name:");
        if name.starts_with(NAME) {
            let switches = [value("voluntary_ctxt_switches:"), value("nonvoluntary_ctxt_switches:")];
            let [voluntary, other] = switches.map(|count| number(&count));
            let counts = [voluntary, other, number(fields[11]), number(fields[12])];
            activity.insert(format!("{name} {}", value("Pid:")), counts);
        }
    }
    activity
}

#[test]
fn over_three_idle_seconds_nothing_wakes_up_and_no_cpu_is_used() {
    watched(|| {
        let vm = real_builder().name(NAME).build().unwrap();
        // Every kind of work, and handlers that stay suspended for ever while the machine is idle.
        let actors: Vec<_> = (0..1000).map(|_| vm.spawn(Object(0))).collect();
        for actor in &actors {
            actor.ask(ask(|n: &mut i32| *n += 1)).unwrap();
        }
        for actor in &actors[..100] {
            actor.send(ask(|_: &mut i32| sleep(Duration::MAX).unwrap())).unwrap();
        }
        let own = vm.spawn_dedicated(Object(0)).unwrap();
        own.ask(ask(|n: &mut i32| *n += 1)).unwrap();
        let process = vm.process(|inbox: Inbox<u32>| while inbox.recv().is_ok() {});
        process.send(1).unwrap();
        vm.run(|| sleep(Duration::from_millis(5))).unwrap().unwrap();

        // The monitor goes to sleep a little after the last worker; from then on nothing moves.
        let (mut before, mut quiet) = (activity(), 0);
        support::wait_until("all threads are quiet", || {
            thread::sleep(Duration::from_millis(50));
            let now = activity();
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
            quiet == 4
        });
        assert!(before.len() >= 4, "two workers, the monitor and an actor's own: {before:?}");
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(3) {
            thread::sleep(Duration::from_secs(3).saturating_sub(begin.elapsed()));
        }
        assert_eq!(activity(), before);

        // And it is alive.
        assert_eq!(actors[500].ask(ask(|n: &mut i32| *n)), Ok(1));
        assert_eq!(own.ask(ask(|n: &mut i32| *n)), Ok(1));
    });
}
