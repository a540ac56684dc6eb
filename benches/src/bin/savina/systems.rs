//! Which systems there are, and how each is started for one measurement.

use std::env;
use std::process::Command;

use greenroom_savina::problem::{Parameters, Problem};

use crate::languages::Language;
use crate::measure::Job;
use crate::rivals::actix::Actix;
use crate::rivals::may::{self, May};
use crate::rivals::tokio::Tokio;
use crate::rivals::{IN_OTHER_LANGUAGES, Rival};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Greenroom,
    Tokio,
    May,
    Actix,
    Erlang,
    Go,
    Caf,
}

impl System {
    pub(crate) const ALL: &[Self] =
        &[Self::Greenroom, Self::Tokio, Self::May, Self::Actix, Self::Erlang, Self::Go, Self::Caf];

    /// The name on the command line and in the results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Greenroom => "greenroom",
            Self::Tokio => "tokio",
            Self::May => "may",
            Self::Actix => "actix",
            Self::Erlang => "erlang",
            Self::Go => "go",
            Self::Caf => "caf",
        }
    }

    /// Of those that are not in Rust.
    pub(crate) fn language(self) -> Option<Language> {
        match self {
            Self::Greenroom | Self::Tokio | Self::May | Self::Actix => None,
            Self::Erlang => Some(Language::Erlang),
            Self::Go => Some(Language::Go),
            Self::Caf => Some(Language::Caf),
        }
    }

    /// Makes it ready to be started: those in other languages are built.
    ///
    /// # Errors
    ///
    /// Why it cannot be had here, and what to install.
    pub(crate) fn prepare(self) -> Result<(), String> {
        let Some(language) = self.language() else { return Ok(()) };
        language.missing().map_or_else(|| language.build(), Err)
    }

    /// Whether there is a program for this problem.
    pub(crate) fn has(self, problem: &Problem) -> bool {
        match self {
            Self::Greenroom => true,
            Self::Tokio => Tokio::program(problem.name).is_some(),
            Self::May => May::program(problem.name).is_some(),
            Self::Actix => Actix::program(problem.name).is_some(),
            Self::Erlang | Self::Go | Self::Caf => IN_OTHER_LANGUAGES.contains(&problem.name),
        }
    }

    /// Why it cannot do this size, if it cannot.
    pub(crate) fn refusal(self, parameters: &Parameters) -> Option<String> {
        match self {
            Self::May => may::refusal(parameters),
            _ => None,
        }
    }

    /// The process that takes this measurement.
    ///
    /// # Errors
    ///
    /// If this program's own file is not known.
    pub(crate) fn command(job: &Job) -> Result<Command, String> {
        if let Some(language) = job.system.language() {
            return Ok(language.command(job));
        }
        let program =
            env::current_exe().map_err(|error| format!("this program's file is not known: {error}"))?;
        let mut command = Command::new(program);
        command.args(job.to_arguments());
        Ok(command)
    }
}
