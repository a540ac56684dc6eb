//! Records as lines: for those who compare two runs, and for those who look on.

use std::fmt;

use crate::trace::record::{Record, Way, What};

/// As in `1.5ms 0: #0.7 -> #1.3 call add(5) [12]`: when, on which worker, what; a message's number stands in brackets. Lines
/// of two machines that run alike are alike.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ", self.at)?;
        match self.worker {
            Some(worker) => write!(f, "{worker}: {}", self.what),
            None => write!(f, "outside: {}", self.what),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Spawn { actor, kind, by, node } => {
                write!(f, "spawn {kind}{actor:?}")?;
                by.iter().try_for_each(|by| write!(f, " by {by:?}"))?;
                node.iter().try_for_each(|node| write!(f, " on {node}"))
            }
            What::Name { actor, name } => write!(f, "name {actor:?} {name:?}"),
            What::Send { message, way, from, to, method, arguments, group } => {
                from.iter().try_for_each(|from| write!(f, "{from:?} "))?;
                let arguments = arguments.as_deref().unwrap_or_default();
                write!(f, "-> {to:?} {way} {method}{arguments} [{message}]")?;
                group.iter().try_for_each(|group| write!(f, " of group [{group}]"))
            }
            What::Start { actor, message, method } => {
                write!(f, "start {actor:?} {method}{}", Number(*message))
            }
            What::Suspend { actor, message } => write!(f, "suspend {actor:?}{}", Number(*message)),
            What::Resume { actor, message } => write!(f, "resume {actor:?}{}", Number(*message)),
            What::Finish { actor, message } => write!(f, "finish {actor:?}{}", Number(*message)),
            What::Reply { message, outcome: Ok(None) } => write!(f, "reply [{message}]"),
            What::Reply { message, outcome: Ok(Some(value)) } => write!(f, "reply [{message}] {value}"),
            What::Reply { message, outcome: Err(error) } => write!(f, "error [{message}] {error}"),
            What::Lost { message, why } => write!(f, "lost [{message}] {why}"),
            What::Panic { actor, report } => write!(f, "panic {actor:?} {report}"),
            What::Restart { actor, attempt } => write!(f, "restart {actor:?} attempt {attempt}"),
            What::Stop { actor, reason } => write!(f, "stop {actor:?} {reason}"),
            What::Steal => f.write_str("steal"),
            What::Park => f.write_str("park"),
            What::Unpark => f.write_str("unpark"),
            What::Relief { begins: true } => f.write_str("relief begins"),
            What::Relief { begins: false } => f.write_str("relief ends"),
            What::Fault { text } => f.write_str(text),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Cast => "cast",
            Way::Request => "request",
            Way::Call => "call",
            Way::HandOff => "hand-off",
            Way::Timer => "timer",
            Way::Signal => "signal",
        })
    }
}

/// The number of a message that may have none.
struct Number(Option<u64>);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|number| write!(f, " [{number}]"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::id::{ActorId, Home};

    #[test]
    fn a_record_is_a_line_that_does_not_name_its_machine() {
        let [from, to] = [3, 9].map(|sequence| ActorId::new(Home::shared(5), 1, sequence));
        let what = What::Send {
            message: 12,
            way: Way::Call,
            from: Some(from),
            to,
            method: "add",
            arguments: Some("(5)".into()),
            group: None,
        };
        let record = Record { at: Duration::from_micros(1500), worker: Some(0), what };
        assert_eq!(record.to_string(), "1.5ms 0: #1.3 -> #1.9 call add(5) [12]");
        let what = What::Finish { actor: to, message: None };
        assert_eq!(Record { at: Duration::ZERO, worker: None, what }.to_string(), "0ns outside: finish #1.9");
    }
}
