//! What the reader sees: a table on stdout, progress on stderr.

use std::fmt;

use crate::units::float;

/// Writes a line of progress to stderr.
#[expect(clippy::print_stderr, reason = "stdout is for the table")]
pub(crate) fn progress(message: &str) {
    eprintln!("bench: {message}");
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    /// The heading that it stands under.
    pub(crate) group: String,
    /// What it is, with its unit.
    pub(crate) name: &'static str,
    /// How much it is, where there is such a thing.
    pub(crate) value: Option<f64>,
    /// Whether it counts what must not happen: then the worst round counts instead of the median.
    pub(crate) is_fault: bool,
}

impl Figure {
    /// A figure of which the median counts.
    pub(crate) fn new(group: &str, name: &'static str, value: impl Into<Option<f64>>) -> Self {
        Self { group: group.to_owned(), name, value: value.into(), is_fault: false }
    }

    /// How often something happened that must not happen.
    pub(crate) fn faults(group: &str, count: u64) -> Self {
        Self { is_fault: true, ..Self::new(group, "faults", float(count)) }
    }
}

/// The figures of all rounds, one column for each target.
pub(crate) struct Report {
    targets: Vec<&'static str>,
    rows: Vec<Row>,
}

struct Row {
    figure: Figure,
    rounds: Vec<Vec<f64>>,
}

impl Report {
    pub(crate) fn new(targets: Vec<&'static str>) -> Self {
        Self { targets, rows: Vec::new() }
    }

    /// Notes a figure of one round in the column with this index.
    pub(crate) fn add(&mut self, column: usize, figure: Figure) {
        let same = |row: &Row| (&row.figure.group, row.figure.name) == (&figure.group, figure.name);
        let at = self.rows.iter().position(same).unwrap_or(self.rows.len());
        let value = figure.value;
        if at == self.rows.len() {
            self.rows.push(Row { figure, rounds: vec![Vec::new(); self.targets.len()] });
        }
        self.rows[at].rounds[column].extend(value);
    }

    /// Whether something happened that must not happen.
    pub(crate) fn has_faults(&self) -> bool {
        let faults = self.rows.iter().filter(|row| row.figure.is_fault);
        faults.flat_map(|row| row.rounds.iter().flatten()).any(|count| *count > 0.0)
    }

    /// The cells of the table: a head, the rule below it, and the rows, with a line for each group.
    fn lines(&self) -> Vec<Vec<String>> {
        let line = |first: String, others: Vec<String>| [vec![first], others].concat();
        let names = self.targets.iter().map(ToString::to_string).collect();
        let rule = vec!["---:".to_owned(); self.targets.len()];
        let (mut lines, mut group) = (vec![line(String::new(), names), line("---".to_owned(), rule)], "");
        for Row { figure, rounds } in self.rows.iter().filter(|row| !row.rounds.concat().is_empty()) {
            if figure.group != group {
                group = &figure.group;
                lines.push(line(format!("**{group}**"), vec![String::new(); self.targets.len()]));
            }
            let folded = rounds.iter().map(|values| fold(figure.is_fault, values).map(number).unwrap_or_default());
            lines.push(line(figure.name.to_owned(), folded.collect()));
        }
        lines
    }
}

/// A table in Markdown that can also be read as it is.
impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<_> = (0..=self.targets.len()).map(width).collect();
        for line in &lines {
            write!(out, "| {:1$} |", line[0], widths[0])?;
            for (cell, width) in line.iter().zip(&widths).skip(1) {
                write!(out, " {cell:>width$} |")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// The worst value or the median of several rounds; of two in the middle, their mean.
fn fold(worst: bool, values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_owned();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(if worst { sorted[last] } else { f64::midpoint(sorted[last / 2], sorted[sorted.len() / 2]) })
}

/// At least three digits.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || size.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_the_worst_of_faults_stand_in_a_table() {
        let mut report = Report::new(vec!["services", "bare relay"]);
        for (p50, faults) in [(1.0, 0), (9000.0, 2), (2.345, 0)] {
            report.add(0, Figure::new("load", "p50, ms", p50));
            report.add(0, Figure::faults("load", faults));
            report.add(1, Figure::new("load", "p50, ms", 0.25));
            report.add(1, Figure::new("load", "CPU, µs", None));
        }
        let table = "\
|          | services | bare relay |
| ---      |     ---: |       ---: |
| **load** |          |            |
| p50, ms  |     2.35 |      0.250 |
| faults   |        2 |            |
";
        assert_eq!(report.to_string(), table);
        assert!(report.has_faults());
    }

    #[test]
    fn of_two_rounds_the_mean_counts() {
        assert_eq!((fold(false, &[4.0, 1.0]), fold(true, &[4.0, 1.0]), fold(false, &[])), (Some(2.5), Some(4.0), None));
    }
}
