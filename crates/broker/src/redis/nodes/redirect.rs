use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::address::Address;
use crate::Error;

/// What to do if a node has not carried out a command, because the slot is not its own
/// (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding>).
pub(super) enum Redirect {
    /// The slot belongs to this node now.
    Moved(Option<Address>),
    /// This one key is with this node already.
    Ask(Address),
    /// The slot is being moved, or has no node at the moment.
    Wait,
}

impl Redirect {
    pub(super) fn of(error: &Error, asked: &Address) -> Option<Self> {
        let Error::Unavailable(error) = error else { return None };
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::Moved) => Some(Self::Moved(target(error, asked))),
            ErrorKind::Server(ServerErrorKind::Ask) => target(error, asked).map(Self::Ask),
            ErrorKind::Server(ServerErrorKind::TryAgain | ServerErrorKind::ClusterDown) => Some(Self::Wait),
            _ => None,
        }
    }
}

/// An empty host stands for the one that was asked.
fn target(error: &RedisError, asked: &Address) -> Option<Address> {
    let (address, _) = error.redirect_node()?;
    let address: Address = address.parse().ok()?;
    Some(if address.host.is_empty() { Address { host: asked.host.clone(), ..address } } else { address })
}
