//! Rivals that other compilers build: their sources are in `benches/rivals`, what comes of them in `target/rivals`.
//!
//! Each is one program for all of its problems, started as `PROGRAM PROBLEM workers=N rounds=N key=value ...`. It prints one line
//! in the form of a [`Measurement`](crate::measure::Measurement), exits with 3 and a sentence if it does not have the problem,
//! and with 1 and a sentence if a check fails underway.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;
use std::{env, fs, io};

use crate::measure::Job;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Erlang,
    Go,
    Caf,
}

/// The exit status of a program that does not have the problem.
pub(crate) const HAS_NO_SUCH_PROBLEM: i32 = 3;

impl Language {
    fn name(self) -> &'static str {
        match self {
            Self::Erlang => "erlang",
            Self::Go => "go",
            Self::Caf => "caf",
        }
    }

    /// How the names of sources end: first of those that the compiler is given, then of those that they include.
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Erlang => &["erl"],
            Self::Go => &["go"],
            Self::Caf => &["cpp", "hpp"],
        }
    }

    fn sources(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("rivals").join(self.name())
    }

    fn built(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/rivals").join(self.name())
    }

    /// What stands there once it is built, and is newer than its sources as long as it need not be built again.
    fn product(self) -> PathBuf {
        self.built().join(if self == Self::Erlang { "savina.beam" } else { "savina" })
    }

    /// The process that takes this measurement.
    pub(crate) fn command(self, job: &Job) -> Command {
        let Self::Erlang = self else {
            let mut command = Command::new(self.product());
            command.args(job.contract());
            return command;
        };
        let mut command = Command::new("erl");
        let workers = job.workers;
        // It makes room for 262,144 processes, unless more are asked for.
        command.args(["-noshell", "+S", &format!("{workers}:{workers}"), "+P", "4194304"]);
        command.arg("-pa").arg(self.built()).args(["-run", "savina", "main"]).args(job.contract());
        command
    }

    /// Why it cannot be had here, and what to install, if it cannot.
    pub(crate) fn missing(self) -> Option<String> {
        let (here, package) = match self {
            Self::Erlang => (in_path("erl") && in_path("erlc"), "erlang-base"),
            Self::Go => (in_path("go"), "golang-go"),
            Self::Caf => (caf_compiler().is_some(), "g++ libcaf-dev"),
        };
        (!here).then(|| format!("it is not installed (Debian, Ubuntu: apt-get install {package})"))
    }

    /// Builds it, unless that has been done.
    ///
    /// # Errors
    ///
    /// What the compiler complains of.
    pub(crate) fn build(self) -> Result<(), String> {
        let cannot = |error: io::Error| format!("{}: {error}", self.sources().display());
        let sources = sources(&self.sources(), self.extensions()).map_err(cannot)?;
        if newer(&self.product(), &sources) {
            return Ok(());
        }
        fs::create_dir_all(self.built()).map_err(cannot)?;
        eprintln!("building the programs for {}", self.name());
        let output = self.compiler(sources).stdin(Stdio::null()).output().map_err(cannot)?;
        if output.status.success() {
            return Ok(());
        }
        let complaints = [output.stdout, output.stderr].concat();
        Err(format!("it does not compile:\n{}", String::from_utf8_lossy(&complaints).trim()))
    }

    fn compiler(self, mut sources: Vec<PathBuf>) -> Command {
        sources.retain(|path| path.extension().is_some_and(|its| its == self.extensions()[0]));
        let mut command;
        match self {
            Self::Erlang => {
                command = Command::new("erlc");
                command.arg("-o").arg(self.built()).args(sources);
            }
            Self::Go => {
                command = Command::new("go");
                command.current_dir(self.sources()).args(["build", "-o"]).arg(self.product()).arg(".");
            }
            Self::Caf => {
                command = Command::new(caf_compiler().unwrap_or("c++"));
                command
                    .args(["-std=c++17", "-O3", "-DNDEBUG", "-ffp-contract=off", "-o"])
                    .arg(self.product())
                    .args(sources);
                command.args(["-lcaf_core", "-pthread"]);
            }
        }
        command
    }
}

/// All files of these kinds in a folder, in order.
fn sources(folder: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let paths: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|its| extensions.iter().any(|one| its == *one)));
    paths.sort();
    Ok(paths)
}

/// Whether the product is there, and no source was changed after it.
fn newer(product: &Path, sources: &[PathBuf]) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let last: Option<SystemTime> = sources.iter().filter_map(|path| changed(path)).max();
    changed(product) > last
}

fn in_path(tool: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(tool).is_file()))
}

/// The first C++ compiler that finds the headers of CAF.
fn caf_compiler() -> Option<&'static str> {
    ["g++", "clang++"].into_iter().find(|compiler| {
        let mut command = Command::new(compiler);
        command.args(["-fsyntax-only", "-include", "caf/config.hpp", "-x", "c++", "/dev/null"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_stale_as_soon_as_a_source_is_newer() {
        let folder = env::temp_dir().join(format!("savina-languages-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let at = |name: &str, seconds| {
            let path = folder.join(name);
            let file = fs::File::create(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
            path
        };
        let (old, product, new) = (at("old.go", 10), at("product", 20), at("new.go", 30));
        assert_eq!(sources(&folder, &["go"]).unwrap(), [new.clone(), old.clone()]);
        assert!(newer(&product, std::slice::from_ref(&old)));
        assert!(!newer(&product, &[old.clone(), new]));
        assert!(!newer(&folder.join("missing"), &[old]));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_tool_is_found_in_the_path_or_not_at_all() {
        assert!(in_path("sh") && !in_path("no-such-tool"));
    }
}
