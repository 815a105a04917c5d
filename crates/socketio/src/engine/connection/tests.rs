use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::task::Wake;

use proptest::prelude::*;

use super::*;

#[derive(Default)]
struct WakeCount(AtomicUsize);

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl WakeCount {
    fn take(&self) -> bool {
        self.0.swap(0, Ordering::SeqCst) > 0
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A sender queues a frame of that many bytes.
    Send(usize),
    /// The task runs. If the client reads, the write in progress completes.
    Run {
        client_reads: bool,
    },
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1usize..60).prop_map(Step::Send),
        4 => any::<bool>().prop_map(|client_reads| Step::Run { client_reads }),
        1 => Just(Step::Close),
    ]
}

/// Does what the driver does with a WebSocket, until it sleeps or the connection ends.
fn run_task(connection: &Connection, in_progress: &mut Load, client_reads: bool, cx: &Context<'_>) {
    loop {
        let written = if client_reads { std::mem::take(in_progress) } else { Load::default() };
        let write = *in_progress == Load::default();
        match connection.next_work(Ready { write, handle: true, written }, cx) {
            Work::Write(frames) => *in_progress = Load::of(&frames),
            Work::Sleep | Work::Close(_) => return,
            Work::Switch(_) | Work::Pong | Work::Handle(_) => panic!("the client does not poll"),
        }
    }
}

proptest! {
    /// Whatever is queued, the sleeping task is woken if it can write it, and a sender that waits is
    /// woken when there is room or the connection ends.
    #[test]
    fn loses_no_wakeup(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _context = runtime.enter();
        let settings = Arc::new(SocketSettings { outbox_packets: 4, outbox_bytes: 100, ..SocketSettings::default() });
        let connection = Connection::new(settings.clone(), None, ClientLibrary::Other, Phase::WebSocket { writable: false });
        let (task, sender) = (Arc::<WakeCount>::default(), Arc::<WakeCount>::default());
        let (task_waker, sender_waker) = (Waker::from(task.clone()), Waker::from(sender.clone()));
        let (cx, sender_cx) = (Context::from_waker(&task_waker), &mut Context::from_waker(&sender_waker));
        let mut in_progress = Load::default();
        run_task(&connection, &mut in_progress, true, &cx);
        let mut is_asleep = true;
        for step in steps {
            let is_waiting = pin!(connection.ready()).poll(sender_cx).is_pending();
            task.take();
            sender.take();
            match step {
                Step::Send(bytes) => {
                    let sent = connection.try_send(Frame::encoded("x".repeat(bytes)));
                    let must_wake = is_asleep && sent.is_ok() && in_progress == Load::default();
                    prop_assert_eq!(task.take(), must_wake);
                    is_asleep &= !must_wake;
                }
                Step::Run { client_reads } => {
                    run_task(&connection, &mut in_progress, client_reads, &cx);
                    is_asleep = connection.closed().is_none();
                }
                Step::Close => {
                    connection.close(Reason::Application);
                    prop_assert_eq!(task.take(), is_asleep);
                    is_asleep = false;
                }
            }
            // A frame that is queued makes no room.
            let is_ready = connection.closed().is_some() || connection.lock().outbox.is_half_empty(&settings);
            let must_wake = is_waiting && is_ready && !matches!(step, Step::Send(_));
            prop_assert!(!must_wake || sender.take(), "the sender is not woken");
        }
    }
}
