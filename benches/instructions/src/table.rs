//! The table of what was counted before: a line a path, with its count and by how much that may rise.
//!
//! ```text
//! # a comment
//! call by hand-off    123.4   1.5
//! ```

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::counting::Counted;

/// What a path that is new to the table may rise by, until somebody says otherwise.
const NEW_TOLERANCE: f64 = 2.0;

const HEAD: &str = "\
# How many instructions one operation of each hot path takes, and by how many that may rise.
# Held by `make instructions`; written anew by `make instructions UPDATE=1`, which keeps the tolerances.
#
# path                                  count  tolerance
";

pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    count: f64,
    tolerance: f64,
}

impl FromStr for Table {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
        Ok(Table { rows: text.lines().filter(is_row).map(str::parse).collect::<Result<_, _>>()? })
    }
}

impl FromStr for Row {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let last = |line: &str| {
            let (rest, word) = line.trim_end().rsplit_once(' ')?;
            Some((rest.to_owned(), word.parse::<f64>().ok()?))
        };
        let row = last(line).and_then(|(rest, tolerance)| {
            let (name, count) = last(&rest)?;
            Some(Row { name: name.trim().to_owned(), count, tolerance })
        });
        row.ok_or_else(|| format!("'{line}' is no path with a count and a tolerance"))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for Row { name, count, tolerance } in &self.rows {
            writeln!(f, "{name:<36} {count:>8.1} {tolerance:>10.1}")?;
        }
        Ok(())
    }
}

impl Table {
    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }

    /// The same with what has been counted now.
    pub(crate) fn updated(&self, counted: &[Counted]) -> Table {
        let row = |counted: &Counted| Row {
            name: counted.name.to_owned(),
            count: counted.instructions,
            tolerance: self.row(counted.name).map_or(NEW_TOLERANCE, |row| row.tolerance),
        };
        Table { rows: counted.iter().map(row).collect() }
    }

    /// Holds what has been counted now against the table.
    pub(crate) fn compare(&self, counted: &[Counted]) -> Report {
        let line = |counted: &Counted| Line {
            name: counted.name.to_owned(),
            verdict: match self.row(counted.name) {
                None => Verdict::New,
                Some(row) if counted.instructions > row.count + row.tolerance => {
                    Verdict::Risen { allowed: row.tolerance, profile: counted.profile.clone() }
                }
                Some(row) if counted.instructions < row.count - row.tolerance => Verdict::Fallen,
                Some(_) => Verdict::Held,
            },
            was: self.row(counted.name).map(|row| row.count),
            is: Some(counted.instructions),
        };
        let is_counted = |row: &&Row| counted.iter().any(|counted| counted.name == row.name);
        let gone = self.rows.iter().filter(|row| !is_counted(row)).map(|row| Line {
            name: row.name.clone(),
            verdict: Verdict::Gone,
            was: Some(row.count),
            is: None,
        });
        Report { lines: counted.iter().map(line).chain(gone).collect() }
    }
}

/// What came of a comparison, to be printed.
pub(crate) struct Report {
    lines: Vec<Line>,
}

struct Line {
    name: String,
    was: Option<f64>,
    is: Option<f64>,
    verdict: Verdict,
}

enum Verdict {
    Held,
    Fallen,
    Risen { allowed: f64, profile: PathBuf },
    New,
    Gone,
}

impl Report {
    /// Whether every path takes what the table says, or less.
    pub(crate) fn is_good(&self) -> bool {
        self.lines.iter().all(|line| matches!(line.verdict, Verdict::Held | Verdict::Fallen))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: Option<f64>| number.map_or("-".to_owned(), |number| format!("{number:.1}"));
        writeln!(f, "{:<36} {:>8} {:>8} {:>8}", "instructions an operation", "was", "is", "change")?;
        for Line { name, was, is, verdict } in &self.lines {
            let change = was.zip(*is).map_or("-".to_owned(), |(was, is)| format!("{:+.1}", is - was));
            writeln!(f, "{name:<36} {:>8} {:>8} {change:>8}{verdict}", number(*was), number(*is))?;
        }
        for Line { name, was, is, verdict } in &self.lines {
            if let (Verdict::Risen { allowed, profile }, Some(was), Some(is)) = (verdict, was, is) {
                let rise = is - was;
                writeln!(
                    f,
                    "\n{name}: takes {is:.1} instructions, {rise:.1} more than {was:.1}; {allowed:.1} more are allowed."
                )?;
                writeln!(f, "  where: callgrind_annotate {}", profile.display())?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Held => "",
            Verdict::Fallen => "  less: take the counts anew",
            Verdict::Risen { .. } => "  MORE",
            Verdict::New => "  NOT IN THE TABLE: take the counts anew",
            Verdict::Gone => "  NOT COUNTED ANY MORE: take the counts anew",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# a comment\n\ncall by hand-off   100.0   2.0\nyield   50.0 1.5\n";

    fn compared(counts: &[(&'static str, f64)]) -> Report {
        TABLE.parse::<Table>().unwrap().compare(&counted(counts))
    }

    fn counted(counts: &[(&'static str, f64)]) -> Vec<Counted> {
        let one = |&(name, instructions)| Counted { name, instructions, profile: "profile.7".into() };
        counts.iter().map(one).collect()
    }

    #[test]
    fn a_rise_beyond_the_tolerance_fails_and_says_by_how_much_and_where() {
        let report = compared(&[("call by hand-off", 103.5), ("yield", 50.0)]);
        assert!(!report.is_good());
        let text = report.to_string();
        assert!(
            text.contains(
                "call by hand-off: takes 103.5 instructions, 3.5 more than 100.0; 2.0 more are allowed."
            ),
            "{text}"
        );
        assert!(text.contains("callgrind_annotate profile.7"), "{text}");
        assert!(!text.contains("yield: takes"), "{text}");
    }

    #[test]
    fn a_rise_within_the_tolerance_and_a_fall_are_good() {
        let report = compared(&[("call by hand-off", 102.0), ("yield", 40.0)]);
        assert!(report.is_good());
        assert!(report.to_string().contains("-10.0  less"), "{report}");
    }

    #[test]
    fn a_path_that_is_not_in_the_table_and_one_that_is_not_counted_any_more_fail() {
        assert!(!compared(&[("call by hand-off", 100.0), ("yield", 50.0), ("new", 1.0)]).is_good());
        assert!(!compared(&[("call by hand-off", 100.0)]).is_good());
    }

    #[test]
    fn a_table_taken_anew_keeps_its_tolerances_and_is_read_as_it_was_written() {
        let old: Table = TABLE.parse().unwrap();
        let new = counted(&[("yield", 49.96), ("cast, drained from a full mailbox", 1_234.5)]);
        let written = old.updated(&new).to_string();
        let read: Table = written.parse().unwrap();
        assert_eq!(read.to_string(), written);
        assert!(
            written.ends_with(&format!(
                "{:<36}     50.0        1.5\n{:<36}   1234.5        2.0\n",
                new[0].name, new[1].name
            )),
            "{written}"
        );
        assert!(read.compare(&new).is_good());
    }

    #[test]
    fn a_line_that_is_no_row_is_refused() {
        assert!("call by hand-off 100.0".parse::<Table>().is_err());
        assert!("call by hand-off".parse::<Table>().is_err());
    }
}
