//! The table of ratios: a line a problem, a column a rival, in Markdown, which reads well in a terminal too.

use std::fmt::Write;

use greenroom_benches::machine::Machine;
use greenroom_benches::stats::short;

use crate::report::{Row, best_rival};
use crate::systems::System;

/// The table as a page of its own, which says what was measured on which machine.
pub(crate) fn page(title: &str, machine: &Machine, rows: &[Row]) -> String {
    let Machine { date, processor, cores, kernel } = machine;
    let workers = rows.first().map_or(0, |row| row.workers);
    format!(
        "# {title}\n\n{date}, {processor}, {cores} cores, Linux {kernel}; {workers} worker threads a system.\n\n{}",
        table(rows)
    )
}

/// Greenroom's figures, and how many times as long each rival takes.
pub(crate) fn table(rows: &[Row]) -> String {
    let rivals: Vec<_> = System::ALL
        .iter()
        .map(|system| system.name())
        .filter(|name| rows.iter().any(|row| row.system == *name && !row.is_greenroom()))
        .collect();
    let mut text = String::from(
        "Greenroom's time for an operation, the median of interleaved runs with the least and the most, and beside it how many \
         times as long each rival takes: over 1.00 Greenroom is faster. A dash: no such program, or see below.\n\n",
    );
    let heads = rivals.iter().map(|name| format!(" {name:>7} |")).collect::<String>();
    let _ = writeln!(
        text,
        "| {:<12} | {:<18} | {:>7} | {:>17} |{heads} {:<14} |",
        "problem", "operation", "ns", "min - max", "best rival"
    );
    let lines = "--------:|".repeat(rivals.len());
    let _ = writeln!(text, "|:{:-<13}|:{:-<19}|{:->8}:|{:->18}:|{lines}:{:-<15}|", "", "", "", "", "");
    for row in rows.iter().filter(|row| row.is_greenroom()) {
        let others: Vec<_> = rows.iter().filter(|other| other.problem == row.problem).collect();
        text += &line(row, &others, &rivals);
    }
    text += &means(rows, &rivals);
    text += &remarks(rows);
    text
}

/// One problem's.
fn line(row: &Row, others: &[&Row], rivals: &[&str]) -> String {
    let figure = row.spread().map_or_else(|| "-".to_owned(), |spread| short(spread.median));
    let spread = row
        .spread()
        .map_or_else(String::new, |spread| format!("{} - {}", short(spread.min), short(spread.max)));
    let mut text = format!("| {:<12} | {:<18} | {figure:>7} | {spread:>17} |", row.problem, row.operation);
    for rival in rivals {
        let other = others.iter().find(|other| other.system == *rival);
        let ratio = other.and_then(|other| ratio(row, other));
        let _ = write!(text, " {:>7} |", ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")));
    }
    let best = best_rival(others.iter().copied())
        .and_then(|best| Some(format!("{} {:.2}", best.system, ratio(row, best)?)));
    let _ = writeln!(text, " {:<14} |", best.unwrap_or_default());
    text
}

/// How many times as long the other takes.
fn ratio(greenroom: &Row, other: &Row) -> Option<f64> {
    Some(other.ns_per_op? / greenroom.ns_per_op?)
}

/// The geometric mean of each column.
fn means(rows: &[Row], rivals: &[&str]) -> String {
    let greenroom = || rows.iter().filter(|row| row.is_greenroom());
    let mut text = format!("| {:<12} | {:<18} | {:>7} | {:>17} |", "mean", "geometric", "", "");
    for rival in rivals {
        let ratios = greenroom().filter_map(|row| {
            let other = rows.iter().find(|other| other.problem == row.problem && other.system == *rival)?;
            ratio(row, other)
        });
        let _ = write!(text, " {:>7} |", mean(ratios));
    }
    let _ = writeln!(text, " {:<14} |", mean(greenroom().filter_map(|row| row.vs_best_rival)));
    text
}

fn mean(ratios: impl Iterator<Item = f64>) -> String {
    let logarithms: Vec<_> = ratios.map(f64::ln).collect();
    if logarithms.is_empty() {
        return "-".to_owned();
    }
    format!("{:.2}", (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

/// Who was left out of what, and why.
fn remarks(rows: &[Row]) -> String {
    let remarks = rows.iter().filter_map(|row| {
        let reason = row.unsupported.as_ref().or(row.error.as_ref())?;
        Some(format!("- {}, {}: {}\n", row.problem, row.system, reason.trim()))
    });
    let remarks: String = remarks.collect();
    if remarks.is_empty() { remarks } else { format!("\nWithout a figure:\n\n{remarks}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{measured, rows_of};
    use crate::runner::Outcome;

    #[test]
    fn every_rival_has_its_ratio_and_the_best_one_is_named() {
        let (_, rows) = rows_of([
            (System::Greenroom, measured(&[20])),
            (System::Tokio, measured(&[50])),
            (System::Go, measured(&[40])),
        ]);
        let table = table(&rows);
        assert!(table.contains("|    2.50 |    2.00 | go 2.00"), "{table}");
        let mean = table.lines().find(|line| line.starts_with("| mean")).expect("it has means");
        assert!(mean.contains("|    2.50 |    2.00 | 2.00 "), "{table}");
        assert!(!table.contains("caf") && !table.contains("Without"), "{table}");
    }

    #[test]
    fn who_was_cut_has_a_dash_and_is_named_with_the_reason() {
        let (_, rows) = rows_of([
            (System::Greenroom, measured(&[20])),
            (System::Caf, Outcome::Unsupported("no end within 30 s".to_owned())),
        ]);
        let table = table(&rows);
        assert!(table.contains("|       - |"), "{table}");
        assert!(table.contains("- banking, caf: no end within 30 s"), "{table}");
    }

    #[test]
    fn a_problem_of_greenroom_alone_has_no_ratio() {
        let (_, rows) = rows_of([(System::Greenroom, measured(&[20]))]);
        let table = table(&rows);
        assert!(table.contains("| banking") && table.contains("20.0"), "{table}");
        assert!(!table.contains("1.00 |"), "{table}");
    }
}
