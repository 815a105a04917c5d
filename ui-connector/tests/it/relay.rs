//! What stands between the memory bus and the hub.

use std::sync::{Arc, OnceLock};

use broker::{EventSink, Incoming, LoggedEvent};
use parking_lot::Mutex;

/// One lock, so that the hub is never called twice at a time.
#[derive(Default)]
pub(crate) struct Relay {
    sink: OnceLock<Arc<dyn EventSink>>,
    trouble: Mutex<Trouble>,
}

#[derive(Default)]
struct Trouble {
    lost: bool,
    doubled: bool,
    withheld: Option<Vec<(String, LoggedEvent)>>,
}

impl Relay {
    pub(crate) fn attach(&self, sink: Arc<dyn EventSink>) {
        assert!(self.sink.set(sink).is_ok(), "attached twice");
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.sink.get().is_some()
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.trouble.lock().lost
    }

    pub(crate) fn double(&self) {
        self.trouble.lock().doubled = true;
    }

    pub(crate) fn withhold(&self) {
        self.trouble.lock().withheld.get_or_insert_default();
    }

    pub(crate) fn hand_over(&self) {
        let mut trouble = self.trouble.lock();
        for (conversation, event) in trouble.withheld.take().unwrap_or_default() {
            self.sink().deliver(Incoming::Live { conversation: &conversation, event });
        }
    }

    pub(crate) fn pass_on(&self, message: Incoming<'_>) {
        let _trouble = self.trouble.lock();
        self.sink().deliver(message);
    }

    fn sink(&self) -> &dyn EventSink {
        &**self.sink.get().expect("a sink")
    }

    pub(crate) fn lose(&self) {
        let mut trouble = self.trouble.lock();
        trouble.lost = true;
        self.sink().deliver(Incoming::Lost(&broker::Slots::all()));
    }

    pub(crate) fn restore(&self) {
        let mut trouble = self.trouble.lock();
        trouble.lost = false;
        self.sink().deliver(Incoming::Restored(&broker::Slots::all()));
    }
}

impl EventSink for Relay {
    fn deliver(&self, message: Incoming<'_>) {
        let mut trouble = self.trouble.lock();
        let Incoming::Live { conversation, event } = message else { unreachable!("memory brings live events only") };
        if trouble.lost {
            return;
        }
        if let Some(withheld) = &mut trouble.withheld {
            withheld.push((conversation.to_owned(), event));
            return;
        }
        if trouble.doubled {
            self.sink().deliver(Incoming::Live { conversation, event: event.clone() });
        }
        self.sink().deliver(Incoming::Live { conversation, event });
    }
}
