//! The machine and the moment that results belong to.

use std::time::SystemTime;
use std::{fs, thread};

use serde::Serialize;

/// When and on what the results were taken.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// In the manner of RFC 3339, in UTC.
    pub date: String,
    /// The model, as Linux names it.
    pub processor: String,
    /// How many threads run at once.
    pub cores: usize,
    /// The release of the kernel.
    pub kernel: String,
}

impl Machine {
    /// This one, now.
    pub fn here_and_now() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            processor: model.map_or("unknown processor", |(_, name)| name.trim()).to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel.trim().to_owned(),
        }
    }
}
