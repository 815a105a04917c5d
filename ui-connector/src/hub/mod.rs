//! Rooms: which desktops are in which conversation, and what each of them has received.
//!
//! A room has one owner, this hub. It remembers for every member the position delivered last, and
//! an event is delivered if and only if its position is greater. That one rule gives order and
//! delivery once through live events, replay from the log, duplicates and reconnects.

mod desktop;
mod dispatch;
mod gap;
mod lifecycle;
pub(crate) mod mappings;
mod member;
pub(crate) mod repair;
mod replay;
mod room;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use broker::{Retention, Slots};
use event::{ConversationName, Position};
use parking_lot::Mutex;
use server::telemetry::causes;
use tokio::sync::{Notify, Semaphore};

use crate::backends::Backends;

pub(crate) use desktop::Desktop;
pub(crate) use member::StartFrom;
use room::{Room, RoomPhase};

/// Readers of logs at the same time: some megabytes on their way from Redis.
const READS: usize = 64;

#[derive(Debug, Clone)]
pub struct HubSettings {
    /// Lifetime of a mapping key without renewal. It is renewed three times within it.
    pub mapping_ttl: Duration,
    /// Conversations that one socket may have joined at the same time.
    pub joins_per_socket: usize,
    /// The retention of the logs.
    pub retention: Retention,
}

impl HubSettings {
    /// Creates the settings for a retention.
    pub fn new(retention: Retention) -> Self {
        Self { mapping_ttl: Duration::from_mins(5), joins_per_socket: 100, retention }
    }
}

/// All rooms of this process.
pub(crate) struct Hub {
    backends: Backends,
    settings: HubSettings,
    rooms: Mutex<HashMap<ConversationName, Arc<Room>>>,
    /// How often subscriptions were lost: what was read before a loss proves nothing after it.
    losses: AtomicU64,
    /// Rooms that must be repaired, each of them once.
    to_repair: Mutex<Vec<Arc<Room>>>,
    repair: Notify,
    renew: Notify,
    /// Permits for reading logs: after an outage all rooms do.
    reads: Semaphore,
}

/// Rooms, and the members of all of them.
pub(crate) struct HubState {
    pub(crate) rooms: usize,
    pub(crate) members: usize,
    pub(crate) behind: usize,
}

impl Hub {
    /// Creates a hub without rooms, attached to the subscriber of `backends`.
    pub(crate) fn new(backends: Backends, settings: HubSettings) -> Arc<Self> {
        let hub = Arc::new(Self {
            backends,
            settings,
            rooms: Mutex::default(),
            losses: AtomicU64::new(0),
            to_repair: Mutex::default(),
            repair: Notify::new(),
            renew: Notify::new(),
            reads: Semaphore::new(READS),
        });
        hub.backends.subscriber.attach(Arc::new(dispatch::Sink::new(&hub)));
        hub
    }

    /// Whether events can arrive.
    pub(crate) fn is_connected(&self) -> bool {
        self.backends.subscriber.is_connected()
    }

    /// How often subscriptions were lost so far.
    pub(crate) fn losses(&self) -> u64 {
        self.losses.load(Ordering::SeqCst)
    }

    /// Counts rooms and members.
    pub(crate) fn state(&self) -> HubState {
        let rooms = self.all_rooms();
        let members = rooms.iter().map(|room| room.counted());
        let (members, behind) = members.fold((0, 0), |sum, room| (sum.0 + room.0, sum.1 + room.1));
        HubState { rooms: rooms.len(), members, behind }
    }

    /// Conversations that one socket may have joined at the same time.
    pub(crate) fn joins_per_socket(&self) -> usize {
        self.settings.joins_per_socket
    }

    /// Returns the time of the clock that makes the positions: Unix time, milliseconds.
    pub(crate) fn now(&self) -> u64 {
        self.backends.subscriber.now()
    }

    /// Returns the earliest time of an event that a log may still hold: Unix time, milliseconds.
    pub(crate) fn oldest(&self) -> u64 {
        self.now().saturating_sub(u64::try_from(self.settings.retention.time.as_millis()).unwrap_or(u64::MAX))
    }

    /// Makes a desktop a member of a conversation.
    ///
    /// It cannot fail: if Redis is away, the room is opened once it is back.
    pub(crate) async fn join(&self, desktop: &Arc<Desktop>, name: &ConversationName, start: StartFrom) {
        let moment = Position::moment(self.now());
        loop {
            let room = self.room(name);
            let mut phase = room.gate.lock().await;
            if *phase == RoomPhase::Closed {
                continue;
            }
            room.add(desktop, start);
            match self.ensure_open(&room, &mut phase).await {
                Ok(true) => {}
                Ok(false) => room.defer(desktop, moment),
                Err(error) => {
                    tracing::warn!(error = %causes(&error), conversation = %name, "failed to open a conversation; trying again");
                    room.defer(desktop, moment);
                    drop(phase);
                    self.request_repair(room);
                }
            }
            return;
        }
    }

    /// Delivers to a desktop everything that it has not received of a conversation that it has joined.
    pub(crate) async fn catch_up(&self, desktop: &Arc<Desktop>, name: &ConversationName) {
        let Some(room) = self.find(name.as_str()) else { return };
        if let Err(error) = self.catch_up_member(&room, desktop).await {
            tracing::warn!(error = %causes(&error), conversation = %name, "failed to read missed events; trying again");
            self.request_repair(room);
        }
    }

    /// Ends a desktop's membership. The last member closes the room.
    pub(crate) async fn leave(&self, desktop: &Arc<Desktop>, name: &ConversationName) {
        let Some(room) = self.find(name.as_str()) else { return };
        let mut phase = room.gate.lock().await;
        room.remove(desktop);
        if room.is_empty() && *phase != RoomPhase::Closed {
            self.close(&room, &mut phase).await;
        }
    }

    fn room(&self, name: &ConversationName) -> Arc<Room> {
        let mut rooms = self.rooms.lock();
        rooms.entry(name.clone()).or_insert_with(|| Arc::new(Room::new(name.clone()))).clone()
    }

    fn find(&self, name: &str) -> Option<Arc<Room>> {
        self.rooms.lock().get(name).cloned()
    }

    fn forget(&self, room: &Arc<Room>) {
        let mut rooms = self.rooms.lock();
        if rooms.get(room.name.as_str()).is_some_and(|current| Arc::ptr_eq(current, room)) {
            rooms.remove(room.name.as_str());
        }
    }

    fn all_rooms(&self) -> Vec<Arc<Room>> {
        self.rooms_in(&Slots::all())
    }

    fn rooms_in(&self, slots: &Slots) -> Vec<Arc<Room>> {
        self.rooms.lock().values().filter(|room| slots.contains(room.slot)).cloned().collect()
    }
}
