use std::fmt;

/// Names one running connector process; fresh at each start.
///
/// It is the value of the mapping key and the first part of the channel to which interceptors of
/// the original publish: `{connector id}:{conversation name}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectorId(String);

impl ConnectorId {
    /// Every id of this implementation begins so; the original's are numbers. The interceptor's
    /// script recognises our connectors by it.
    pub const PREFIX: &'static str = "aa-connector-";

    /// A new id that no other process has.
    pub fn generate() -> Self {
        Self(format!("{}{:032x}", Self::PREFIX, rand::random::<u128>()))
    }

    /// The id of this number, if it is one: 32 hexadecimal digits.
    pub fn with_number(number: &str) -> Option<Self> {
        let is_number = number.len() == 32 && number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_number.then(|| Self([Self::PREFIX, number].concat()))
    }

    /// The unique part of the id, 32 hexadecimal digits.
    pub fn number(&self) -> &str {
        self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0)
    }

    /// The id as it stands in Redis.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
