//! What `--help` prints.

use crate::formats::{FORMATS, Format};

/// For the program as a whole.
pub(crate) const PROGRAM: &str = "\
greenroom-trace: what happened in a Greenroom machine, from a saved trace

usage: greenroom-trace COMMAND …

commands:
  convert FILE --to FORMAT   draw it, or tell it
  filter FILE                a part of it, as a trace
  compare FILE FILE          the first difference of two runs
  info FILE                  how much of what is in it

`greenroom-trace COMMAND --help` says more. A FILE of `-` is the standard input.
Exit status: 0; 1 if compared traces differ; 2 if what was given cannot be used.
";

/// What `convert` and `filter` select by.
const SELECTION: &str = "
which events (patterns may have `*` and `?`; a flag given twice takes either; different flags must all hold):
  --actor PATTERN     what concerns an actor: its label as in diagrams (`Bank#0.7`), or its number (`0.7`)
  --type PATTERN      what concerns actors of a type, with its path or without
  --name PATTERN      what concerns actors registered under a name
  --node PATTERN      what concerns actors of a simulated node
  --method PATTERN    messages of a method
  --from TIME         nothing earlier, as in `1.5ms`, `20s`, `3m`
  --until TIME        nothing later
";

/// For `convert`.
pub(crate) fn convert() -> String {
    let format = |format: &Format| format!("    {:<10} {}\n", format.name, format.about);
    let formats: String = FORMATS.iter().map(format).collect();
    format!(
        "\
greenroom-trace convert: draw a trace, or tell it

usage: greenroom-trace convert FILE --to FORMAT [--out FILE] [which events] [how large]

  --to FORMAT
{formats}  --out FILE          where to; the standard output if it is not given
{SELECTION}
how large a sequence diagram may become before it is summarised:
  --rows NUMBER       at most so many rows [400]
  --lifelines NUMBER  at most so many lifelines [40]
  --unfolded          repetitions are drawn one by one
"
    )
}

/// For `filter`.
pub(crate) fn filter() -> String {
    format!(
        "\
greenroom-trace filter: a part of a trace, as a trace

usage: greenroom-trace filter FILE [--out FILE] [which events]

  --out FILE          where to; the standard output if it is not given
{SELECTION}"
    )
}

/// For `compare`.
pub(crate) const COMPARE: &str = "\
greenroom-trace compare: the first difference of two runs, with what came before

usage: greenroom-trace compare FILE FILE [--order]

  --order             compare what happened and in which order, not when and on which worker

Exit status: 0 if they are equal, 1 if they differ, 2 if they cannot be compared.
";

/// For `info`.
pub(crate) const INFO: &str = "\
greenroom-trace info: how much of what is in a trace

usage: greenroom-trace info FILE

Counts by event, type of actor, actor and method.
";
