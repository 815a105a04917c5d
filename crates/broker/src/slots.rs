use std::fmt;

use crc::{CRC_16_XMODEM, Crc};
use event::ConversationName;

/// How many slots there are.
const COUNT: u16 = 16_384;
const WORDS: usize = COUNT as usize / 64;

const CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// The part of a Redis Cluster that a key, and with it a conversation, belongs to, for ever
/// (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(u16);

impl Slot {
    /// The slot with this number, if there is one.
    pub fn new(number: u16) -> Option<Self> {
        (number < COUNT).then_some(Self(number))
    }

    /// Where all that a conversation has in Redis lies.
    pub fn of(conversation: &ConversationName) -> Self {
        Self::of_key(conversation.as_str())
    }

    /// Where `key` lies. What stands in its first braces decides alone, if there is anything.
    pub fn of_key(key: &str) -> Self {
        let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
        let hashed = tag.filter(|tag| !tag.is_empty()).unwrap_or(key);
        Self(CHECKSUM.checksum(hashed.as_bytes()) % COUNT)
    }

    pub(crate) fn place(self) -> (usize, u64) {
        (usize::from(self.0 / 64), 1 << (self.0 % 64))
    }
}

/// A set of slots.
#[derive(Clone, PartialEq, Eq)]
pub struct Slots(Box<[u64; WORDS]>);

impl Slots {
    pub(crate) const WORDS: usize = WORDS;

    /// No slot.
    pub fn none() -> Self {
        Self(Box::new([0; WORDS]))
    }

    /// Every slot: what a Redis without a cluster holds.
    pub fn all() -> Self {
        Self(Box::new([u64::MAX; WORDS]))
    }

    /// Whether `slot` is one of them.
    pub fn contains(&self, slot: Slot) -> bool {
        let (word, bit) = slot.place();
        self.0[word] & bit != 0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Adds a slot.
    pub fn insert(&mut self, slot: Slot) {
        let (word, bit) = slot.place();
        self.0[word] |= bit;
    }

    /// Adds all of `others`.
    pub fn insert_all(&mut self, others: &Self) {
        self.0.iter_mut().zip(others.0.iter()).for_each(|(word, other)| *word |= other);
    }

    /// Takes all of `others` away.
    pub fn remove_all(&mut self, others: &Self) {
        self.0.iter_mut().zip(others.0.iter()).for_each(|(word, other)| *word &= !other);
    }

    /// Those that both have.
    #[must_use]
    pub fn common(&self, others: &Self) -> Self {
        self.map(|index, word| word & others.0[index])
    }

    /// Those that `others` has not.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        self.map(|index, word| word & !others.0[index])
    }

    /// Each word with its index changed by `change`.
    pub(crate) fn map(&self, change: impl Fn(usize, u64) -> u64) -> Self {
        Self(Box::new(std::array::from_fn(|index| change(index, self.0[index]))))
    }

    /// Does something with each word that is not empty.
    pub(crate) fn each(&self, mut what: impl FnMut(usize, u64)) {
        self.0.iter().enumerate().filter(|(_, word)| **word != 0).for_each(|(index, word)| what(index, *word));
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self::none()
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slots({})", self.len())
    }
}

impl FromIterator<Slot> for Slots {
    fn from_iter<T: IntoIterator<Item = Slot>>(slots: T) -> Self {
        let mut set = Self::none();
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lie_where_the_specification_says() {
        assert_eq!(Slot::of_key("123456789"), Slot(0x31C3));
        assert_eq!(Slot::of_key("foo{}{bar}"), Slot(CHECKSUM.checksum(b"foo{}{bar}") % COUNT));
        assert_eq!(Slot::of_key("foo{{bar}}zap"), Slot(CHECKSUM.checksum(b"{bar") % COUNT));
        assert_eq!(Slot::of_key("foo{bar}{zap}"), Slot(CHECKSUM.checksum(b"bar") % COUNT));
    }

    #[test]
    fn a_set_holds_what_was_put_into_it() {
        let slot = |number| Slot::new(number).unwrap();
        let mut set: Slots = [slot(0), slot(16_383)].into_iter().collect();
        assert!(set.contains(slot(16_383)) && !set.contains(slot(1)) && Slot::new(16_384).is_none());
        set.insert_all(&[slot(1)].into_iter().collect());
        assert_eq!(set.common(&[slot(1), slot(2)].into_iter().collect()).len(), 1);
        assert_eq!(Slots::all().without(&set).len(), 16_381);
        set.remove_all(&Slots::all());
        assert!(set.is_empty());
    }
}
