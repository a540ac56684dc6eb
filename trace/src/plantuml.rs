//! A sequence as `PlantUML`.

use std::collections::HashSet;
use std::fmt::Write;

use crate::sequence::{Arrow, ArrowKind, Frame, LifelineIndex, Mark, NoteKind, Sequence};

impl Sequence {
    /// The diagram as a `PlantUML` file, from `@startuml` to `@enduml`.
    ///
    /// ```
    /// use greenroom_trace::{Limits, Trace};
    /// let text = Trace::default().sequence(&Limits::default()).to_plantuml();
    /// assert!(text.starts_with("@startuml") && text.ends_with("@enduml\n"));
    /// ```
    pub fn to_plantuml(&self) -> String {
        let mut text = String::from("@startuml\n");
        // Nothing fails to write into a string.
        let _ = self.write_plantuml(&mut text);
        text + "@enduml\n"
    }

    fn write_plantuml(&self, to: &mut String) -> std::fmt::Result {
        if !self.title.is_empty() {
            writeln!(to, "title {}", escaped(&self.title))?;
        }
        let mut node = None;
        for (at, line) in self.lifelines.iter().enumerate() {
            if line.node != node {
                if node.is_some() {
                    writeln!(to, "end box")?;
                }
                node.clone_from(&line.node);
                if let Some(node) = &node {
                    writeln!(to, "box {}", quoted(node))?;
                }
            }
            writeln!(to, "participant {} as p{at}", quoted(&line.label))?;
        }
        if node.is_some() {
            writeln!(to, "end box")?;
        }
        // Who cannot begin a bar at the last message: PlantUML hangs each beginning and end of a bar on the message before
        // it, and takes no beginning behind an end.
        let mut ended: HashSet<LifelineIndex> = (0..self.lifelines.len()).map(LifelineIndex).collect();
        for row in &self.rows {
            self.write_mark(to, &row.mark, &mut ended)?;
        }
        if !self.remarks.is_empty() {
            writeln!(to, "legend left")?;
            for remark in &self.remarks {
                writeln!(to, "  {}", escaped(remark))?;
            }
            writeln!(to, "end legend")?;
        }
        Ok(())
    }

    fn write_mark(
        &self,
        to: &mut String,
        mark: &Mark,
        ended: &mut HashSet<LifelineIndex>,
    ) -> std::fmt::Result {
        match mark {
            Mark::Arrow(arrow) => {
                if arrow.kind == ArrowKind::Create && self.lifelines[arrow.to.0].is_created {
                    writeln!(to, "create {}", id(arrow.to))?;
                }
                ended.clear();
                write_arrow(to, arrow)
            }
            Mark::Begin { who, label } => {
                match label {
                    Some(label) => writeln!(to, "?-> {} : {}", id(*who), escaped(label))?,
                    None if ended.contains(who) => writeln!(to, "?-> {}", id(*who))?,
                    None => {}
                }
                if label.is_some() || ended.contains(who) {
                    ended.clear();
                }
                writeln!(to, "activate {}", id(*who))
            }
            Mark::End { who } => {
                ended.insert(*who);
                writeln!(to, "deactivate {}", id(*who))
            }
            Mark::Destroy { who } => writeln!(to, "destroy {}", id(*who)),
            Mark::Note { over, kind, text } => {
                let place = over.map_or("across".to_owned(), |who| format!("over {}", id(who)));
                writeln!(to, "note {place} {} : {}", colour(*kind), escaped(text))
            }
            Mark::Open { frame: Frame::Par, text } => writeln!(to, "par {}", escaped(text)),
            Mark::Open { frame: Frame::Loop(times), text } => {
                writeln!(to, "loop {}", escaped(format!("{times} times {text}").trim_end()))
            }
            Mark::Close => writeln!(to, "end"),
            Mark::Gap { text, .. } => {
                ended.extend((0..self.lifelines.len()).map(LifelineIndex));
                writeln!(to, "== … {} … ==", escaped(text).replace("==", "= ="))
            }
        }
    }
}

fn id(who: LifelineIndex) -> String {
    format!("p{}", who.0)
}

fn write_arrow(to: &mut String, arrow: &Arrow) -> std::fmt::Result {
    let line = match arrow.kind {
        ArrowKind::Call => "->",
        ArrowKind::Create => "-->",
        ArrowKind::Cast | ArrowKind::Request => "->>",
        ArrowKind::Timer => "-[#gray]>>",
        ArrowKind::Signal => "-[#gray]->>",
        ArrowKind::Reply => "-->",
        ArrowKind::Error => "-[#red]->",
        ArrowKind::Lost => "-[#red]>x",
    };
    write!(to, "{} {line} {}", id(arrow.from), id(arrow.to))?;
    match (arrow.kind, arrow.text.as_str()) {
        (_, "") => writeln!(to),
        (ArrowKind::Timer, text) => writeln!(to, " : timer: {}", escaped(text)),
        (_, text) => writeln!(to, " : {}", escaped(text)),
    }
}

fn colour(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Panic | NoteKind::Deadlock => "#FFCCCC",
        NoteKind::Stop | NoteKind::Fault => "#FFE5CC",
        NoteKind::Restart => "#D5F0D5",
        NoteKind::Remark => "#EEEEEE",
    }
}

/// As a name in quotes, which has no escape for a quote.
fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(&text.replace('"', "'")))
}

/// Without what `PlantUML` takes for markup, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let is_doubled = c == before && "*/_-\"~[^".contains(c);
        match c {
            '\n' => escaped += "\\n",
            '\\' => escaped += "\\\\",
            // A tilde before the second of two takes their meaning away, as one before a tag does.
            '<' => escaped += "~<",
            c if is_doubled => {
                escaped.push('~');
                escaped.push(c);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}
