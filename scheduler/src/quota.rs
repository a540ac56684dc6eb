//! The cgroup's CPU quota: how many cores' worth of time this process may use, if it is limited.
//!
//! The default number of workers comes from the standard library, which knows the quota too but answers one
//! number for mask and quota together. Polling before parking has to know about the quota by itself: it would
//! use up time that work needs. A quota that cannot be read is taken for none.

use std::fs;
use std::path::{Path, PathBuf};

/// Where control groups are mounted.
const ROOT: &str = "/sys/fs/cgroup";

/// The tightest quota of this process's groups, in cores. None: no limit.
pub(crate) fn cores() -> Option<f64> {
    let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
    tightest(&membership, |file| fs::read_to_string(Path::new(ROOT).join(file)).ok())
}

/// The tightest quota along the groups of `membership` (`/proc/self/cgroup`), read by `read` relative to the
/// mount. A group is limited by all above it.
pub(crate) fn tightest(membership: &str, read: impl Fn(&Path) -> Option<String>) -> Option<f64> {
    let mut tightest: Option<f64> = None;
    for line in membership.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        for directory in Path::new(group.trim_start_matches('/')).ancestors() {
            let quota = if controllers.is_empty() {
                read(&directory.join("cpu.max")).and_then(|text| second_version(&text))
            } else if controllers.split(',').any(|controller| controller == "cpu") {
                first_version(directory, controllers, &read)
            } else {
                None
            };
            tightest = [tightest, quota].into_iter().flatten().reduce(f64::min);
        }
    }
    tightest
}

/// `cpu.max` of version 2: quota and period in microseconds, or `max` for no quota.
fn second_version(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    share(quota.parse().ok()?, period.parse().ok()?)
}

/// Two files of version 1, in a mount named after its controllers or after `cpu` alone; -1 for no quota.
fn first_version(
    directory: &Path,
    controllers: &str,
    read: &impl Fn(&Path) -> Option<String>,
) -> Option<f64> {
    let number = |file: &str| {
        let places = [controllers, "cpu"].map(|mount| PathBuf::from(mount).join(directory).join(file));
        places.iter().find_map(|place| read(place))?.trim().parse().ok()
    };
    share(number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?)
}

/// The share as a number of cores, if both are sensible.
fn share(quota: i64, period: i64) -> Option<f64> {
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}
