//! The cgroup quota, read from texts, and the affinity mask, read from this machine.

use std::collections::HashMap;
use std::path::Path;
use std::thread;

use crate::pin;
use crate::quota;

/// The tightest quota, with these files under the mount.
fn tightest(membership: &str, files: &[(&str, &str)]) -> Option<f64> {
    let files: HashMap<&Path, &str> = files.iter().map(|&(path, text)| (Path::new(path), text)).collect();
    quota::tightest(membership, |path| files.get(path).map(|text| (*text).to_owned()))
}

#[test]
fn the_second_version_says_quota_and_period_in_one_file() {
    assert_eq!(tightest("0::/box\n", &[("box/cpu.max", "150000 100000\n")]), Some(1.5));
    assert_eq!(tightest("0::/box\n", &[("box/cpu.max", "max 100000\n")]), None);
}

#[test]
fn the_tightest_group_on_the_way_up_counts() {
    let files = [("cpu.max", "max 100000"), ("a/cpu.max", "200000 100000"), ("a/b/cpu.max", "300000 100000")];
    assert_eq!(tightest("0::/a/b\n", &files), Some(2.0));
}

#[test]
fn the_first_version_says_them_in_two_files_under_either_name_of_the_mount() {
    let text = |quota| {
        let quota = format!("{quota}\n");
        let combined =
            [("cpu,cpuacct/box/cpu.cfs_quota_us", &*quota), ("cpu,cpuacct/box/cpu.cfs_period_us", "50000\n")];
        let alone = [("cpu/box/cpu.cfs_quota_us", &*quota), ("cpu/box/cpu.cfs_period_us", "50000\n")];
        let membership = "5:memory:/box\n4:cpu,cpuacct:/box\n0::/\n";
        (tightest(membership, &combined), tightest(membership, &alone))
    };
    assert_eq!(text(25_000), (Some(0.5), Some(0.5)));
    assert_eq!(text(-1), (None, None));
}

#[test]
fn nonsense_and_missing_files_are_no_quota() {
    assert_eq!(tightest("", &[]), None);
    assert_eq!(tightest("garbage\n0::/box\n", &[("box/cpu.max", "much")]), None);
    assert_eq!(tightest("0::/box\n", &[("box/cpu.max", "1000 0")]), None);
    assert_eq!(tightest("4:cpuset:/box\n", &[("cpuset/box/cpu.cfs_quota_us", "1")]), None);
}

#[test]
fn a_quota_read_here_agrees_with_the_standard_library() {
    let cores = pin::cores().len() as f64;
    let whole = quota::cores().map_or(cores, |quota| quota.floor().max(1.0).min(cores));
    assert_eq!(thread::available_parallelism().unwrap().get() as f64, whole);
}

#[test]
fn a_pinned_thread_may_use_its_core_only() {
    let core = *pin::cores().last().expect("this process runs on some core");
    let seen = thread::spawn(move || (pin::pin(core), pin::cores())).join().unwrap();
    assert_eq!(seen, (true, vec![core]));
}

#[test]
fn a_core_that_is_not_there_is_refused() {
    let absent = core_affinity::CoreId { id: 1023 };
    if !pin::cores().contains(&absent) {
        assert!(!thread::spawn(move || pin::pin(absent)).join().unwrap());
    }
}
