//! An actor map for Graphviz.

use std::fmt::{self, Write};

use super::{ActorMap, Party};

impl ActorMap {
    /// The map in the DOT language: `dot -Tsvg` draws it.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph actors {\n");
        // Nothing fails to write into a string.
        let _ = self.write_dot(&mut dot);
        dot + "}\n"
    }

    fn write_dot(&self, dot: &mut String) -> fmt::Result {
        if !self.title.is_empty() {
            writeln!(dot, "  label={}; labelloc=t;", quoted(&self.title))?;
        }
        writeln!(dot, "  rankdir=LR;")?;
        writeln!(dot, "  node [shape=box, style=rounded, fontname=monospace];")?;
        writeln!(dot, "  edge [fontname=monospace, fontsize=10];")?;
        let mut nodes: Vec<Option<&str>> = self.boxes.iter().map(|party| party.node.as_deref()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        for (number, node) in nodes.into_iter().enumerate() {
            let inside = self.boxes.iter().enumerate().filter(|(_, party)| party.node.as_deref() == node);
            if let Some(node) = node {
                writeln!(dot, "  subgraph cluster_{number} {{\n  label={}; style=filled;", quoted(node))?;
                writeln!(dot, "  color=\"#f3f6fa\"; node [style=\"rounded,filled\", fillcolor=white];")?;
            }
            for (at, party) in inside {
                writeln!(
                    dot,
                    "  a{at} [label={}{}];",
                    quoted(&inside_its_node(party).join("\n")),
                    shape(party)
                )?;
            }
            if node.is_some() {
                writeln!(dot, "  }}")?;
            }
        }
        for link in &self.links {
            let color = if link.is_troubled() { ", color=\"#c62828\", fontcolor=\"#c62828\"" } else { "" };
            let (from, to) = (link.from, link.to);
            let (label, width) = (quoted(&link.lines().join("\n")), link.thickness());
            writeln!(dot, "  a{from} -> a{to} [label={label}, penwidth={width}{color}];")?;
        }
        Ok(())
    }
}

/// The lines of its box, less the node, whose name stands at the box around.
fn inside_its_node(party: &Party) -> Vec<String> {
    Party { node: None, ..party.clone() }.lines()
}

fn shape(party: &Party) -> &'static str {
    match party {
        Party { is_outside: true, .. } => ", style=dashed",
        Party { panics: 1.., .. } => ", color=\"#c62828\"",
        _ => "",
    }
}

/// A string of the DOT language, in which a backslash may begin an escape.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            _ if c.is_control() => quoted.push('\u{fffd}'),
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}
