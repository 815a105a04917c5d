//! The table.

use std::fmt;

use super::figure::{Figure, Goal};
use crate::deployment::Target;

/// The figures of all targets, side by side.
pub struct Table {
    columns: Vec<Column>,
}

struct Column {
    name: &'static str,
    kind: Kind,
    figures: Vec<Figure>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Services,
    WithoutLog,
    Embedded,
    Peer,
}

/// What the services are compared with, if it was measured too.
const COMPARED: [(Kind, &str); 2] =
    [(Kind::WithoutLog, "services / without log"), (Kind::Peer, "services / bare relay")];

impl Table {
    /// A table with a column for each target.
    pub fn new<'a>(targets: impl IntoIterator<Item = &'a Target>) -> Self {
        let column = |target: &Target| Column { name: target.name(), kind: kind(target), figures: Vec::new() };
        Self { columns: targets.into_iter().map(column).collect() }
    }

    /// Adds figures to the column with this index.
    pub fn add(&mut self, column: usize, figures: Vec<Figure>) {
        if let Some(column) = self.columns.get_mut(column) {
            column.figures.extend(figures);
        }
    }

    /// The figures of one column.
    pub fn figures(&self, column: usize) -> &[Figure] {
        self.columns.get(column).map_or(&[], |column| &column.figures)
    }

    /// Each figure once; one that the columns before lack stands behind the one that it follows in its own column.
    fn rows(&self) -> Vec<&Figure> {
        let mut rows: Vec<&Figure> = Vec::new();
        for column in &self.columns {
            let mut previous = None;
            for figure in &column.figures {
                let known = rows.iter().position(|row| row.is_same_as(figure));
                let at = known.unwrap_or_else(|| {
                    let at = place(&rows, previous, figure);
                    rows.insert(at, figure);
                    at
                });
                previous = Some(at);
            }
        }
        rows
    }

    fn line(&self, row: &Figure) -> Vec<String> {
        let mut cells = vec![format!("  {}", row.name), row.unit.to_owned(), goals(row)];
        cells.extend(self.columns.iter().map(|column| column.cell(row)));
        cells.extend(self.compared().map(|(kind, _)| self.ratio(kind, row)));
        cells
    }

    fn head(&self) -> Vec<String> {
        let mut cells: Vec<String> = ["", "unit", "goal"].map(str::to_owned).into();
        cells.extend(self.columns.iter().map(|column| column.name.to_owned()));
        cells.extend(self.compared().map(|(_, title)| title.to_owned()));
        cells
    }

    fn compared(&self) -> impl Iterator<Item = (Kind, &'static str)> {
        let is_there = |kind| self.columns.iter().any(|column| column.kind == kind);
        COMPARED.into_iter().filter(move |(kind, _)| is_there(Kind::Services) && is_there(*kind))
    }

    fn ratio(&self, peer: Kind, row: &Figure) -> String {
        let of = |kind| self.columns.iter().find(|column| column.kind == kind)?.value(row);
        match (of(Kind::Services), of(peer)) {
            (Some(ours), Some(theirs)) if theirs > 0.0 && ours > 0.0 => {
                format!("{:.2}", ours / theirs)
            }
            _ => String::new(),
        }
    }
}

impl Column {
    fn value(&self, row: &Figure) -> Option<f64> {
        let same = self.figures.iter().find(|figure| figure.is_same_as(row))?;
        Some(same.value)
    }

    fn cell(&self, row: &Figure) -> String {
        let Some(value) = self.value(row) else {
            return "-".to_owned();
        };
        let goal = match self.kind {
            Kind::Services => row.goal,
            Kind::Embedded => row.embedded_goal.or(row.goal),
            Kind::WithoutLog | Kind::Peer => None,
        };
        let verdict = goal.map_or("", |goal| if goal.is_met_by(value) { "  ok " } else { " MISS" });
        format!("{}{verdict}", number(value))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let head = self.head();
        let lines: Vec<_> = rows.iter().map(|row| self.line(row)).collect();
        let widths = widths(&head, &lines);
        write_line(out, &head, &widths)?;
        let mut group = "";
        for (row, line) in rows.iter().zip(&lines) {
            if row.group != group {
                group = &row.group;
                writeln!(out, "{group}")?;
            }
            write_line(out, line, &widths)?;
        }
        Ok(())
    }
}

/// Where a new row belongs that follows the row `previous`, without tearing a group apart.
fn place(rows: &[&Figure], previous: Option<usize>, figure: &Figure) -> usize {
    let before = previous.and_then(|at| Some((at, *rows.get(at)?)));
    let is_new_group = rows.iter().all(|row| row.group != figure.group);
    match before {
        Some((at, row)) if row.group == figure.group => at + 1,
        Some((_, row)) if is_new_group => end_of_group(rows, &row.group),
        _ => end_of_group(rows, &figure.group),
    }
}

/// The index behind the last row of a group; the end, if there is no such group.
fn end_of_group(rows: &[&Figure], group: &str) -> usize {
    let last = rows.iter().rposition(|row| row.group == group);
    last.map_or(rows.len(), |last| last + 1)
}

fn kind(target: &Target) -> Kind {
    match target {
        Target::Services(_) => Kind::Services,
        Target::WithoutLog { .. } => Kind::WithoutLog,
        Target::Embedded(_) => Kind::Embedded,
        Target::BareRelay(_) => Kind::Peer,
    }
}

fn widths(head: &[String], lines: &[Vec<String>]) -> Vec<usize> {
    let width = |column: usize| {
        let cells = std::iter::once(head).chain(lines.iter().map(Vec::as_slice));
        cells.map(|line| line[column].chars().count()).max().unwrap_or(0)
    };
    (0..head.len()).map(width).collect()
}

/// The first two columns are words and stand left; the others are numbers and stand right.
fn write_line(out: &mut fmt::Formatter<'_>, cells: &[String], widths: &[usize]) -> fmt::Result {
    let mut line = String::new();
    for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let pad = " ".repeat(width - cell.chars().count());
        match index {
            0 | 1 => line.extend([cell, pad.as_str(), "  "]),
            _ => line.extend([pad.as_str(), cell, "  "]),
        }
    }
    writeln!(out, "{}", line.trim_end())
}

fn goals(row: &Figure) -> String {
    let own = row.goal.map(goal).unwrap_or_default();
    match row.embedded_goal {
        Some(embedded) => format!("{own} (embedded {})", goal(embedded)),
        None => own,
    }
}

fn goal(goal: Goal) -> String {
    match goal {
        Goal::Below(limit) => format!("< {}", number(limit)),
        Goal::Above(limit) => format!("> {}", number(limit)),
        Goal::Zero => "0".to_owned(),
    }
}

/// Three digits or more, thousands with commas, no decimals for whole numbers.
fn number(value: f64) -> String {
    let whole = value.fract().abs() < 1e-9;
    let decimals = match value.abs() {
        _ if whole => 0,
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let plain = format!("{value:.decimals$}");
    if decimals == 0 { with_commas(&plain) } else { plain }
}

fn with_commas(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let targets = [Target::Services("a".into()), Target::BareRelay("b".into())];
        let mut table = Table::new(&targets);
        let p99 = |value| Figure::new("end to end", "p99", "ms", value).with_goal(Goal::Below(1.2));
        table.add(0, vec![p99(0.6), Figure::faults("end to end", "lost", 3)]);
        table.add(1, vec![p99(0.5), Figure::new("end to end", "max", "ms", 12_345.6)]);
        table
    }

    #[test]
    fn shows_goals_verdicts_and_ratios() {
        let text = table().to_string();
        let p99 = text.lines().find(|line| line.contains("p99")).unwrap();
        let cells: Vec<&str> = p99.split_whitespace().collect();
        assert_eq!(cells, ["p99", "ms", "<", "1.20", "0.600", "ok", "0.500", "1.20"]);
        let lost = text.lines().find(|line| line.contains("lost")).unwrap();
        assert!(lost.contains("3 MISS") && lost.contains(" -"), "{lost}");
        assert!(text.contains("12,346"), "{text}");
    }

    #[test]
    fn a_group_stays_together_and_is_named_once() {
        let text = table().to_string();
        assert_eq!(text.matches("end to end").count(), 1);
    }

    #[test]
    fn a_row_that_only_a_later_column_has_keeps_its_place() {
        let targets = [Target::Embedded("a".into()), Target::BareRelay("b".into())];
        let mut table = Table::new(&targets);
        let row = |group, name| Figure::new(group, name, "", 1.0);
        table.add(0, vec![row("load", "cpu"), row("load", "lost"), row("end", "x")]);
        let peer = [("load", "cpu"), ("load", "redis"), ("load", "lost"), ("start", "y"), ("end", "x")];
        table.add(1, peer.map(|(group, name)| row(group, name)).into());
        let order: Vec<&str> = table.rows().iter().map(|row| row.name).collect();
        assert_eq!(order, ["cpu", "redis", "lost", "y", "x"]);
    }

    #[test]
    fn writes_numbers_for_readers() {
        let written = [0.0, 0.25, 3.0, 2.345, 45.67, 2500.0, 1_234_567.8].map(number);
        assert_eq!(written, ["0", "0.250", "3", "2.35", "45.7", "2,500", "1,234,568"]);
    }
}
