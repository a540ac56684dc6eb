//! What is kept of a failure: its trace, a diagram, and a log, each in a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use greenroom::trace::{Record, What};
use greenroom_trace::{Limits, Trace};

use crate::report::Found;
use crate::run::{Happened, Note, Run};

/// A trace of a run: what the machine recorded, and what went against it.
pub(crate) fn trace(title: String, run: &Run, records: Vec<Record>, dropped: u64) -> Trace {
    let fault = |at, what: &str| Record { at, worker: None, what: What::Fault { text: what.into() } };
    let to_nodes = run.notes.iter().map(|Note { at, what }| fault(*at, what));
    let to_messages = run.happened.iter().filter(|happened| happened.fault.is_of_a_message());
    let to_messages = to_messages.map(|Happened { at, what, .. }| fault(*at, what));
    let failure = run
        .failure
        .iter()
        .map(|failure| fault(failure.at, &format!("{}: {}", failure.broken, failure.found)));
    // At one time, what is done to a node comes before all that it leads to, and what becomes of a message behind its sending.
    Trace::from_records(title, to_nodes.chain(records).chain(to_messages).chain(failure), dropped)
}

/// Writes the files of a failure, and says where they are.
pub(crate) fn save(folder: &Path, name: &str, found: &Found, trace: &Trace) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let path = |kind: &str| folder.join(format!("{name}-{}.{kind}", found.plan.seed));
    let (saved, drawn, told) = (path("trace.jsonl"), path("html"), path("log"));
    trace.save(&saved).map_err(io::Error::other)?;
    fs::write(&drawn, trace.to_html(&Limits::default()))?;
    fs::write(&told, format!("{found}\n\n{}", trace.to_text()))?;
    Ok(vec![drawn, told, saved])
}
