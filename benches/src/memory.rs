//! What this process holds in memory, and what the machine has left, as Linux tells it.

use std::fs;

/// Resident memory of this process now, in bytes; 0 where `/proc` does not exist.
pub fn resident_bytes() -> u64 {
    field("/proc/self/status", "VmRSS:").unwrap_or(0)
}

/// The most memory that was ever resident in this process, in bytes; 0 where `/proc` does not exist.
pub fn peak_bytes() -> u64 {
    field("/proc/self/status", "VmHWM:").unwrap_or(0)
}

/// Lets [`peak_bytes`] begin anew, from what is resident now; does nothing where Linux does not offer that.
pub fn forget_peak() {
    // Where it cannot be, the peak is that of the whole process, which is never less.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// What the machine can still give without swapping, in bytes; unknown where `/proc` does not exist.
pub fn available_bytes() -> Option<u64> {
    field("/proc/meminfo", "MemAvailable:")
}

/// The number of memory mappings a process may have (`vm.max_map_count`).
fn most_mappings() -> Option<u64> {
    fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()
}

/// How many stacks with a guard page, which is two mappings each, a process can hold, with room for everything else that is mapped.
pub fn most_guarded_stacks() -> Option<u64> {
    most_mappings().map(|mappings| mappings.saturating_sub(4_000) / 2)
}

fn field(file: &str, name: &str) -> Option<u64> {
    kilobytes(&fs::read_to_string(file).ok()?, name)
}

/// Finds a line such as `VmRSS: 1234 kB` and gives it in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(kilobytes(status, "VmRSS:"), Some(1 << 20));
        assert_eq!(kilobytes(status, "VmHWM:"), Some(2 << 20));
        assert_eq!(kilobytes(status, "VmSwap:"), None);
    }

    #[test]
    fn touched_memory_is_seen_as_resident() {
        let before = resident_bytes();
        let block = vec![1u8; 32 << 20];
        assert!(resident_bytes() >= before + (30 << 20), "{} bytes", block.len());
        assert!(peak_bytes() >= resident_bytes());
    }
}
