//! The slot map: which node has which slots, and how it is read from the nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::{FromRedisValue as _, RedisResult, Value};

use super::address::Address;
use super::connection::CommandConnection;
use super::node_connection::NodeConnection;
use crate::Slots;
use crate::slots::Slot;

/// One node that holds data.
pub(in crate::redis) struct Node {
    pub(in crate::redis) address: Address,
    pub(in crate::redis) connection: NodeConnection,
    /// An operation failed there, so the node may have lost its slots.
    pub(super) suspect: AtomicBool,
}

impl Node {
    pub(super) fn new(address: Address, connection: NodeConnection) -> Arc<Self> {
        Arc::new(Self { address, connection, suspect: AtomicBool::new(false) })
    }

    pub(in crate::redis) fn doubt(&self) {
        self.suspect.store(true, Ordering::Relaxed);
    }
}

/// The nodes, each with its slots. No slot is with two of them.
#[derive(Default)]
pub(in crate::redis) struct SlotMap(pub(in crate::redis) Vec<(Arc<Node>, Slots)>);

impl SlotMap {
    pub(super) fn owner(&self, slot: Slot) -> Option<&Arc<Node>> {
        self.0.iter().find(|(_, slots)| slots.contains(slot)).map(|(node, _)| node)
    }

    /// Whether every slot has a node.
    pub(in crate::redis) fn is_whole(&self) -> bool {
        self.0.iter().map(|(_, slots)| slots.len()).sum::<u32>() == Slots::all().len()
    }

    pub(in crate::redis) fn node(&self, address: &Address) -> Option<&Arc<Node>> {
        self.0.iter().map(|(node, _)| node).find(|node| node.address == *address)
    }

    pub(super) fn is_as(&self, view: &ClusterView) -> bool {
        self.0.len() == view.nodes.len()
            && self.0.iter().all(|(node, slots)| view.nodes.contains(&(node.address.clone(), slots.clone())))
    }
}

/// The cluster as one node sees it.
pub(super) struct ClusterView {
    pub(super) nodes: Vec<(Address, Slots)>,
    /// Whether every slot is served, as far as the node knows; false as well if it is cut off from the others.
    pub(super) is_sound: bool,
    /// Grows whenever the nodes agree on a change.
    pub(super) epoch: u64,
}

/// Asks one node; `host` is where it was asked.
pub(super) async fn ask(mut connection: CommandConnection, host: &str) -> RedisResult<ClusterView> {
    let mut steps = redis::pipe();
    steps.cmd("CLUSTER").arg("SLOTS").cmd("CLUSTER").arg("INFO");
    let (slots, info): (Vec<Vec<Value>>, String) = steps.query_async(&mut connection).await?;
    let field = |name| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let epoch = field("cluster_current_epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or_default();
    Ok(ClusterView { nodes: nodes(slots, host), is_sound: field("cluster_state") == Some("ok"), epoch })
}

/// Reads the answer of `CLUSTER SLOTS` (<https://redis.io/docs/latest/commands/cluster-slots/>): ranges of
/// slots, each with its primary and then its replicas, which do not matter here.
fn nodes(ranges: Vec<Vec<Value>>, host: &str) -> Vec<(Address, Slots)> {
    let mut nodes: Vec<(Address, Slots)> = Vec::new();
    for (address, slots) in ranges.into_iter().filter_map(|range| node(range, host)) {
        match nodes.iter_mut().find(|(known, _)| *known == address) {
            Some((_, known)) => known.insert_all(&slots),
            None => nodes.push((address, slots)),
        }
    }
    nodes
}

fn node(range: Vec<Value>, asked: &str) -> Option<(Address, Slots)> {
    let mut parts = range.into_iter();
    let mut number = || u16::from_redis_value(parts.next()?).ok();
    let (first, last) = (number()?, number()?);
    let mut node = Vec::<Value>::from_redis_value(parts.next()?).ok()?.into_iter();
    // Nothing stands for the address under which the node was asked.
    let host = Option::<String>::from_redis_value(node.next()?).ok()?.filter(|host| !host.is_empty());
    let port = u16::from_redis_value(node.next()?).ok()?;
    let address = Address { host: host.unwrap_or_else(|| asked.to_owned()), port };
    Some((address, (first..=last).filter_map(Slot::new).collect()))
}

#[cfg(test)]
mod tests {
    use redis::Value::{Array, BulkString, Int, Nil};

    use super::*;

    #[test]
    fn ranges_of_one_server_are_joined_and_replicas_left_out() {
        let text = |text: &str| BulkString(text.into());
        let node = |host, port| Array(vec![host, Int(port), text("id")]);
        let ranges = vec![
            vec![Int(0), Int(99), node(text("a"), 1), node(text("z"), 9)],
            vec![Int(100), Int(16_383), node(Nil, 2)],
            vec![Int(200), Int(200), node(text("a"), 1)],
            vec![text("garbage")],
        ];
        let view = nodes(ranges, "asked");
        let view: Vec<_> = view.iter().map(|(address, slots)| (address.to_string(), slots.len())).collect();
        assert_eq!(view, [("a:1".to_owned(), 101), ("asked:2".to_owned(), 16_284)]);
    }
}
