//! The result of a step: on its way from one process to the other, as JSON, and as a row of the table.

use std::fmt::Write;

/// What came out of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    pub(crate) step: String,
    /// Parameters, as the inside of a JSON object.
    pub(crate) params: String,
    pub(crate) ops: u64,
    pub(crate) seconds: f64,
    /// Seconds of each part, as the inside of a JSON object.
    pub(crate) parts: String,
    pub(crate) bytes_per_actor: Option<f64>,
    pub(crate) peak_rss_bytes: u64,
    pub(crate) steals: u64,
    pub(crate) wakes: u64,
    pub(crate) messages: u64,
    pub(crate) handoffs: u64,
    /// None if every result was verified.
    pub(crate) wrong: Option<String>,
}

impl Report {
    /// A step that has no result.
    pub(crate) fn of_fault(step: &str, wrong: String) -> Self {
        Report { step: step.to_owned(), wrong: Some(wrong), ..Report::default() }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.wrong.is_none()
    }

    fn ns_per_op(&self) -> f64 {
        if self.ops == 0 { 0.0 } else { self.seconds * 1e9 / self.ops as f64 }
    }

    /// One line, for `from_line` in the process that waits for it.
    pub(crate) fn to_line(&self) -> String {
        let bytes = self.bytes_per_actor.map_or(String::new(), |bytes| bytes.to_string());
        let wrong = self.wrong.as_deref().unwrap_or_default().replace(['\t', '\n'], " ");
        [
            self.step.clone(),
            self.params.clone(),
            self.ops.to_string(),
            self.seconds.to_string(),
            self.parts.clone(),
            bytes,
            self.peak_rss_bytes.to_string(),
            self.steals.to_string(),
            self.wakes.to_string(),
            self.messages.to_string(),
            self.handoffs.to_string(),
            wrong,
        ]
        .join("\t")
    }

    /// None if it is no such line: the process ended in the middle.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut fields = line.strip_suffix('\n')?.split('\t').map(str::to_owned);
        let mut next = || fields.next();
        Some(Report {
            step: next()?,
            params: next()?,
            ops: next()?.parse().ok()?,
            seconds: next()?.parse().ok()?,
            parts: next()?,
            bytes_per_actor: match next()?.as_str() {
                "" => None,
                bytes => Some(bytes.parse().ok()?),
            },
            peak_rss_bytes: next()?.parse().ok()?,
            steals: next()?.parse().ok()?,
            wakes: next()?.parse().ok()?,
            messages: next()?.parse().ok()?,
            handoffs: next()?.parse().ok()?,
            wrong: Some(next()?).filter(|wrong| !wrong.is_empty()),
        })
    }

    pub(crate) fn to_json(&self) -> String {
        let mut json = format!(
            "{{\"step\": {}, \"params\": {{{}}}, \"ops\": {}, \"seconds\": {:.6}, \"ns_per_op\": {:.2}, \
             \"bytes_per_actor\": {}, \"peak_rss_bytes\": {}, \"ok\": {}, \"parts\": {{{}}}, \"steals\": {}, \
             \"wakes\": {}, \"messages\": {}, \"handoffs\": {}",
            quoted(&self.step),
            self.params,
            self.ops,
            self.seconds,
            self.ns_per_op(),
            self.bytes_per_actor.map_or("null".to_owned(), |bytes| format!("{bytes:.1}")),
            self.peak_rss_bytes,
            self.is_ok(),
            self.parts,
            self.steals,
            self.wakes,
            self.messages,
            self.handoffs,
        );
        if let Some(wrong) = &self.wrong {
            // Writing into a string does not fail.
            let _ = write!(json, ", \"error\": {}", quoted(wrong));
        }
        json.push('}');
        json
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c < ' ' => {
                // Writing into a string does not fail.
                let _ = write!(json, "\\u{:04x}", c as u32);
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

/// The inside of a JSON object.
pub(crate) fn fields<V: ToString>(pairs: impl IntoIterator<Item = (&'static str, V)>) -> String {
    let pairs: Vec<_> =
        pairs.into_iter().map(|(name, value)| format!("\"{name}\": {}", value.to_string())).collect();
    pairs.join(", ")
}

/// The table at the end.
pub(crate) fn table(reports: &[Report]) -> String {
    let mut text = format!(
        "{:<16}{:>13}{:>11}{:>11}{:>13}{:>10}{:>9}{:>9}  {}\n",
        "step", "operations", "seconds", "ns/op", "bytes/actor", "peak MiB", "steals", "wakes", "result"
    );
    for report in reports {
        let bytes = report.bytes_per_actor.map_or("-".to_owned(), |bytes| format!("{bytes:.1}"));
        let result = report.wrong.as_deref().map_or("ok".to_owned(), |wrong| format!("WRONG: {wrong}"));
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "{:<16}{:>13}{:>11.3}{:>11.1}{:>13}{:>10}{:>9}{:>9}  {}",
            report.step,
            report.ops,
            report.seconds,
            report.ns_per_op(),
            bytes,
            report.peak_rss_bytes >> 20,
            report.steals,
            report.wakes,
            result
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            step: "spawn".to_owned(),
            params: fields([("actors", 3)]),
            ops: 3,
            seconds: 0.25,
            parts: fields([("create", 0.125)]),
            bytes_per_actor: Some(72.5),
            wrong: Some("2 \"of\" 3".to_owned()),
            ..Report::default()
        }
    }

    #[test]
    fn a_report_comes_out_of_its_line_as_it_went_in() {
        for report in [report(), Report { wrong: None, bytes_per_actor: None, ..report() }] {
            assert_eq!(Report::from_line(&(report.to_line() + "\n")), Some(report));
        }
    }

    #[test]
    fn a_line_that_was_cut_off_is_no_report() {
        let line = report().to_line() + "\n";
        assert!((0..line.len()).all(|length| Report::from_line(&line[..length]).is_none()));
    }

    #[test]
    fn json_has_every_field_and_escapes_texts() {
        let json: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
        assert_eq!(json["params"]["actors"], 3);
        assert_eq!(json["bytes_per_actor"], 72.5);
        assert_eq!(json["error"], "2 \"of\" 3");
        assert_eq!(json["ok"], false);
    }
}
