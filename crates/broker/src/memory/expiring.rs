use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

use tokio::time::Instant;

/// A map whose entries each have an end. What has ended is gone for every reader, and is cleared
/// away in passing: the earliest first, without looking at the others.
#[derive(Debug)]
pub(super) struct Expiring<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// When to look at which entry. Each entry is in it at or before its end.
    due: BinaryHeap<Reverse<(Instant, K)>>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    ends: Instant,
    /// The earliest time at which [`Expiring::due`] names the entry.
    looked_at: Instant,
}

impl<K, V> Default for Expiring<K, V>
where
    K: Ord,
{
    fn default() -> Self {
        Self { entries: HashMap::new(), due: BinaryHeap::new() }
    }
}

impl<K, V> Expiring<K, V>
where
    K: Clone + Eq + Hash + Ord,
{
    /// The value of `key`, if it has not ended.
    pub(super) fn get<Q>(&self, key: &Q, now: Instant) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.get(key).filter(|entry| entry.ends > now).map(|entry| &entry.value)
    }

    /// Like [`Expiring::get`], to be changed.
    pub(super) fn get_mut<Q>(&mut self, key: &Q, now: Instant) -> Option<&mut V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.get_mut(key).filter(|entry| entry.ends > now).map(|entry| &mut entry.value)
    }

    /// Sets `key` until `ends`.
    pub(super) fn insert(&mut self, key: K, value: V, now: Instant, ends: Instant) {
        self.clear_ended(now);
        let looked_at = self.look_at(&key, ends);
        self.entries.insert(key, Entry { value, ends, looked_at });
    }

    /// The value of `key`, made if there is none, which from now on lasts until `ends`.
    pub(super) fn extend(&mut self, key: &K, now: Instant, ends: Instant) -> &mut V
    where
        V: Default,
    {
        self.clear_ended(now);
        let looked_at = self.look_at(key, ends);
        let entry = self.entries.entry(key.clone()).or_insert_with(|| Entry { value: V::default(), ends, looked_at });
        (entry.ends, entry.looked_at) = (ends, looked_at);
        &mut entry.value
    }

    /// Removes `key`; returns its value unless it had ended.
    pub(super) fn remove<Q>(&mut self, key: &Q, now: Instant) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.remove(key).filter(|entry| entry.ends > now).map(|entry| entry.value)
    }

    /// Sees to it that the entry is looked at when it ends or before; returns when.
    fn look_at(&mut self, key: &K, ends: Instant) -> Instant {
        match self.entries.get(key) {
            Some(entry) if entry.looked_at <= ends => entry.looked_at,
            _ => {
                self.due.push(Reverse((ends, key.clone())));
                ends
            }
        }
    }

    fn clear_ended(&mut self, now: Instant) {
        while self.due.peek().is_some_and(|Reverse((due, _))| *due <= now) {
            let Some(Reverse((due, key))) = self.due.pop() else {
                return;
            };
            match self.entries.get_mut(&key) {
                Some(entry) if entry.ends <= now => {
                    self.entries.remove(&key);
                }
                // The entry was extended: look again later. Another look is due already otherwise.
                Some(entry) if entry.looked_at == due => {
                    entry.looked_at = entry.ends;
                    self.due.push(Reverse((entry.ends, key)));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn expired_values_are_removed() {
        let start = Instant::now();
        let mut map = Expiring::default();
        map.insert("a", 1, start, at(start, 10));
        map.insert("b", 2, start, at(start, 20));
        assert_eq!(map.get("a", at(start, 9)), Some(&1));
        assert_eq!(map.get("a", at(start, 10)), None);
        map.insert("c", 3, at(start, 15), at(start, 30));
        assert_eq!(map.entries.len(), 2);
        assert_eq!(map.remove("b", at(start, 20)), None);
    }

    #[tokio::test]
    async fn an_entry_that_is_extended_for_ever_is_looked_at_once_per_lifetime() {
        let start = Instant::now();
        let mut map: Expiring<&str, u32> = Expiring::default();
        for second in 0..1000 {
            *map.extend(&"a", at(start, second), at(start, second + 10)) += 1;
            assert_eq!(map.due.len(), 1, "second {second}");
        }
        assert_eq!(map.get("a", at(start, 1008)), Some(&1000));
        map.insert("b", 0, at(start, 1009), at(start, 1010));
        assert_eq!(map.get("a", at(start, 1009)), None);
        assert_eq!(map.entries.len(), 1);
    }

    #[tokio::test]
    async fn a_shorter_life_replaces_a_longer_one() {
        let start = Instant::now();
        let mut map = Expiring::default();
        map.insert("a", 1, start, at(start, 100));
        map.insert("a", 2, start, at(start, 5));
        map.insert("b", 3, at(start, 5), at(start, 10));
        assert_eq!(map.entries.len(), 1);
    }
}
