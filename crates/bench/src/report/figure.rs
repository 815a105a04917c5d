//! Measured figures and their goals.

/// How the same figure of several rounds becomes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The one in the middle.
    Median,
    /// The largest: a fault in any round is a fault.
    Worst,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Less than this.
    Below(f64),
    /// More than this.
    Above(f64),
    /// None at all.
    Zero,
}

impl Goal {
    /// Whether `value` reaches it.
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::Below(limit) => value < limit,
            Self::Above(limit) => value > limit,
            Self::Zero => value.abs() < f64::EPSILON,
        }
    }
}

/// One measured value of one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The heading that it stands under.
    pub group: String,
    /// What it is.
    pub name: &'static str,
    /// In what it is counted.
    pub unit: &'static str,
    /// How much it is.
    pub value: f64,
    /// How rounds are folded.
    pub fold: Fold,
    /// What it should be for the services.
    pub goal: Option<Goal>,
    /// What it should be for the one-process program, if that differs.
    pub embedded_goal: Option<Goal>,
}

impl Figure {
    /// A figure without a goal, of which the median counts.
    pub fn new(group: &str, name: &'static str, unit: &'static str, value: f64) -> Self {
        Self { group: group.to_owned(), name, unit, value, fold: Fold::Median, goal: None, embedded_goal: None }
    }

    /// A count of faults, of which there must be none.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    pub fn faults(group: &str, name: &'static str, count: u64) -> Self {
        Self { fold: Fold::Worst, goal: Some(Goal::Zero), ..Self::new(group, name, "", count as f64) }
    }

    /// The same with a goal.
    #[must_use]
    pub fn with_goal(mut self, goal: impl Into<Option<Goal>>) -> Self {
        self.goal = goal.into();
        self
    }

    /// The same with another goal for the one-process program.
    #[must_use]
    pub fn with_embedded_goal(mut self, goal: impl Into<Option<Goal>>) -> Self {
        self.embedded_goal = goal.into();
        self
    }

    /// Whether it is the same figure of another round or target.
    pub fn is_same_as(&self, other: &Self) -> bool {
        (&self.group, self.name) == (&other.group, other.name)
    }
}

/// Makes one list of figures out of those of several rounds, in the order of their first appearance.
pub fn fold_rounds(rounds: &[Vec<Figure>]) -> Vec<Figure> {
    let mut folded: Vec<Figure> = Vec::new();
    for figure in rounds.iter().flatten() {
        if folded.iter().any(|known| known.is_same_as(figure)) {
            continue;
        }
        let same = rounds.iter().flatten().filter(|other| other.is_same_as(figure));
        let values = same.map(|other| other.value).collect();
        folded.push(Figure { value: fold(figure.fold, values), ..figure.clone() });
    }
    folded
}

fn fold(how: Fold, mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match how {
        Fold::Worst => values.last().copied().unwrap_or_default(),
        Fold::Median => median(&values),
    }
}

/// The middle of sorted values; the mean of the two in the middle of an even number of them.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted {
        [] => 0.0,
        _ if sorted.len() % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(p99: f64, lost: u64) -> Vec<Figure> {
        vec![Figure::new("g", "p99", "ms", p99), Figure::faults("g", "lost", lost)]
    }

    #[test]
    fn takes_the_median_of_times_and_the_worst_of_faults() {
        let folded = fold_rounds(&[round(1.0, 0), round(9.0, 2), round(2.0, 0)]);
        let values: Vec<f64> = folded.iter().map(|figure| figure.value).collect();
        assert_eq!(values, [2.0, 2.0]);
    }

    #[test]
    fn the_median_of_two_lies_between_them() {
        assert!((median(&[1.0, 2.0]) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_single_fault_misses_the_goal() {
        let fault = &round(1.0, 1)[1];
        assert!(!fault.goal.unwrap().is_met_by(fault.value));
        assert!(Goal::Zero.is_met_by(0.0));
        assert!(!Goal::Below(2.0).is_met_by(2.0));
        assert!(Goal::Above(2.0).is_met_by(2.1));
    }
}
