/// What the documentation says about a variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
    pub(crate) about: &'static str,
    pub(crate) default: &'static str,
    pub(crate) unset: &'static str,
    pub(crate) expected: fn() -> String,
}

impl Variable {
    /// What it does: lines of sentences in Markdown.
    pub fn about(&self) -> impl Iterator<Item = &'static str> {
        self.about.lines().map(str::trim)
    }

    /// What holds if it is not set: a value in backquotes, or words.
    pub fn default(&self) -> String {
        match (self.default, self.unset) {
            ("", "") => "none".to_owned(),
            ("", words) => words.to_owned(),
            (value, _) => format!("`{value}`"),
        }
    }

    /// What a value has to be.
    pub fn expected(&self) -> String {
        (self.expected)()
    }
}
