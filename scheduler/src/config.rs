//! What a scheduler is started with, and what can be wrong with it.

use std::fmt;
use std::io;
use std::thread;

/// More workers than this is taken for a mistake.
pub const WORKERS_MAX: usize = 1024;

/// How many workers, where, and with which seed.
///
/// ```
/// use greenroom_scheduler::Config;
///
/// let config = Config { workers: 3, pin: false, ..Config::default() };
/// assert!(config.validate().is_ok());
/// let error = Config { workers: 0, ..Config::default() }.validate().unwrap_err();
/// assert!(error.to_string().contains("workers is 0"));
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// Worker threads, 1 to [`WORKERS_MAX`]. Default: the cores that the affinity mask and the cgroup's quota
    /// leave to this process.
    pub workers: usize,
    /// Whether each worker is pinned to a core of the affinity mask, wrapping around when there are more workers
    /// than cores. Default: yes. A core that refuses is counted, not an error
    /// ([`Scheduler::pin_failures`](crate::Scheduler::pin_failures)).
    pub pin: bool,
    /// At most so many relief workers stand in for stuck ones, up to [`WORKERS_MAX`]. Their threads start when
    /// first needed. 0: none. Default: twice the workers, and at least 8.
    pub relief: usize,
    /// Threads are called this, a dash, and their number; the system shows the first 15 bytes. Default:
    /// `greenroom`.
    pub name: String,
    /// Where chance comes from. Default: 0.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        let workers = thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
        Config {
            workers,
            pin: true,
            relief: (2 * workers).clamp(8, WORKERS_MAX),
            name: "greenroom".to_owned(),
            seed: 0,
        }
    }
}

impl Config {
    /// Says what is wrong, if something is. Starting validates too.
    ///
    /// # Errors
    ///
    /// A value out of its range, by name.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=WORKERS_MAX).contains(&self.workers) {
            return Err(ConfigError::Workers(self.workers));
        }
        if self.relief > WORKERS_MAX {
            return Err(ConfigError::Relief(self.relief));
        }
        if self.name.contains('\0') {
            return Err(ConfigError::Name(self.name.clone()));
        }
        Ok(())
    }
}

/// A value of [`Config`] that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// `workers` is out of its range.
    Workers(usize),
    /// `relief` is out of its range.
    Relief(usize),
    /// `name` cannot name a thread.
    Name(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Workers(given) => {
                write!(to, "workers is {given}; use 1 to {WORKERS_MAX}, or leave the default of one a core")
            }
            ConfigError::Relief(given) => {
                write!(to, "relief is {given}; use at most {WORKERS_MAX} relief workers, 0 for none")
            }
            ConfigError::Name(given) => {
                write!(to, "name is {given:?}, with a zero byte in it; remove that byte")
            }
        }
    }
}

impl std::error::Error for ConfigError {}

/// Why a scheduler did not start. Nothing of it is left behind.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A value of the configuration cannot be used.
    Config(ConfigError),
    /// The system gave no thread.
    Thread {
        /// The thread's name.
        name: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Config(error) => error.fmt(to),
            StartError::Thread { name, cause } => {
                write!(
                    to,
                    "cannot start thread {name}: {cause}; use fewer workers or raise the limit of threads"
                )
            }
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StartError::Config(error) => Some(error),
            StartError::Thread { cause, .. } => Some(cause),
        }
    }
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        StartError::Config(error)
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError, WORKERS_MAX};

    #[test]
    fn the_default_is_valid_and_as_wide_as_the_process_may_be() {
        let config = Config::default();
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(config.workers, std::thread::available_parallelism().unwrap().get());
    }

    #[test]
    fn each_error_names_the_value_and_the_remedy() {
        let text = |config: Config| config.validate().unwrap_err().to_string();
        let none = text(Config { workers: 0, ..Config::default() });
        assert_eq!(none, "workers is 0; use 1 to 1024, or leave the default of one a core");
        let many = Config { workers: WORKERS_MAX + 1, ..Config::default() };
        assert_eq!(many.validate(), Err(ConfigError::Workers(1025)));
        let relief = text(Config { relief: 4000, ..Config::default() });
        assert!(relief.contains("relief is 4000") && relief.contains("at most 1024"), "{relief}");
        let name = text(Config { name: "a\0b".to_owned(), ..Config::default() });
        assert!(name.contains(r"a\0b") && name.contains("remove"), "{name}");
    }
}
