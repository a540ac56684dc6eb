//! A process that gets no more address space, and so neither threads nor stacks.

/// While it lives, this process gets no more than so many bytes of address space. That binds root as it binds everyone.
pub(crate) struct Tight {
    before: libc::rlimit,
}

impl Tight {
    /// Beyond what it has now.
    pub(crate) fn leave(bytes: u64) -> Self {
        let before = limit();
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
        set_limit(&libc::rlimit { rlim_cur: pages * 4096 + bytes, ..before });
        Tight { before }
    }
}

impl Drop for Tight {
    fn drop(&mut self) {
        set_limit(&self.before);
    }
}

fn limit() -> libc::rlimit {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it is given room for what it writes.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) }, 0);
    limit
}

fn set_limit(limit: &libc::rlimit) {
    // SAFETY: it is given a limit to read.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, limit) }, 0);
}
