//! What this process holds in memory, and what the machine can still give, as Linux tells it.

use std::fs;

/// Memory of this process that is resident now, in bytes; 0 where `/proc` does not exist.
pub(crate) fn resident_bytes() -> u64 {
    of_process("VmRSS:")
}

/// The most that was ever resident in this process, in bytes; 0 where `/proc` does not exist.
pub(crate) fn peak_bytes() -> u64 {
    of_process("VmHWM:")
}

fn of_process(name: &str) -> u64 {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| field_bytes(&text, name)).unwrap_or(0)
}

/// What can still be had without swapping, in bytes, the limit of this process's control group counted in;
/// unknown where Linux does not say.
pub(crate) fn available_bytes() -> Option<u64> {
    let machine = field_bytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
    Some(group_bytes().map_or(machine, |group| group.min(machine)))
}

/// What the control group leaves, if it has a limit.
fn group_bytes() -> Option<u64> {
    let read = |file| -> Option<u64> {
        fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?.trim().parse().ok()
    };
    Some(read("memory.max")?.saturating_sub(read("memory.current")?))
}

/// Finds a line such as `VmRSS: 1234 kB`, and gives it in bytes.
fn field_bytes(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(field_bytes(status, "VmRSS:"), Some(1 << 20));
        assert_eq!(field_bytes(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(field_bytes(status, "VmSwap:"), None);
    }

    #[test]
    fn touched_memory_is_seen_as_resident() {
        let before = resident_bytes();
        let block = vec![1u8; 32 << 20];
        assert!(resident_bytes() >= before + (30 << 20), "{} bytes", block.len());
        assert!(peak_bytes() >= resident_bytes());
    }
}
