//! What a trace is converted to.

use greenroom_trace::{Limits, Trace};

/// A format: its name, what it is good for, and how a trace is written in it.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) write: fn(&Trace, &Limits) -> String,
}

/// All of them.
pub(crate) const FORMATS: &[Format] = &[
    Format {
        name: "plantuml",
        about: "sequence diagram, for PlantUML",
        write: |trace, limits| trace.sequence(limits).to_plantuml(),
    },
    Format {
        name: "mermaid",
        about: "sequence diagram, for Mermaid and pages in Markdown",
        write: |trace, limits| trace.sequence(limits).to_mermaid(),
    },
    Format {
        name: "svg",
        about: "sequence diagram with a scale of time, as a picture",
        write: |trace, limits| trace.sequence(limits).to_svg(),
    },
    Format { name: "html", about: "the same as a page that filters and folds", write: Trace::to_html },
    Format {
        name: "timeline",
        about: "what each worker did when, for Perfetto and chrome://tracing",
        write: |trace, _| trace.to_timeline(),
    },
    Format {
        name: "map-dot",
        about: "who talks to whom, and how often, for Graphviz",
        write: |trace, _| trace.actor_map().to_dot(),
    },
    Format { name: "map-svg", about: "the same as a picture", write: |trace, _| trace.actor_map().to_svg() },
    Format { name: "text", about: "the log: a line for each event", write: |trace, _| trace.to_text() },
];

/// Their names, as a sentence has them.
pub(crate) fn names() -> String {
    let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    names.join(", ")
}
