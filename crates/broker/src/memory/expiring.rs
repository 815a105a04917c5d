use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use tokio::time::Instant;

/// A map whose entries expire. Expired ones are removed when as many have been inserted as were left the last time, so
/// that they take at most half of the memory.
#[derive(Debug)]
pub(super) struct Expiring<K, V> {
    entries: HashMap<K, (V, Instant)>,
    /// Entries at which expired ones are removed.
    sweep_at: usize,
}

impl<K, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), sweep_at: 16 }
    }
}

impl<K: Clone + Eq + Hash, V> Expiring<K, V> {
    pub(super) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q, now: Instant) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).filter(|(_, ends)| *ends > now).map(|(value, _)| value)
    }

    pub(super) fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, now: Instant) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.entries.get_mut(key).filter(|(_, ends)| *ends > now).map(|(value, _)| value)
    }

    /// Sets `key` until `ends`.
    pub(super) fn insert(&mut self, key: K, value: V, now: Instant, ends: Instant) {
        self.sweep(now);
        self.entries.insert(key, (value, ends));
    }

    /// Returns the value of `key`, created if there is none, which from now on lasts until `ends`.
    pub(super) fn extend(&mut self, key: &K, now: Instant, ends: Instant) -> &mut V
    where
        V: Default,
    {
        self.sweep(now);
        let (value, end) = self.entries.entry(key.clone()).or_insert_with(|| (V::default(), ends));
        if *end <= now {
            *value = V::default();
        }
        *end = ends;
        value
    }

    /// Removes `key`. Returns its value unless it had expired.
    pub(super) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, now: Instant) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.entries.remove(key).filter(|(_, ends)| *ends > now).map(|(value, _)| value)
    }

    fn sweep(&mut self, now: Instant) {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, (_, ends)| *ends > now);
            self.sweep_at = (2 * self.entries.len()).max(16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn expired_values_are_gone_and_removed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut map: Expiring<u64, u64> = Expiring::default();
        for second in 0..1000 {
            map.insert(second, second, at(second), at(second + 10));
            assert_eq!(map.get(&second, at(second + 9)), Some(&second));
            assert_eq!(map.get(&second, at(second + 10)), None);
            assert!(map.entries.len() <= 32, "{}", map.entries.len());
        }
        assert_eq!((map.remove(&999, at(1008)), map.remove(&998, at(1008))), (Some(999), None));
    }

    #[tokio::test]
    async fn an_extended_value_lasts_and_an_expired_one_begins_anew() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut map: Expiring<&str, u32> = Expiring::default();
        for second in 0..100 {
            *map.extend(&"a", at(second), at(second + 10)) += 1;
        }
        assert_eq!(map.get("a", at(108)), Some(&100));
        assert_eq!(*map.extend(&"a", at(109), at(119)), 0);
    }
}
