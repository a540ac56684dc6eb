//! A sequence as Mermaid.
//!
//! Mermaid knows fewer arrows than `PlantUML`, so an error says that it is one in its text; and it cannot create a
//! participant within a box, so those of nodes are there from the start. What it destroys needs a message to be destroyed
//! by, and an actor that ends may have none: a note marks its end.

use std::fmt::Write;

use crate::sequence::{ArrowKind, Frame, LifelineIndex, Mark, Sequence};

impl Sequence {
    /// The diagram as Mermaid, beginning with `sequenceDiagram`.
    ///
    /// ```
    /// use greenroom_trace::{Limits, Trace};
    /// let text = Trace::default().sequence(&Limits::default()).to_mermaid();
    /// assert!(text.starts_with("sequenceDiagram"));
    /// ```
    pub fn to_mermaid(&self) -> String {
        let mut drawing = Drawing {
            sequence: self,
            to: String::from("sequenceDiagram\n"),
            is_there: self.lifelines.iter().map(|line| !is_created(line)).collect(),
            depth: 1,
        };
        drawing.head();
        for row in &self.rows {
            drawing.mark(&row.mark);
        }
        drawing.to
    }
}

fn is_created(line: &crate::sequence::Lifeline) -> bool {
    line.is_created && line.node.is_none()
}

struct Drawing<'a> {
    sequence: &'a Sequence,
    to: String,
    /// Which lifelines are there, at this row.
    is_there: Vec<bool>,
    depth: usize,
}

impl Drawing<'_> {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Nothing fails to write into a string.
        let _ = writeln!(self.to, "{:indent$}{line}", "", indent = 4 * self.depth);
    }

    fn head(&mut self) {
        let sequence = self.sequence;
        if !sequence.title.is_empty() {
            self.line(format_args!("title {}", escaped(&sequence.title)));
        }
        let mut node = None;
        for (at, line) in sequence.lifelines.iter().enumerate() {
            if line.node != node {
                if node.is_some() {
                    self.depth -= 1;
                    self.line(format_args!("end"));
                }
                node.clone_from(&line.node);
                if let Some(node) = &node {
                    // A node may be called like a colour.
                    self.line(format_args!("box transparent {}", escaped(node)));
                    self.depth += 1;
                }
            }
            if !is_created(line) {
                self.line(format_args!("participant p{at} as {}", escaped(&line.label)));
            }
        }
        if node.is_some() {
            self.depth -= 1;
            self.line(format_args!("end"));
        }
        for remark in &sequence.remarks {
            self.note_across(remark);
        }
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Arrow(arrow) => {
                let (from, to) = (arrow.from.0, arrow.to.0);
                if arrow.kind == ArrowKind::Create && !self.is_there[to] {
                    let label = escaped(&self.sequence.lifelines[to].label);
                    self.line(format_args!("create participant p{to} as {label}"));
                    self.is_there[to] = true;
                }
                let (line, prefix) = match arrow.kind {
                    ArrowKind::Call => ("->>", ""),
                    ArrowKind::Create => ("-->>", ""),
                    ArrowKind::Cast | ArrowKind::Request => ("-)", ""),
                    ArrowKind::Timer => ("-)", "timer: "),
                    ArrowKind::Signal => ("--)", ""),
                    ArrowKind::Reply => ("-->>", ""),
                    ArrowKind::Error => ("-->>", "✗ "),
                    ArrowKind::Lost => ("-x", ""),
                };
                self.line(format_args!("p{from}{line}p{to}: {prefix}{}", escaped(&arrow.text)));
            }
            Mark::Begin { who: LifelineIndex(who), label } => {
                if let Some(label) = label {
                    self.line(format_args!("Note over p{who}: {}", escaped(label)));
                }
                self.line(format_args!("activate p{who}"));
            }
            Mark::End { who } => self.line(format_args!("deactivate p{}", who.0)),
            Mark::Destroy { who: LifelineIndex(who) } => {
                self.line(format_args!("Note over p{who}: ✕"));
                self.is_there[*who] = false;
            }
            Mark::Note { over: Some(LifelineIndex(who)), text, .. } => {
                self.line(format_args!("Note over p{who}: {}", escaped(text)));
            }
            Mark::Note { over: None, text, .. } => self.note_across(text),
            Mark::Open { frame, text } => {
                match frame {
                    Frame::Par => self.line(format_args!("par {}", escaped(text))),
                    Frame::Loop(times) => {
                        self.line(format_args!("loop {times} times {}", escaped(text)));
                    }
                }
                self.depth += 1;
            }
            Mark::Close => {
                self.depth -= 1;
                self.line(format_args!("end"));
            }
            Mark::Gap { text, .. } => self.note_across(&format!("… {text} …")),
        }
    }

    /// A note over everybody who is there.
    fn note_across(&mut self, text: &str) {
        let first = self.is_there.iter().position(|is_there| *is_there);
        let last = self.is_there.iter().rposition(|is_there| *is_there);
        if let (Some(first), Some(last)) = (first, last) {
            let over = if first == last { format!("p{first}") } else { format!("p{first},p{last}") };
            self.line(format_args!("Note over {over}: {}", escaped(text)));
        }
    }
}

/// Without what Mermaid takes for syntax, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\n' => escaped += "<br/>",
            '#' | ';' | '<' | '>' | '"' | '%' | '$' | '\\' | '`' | '&' => {
                let _ = write!(escaped, "#{};", c as u32);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
